"""Request and reply bodies of the content routes (server contract §1)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from wondernest.content.model import ChildFilter, FamilyFilter, Hidden, Item
from wondernest.content.rules import HIGHEST_AGE, PROVIDER, Category, minutes
from wondernest.platform.json import instant


class ContentItem(Struct, rename="camel", kw_only=True):
    """An item; no key is ever missing or null. `ageRating`: from which age, in years; `duration` in minutes."""

    id: str
    title: str
    description: str
    category: str
    age_rating: int
    duration: int
    thumbnail_url: str
    content_url: str
    tags: list[str]
    is_educational: bool
    difficulty: str
    created_at: str

    @classmethod
    def of(cls, item: Item, base: str) -> ContentItem:
        """From a row; `base` is put before addresses of this service."""
        own = item.provider == PROVIDER and item.provider_id
        return cls(
            id=item.provider_id if own and item.provider_id else str(item.id),
            title=item.title,
            description=item.description,
            category=item.category,
            age_rating=HIGHEST_AGE if item.age_min is None else item.age_min,
            duration=minutes(item.duration_s),
            thumbnail_url=_address(item.thumbnail_url, base),
            content_url=_address(item.content_url, base),
            tags=list(item.tags),
            is_educational=item.educational,
            difficulty=item.difficulty,
            created_at=instant(item.created_at),
        )


class ContentPage(Struct, rename="camel"):
    """A page of the library. `nextCursor` continues where this page ends, whatever was added meanwhile; null on the last page."""

    items: list[ContentItem]
    total_items: int
    current_page: int
    total_pages: int
    categories: tuple[Category, ...]
    next_cursor: str | None


class Categories(Struct):
    """The categories."""

    categories: tuple[Category, ...]


class Recommendations(Struct, rename="camel"):
    """At most five items; `reason`: what decided, in a sentence; `generatedAt` in milliseconds since 1970."""

    child_id: str
    recommendations: list[ContentItem]
    reason: str
    generated_at: int


class EngagementBody(Struct, rename="camel"):
    """What a child did with an item. `duration` in seconds; `eventId`: the delivery's identity, for clients that repeat requests."""

    content_id: str | None = None
    child_id: str | None = None
    engagement_type: str | None = None
    duration: float | None = None
    metadata: Any = None
    event_id: str | None = None


class HiddenItems(Struct, rename="camel"):
    """How many items are hidden: in all, and by each limit that hides some. An item may be hidden by several."""

    total: int
    by_limit: dict[str, int]

    @classmethod
    def of(cls, hidden: Hidden | None) -> HiddenItems:
        """From the counts."""
        return cls(0, {}) if hidden is None else cls(hidden.total, hidden.by_limit)


class FamilyFilterShown(Struct, rename="camel", kw_only=True):
    """The family's filter; null, or an empty list, limits nothing."""

    min_age: int | None
    max_age: int | None
    allowed_categories: list[str]
    blocked_categories: list[str]
    allowed_providers: list[str]
    blocked_keywords: list[str]
    max_duration_minutes: int | None
    languages: list[str]
    educational_content_only: bool
    hidden: HiddenItems

    @classmethod
    def of(cls, shown: FamilyFilter, *, educational_only: bool, hidden: Hidden | None) -> FamilyFilterShown:
        """From the filter and what it hides."""
        return cls(
            min_age=shown.min_age,
            max_age=shown.max_age,
            allowed_categories=shown.allowed_categories or [],
            blocked_categories=shown.blocked_categories,
            allowed_providers=shown.allowed_providers or [],
            blocked_keywords=shown.blocked_keywords,
            max_duration_minutes=shown.max_duration_minutes,
            languages=shown.languages,
            educational_content_only=educational_only,
            hidden=HiddenItems.of(hidden),
        )


class ChildFilterShown(Struct, rename="camel", kw_only=True):
    """A child's filter. The first four are the `contentSettings` of its profile. `hidden` counts the family's limits too."""

    child_id: str
    name: str
    max_age_rating: int
    blocked_categories: list[str]
    allowed_domains: list[str]
    educational_content_only: bool
    allowed_categories: list[str]
    allowed_providers: list[str]
    blocked_keywords: list[str]
    max_duration_minutes: int | None
    languages: list[str]
    hidden: HiddenItems


class Filters(Struct, rename="camel"):
    """The filters of the family and of each child. `totalItems`: what the library has without any filter."""

    family: FamilyFilterShown
    children: list[ChildFilterShown]
    total_items: int


class FiltersReply(Struct):
    """Filters."""

    data: Filters
    success: bool = True


class FamilyFilterChanges(Struct, rename="camel", kw_only=True):
    """Changes to the family's filter: what is missing stays as it is, null or an empty list ends a limit."""

    min_age: int | UnsetType | None = UNSET
    max_age: int | UnsetType | None = UNSET
    allowed_categories: list[str] | UnsetType | None = UNSET
    blocked_categories: list[str] | UnsetType | None = UNSET
    allowed_providers: list[str] | UnsetType | None = UNSET
    blocked_keywords: list[str] | UnsetType | None = UNSET
    max_duration_minutes: int | UnsetType | None = UNSET
    languages: list[str] | UnsetType | None = UNSET
    educational_content_only: bool | UnsetType = UNSET


class ChildFilterChanges(Struct, rename="camel", kw_only=True):
    """Changes to a child's filter, in the same way."""

    child_id: str
    max_age_rating: int | UnsetType = UNSET
    blocked_categories: list[str] | UnsetType | None = UNSET
    allowed_domains: list[str] | UnsetType | None = UNSET
    educational_content_only: bool | UnsetType = UNSET
    allowed_categories: list[str] | UnsetType | None = UNSET
    allowed_providers: list[str] | UnsetType | None = UNSET
    blocked_keywords: list[str] | UnsetType | None = UNSET
    max_duration_minutes: int | UnsetType | None = UNSET
    languages: list[str] | UnsetType | None = UNSET


class FilterBody(Struct):
    """Changes to filters."""

    family: FamilyFilterChanges | None = None
    children: list[ChildFilterChanges] = []


def child_filter_of(stored: ChildFilter | None) -> ChildFilter:
    """What is stored, or no limits."""
    return ChildFilter() if stored is None else stored


def _address(url: str, base: str) -> str:
    return f"{base}{url}" if url.startswith("/") and not url.startswith("//") else url
