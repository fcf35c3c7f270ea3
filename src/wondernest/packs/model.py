"""What the packs room speaks of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wondernest.packs.rules import Sort, Standing


class Category(Struct, frozen=True, kw_only=True):
    """A category of packs."""

    id: UUID
    name: str
    description: str | None
    display_order: int
    icon_url: str | None
    colour: str | None
    is_active: bool
    age_min: int
    age_max: int
    created_at: datetime
    updated_at: datetime


class Asset(Struct, frozen=True, kw_only=True):
    """A picture, sound or other part of a pack. JSON columns are documents as they are stored."""

    id: UUID
    pack_id: UUID
    name: str
    description: str | None
    kind: str
    file_url: str
    thumbnail_url: str | None
    file_format: str | None
    size: int | None
    """Bytes."""
    width: int | None
    height: int | None
    duration_s: float | None
    frame_rate: int | None
    tags: tuple[str, ...]
    palette: bytes | None
    is_transparent: bool
    loop_points: bytes | None
    interaction: bytes | None
    triggers: tuple[str, ...]
    display_order: int
    group: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class Ownership(Struct, frozen=True, kw_only=True):
    """That a user owns a pack, for one child or, without one, for all."""

    id: UUID
    user_id: UUID
    pack_id: UUID
    child_id: UUID | None
    acquired_at: datetime
    acquisition: str
    price_cents: int
    transaction_id: str | None
    download_status: str
    download_progress: int
    downloaded_at: datetime | None
    last_used_at: datetime | None
    usage_count: int
    is_favorite: bool
    is_hidden: bool
    tags: tuple[str, ...]


class Review(Struct, frozen=True, kw_only=True):
    """What a user thinks of a pack. Words are those of another backend: ours takes stars only."""

    id: UUID
    pack_id: UUID
    user_id: UUID
    rating: int | None
    title: str | None
    text: str | None
    is_approved: bool
    created_at: datetime
    updated_at: datetime


class Pack(Struct, frozen=True, kw_only=True):
    """A pack with its category, what the caller owns and thinks of it and, where they are asked for, its assets."""

    id: UUID
    name: str
    description: str | None
    short_description: str | None
    kind: str
    category_id: UUID | None
    category: Category | None
    price_cents: int
    is_free: bool
    is_featured: bool
    is_premium: bool
    age_min: int
    age_max: int
    goals: tuple[str, ...]
    curriculum: tuple[str, ...]
    thumbnail_url: str | None
    preview_urls: tuple[str, ...]
    banner_url: str | None
    palette: bytes | None
    art_style: str | None
    moods: tuple[str, ...]
    asset_count: int
    size: int
    """Bytes of all assets."""
    platforms: tuple[str, ...] | None
    min_app_version: str | None
    tier: str
    status: str
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_by: UUID | None
    keywords: str | None
    popularity: float
    downloads: int
    rating: float
    ratings: int
    assets: tuple[Asset, ...]
    ownership: Ownership | None
    review: Review | None


class Wanted(Struct, frozen=True, kw_only=True):
    """A search. None: not limited by it; prices in cents; `page` counts from 0."""

    words: str | None = None
    """A text query of PostgreSQL."""
    category: str | None = None
    """A name, or an id as text."""
    kind: str | None = None
    age_min: int | None = None
    age_max: int | None = None
    price_min: int | None = None
    price_max: int | None = None
    free: bool | None = None
    goals: tuple[str, ...] = ()
    featured: bool | None = None
    sort: Sort = "popularity"
    descending: bool = True
    page: int = 0
    size: int


class Found(Struct, frozen=True):
    """A page of packs, and how many there are in all."""

    packs: tuple[Pack, ...]
    total: int


class Use(Struct, frozen=True, kw_only=True):
    """That a pack was used."""

    pack_id: UUID
    child_id: UUID | None
    asset_id: UUID | None
    session_id: UUID | None
    feature: str
    duration_s: int | None
    metadata: bytes | None


class Offer(Struct, frozen=True, kw_only=True):
    """A pack that the caller may get, or has already."""

    pack_id: UUID
    price_cents: int
    owned: Ownership | None
    proven: bool
    """Whether the request carries a step-up proof."""


class Purchase(Struct, frozen=True, kw_only=True):
    """A payment for a pack, from the moment before the gateway is asked."""

    id: UUID
    user_id: UUID
    pack_id: UUID
    child_id: UUID | None
    price_cents: int
    currency: str
    standing: Standing
    transaction_id: str | None

    @property
    def reference(self) -> str:
        """By what a gateway names it, at every attempt and in every event."""
        return f"{self.user_id}.{self.id}"
