"""The log of erasures: keyed hashes of the ids of erased people."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.personal_data import Holding

_NOTE: Final = """
    insert into wondernest.erasure_log (person_hash, kind, erased_at)
    select hash, kind, $3 from unnest($1::bytea[], $2::text[]) as noted (hash, kind) on conflict (person_hash) do nothing"""
_ALL: Final = "select person_hash from wondernest.erasure_log"
_THERE: Final = """
    select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname || '.' || c.relname = $1 and a.attnum > 0 and not a.attisdropped"""


class LogRepository:
    """Who was erased."""

    async def note(self, unit: Executor, hashes: Sequence[bytes], kinds: Sequence[str], now: datetime) -> None:
        """Note people."""
        await unit.execute(_NOTE, list(hashes), list(kinds), now)

    async def all(self, executor: Executor) -> set[bytes]:
        """Every hash."""
        return {bytes(row["person_hash"]) for row in await executor.fetch(_ALL)}

    async def people(self, executor: Executor, holdings: Iterable[Holding]) -> AsyncGenerator[tuple[str, list[UUID]]]:
        """The ids in each column that names a person, with their kind. Reads every such table whole: after a restore only."""
        for holding in holdings:
            if holding.through is not None:
                continue
            there = {row["attname"] for row in await executor.fetch(_THERE, holding.table)}
            for column, kind in holding.people.items():
                if column in there:
                    found = f"select distinct {column} as person from {holding.table} where {column} is not null"
                    yield kind, [row["person"] for row in await executor.fetch(found)]
