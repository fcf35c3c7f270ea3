"""The family as its adults see and change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from wondernest.coppa.rules import age_on
from wondernest.family import errors, limits, rules
from wondernest.family.model import Child, Household
from wondernest.family.preferences import SettingsChanges
from wondernest.family.repository import Acting, ChildRecord, FamilyGone, FamilyRepository, FoundChild
from wondernest.platform.db.batch import Gatherer
from wondernest.platform.ids import new_uuid, parse_uuid

if TYPE_CHECKING:
    from wondernest.auth.service import AccountService
    from wondernest.family.limits import ContentChanges, TimeChanges
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Connection, Database
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.http.caller import Caller


@dataclass(frozen=True, slots=True)
class ChildDraft:
    """A child to be added, as a parent filled the form in."""

    name: str
    birth_date: str
    gender: str | None
    avatar: str | None
    interests: Sequence[str]


@dataclass(frozen=True, slots=True)
class ChildChanges:
    """What a parent wants changed; None leaves a part as it is."""

    name: str | None
    birth_date: str | None
    gender: str | None
    avatar: str | None
    interests: Sequence[str] | None
    content: ContentChanges | None
    times: TimeChanges | None


class FamilyService:
    """What a parent can do with the family. Raises the room's errors."""

    def __init__(
        self, repository: FamilyRepository, database: Database, accounts: AccountService, clock: Clock
    ) -> None:
        self._repository = repository
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._households = Gatherer[Acting, "Household | None"](database, self._read_together)

    async def household(self, caller: Caller) -> Household:
        """The family with members and children; raises InvalidFamilyId or NoFamily."""
        household = await self._households.submit(_acting(caller))
        if household is None:
            raise errors.NoFamily
        return household

    async def children(self, caller: Caller) -> list[Child]:
        """The active children; raises InvalidFamilyId or NoFamily."""
        children = await self._repository.children(self._database, _acting(caller))
        if children is None:
            raise errors.NoFamily
        return children

    async def child(self, caller: Caller, child_text: str) -> Child:
        """One active child; raises InvalidChildId, ChildNotFound or ForeignChild."""
        found = await self._found(caller, _child_id(child_text))
        if not found.own:
            raise errors.ForeignChild
        return found.child

    async def create_child(self, caller: Caller, draft: ChildDraft, unit: UnitOfWork | None) -> Child:
        """Add a child, its settings by age; raises InvalidFamilyId, NoFamily, FamilyNotFound or ValidationFailed."""
        acting = _acting(caller)
        now = self._clock.now()
        try:
            child = Child(
                id=new_uuid(),
                family_id=acting.family_hint or acting.user_id,
                name=rules.name(draft.name),
                birth_date=rules.birth_date(draft.birth_date, now.date()),
                gender=rules.gender(draft.gender),
                avatar_url=rules.avatar(draft.avatar),
                created_at=now,
                updated_at=now,
            )
            interests = rules.interests(draft.interests)
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        age = age_on(now.date(), child.birth_date)
        record = ChildRecord(child, interests, limits.content_at_creation(age), limits.time_at_creation(age))
        try:
            family_id = await self._repository.create_child(unit or self._database, record, acting)
        except FamilyGone:
            raise errors.FamilyNotFound from None
        if family_id is None:
            raise errors.NoFamily
        return replace(_as_stored(record), family_id=family_id)

    async def update_child(self, caller: Caller, child_text: str, changes: ChildChanges, unit: UnitOfWork) -> Child:
        """Merge changes into a child's profile; raises ValidationFailed, ChildNotFound or ForeignChild."""
        child_id = parse_uuid(child_text)
        if child_id is None:
            raise errors.ValidationFailed(f"Invalid UUID string: {child_text}")
        await self._repository.lock_child(unit, child_id, caller.user_id)
        found = await self._found(caller, child_id, unit)
        if not found.own:
            raise errors.ForeignChild
        try:
            record = self._changed(found.child, changes)
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        if not await self._repository.update_child(unit, record, caller.user_id):
            raise errors.ChildNotFound
        return _as_stored(record)

    async def archive_child(self, caller: Caller, child_text: str) -> None:
        """Archive a child, once; raises InvalidChildId, ChildNotFound or ForeignChild."""
        now = self._clock.now()
        own = await self._repository.archive_child(self._database, _child_id(child_text), caller.user_id, now)
        if own is None:
            raise errors.ChildNotFound
        if not own:
            raise errors.ForeignChild

    async def select_child(self, caller: Caller, child_text: str) -> tuple[Child, str]:
        """A child's profile and a session token for it; raises as `child`, InvalidFamilyId and NoFamily."""
        found = await self._found(caller, _child_id(child_text))
        _acting(caller)
        if not found.has_family:
            raise errors.NoFamily
        if not found.own:
            raise errors.ForeignChild
        return found.child, await self._accounts.open_child_session(caller, found.child.id)

    async def save_settings(self, caller: Caller, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Merge settings, known or not; all that are stored. Raises InvalidFamilyId, ValidationFailed or NoFamily."""
        acting = _acting(caller)
        try:
            changes = SettingsChanges.parse(sent)
        except rules.Unacceptable as broken:
            raise errors.ValidationFailed(str(broken)) from None
        stored = await self._repository.save_settings(self._database, acting, changes, self._clock.now())
        if stored is None:
            raise errors.NoFamily
        return stored.shown()

    async def _found(self, caller: Caller, child_id: UUID, unit: UnitOfWork | None = None) -> FoundChild:
        found = await self._repository.child(unit or self._database, child_id, caller.user_id)
        if found is None:
            raise errors.ChildNotFound
        return found

    def _changed(self, child: Child, changes: ChildChanges) -> ChildRecord:
        """The stored profile with the changes; an empty gender or avatar counts as none, as the edit screen means it."""
        now = self._clock.now()
        today = now.date()
        merged = replace(
            child,
            name=child.name if changes.name is None else rules.name(changes.name),
            birth_date=child.birth_date if changes.birth_date is None else rules.birth_date(changes.birth_date, today),
            gender=rules.gender(changes.gender) or child.gender,
            avatar_url=rules.avatar(changes.avatar) or child.avatar_url,
            updated_at=now,
        )
        # What nobody stored yet follows the age the child really has.
        age = age_on(today, merged.birth_date)
        return ChildRecord(
            merged,
            child.known_interests() if changes.interests is None else rules.interests(changes.interests),
            limits.changed(child.content_settings(age), changes.content),
            limits.changed(child.time_restrictions(age), changes.times),
        )

    async def _read_together(self, connection: Connection, askers: Sequence[Acting]) -> list[Household | None]:
        return await self._repository.households(connection, askers)


def _acting(caller: Caller) -> Acting:
    if caller.family_claim is not None and caller.family_id is None:
        raise errors.InvalidFamilyId(caller.family_claim)
    return Acting(caller.user_id, caller.family_id)


def _child_id(text: str) -> UUID:
    child_id = parse_uuid(text)
    if child_id is None:
        raise errors.InvalidChildId
    return child_id


def _as_stored(record: ChildRecord) -> Child:
    """The child as a read finds it from now on."""
    return replace(
        record.child,
        interests=record.interests,
        content=msgspec.to_builtins(record.content),
        times=msgspec.to_builtins(record.times),
    )
