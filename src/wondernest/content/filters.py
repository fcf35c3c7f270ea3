"""The parental filter's settings: what is set, what it hides, and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from wondernest.content import errors, rules
from wondernest.content.model import ChildFilter, FamilyFilter, StoredFilters
from wondernest.content.repository.library import Asker
from wondernest.coppa.rules import age_on
from wondernest.family.controls import ContentChanges
from wondernest.family.errors import ChildNotFound, ForeignChild
from wondernest.family.service import ChildChanges
from wondernest.platform.clock import latest_day
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.content.repository import FilterRepository
    from wondernest.content.wire import ChildFilterChanges, FamilyFilterChanges
    from wondernest.family.controls import ContentSettings
    from wondernest.family.model import Child
    from wondernest.family.service import FamilyService
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.unit import UnitOfWork

T = TypeVar("T")


class ChildLimits(Struct, frozen=True):
    """A child, its settings of content, and its limits."""

    child: Child
    settings: ContentSettings
    limits: ChildFilter


class Limits(Struct, frozen=True):
    """All filters of a family."""

    family: FamilyFilter
    children: list[ChildLimits]
    stored: StoredFilters


class FilterService:
    """Reads and changes filters. Raises the room's errors."""

    def __init__(self, repository: FilterRepository, database: Database, clock: Clock, family: FamilyService) -> None:
        self._repository = repository
        self._database = database
        self._clock = clock
        self._family = family

    async def read(self, caller: Caller, executor: Executor | None = None) -> Limits:
        """The filters of the family and of each child, and what they hide. Raises NoFamily."""
        stored = await self._repository.read(executor or self._database, _asker(caller))
        if stored is None:
            raise errors.NoFamily
        children = await self._family.children(caller, executor)
        today = latest_day(self._clock.now())
        return Limits(
            rules.combined(stored.rows, stored.languages),
            [
                ChildLimits(
                    child,
                    child.content_settings(age_on(today, child.birth_date)),
                    stored.children.get(child.id) or ChildFilter(),
                )
                for child in children
            ],
            stored,
        )

    async def change(
        self,
        caller: Caller,
        family: FamilyFilterChanges | None,
        children: list[ChildFilterChanges],
        unit: UnitOfWork,
    ) -> Limits:
        """Change filters, all or none; returns what is set then. Raises NoFamily, ChildNotFound, Invalid."""
        family_id = await self._repository.lock(unit, _asker(caller))
        if family_id is None:
            raise errors.NoFamily
        known = await self.read(caller, unit)
        now = self._clock.now()
        try:
            if family is not None:
                await self._change_family(caller, family_id, known, family, unit)
            for changes in children:
                await self._change_child(caller, known, changes, now, unit)
        except rules.Broken as broken:
            raise errors.Invalid(str(broken)) from None
        return await self.read(caller, unit)

    async def _change_family(
        self, caller: Caller, family_id: UUID, known: Limits, changes: FamilyFilterChanges, unit: UnitOfWork
    ) -> None:
        before = known.family
        wanted = FamilyFilter(
            min_age=rules.within("minAge", _kept(changes.min_age, before.min_age), 0, rules.MAX_AGE_LIMIT),
            max_age=rules.within("maxAge", _kept(changes.max_age, before.max_age), 0, rules.MAX_AGE_LIMIT),
            allowed_categories=_allowed("allowedCategories", changes.allowed_categories, before.allowed_categories),
            blocked_categories=_entries("blockedCategories", changes.blocked_categories, before.blocked_categories),
            allowed_providers=_allowed("allowedProviders", changes.allowed_providers, before.allowed_providers),
            blocked_keywords=_entries("blockedKeywords", changes.blocked_keywords, before.blocked_keywords),
            max_duration_minutes=_duration(changes.max_duration_minutes, before.max_duration_minutes),
            languages=_languages(changes.languages, before.languages),
        )
        await self._repository.store_family(unit, family_id, rules.checked(wanted), self._clock.now())
        if changes.educational_content_only is not UNSET:
            await self._family.save_settings(caller, {"educationalContentOnly": changes.educational_content_only}, unit)

    async def _change_child(
        self, caller: Caller, known: Limits, changes: ChildFilterChanges, now: datetime, unit: UnitOfWork
    ) -> None:
        child_id = parse_uuid(changes.child_id.strip())
        found = next((one for one in known.children if one.child.id == child_id), None)
        if found is None:
            raise errors.ChildNotFound
        before = found.limits
        wanted = replace(
            before,
            allowed_categories=_entries("allowedCategories", changes.allowed_categories, before.allowed_categories),
            allowed_providers=_entries("allowedProviders", changes.allowed_providers, before.allowed_providers),
            blocked_keywords=_entries("blockedKeywords", changes.blocked_keywords, before.blocked_keywords),
            max_duration_minutes=_duration(changes.max_duration_minutes, before.max_duration_minutes),
            languages=_languages(changes.languages, before.languages),
        )
        content = _content_changes(changes)
        if wanted != before and not await self._repository.store_child(
            unit, caller.user_id, found.child.id, wanted, now
        ):
            raise errors.ChildNotFound
        if content is not None:
            try:
                await self._family.update_child(caller, found.child.id, _only(content), unit)
            except (ChildNotFound, ForeignChild):
                raise errors.ChildNotFound from None


def _asker(caller: Caller) -> Asker:
    return Asker(caller.user_id, caller.family_id)


def _content_changes(changes: ChildFilterChanges) -> ContentChanges | None:
    """The part that the child's profile holds; None without any. Raises Broken."""
    given: dict[str, Any] = {}
    if changes.max_age_rating is not UNSET:
        given["max_age_rating"] = rules.within("maxAgeRating", changes.max_age_rating, 0, rules.MAX_AGE_LIMIT)
    if changes.educational_content_only is not UNSET:
        given["educational_content_only"] = changes.educational_content_only
    for name, field, words in (
        ("blockedCategories", "blocked_categories", changes.blocked_categories),
        ("allowedDomains", "allowed_domains", changes.allowed_domains),
    ):
        if words is not UNSET:
            given[field] = rules.entries(name, words or ())
    return ContentChanges(**given) if given else None


def _only(content: ContentChanges) -> ChildChanges:
    return ChildChanges(
        name=None, birth_date=None, gender=None, avatar=None, interests=None, content=content, times=None
    )


def _kept(given: T | UnsetType, before: T) -> T:
    return before if isinstance(given, UnsetType) else given


def _entries(name: str, given: list[str] | UnsetType | None, before: list[str]) -> list[str]:
    return before if isinstance(given, UnsetType) else rules.entries(name, given or ())


def _allowed(name: str, given: list[str] | UnsetType | None, before: list[str] | None) -> list[str]:
    """As `_entries`. Lists of several filters that have nothing in common allow nothing, which one list cannot say."""
    if before == [] and isinstance(given, UnsetType):
        raise rules.Broken(f"{name} of the family's filters have nothing in common: choose it")
    return _entries(name, given, before or [])


def _languages(given: list[str] | UnsetType | None, before: list[str]) -> list[str]:
    return before if isinstance(given, UnsetType) else rules.languages_of(given or ())


def _duration(given: int | UnsetType | None, before: int | None) -> int | None:
    return rules.within("maxDurationMinutes", _kept(given, before), 1, rules.MAX_DURATION_MINUTES)
