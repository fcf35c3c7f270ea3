"""Families, members and children as they are stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.family import controls
from wondernest.family.controls import ContentSettings, TimeRestrictions
from wondernest.platform.time_zones import DEFAULT_ZONE


class Family(Struct, kw_only=True):
    """A family; `switches`: stored JSON, not validated."""

    id: UUID
    name: str
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    switches: Any = None
    time_zone: str = DEFAULT_ZONE
    language: str = DEFAULT_LANGUAGE


class Member(Struct, kw_only=True):
    """An adult of a family, with the role."""

    id: UUID
    family_id: UUID
    user_id: UUID
    role: str
    joined_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Child(Struct, kw_only=True):
    """A child; interests, settings and restrictions are stored JSON, not validated."""

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
    """The column of blocked categories; `content` wins."""
    minutes: int | None = None
    """The column of minutes a day; `times` wins."""

    def known_interests(self) -> list[str]:
        """The interests that are texts."""
        return controls.texts(self.interests)

    def content_settings(self, age: int) -> ContentSettings:
        """What the child may see; missing parts get the default for the age."""
        if (stored := controls.read_complete(ContentSettings, self.content)) is not None:
            return stored
        settings = controls.content_by_default(age)
        if self.blocked is not None:
            settings = controls.merged(settings, {"blockedCategories": self.blocked})
        return controls.merged(settings, controls.read_json(self.content))

    def time_restrictions(self, age: int) -> TimeRestrictions:
        """How long the child may play; missing parts get the default for the age."""
        return controls.restrictions(self.times, self.minutes, age)


class Household(Struct, kw_only=True):
    """A family with its members and active children, oldest first."""

    family: Family
    members: list[Member]
    children: list[Child]
