"""The operations of an adult on their family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec.structs import replace

from wondernest.coppa.rules import age_on
from wondernest.family import controls, errors, rules
from wondernest.family.controls import TimeChanges
from wondernest.family.model import Child, Household
from wondernest.family.preferences import SettingsChanges
from wondernest.family.repository import (
    Acting,
    ChildRecord,
    FamilyFull,
    FamilyGone,
    FamilyRepository,
    FoundChild,
    FoundHousehold,
)
from wondernest.platform.clock import latest_day
from wondernest.platform.db.batch import Batcher, LockWait

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.auth.service import AccountService
    from wondernest.family.controls import ContentChanges, TimeRestrictions
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Connection, Database, Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.settings import Quotas

TimesChange: TypeAlias = "Callable[[TimeRestrictions], TimeRestrictions]"
"""What a change makes of the restrictions that hold now."""


@dataclass(frozen=True, slots=True)
class ChildDraft:
    """A child to be added, as the client sent it."""

    name: str
    birth_date: str
    gender: str | None
    avatar: str | None
    interests: Sequence[str]


@dataclass(frozen=True, slots=True)
class ChildChanges:
    """The changes to a child; None leaves a part as it is."""

    name: str | None
    birth_date: str | None
    gender: str | None
    avatar: str | None
    interests: Sequence[str] | None
    content: ContentChanges | None
    times: TimeChanges | None


class FamilyService:
    """The operations of a parent on the family. Raises the room's errors."""

    def __init__(
        self,
        repository: FamilyRepository,
        database: Database,
        accounts: AccountService,
        clock: Clock,
        ids: Ids,
        quotas: Quotas,
    ) -> None:
        self._ids = ids
        self._quotas = quotas
        self._repository = repository
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._households = Batcher[Acting, FoundHousehold](database, self._read_households)

    async def household(self, caller: Caller) -> Household:
        """The family with members and children; raises InvalidFamilyId or NoFamily."""
        household = (await self._households.submit(_acting(caller))).decoded()
        if household is None:
            raise errors.NoFamily
        return household

    async def children(self, caller: Caller, executor: Executor | None = None) -> list[Child]:
        """The active children; raises InvalidFamilyId or NoFamily."""
        children = await self._repository.children(executor or self._database, _acting(caller))
        if children is None:
            raise errors.NoFamily
        return children

    async def child(self, caller: Caller, child_id: UUID) -> Child:
        """One active child; raises ChildNotFound or ForeignChild."""
        found = await self._found(caller, child_id)
        if not found.own:
            raise errors.ForeignChild
        return found.child

    async def create_child(self, caller: Caller, draft: ChildDraft, unit: UnitOfWork) -> Child:
        """Add a child with settings by age.

        Raises InvalidFamilyId, NoFamily, FamilyNotFound, TooManyChildren or ValidationFailed.
        """
        acting, quotas = _acting(caller), self._quotas
        try:
            record = _drafted(draft, self._ids.uuid(), self._clock.now())
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        try:
            family_id = await self._repository.create_child(
                unit, record, acting, quotas.children, quotas.children_with_archived
            )
        except FamilyGone:
            raise errors.FamilyNotFound from None
        except FamilyFull:
            raise errors.TooManyChildren(quotas.children, quotas.children_with_archived) from None
        if family_id is None:
            raise errors.NoFamily
        blank = Child(
            id=record.id,
            family_id=family_id,
            name=record.name,
            birth_date=record.birth_date,
            created_at=record.saved_at,
            updated_at=record.saved_at,
        )
        return _stored(record, blank)

    async def update_child(self, caller: Caller, child_id: UUID, changes: ChildChanges, unit: UnitOfWork) -> Child:
        """Merge changes into a child's profile; raises ValidationFailed, ChildNotFound or ForeignChild."""
        return await self._change(caller, child_id, unit, lambda _: changes)

    async def change_times(self, caller: Caller, child_id: UUID, change: TimesChange, unit: UnitOfWork) -> None:
        """Change how long and when a child may play, from what holds now; `change` may raise Unacceptable. Raises as `update_child`."""

        def changes_of(child: Child) -> ChildChanges:
            known = child.time_restrictions(age_on(latest_day(self._clock.now()), child.birth_date))
            times = TimeChanges(**msgspec.structs.asdict(change(known)))
            return ChildChanges(
                name=None, birth_date=None, gender=None, avatar=None, interests=None, content=None, times=times
            )

        await self._change(caller, child_id, unit, changes_of)

    async def _change(
        self, caller: Caller, child_id: UUID, unit: UnitOfWork, changes_of: Callable[[Child], ChildChanges]
    ) -> Child:
        await self._repository.lock_child(unit, child_id, caller.user_id)
        found = await self._found(caller, child_id, unit)
        if not found.own:
            raise errors.ForeignChild
        try:
            record = _changed(found.child, changes_of(found.child), self._clock.now())
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        if not await self._repository.update_child(unit, record, caller.user_id):
            raise errors.ChildNotFound
        return _stored(record, found.child)

    async def archive_child(self, caller: Caller, child_id: UUID, unit: UnitOfWork) -> None:
        """Archive a child; again it changes nothing. Raises ChildNotFound or ForeignChild."""
        now = self._clock.now()
        own = await self._repository.archive_child(unit, child_id, caller.user_id, now)
        if own is None:
            raise errors.ChildNotFound
        if not own:
            raise errors.ForeignChild

    async def select_child(self, caller: Caller, child_id: UUID) -> tuple[Child, str]:
        """A child's profile and a session token for it; raises as `child`, InvalidFamilyId and NoFamily."""
        found = await self._found(caller, child_id)
        _acting(caller)
        if not found.has_family:
            raise errors.NoFamily
        if not found.own:
            raise errors.ForeignChild
        return found.child, await self._accounts.open_child_session(caller, found.child.id)

    async def save_settings(self, caller: Caller, sent: Mapping[str, Any], unit: UnitOfWork) -> dict[str, Any]:
        """Merge settings, known or not; returns all stored ones. Raises InvalidFamilyId, ValidationFailed or NoFamily."""
        acting = _acting(caller)
        try:
            changes = SettingsChanges.parse(sent)
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        stored = await self._repository.save_settings(unit, acting, changes, self._clock.now())
        if stored is None:
            raise errors.NoFamily
        shown = stored.shown()
        if len(msgspec.json.encode(shown)) > rules.MAX_SETTINGS_BYTES:
            raise errors.ValidationFailed(rules.SETTINGS_TOO_LARGE)
        return shown

    async def settings(self, caller: Caller) -> dict[str, Any]:
        """All settings; raises InvalidFamilyId or NoFamily."""
        stored = await self._repository.settings(self._database, _acting(caller))
        if stored is None:
            raise errors.NoFamily
        return stored.shown()

    async def end_letters(self, user_id: UUID) -> None:
        """End an adult's weekly letters of every family, on behalf of whoever proved that they may."""
        await self._repository.end_letters(self._database, user_id)

    async def _found(self, caller: Caller, child_id: UUID, unit: UnitOfWork | None = None) -> FoundChild:
        found = await self._repository.child(unit or self._database, child_id, caller.user_id)
        if found is None:
            raise errors.ChildNotFound
        return found

    async def _read_households(
        self, connection: Connection, adults: Sequence[Acting], _: LockWait
    ) -> list[FoundHousehold]:
        return await self._repository.households(connection, adults)


