"""Families, members and children as they are stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from wondernest.family import limits
from wondernest.family.limits import ContentSettings, TimeRestrictions


class Family(Struct, kw_only=True):
    """A household; `switches` as somebody stored them."""

    id: UUID
    name: str
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    switches: Any = None


class Member(Struct, kw_only=True):
    """Who belongs to a family, and in which role."""

    id: UUID
    family_id: UUID
    user_id: UUID
    role: str
    joined_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Child(Struct, kw_only=True):
    """A child; interests, settings and restrictions as somebody stored them."""

    id: UUID
    family_id: UUID
    name: str
    birth_date: date
    created_at: datetime
    updated_at: datetime
    gender: str | None = None
    avatar_url: str | None = None
    archived_at: datetime | None = None
    interests: Any = None
    content: bytes | None = None
    times: bytes | None = None
    blocked: Any = None
    """The column of blocked categories; the stored document wins."""
    minutes: int | None = None
    """The column of minutes a day; the stored document wins."""

    def known_interests(self) -> list[str]:
        """The interests that are texts."""
        return limits.texts(self.interests)

    def content_settings(self, age: int) -> ContentSettings:
        """What the child may see, the gaps filled by age."""
        if (stored := limits.complete(ContentSettings, self.content)) is not None:
            return stored
        settings = limits.content_by_default(age)
        if self.blocked is not None:
            settings = limits.merged(settings, {"blockedCategories": self.blocked})
        return limits.merged(settings, limits.anything(self.content))

    def time_restrictions(self, age: int) -> TimeRestrictions:
        """For how long the child may play, the gaps filled by age."""
        if (stored := limits.complete(TimeRestrictions, self.times)) is not None:
            return stored
        restrictions = limits.time_by_default(age)
        if self.minutes is not None:
            restrictions = limits.merged(restrictions, {"dailyScreenTimeMinutes": self.minutes})
        return limits.merged(restrictions, limits.anything(self.times))


class Household(Struct, kw_only=True):
    """A family with its members and active children, oldest first."""

    family: Family
    members: list[Member]
    children: list[Child]
