"""Exports: requests, and the rows that they hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from wondernest.access.guardianship import deactivated, is_parent
from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.personal_data import USER
from wondernest.privacy.rules import Export, State, secret_names

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Executor, Row
    from wondernest.platform.erasing import Step
    from wondernest.platform.personal_data import People

_COLUMNS: Final = "e.user_id, e.id, e.family_id, e.asked_at, e.ready_at, e.expires_at, e.bytes"
_THEIRS: Final = f"""
    (e.family_id is null or exists (
        select from family.family_members member
         where member.family_id = e.family_id and member.user_id = e.user_id and {is_parent("member")}))"""
"""A file with a family in it is its parent's, and is given out no longer to somebody who is none any more."""
_LOCK: Final = "select from core.users where id = $1 for no key update"
_OPEN: Final = f"""
    select {_COLUMNS} from wondernest.exports e
     where e.user_id = $1 and e.ready_at is null and e.asked_at > $2 order by e.asked_at desc limit 1"""
_ADDRESS: Final = "select email from core.users where id = $1"
_SINCE: Final = "select count(*) from wondernest.exports where user_id = $1 and asked_at > $2"
_ASK: Final = f"""
    insert into wondernest.exports as e (user_id, id, family_id, asked_at) values ($1, $2, $3, $4) returning {_COLUMNS}"""
_OWN: Final = f"""
    select {_COLUMNS} from wondernest.exports e
     where e.user_id = $1 and (e.ready_at is null or {_THEIRS}) order by e.asked_at desc, e.id"""
_ONE: Final = f"select {_COLUMNS} from wondernest.exports e where e.user_id = $1 and e.id = $2"
_CONTENT: Final = f"{_ONE} and {_THEIRS}"
_READY: Final = """
    update wondernest.exports set ready_at = $3, expires_at = $4, bytes = $5, family_id = case when $6 then family_id end
     where user_id = $1 and id = $2 returning true"""
_FETCH: Final = f"""
    update wondernest.exports e set fetched_at = coalesce(e.fetched_at, $3)
     where e.user_id = $1 and e.id = $2 and e.ready_at is not null and e.expires_at > $3
       and (e.fetched_at is null or e.fetched_at > $4) and not {deactivated("$1")} and {_THEIRS}
    returning {_COLUMNS}"""
_LINKED: Final = f"""
    select {_COLUMNS} from wondernest.exports e
     where e.user_id = $1 and e.id = $2 and e.ready_at is not null and e.expires_at > $3
       and (e.fetched_at > $4 or e.fetched_at is null and not $5) and not {deactivated("$1")} and {_THEIRS}"""
_EXPIRED: Final = f"""
    select {_COLUMNS} from wondernest.exports e
     where e.expires_at <= $1 or (e.ready_at is null and e.asked_at <= $2) order by e.user_id, e.id limit $3"""
_OF: Final = f"select {_COLUMNS} from wondernest.exports e where e.user_id = any ($1::uuid[])"
_HELD_UP: Final = f"""
    select e.id from wondernest.erasures e
     where e.state in ('{State.ERASING}', '{State.SETTLING}') and e.subjects -> 'near' ? $1 for share of e"""
"""Waits for an erasure that is being finished, and does not see it then."""
_WAITING: Final = f"{_OF} and e.ready_at is null"
_FORGET: Final = "delete from wondernest.exports where user_id = $1 and id = $2"
_CHILDREN: Final = f"""
    select array(select c.id from family.child_profiles c
                  where c.family_id = $1
                    and not exists (select from wondernest.erasures e
                                     where e.child_id = c.id and e.state in ('{State.ERASING}', '{State.SETTLING}'))
                  order by c.created_at, c.id) as children
      from family.family_members member where member.family_id = $1 and member.user_id = $2 and {is_parent("member")}"""
_AT_ONCE: Final = 8
"""Rows of a table that are in memory: a document may have megabytes."""


