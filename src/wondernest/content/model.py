"""What the content room speaks of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class Item(Struct, frozen=True, kw_only=True):
    """An item of the library, as it is stored."""

    id: UUID
    title: str
    description: str
    category: str
    age_min: int | None
    duration_s: int | None
    thumbnail_url: str
    """Absolute, or with a path of this service; empty without one."""
    content_url: str
    tags: tuple[str, ...]
    educational: bool
    difficulty: str
    provider: str | None
    provider_id: str | None
    created_at: datetime


class Place(Struct, frozen=True, array_like=True):
    """Where an item stands in a list: the sort key, smallest first."""

    score: int
    plain: bool
    """Whether it is not featured."""
    created_at: datetime
    id: UUID


class Wanted(Struct, frozen=True, kw_only=True):
    """Which items a caller asks for."""

    child_id: UUID | None
    category: str | None
    most_age: int | None
    """The highest minimum age, years."""
    words: str | None
    limit: int
    offset: int
    after: Place | None


class Listed(Struct, frozen=True):
    """A page of the library."""

    items: list[Item]
    total: int
    next: Place | None
    """Where the next page begins; None on the last one."""


class Pick(Struct, frozen=True):
    """A recommended item, and why."""

    item: Item
    interests: tuple[str, ...]
    """Those of the child's interests that it is about."""
    seen: bool
    """Whether the child has opened it before."""


class Picks(Struct, frozen=True):
    """Recommendations for a child of an age in years."""

    age: int
    picks: list[Pick]


class Engagement(Struct, frozen=True, kw_only=True):
    """What a child did with an item."""

    id: UUID
    """The identity of the delivery: a repeated one has the same."""
    earlier: tuple[UUID, ...]
    """Ids under which the same delivery may have been stored a moment before."""
    child_id: UUID
    content_id: str
    kind: str
    started_at: datetime
    ended_at: datetime
    duration_s: int
    completion: int | None
    """Percent."""
    score: float | None


class Recorded(Struct, frozen=True):
    """What became of an engagement."""

    has_family: bool
    is_child: bool
    item_id: UUID | None
    has_room: bool
    is_new: bool


class FamilyFilter(Struct, frozen=True, kw_only=True):
    """A family's filter; None or an empty list limits nothing."""

    min_age: int | None = None
    max_age: int | None = None
    allowed_categories: list[str] | None = None
    """A list that came from filters with nothing in common is empty and allows nothing."""
    blocked_categories: list[str] = []
    allowed_providers: list[str] | None = None
    blocked_keywords: list[str] = []
    max_duration_minutes: int | None = None
    languages: list[str] = []


class ChildFilter(Struct, frozen=True, kw_only=True):
    """The part of a child's filter that this room keeps; an empty list limits nothing."""

    allowed_categories: list[str] = []
    allowed_providers: list[str] = []
    blocked_keywords: list[str] = []
    max_duration_minutes: int | None = None
    languages: list[str] = []


class Hidden(Struct, frozen=True):
    """How many active items a filter hides: in all, and by the name of each limit."""

    total: int
    by_limit: dict[str, int]


class StoredFilters(Struct, frozen=True, kw_only=True):
    """The filters of a family as they are stored; `hidden` by child, None for the family's own."""

    rows: list[FamilyFilter]
    """Active rows of content.content_filters."""
    languages: list[str]
    educational_only: bool
    children: dict[UUID, ChildFilter]
    hidden: dict[UUID | None, Hidden]
    items: int
    """Active items of the library."""


class NewItem(Struct, frozen=True, kw_only=True):
    """An item to be stored; identified by provider and its id there."""

    provider: str
    provider_id: str
    title: str
    description: str
    kind: str
    category: str
    url: str
    thumbnail_url: str
    duration_s: int | None
    age_min: int
    age_max: int
    language: str
    tags: tuple[str, ...]
    featured: bool
    active: bool
    created_at: datetime | None
    """None: now, or as it is stored."""
    metadata: dict[str, Any]
