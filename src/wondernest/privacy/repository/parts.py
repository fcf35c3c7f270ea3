"""The parts of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wondernest.privacy.parts import Part, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from wondernest.platform.db.pool import Executor, Row
    from wondernest.privacy.rules import Export

_ALL: Final = """
    select part.number, part.file_key, part.bytes, part.made_at, part.record from wondernest.export_parts part
     where part.user_id = $1 and part.export_id = $2 order by part.number"""
_LOCK: Final = """
    select (select count(*) from wondernest.export_parts part where part.user_id = e.user_id and part.export_id = e.id) as parts
      from wondernest.exports e where e.user_id = $1 and e.id = $2 and e.ready_at is null for no key update of e"""
_ADD: Final = """
    insert into wondernest.export_parts (user_id, export_id, number, file_key, bytes, made_at, record)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning true"""
_DROP: Final = "delete from wondernest.export_parts where user_id = $1 and export_id = $2"
_SETTLE: Final = "update wondernest.export_parts set record = null where user_id = $1 and export_id = $2"
_KNOWN: Final = "select e.id from wondernest.exports e where e.id = any ($1::uuid[])"


class PartRepository:
    """What is finished of exports that are being made, and where the files of the others are."""

    async def all(self, executor: Executor, export: Export) -> list[Part]:
        """An export's parts, in their order."""
        return [_part(row) for row in await executor.fetch(_ALL, export.user_id, export.id)]

    async def lock(self, unit: Executor, export: Export) -> int | None:
        """How many parts an export has, until the unit ends; None if it is ready or gone."""
        row = await unit.fetchrow(_LOCK, export.user_id, export.id)
        return None if row is None else int(row["parts"])

    async def add(self, unit: Executor, export: Export, part: Part) -> bool:
        """Store a part; False if another process stored one with its number."""
        record = msgspec.msgpack.encode(part.record)
        values = (part.number, part.key, part.size, part.made_at, record)
        return await unit.fetchval(_ADD, export.user_id, export.id, *values) is True

    async def drop(self, executor: Executor, export: Export) -> None:
        """Forget an export's parts."""
        await executor.execute(_DROP, export.user_id, export.id)

    async def settle(self, unit: Executor, export: Export) -> None:
        """The file is whole: forget what was needed to go on, which names files and people."""
        await unit.execute(_SETTLE, export.user_id, export.id)

    async def known(self, executor: Executor, exports: Collection[UUID]) -> Sequence[UUID]:
        """Which of these exports there are."""
        return [row["id"] for row in await executor.fetch(_KNOWN, list(exports))]


def _part(row: Row) -> Part:
    made_at: datetime = row["made_at"]
    record = None if row["record"] is None else msgspec.msgpack.decode(row["record"], type=Record)
    return Part(row["number"], row["file_key"], row["bytes"], made_at, record)