class ExportRepository:
    """What users asked to be given."""

    async def lock(self, unit: Executor, user_id: UUID) -> None:
        """Requests of one user run one after another."""
        await unit.fetch(_LOCK, user_id)

    async def open(self, unit: Executor, user_id: UUID, since: datetime) -> Export | None:
        """The export that is being made, if it was asked for since then."""
        return _found(await unit.fetchrow(_OPEN, user_id, since))

    async def address(self, executor: Executor, user_id: UUID) -> str | None:
        """The e-mail address of a user."""
        found: str | None = await executor.fetchval(_ADDRESS, user_id)
        return found

    async def number_since(self, unit: Executor, user_id: UUID, since: datetime) -> int:
        """How many were asked for."""
        return int(await unit.fetchval(_SINCE, user_id, since))

    async def ask(
        self, unit: Executor, user_id: UUID, export_id: UUID, family_id: UUID | None, now: datetime
    ) -> Export:
        """Store a request."""
        row = await unit.fetchrow(_ASK, user_id, export_id, family_id, now)
        assert row is not None  # inserted
        return _export(row)

    async def own(self, executor: Executor, user_id: UUID) -> list[Export]:
        """A user's exports that they may have, newest first."""
        return [_export(row) for row in await executor.fetch(_OWN, user_id)]

    async def find(self, executor: Executor, user_id: UUID, export_id: UUID) -> Export | None:
        """One of a user's exports."""
        return _found(await executor.fetchrow(_ONE, user_id, export_id))

    async def given(self, executor: Executor, user_id: UUID, export_id: UUID) -> Export | None:
        """As `find`, if the user may have it: a family's only while they are a parent of it."""
        return _found(await executor.fetchrow(_CONTENT, user_id, export_id))

    async def ready(
        self, executor: Executor, export: Export, now: datetime, until: datetime, size: int, *, with_family: bool
    ) -> bool:
        """The file is stored; False if the request is gone. `with_family`: whether the family is in it."""
        return await executor.fetchval(_READY, export.user_id, export.id, now, until, size, with_family) is True

    async def fetch(
        self, executor: Executor, user_id: UUID, export_id: UUID, now: datetime, before: datetime
    ) -> Export | None:
        """Use the mailed link. `before`: a first use that is older ends it."""
        return _found(await executor.fetchrow(_FETCH, user_id, export_id, now, before))

    async def linked(
        self, executor: Executor, user_id: UUID, export_id: UUID, now: datetime, before: datetime, *, used: bool
    ) -> Export | None:
        """The export of a mailed link, which is not used by that. `before`: as for `fetch`; `used`: only if it was used."""
        return _found(await executor.fetchrow(_LINKED, user_id, export_id, now, before, used))

    async def expired(self, executor: Executor, now: datetime, asked_before: datetime, limit: int) -> list[Export]:
        """Exports whose time is over, and those that were asked for before a moment and are not made."""
        return [_export(row) for row in await executor.fetch(_EXPIRED, now, asked_before, limit)]

    async def of(self, executor: Executor, users: list[UUID]) -> list[Export]:
        """The exports of some users."""
        return [_export(row) for row in await executor.fetch(_OF, users)]

    async def held_up(self, executor: Executor, user_id: UUID) -> bool:
        """Whether somebody of whom the user's export could hold data is being erased."""
        return bool(await executor.fetch(_HELD_UP, str(user_id)))

    async def waiting(self, executor: Executor, users: list[UUID]) -> list[Export]:
        """The exports of some users that are not ready."""
        return [_export(row) for row in await executor.fetch(_WAITING, users)]

    async def forget(self, executor: Executor, export: Export) -> None:
        """Delete the row."""
        await executor.execute(_FORGET, export.user_id, export.id)

    async def people(self, executor: Executor, export: Export) -> dict[str, list[UUID]]:
        """Whom an export is about: the user, and the family where they are a parent, with its children that are not being erased."""
        people: dict[str, list[UUID]] = {USER: [export.user_id]}
        row = await executor.fetchrow(_CHILDREN, export.family_id, export.user_id) if export.family_id else None
        if row is not None and export.family_id is not None:
            people |= {FAMILY: [export.family_id], CHILD: list(row["children"])}
        return people

    async def rows(
        self, database: Database, step: Step, people: People, after: str = ""
    ) -> AsyncGenerator[tuple[str, bytes]]:
        """The rows of a table about the people as JSON objects, without what opens a session, each with what to give as `after`.

        They come in the order of the primary key. `after`: only those behind it. Without a primary key nothing can be behind.
        Of a row that another adult of the family caused, what tells of that adult is left out (`Holding.of_mentioned`).
        """
        condition, ids = step.holding.about(people, mentioned=not step.holding.people, lacking=step.lacking)
        if not condition:
            return
        arguments: list[object] = [*ids]
        document = _document(step, list(people.get(USER, ())), arguments)
        keys = ", ".join(f"held.{name}" for name in step.keys)
        if after:
            condition = f"({condition}) and ({keys}) > ({_behind(step, after, arguments)})"
        texts = ", ".join(f"held.{name}::text" for name in step.keys)
        order = f" order by {keys}" if keys else ""
        statement = (
            f"select array[{texts}]::text[] as place, {document} as document"
            f" from {step.holding.table} held where {condition}{order}"
        )
        async with database.lease() as connection, connection.transaction(readonly=True):
            async for row in connection.cursor(statement, *arguments, prefetch=_AT_ONCE):
                yield msgspec.json.encode(row["place"]).decode(), row["document"]


def _document(step: Step, users: list[UUID], arguments: list[object]) -> str:
    """SQL expression: the row `held` as a JSON object that an export of these users shows. Adds its arguments."""
    arguments.append(secret_names(step.columns))
    document = f"to_jsonb(held) - ${len(arguments)}::text[]"
    for name, said in step.holding.of_mentioned.items():
        if name in step.columns and step.holding.kind_of(name) == USER:
            place = len(arguments) + 1
            document += f" || case when held.{name} = any (${place}::uuid[]) then '{{}}' else ${place + 1}::jsonb end"
            arguments += [users, msgspec.json.encode(dict.fromkeys(one for one in said if one in step.columns))]
    return document


def _behind(step: Step, after: str, arguments: list[object]) -> str:
    """SQL list of the primary key of a row. Adds its arguments."""
    last: list[str] = msgspec.json.decode(after, type=list[str])
    first = len(arguments) + 1
    arguments += last
    return ", ".join(f"${place}::text::{step.columns[name].kind}" for place, name in enumerate(step.keys, first))


def _found(row: Row | None) -> Export | None:
    return None if row is None else _export(row)


def _export(row: Row) -> Export:
    return Export(
        user_id=row["user_id"],
        id=row["id"],
        family_id=row["family_id"],
        asked_at=row["asked_at"],
        ready_at=row["ready_at"],
        expires_at=row["expires_at"],
        bytes=row["bytes"],
    )
