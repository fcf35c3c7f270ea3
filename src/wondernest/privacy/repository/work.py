"""The work of erasures: which are due, whom they erase, how far they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from wondernest.access.guardianship import active, is_parent
from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.personal_data import USER
from wondernest.privacy.repository.requests import COLUMNS, IS_OPEN, LEFT_ALONE, erasure_of
from wondernest.privacy.rules import Erased, Kind, State

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.privacy.rules import Erasure

_DUE: Final = f"""
    select {COLUMNS} from wondernest.erasures e
     where (e.state = '{State.WAITING}' and e.due_at <= $1) or e.state = '{State.ERASING}'
        or (e.state = '{State.SETTLING}' and e.settle_at <= $1)
     order by e.due_at, e.id"""
_CHILDREN: Final = "select id from family.child_profiles where family_id = any ($1::uuid[]) order by id"
_MEMBERS: Final = f"""
    select member.user_id from family.family_members member
     where member.family_id = any ($1::uuid[]) and member.user_id <> all ($2::uuid[])
     group by member.user_id order by bool_or({is_parent("member")}) desc, member.user_id"""
_FAMILIES_OF: Final = "select family_id from family.family_members where user_id = $1"
_FAMILIES_OF_CHILDREN: Final = "select distinct family_id from family.child_profiles where id = any ($1::uuid[])"
_BEGIN: Final = f"""
    update wondernest.erasures e set state = '{State.ERASING}', subjects = $2
     where e.id = $1 and e.state = '{State.WAITING}' and e.due_at <= $3 returning true"""
_HIDE: Final = f"""
    with due as materialized (
        select e.id from wondernest.erasures e where e.id = $1 and e.state = '{State.WAITING}' for update),
    hidden as (
        update family.child_profiles c set is_active = false, archived_at = $3, updated_at = $3
          from due where c.id = any ($2::uuid[]) and {active("c")} returning c.id, c.family_id)
    update wondernest.erasures e
       set frozen = e.frozen || array(select hidden.id from hidden), due_at = $4
     where e.id in (select id from due) and exists (select from hidden)
    returning array(select distinct hidden.family_id from hidden)"""
_IN_USE_AGAIN: Final = f"""
    update wondernest.erasures e set state = '{State.TAKEN_BACK}', finished_at = $2
     where e.id = $1 and e.kind = '{Kind.CHILD}' and e.state = '{State.WAITING}'
       and exists (select from family.child_profiles c where c.id = e.child_id and {active("c")})
    returning true"""
_SUBJECTS: Final = "select subjects from wondernest.erasures where id = $1"
_RESUME: Final = f"""
    insert into wondernest.erasures (id, kind, state, subjects, asked_at, due_at) values ($1, $2, '{State.ERASING}', $3, $4, $4)"""
_SETTLE: Final = f"""
    update wondernest.erasures e set state = '{State.SETTLING}', settle_at = $2, counts = $3 where e.id = $1"""
_FINISH: Final = f"""
    update wondernest.erasures e
       set state = case when {IS_OPEN} then '{State.DONE}' else e.state end, finished_at = coalesce(e.finished_at, $2),
           child_id = null, user_id = null, subjects = null, frozen = '{{}}', settle_at = null,
           family_id = case when e.family_id = any ($4::uuid[]) then null else e.family_id end
     where e.id = $1 or e.child_id = any ($3::uuid[]) or e.user_id = any ($5::uuid[]) or e.family_id = any ($4::uuid[])"""
_FORGET_ASKER: Final = "update wondernest.erasures set asked_by = null where asked_by = any ($1::uuid[])"
_FORGET_FROZEN: Final = """
    update wondernest.erasures set frozen = array(select one from unnest(frozen) one where one <> all ($1::uuid[]))
     where frozen && $1::uuid[]"""
_COUNTS: Final = "update wondernest.erasures set counts = $2 where id = $1"
_NOBODY: Final = """
    insert into core.users (id, email, password_hash, role, is_active, email_verified)
    values ($1::uuid, 'erased-' || $1::uuid || '@wondernest.invalid', '', 'erased', false, false) on conflict (id) do nothing"""
_NO_FAMILY: Final = "insert into family.families (id, name, created_by) values ($1, '', $1) on conflict (id) do nothing"
_OVERDUE: Final = f"""
    select count(*) from wondernest.erasures e
     where (e.state in ('{State.WAITING}', '{State.ERASING}') and e.due_at <= $1)
        or (e.state = '{State.SETTLING}' and e.settle_at <= $1)"""
_WAITING: Final = f"select count(*) from wondernest.erasures e where {IS_OPEN}"


class WorkRepository:
    """Erasures as the job sees them."""

    async def due(self, executor: Executor, now: datetime) -> list[Erasure]:
        """The erasures with something to do."""
        return [erasure_of(row) for row in await executor.fetch(_DUE, now)]

    async def resolve(self, executor: Executor, erasure: Erasure) -> Erased:
        """Everybody whom an erasure erases, and the users near them who stay."""
        users = [erasure.user_id] if erasure.kind is Kind.ACCOUNT and erasure.user_id else []
        families = [erasure.family_id] if erasure.kind is Kind.FAMILY and erasure.family_id else []
        around = [*families]
        if erasure.kind is Kind.CHILD:
            children = [erasure.child_id] if erasure.child_id else []
            around = [erasure.family_id] if erasure.family_id else []
        else:
            for user_id in users:
                families = [row["family_id"] for row in await executor.fetch(LEFT_ALONE, user_id)]
                around = [row["family_id"] for row in await executor.fetch(_FAMILIES_OF, user_id)]
            children = [row["id"] for row in await executor.fetch(_CHILDREN, families)]
        near = [row["user_id"] for row in await executor.fetch(_MEMBERS, around, users)]
        return Erased({USER: users, FAMILY: families, CHILD: children}, near)

    async def near(self, executor: Executor, people: Mapping[str, Sequence[UUID]]) -> list[UUID]:
        """The members of the families of people, other than they."""
        families = [*people.get(FAMILY, ())]
        rows = await executor.fetch(_FAMILIES_OF_CHILDREN, list(people.get(CHILD, ())))
        families += [row["family_id"] for row in rows]
        return [row["user_id"] for row in await executor.fetch(_MEMBERS, families, list(people.get(USER, ())))]

    async def hide(
        self, unit: Executor, erasure_id: UUID, erased: Erased, now: datetime, due_at: datetime
    ) -> list[UUID]:
        """Hide the children of a waiting request who are in use, and put it off; returns their families, none if none is in use."""
        return await unit.fetchval(_HIDE, erasure_id, erased.people.get(CHILD, []), now, due_at) or []

    async def in_use_again(self, executor: Executor, erasure_id: UUID, now: datetime) -> bool:
        """Take a waiting request about a child back if the child is active: another backend took it out of the archive."""
        return await executor.fetchval(_IN_USE_AGAIN, erasure_id, now) is True

    async def begin(self, executor: Executor, erasure_id: UUID, erased: Erased, now: datetime) -> bool:
        """Store whom a due request erases; False when it was taken back meanwhile."""
        return await executor.fetchval(_BEGIN, erasure_id, msgspec.json.encode(erased), now) is True

    async def subjects(self, executor: Executor, erasure_id: UUID) -> Erased | None:
        """Whom an erasure that has begun erases."""
        stored = await executor.fetchval(_SUBJECTS, erasure_id)
        return None if stored is None else msgspec.json.decode(stored, type=Erased)

    async def again(self, executor: Executor, erasure_id: UUID, kind: Kind, erased: Erased, now: datetime) -> None:
        """Store an erasure of people who were erased before."""
        await executor.execute(_RESUME, erasure_id, kind, msgspec.json.encode(erased), now)

    async def count(self, executor: Executor, erasure_id: UUID, counts: Mapping[str, int]) -> None:
        """Store what was erased so far."""
        await executor.execute(_COUNTS, erasure_id, msgspec.json.encode(counts))

    async def settle(
        self, executor: Executor, erasure_id: UUID, settle_at: datetime, counts: Mapping[str, int]
    ) -> None:
        """Everything was erased once; at a moment it is looked at again."""
        await executor.execute(_SETTLE, erasure_id, settle_at, msgspec.json.encode(counts))

    async def finish(self, unit: Executor, erasure_id: UUID, erased: Erased, now: datetime) -> None:
        """Make the row a receipt that names nobody who is gone. So does every other request about them."""
        people = erased.people
        users, children = people.get(USER, []), people.get(CHILD, [])
        await unit.execute(_FINISH, erasure_id, now, children, people.get(FAMILY, []), users)
        await unit.execute(_FORGET_ASKER, users)
        await unit.execute(_FORGET_FROZEN, children)

    async def nobody(self, executor: Executor, kind: str, stand_in: UUID) -> UUID:
        """An account, or a family, of nobody: rows that stay for others name it. Nobody can sign in to it."""
        await executor.execute(_NOBODY, stand_in)
        if kind == FAMILY:
            await executor.execute(_NO_FAMILY, stand_in)
        return stand_in

    async def overdue(self, executor: Executor, since: datetime) -> int:
        """How many erasures should have gone on before a moment."""
        return int(await executor.fetchval(_OVERDUE, since))

    async def waiting(self, executor: Executor) -> int:
        """How many erasures are open."""
        return int(await executor.fetchval(_WAITING))