def _acting(caller: Caller) -> Acting:
    if caller.family_claim is not None and caller.family_id is None:
        raise errors.InvalidFamilyId(caller.family_claim)
    return Acting(caller.user_id, caller.family_id)


def _drafted(draft: ChildDraft, child_id: UUID, now: datetime) -> ChildRecord:
    """A new child with settings by age; raises Unacceptable."""
    name = rules.name(draft.name)
    today = latest_day(now)
    birth_date = rules.birth_date(draft.birth_date, today)
    age = age_on(today, birth_date)
    return ChildRecord(
        id=child_id,
        name=name,
        birth_date=birth_date,
        gender=rules.gender(draft.gender),
        avatar_url=rules.avatar(draft.avatar),
        saved_at=now,
        interests=rules.interests(draft.interests),
        content=controls.content_at_creation(age),
        times=controls.time_at_creation(age),
    )


def _changed(child: Child, changes: ChildChanges, now: datetime) -> ChildRecord:
    """The profile with the changes; an empty gender or avatar changes nothing, because the edit screen sends it so.

    What is sent as it is stored is accepted, whoever stored it: a profile that was read can be sent back whole. Raises
    Unacceptable. Settings that were never changed are not stored, so that they still follow the child's age.
    """
    today = latest_day(now)
    name = _unless_known(changes.name, child.name, rules.name) or child.name
    birth_date = child.birth_date
    if changes.birth_date is not None:
        birth_date = rules.changed_birth_date(changes.birth_date, birth_date, today)
    known_age, age = age_on(today, child.birth_date), age_on(today, birth_date)
    content, times, interests = changes.content, changes.times, changes.interests
    if controls.changed(known_content := child.content_settings(known_age), content) == known_content:
        content = None
    if controls.changed(known_times := child.time_restrictions(known_age), times) == known_times:
        times = None
    if interests is not None and list(interests) == child.known_interests():
        interests = None
    return ChildRecord(
        id=child.id,
        name=name,
        birth_date=birth_date,
        gender=_unless_known(changes.gender, child.gender, rules.gender) or child.gender,
        avatar_url=_unless_known(changes.avatar, child.avatar_url, rules.avatar) or child.avatar_url,
        saved_at=now,
        interests=None if interests is None else rules.interests(interests),
        content=None if content is None else controls.changed(child.content_settings(age), content),
        times=None if times is None else controls.changed(child.time_restrictions(age), times),
    )


def _unless_known(sent: str | None, known: str | None, read: Callable[[str], str | None]) -> str | None:
    """The text that was sent, read by its rule; None when it is absent or the known one. Raises Unacceptable."""
    return None if sent is None or sent == known else read(sent)


def _stored(record: ChildRecord, child: Child) -> Child:
    """The child as a later read returns it."""
    return replace(
        child,
        name=record.name,
        birth_date=record.birth_date,
        gender=record.gender,
        avatar_url=record.avatar_url,
        updated_at=record.saved_at,
        interests=child.interests if record.interests is None else record.interests,
        content=child.content if record.content is None else msgspec.json.encode(record.content),
        times=child.times if record.times is None else msgspec.json.encode(record.times),
    )
