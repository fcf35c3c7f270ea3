"""Requests to erase a child, a family or an account, and what takes them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from wondernest.access.guardianship import active, belongs, family_of, guards, is_parent
from wondernest.access.readers import READER, Reader, reader_of
from wondernest.privacy.rules import OPEN, Erasure, Kind, State

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

COLUMNS: Final = """
    e.id, e.kind, e.state, e.child_id, e.family_id, e.user_id, e.asked_at, e.due_at, e.settle_at, e.finished_at, e.counts"""
IS_OPEN: Final = f"e.state in ({', '.join(f'{state.value!r}' for state in OPEN)})"
_CHILD: Final = f"""
    select c.family_id from family.child_profiles c
     where c.id = $1 and {guards("c.id", "$2", archived_too=True, parent=True)} for no key update of c"""
_FAMILY: Final = f"""
    select f.id from family.families f
     where f.id = ({family_of("$1", "$2")}) and {belongs("f.id", "$1", parent=True)} for no key update of f"""
_ACCOUNT: Final = "select from core.users where id = $1 for no key update"
OTHER_PARENT: Final = f"""
    exists (select from family.family_members other join core.users adult on adult.id = other.user_id
             where other.family_id = own.family_id and other.user_id <> own.user_id and {is_parent("other")}
               and adult.is_active is not false)"""
"""Another parent, who can sign in, is in the family of the membership `own`."""
LEFT_ALONE: Final = f"""
    select own.family_id from family.family_members own
     where own.user_id = $1 and not {OTHER_PARENT}
       and ({is_parent("own")} or not exists (
            select from family.family_members other where other.family_id = own.family_id and other.user_id <> own.user_id))"""
"""The families that go with the account $1: nobody else in them is a parent."""
_FREEZE: Final = f"""
    update family.child_profiles c set is_active = false, archived_at = $3, updated_at = $3
     where (c.id = $1 or c.family_id = any ($2::uuid[])) and {active("c")} returning c.id"""
_COVERS: Final = f"""
    (e.kind = '{Kind.CHILD}' and e.child_id = c.id or e.kind = '{Kind.FAMILY}' and e.family_id = c.family_id
     or e.kind = '{Kind.ACCOUNT}' and exists ({LEFT_ALONE.replace("$1", "e.user_id")} and own.family_id = c.family_id))"""
"""The erasure `e` erases the child `c`, as things are."""
_THAW: Final = f"""
    with still as (
        select e.id, e.kind, c.id as child_id from family.child_profiles c join wondernest.erasures e on {IS_OPEN} and {_COVERS}
         where c.id = any ($1::uuid[])),
    handed_over as (
        update wondernest.erasures e set frozen = e.frozen || array(select still.child_id from still where still.id = e.id)
         where e.kind <> '{Kind.CHILD}' and e.id in (select id from still))
    update family.child_profiles c set is_active = true, archived_at = null, updated_at = $2
     where c.id = any ($1::uuid[]) and not exists (select from still where still.child_id = c.id)"""
"""A child that another open request erases stays hidden, and comes back when that one is taken back."""
_ASK: Final = f"""
    with asked as (
        insert into wondernest.erasures as e (id, kind, child_id, family_id, user_id, asked_by, frozen, asked_at, due_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning {COLUMNS}),
    known as (
        update wondernest.erasures e set frozen = e.frozen || $7
         where e.kind = $2 and {IS_OPEN} and not exists (select from asked)
           and case $2 when 'child' then e.child_id = $3 when 'family' then e.family_id = $4 else e.user_id = $5 end
        returning {COLUMNS})
    select * from asked union all select * from known"""
"""Asked again, the children that were added since are hidden too. The child, the family or the account is locked."""
_TAKE_BACK: Final = f"""
    update wondernest.erasures e set state = '{State.TAKEN_BACK}', finished_at = $3
     where e.kind = $1 and e.state = '{State.WAITING}' and case $1 when 'child' then e.child_id = $2
           when 'family' then e.family_id = $2 else e.user_id = $2 end
    returning e.frozen"""
_BEGUN: Final = f"""
    select exists (select from wondernest.erasures e
                    where {IS_OPEN} and e.state <> '{State.WAITING}'
                      and (e.child_id = $1 or e.family_id = $2 or e.user_id = $3))"""
_LARGER: Final = f"""
    select exists (select from wondernest.erasures e join family.child_profiles c on c.id = $1
                    where {IS_OPEN} and e.kind <> '{Kind.CHILD}' and (c.id = any (e.frozen) or {_COVERS}))"""
_ARCHIVED: Final = f"""
    select c.id from family.child_profiles c where c.id = $1 and not ({active("c")})"""
_SEEN: Final = f"""
    with acting as materialized ({family_of("$1", "$2")})
    select {COLUMNS} from wondernest.erasures e
     where e.asked_by = $1 or e.user_id = $1 or e.family_id = (select family_id from acting)
     order by e.asked_at desc, e.id limit $3"""
_PARENTS: Final = f"""
    select adult.id from family.family_members member join core.users adult on adult.id = member.user_id
     where member.family_id = any ($1::uuid[]) and {is_parent("member")} and adult.is_active is not false order by adult.id"""
_ONE: Final = f"select {COLUMNS} from wondernest.erasures e where e.id = $1"
_FORGOTTEN: Final = f"""
    with kept as (
        select c.id, c.family_id, c.archived_at from family.child_profiles c
         where c.archived_at <= $1
           and not exists (select from wondernest.erasures e where e.kind = 'child' and e.child_id = c.id and {IS_OPEN})
         order by c.archived_at, c.id limit $4)
    insert into wondernest.erasures (id, kind, child_id, family_id, asked_at, due_at)
    select gen_random_uuid(), 'child', kept.id, kept.family_id, $2, $3 from kept on conflict do nothing
    returning id, family_id, child_id"""


class RequestRepository:
    """Requests to erase. Every method takes the adult who acts."""

    async def lock_child(self, unit: Executor, child_id: UUID, user_id: UUID) -> UUID | None:
        """The family of a child, archived or not, that the adult may erase; the child is locked. None: no such child."""
        return await unit.fetchval(_CHILD, child_id, user_id)

    async def lock_family(self, unit: Executor, user_id: UUID, hint: UUID | None) -> UUID | None:
        """The family that the parent acts for, locked; None without one."""
        return await unit.fetchval(_FAMILY, user_id, hint)

    async def lock_account(self, unit: Executor, user_id: UUID) -> None:
        """Requests about one account run one after another."""
        await unit.fetch(_ACCOUNT, user_id)

    async def left_alone(self, executor: Executor, user_id: UUID) -> list[UUID]:
        """The families that go with an account, because nobody else in them is a parent."""
        return [row["family_id"] for row in await executor.fetch(LEFT_ALONE, user_id)]

    async def freeze(
        self, unit: Executor, child_id: UUID | None, families: Sequence[UUID], now: datetime
    ) -> list[UUID]:
        """Archive a child, and the children of families; returns those that were active."""
        return [row["id"] for row in await unit.fetch(_FREEZE, child_id, list(families), now)]

    async def thaw(self, unit: Executor, children: Sequence[UUID], now: datetime) -> None:
        """Take children out of the archive, but for those that another open request erases."""
        await unit.execute(_THAW, list(children), now)

    async def ask(
        self,
        unit: Executor,
        erasure_id: UUID,
        kind: Kind,
        subject: tuple[UUID | None, UUID | None, UUID | None],
        asked_by: UUID,
        frozen: Sequence[UUID],
        times: tuple[datetime, datetime],
    ) -> Erasure:
        """Store a request, or find the one that is open. `subject`: child, family and user; `times`: now, and when it is due."""
        row = await unit.fetchrow(_ASK, erasure_id, kind, *subject, asked_by, list(frozen), *times)
        assert row is not None  # one of the two
        return erasure_of(row)

    async def take_back(self, unit: Executor, kind: Kind, subject: UUID, now: datetime) -> list[UUID] | None:
        """Take a waiting request back; returns the children that it had archived. None if none waits."""
        return await unit.fetchval(_TAKE_BACK, kind, subject, now)

    async def has_begun(
        self, executor: Executor, child_id: UUID | None, family_id: UUID | None, user_id: UUID | None
    ) -> bool:
        """Whether one of them is being erased already."""
        return await executor.fetchval(_BEGUN, child_id, family_id, user_id) is True

    async def is_part_of_larger(self, executor: Executor, child_id: UUID) -> bool:
        """Whether a child is to be erased with its family or with an account."""
        return await executor.fetchval(_LARGER, child_id) is True

    async def is_archived(self, executor: Executor, child_id: UUID) -> bool:
        """Whether a child is archived."""
        return await executor.fetchval(_ARCHIVED, child_id) is not None

    async def seen_by(self, executor: Executor, user_id: UUID, hint: UUID | None, limit: int) -> list[Erasure]:
        """The requests of the adult, and of the family that they act for, newest first."""
        return [erasure_of(row) for row in await executor.fetch(_SEEN, user_id, hint, limit)]

    async def parents(self, executor: Executor, families: Sequence[UUID]) -> list[UUID]:
        """The parents of families, with active accounts."""
        return [row["id"] for row in await executor.fetch(_PARENTS, list(families))]

    async def reader(self, executor: Executor, user_id: UUID) -> Reader | None:
        """Who gets a letter to an active account."""
        return reader_of(await executor.fetchrow(READER, user_id))

    async def find(self, executor: Executor, erasure_id: UUID) -> Erasure | None:
        """One request."""
        row = await executor.fetchrow(_ONE, erasure_id)
        return None if row is None else erasure_of(row)

    async def ask_for_archived(
        self, unit: Executor, archived_before: datetime, now: datetime, due_at: datetime, limit: int
    ) -> list[tuple[UUID, UUID, UUID]]:
        """Ask to erase the children that were archived before a moment; returns the requests with families and children."""
        rows = await unit.fetch(_FORGOTTEN, archived_before, now, due_at, limit)
        return [(row["id"], row["family_id"], row["child_id"]) for row in rows]


def erasure_of(row: Row) -> Erasure:
    """A row of COLUMNS."""
    return Erasure(
        id=row["id"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        child_id=row["child_id"],
        family_id=row["family_id"],
        user_id=row["user_id"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        settle_at=row["settle_at"],
        finished_at=row["finished_at"],
        counts=msgspec.json.decode(row["counts"], type=dict[str, int]),
    )
