"""Packs, assets and what a family has of them, as the app's model reads them (server contract §2): a wrong type makes a list unreadable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from wondernest.packs.rules import DEFAULT_PLATFORMS, colour, loop_points, palette, wire_name
from wondernest.platform.json import instant, maybe_instant, maybe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wondernest.packs import model

    Absolute = Callable[[str], str]
    """Makes an address of ours absolute."""


class CategoryInfo(Struct, rename="camel", kw_only=True):
    """A category."""

    id: str
    name: str
    description: str | None
    display_order: int
    icon_url: str | None
    color_hex: str | None
    is_active: bool
    age_min: int
    age_max: int
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, category: model.Category) -> CategoryInfo:
        """From a row."""
        return cls(
            id=str(category.id),
            name=category.name,
            description=category.description,
            display_order=category.display_order,
            icon_url=category.icon_url,
            color_hex=colour(category.colour),
            is_active=category.is_active,
            age_min=category.age_min,
            age_max=category.age_max,
            created_at=instant(category.created_at),
            updated_at=instant(category.updated_at),
        )


class AssetInfo(Struct, rename="camel", kw_only=True):
    """A part of a pack."""

    id: str
    pack_id: str
    name: str
    description: str | None
    asset_type: str
    file_url: str
    thumbnail_url: str | None
    file_format: str | None
    file_size_bytes: int | None
    dimensions_width: int | None
    dimensions_height: int | None
    duration_seconds: float | None
    frame_rate: int | None
    tags: list[str]
    color_palette: dict[str, str] | None
    transparency_support: bool
    loop_points: dict[str, int] | None
    interaction_config: Raw | None
    animation_triggers: list[str]
    display_order: int
    group_name: str | None
    is_active: bool
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, asset: model.Asset, absolute: Absolute) -> AssetInfo:
        """From a row."""
        return cls(
            id=str(asset.id),
            pack_id=str(asset.pack_id),
            name=asset.name,
            description=asset.description,
            asset_type=wire_name(asset.kind),
            file_url=absolute(asset.file_url),
            thumbnail_url=_maybe(asset.thumbnail_url, absolute),
            file_format=asset.file_format,
            file_size_bytes=asset.size,
            dimensions_width=asset.width,
            dimensions_height=asset.height,
            duration_seconds=asset.duration_s,
            frame_rate=asset.frame_rate,
            tags=list(asset.tags),
            color_palette=palette(_read(asset.palette)),
            transparency_support=asset.is_transparent,
            loop_points=loop_points(_read(asset.loop_points)),
            interaction_config=_object(asset.interaction),
            animation_triggers=list(asset.triggers),
            display_order=asset.display_order,
            group_name=asset.group,
            is_active=asset.is_active,
            created_at=instant(asset.created_at),
            updated_at=instant(asset.updated_at),
        )


class OwnershipInfo(Struct, rename="camel", kw_only=True):
    """That a user owns a pack."""

    id: str
    user_id: str
    pack_id: str
    child_id: str | None
    acquired_at: str
    acquisition_type: str
    purchase_price_cents: int
    transaction_id: str | None
    download_status: str
    download_progress: int
    downloaded_at: str | None
    last_used_at: str | None
    usage_count: int
    is_favorite: bool
    is_hidden: bool
    custom_tags: list[str]

    @classmethod
    def of(cls, owned: model.Ownership) -> OwnershipInfo:
        """From a row."""
        return cls(
            id=str(owned.id),
            user_id=str(owned.user_id),
            pack_id=str(owned.pack_id),
            child_id=maybe_text(owned.child_id),
            acquired_at=instant(owned.acquired_at),
            acquisition_type=owned.acquisition,
            purchase_price_cents=owned.price_cents,
            transaction_id=owned.transaction_id,
            download_status=owned.download_status,
            download_progress=owned.download_progress,
            downloaded_at=maybe_instant(owned.downloaded_at),
            last_used_at=maybe_instant(owned.last_used_at),
            usage_count=owned.usage_count,
            is_favorite=owned.is_favorite,
            is_hidden=owned.is_hidden,
            custom_tags=list(owned.tags),
        )


class ReviewInfo(Struct, rename="camel", kw_only=True):
    """The caller's own review of a pack. Nobody else is shown its words; its stars count once it is approved."""

    id: str
    pack_id: str
    user_id: str
    rating: int | None
    review_title: str | None
    review_text: str | None
    is_approved: bool
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, review: model.Review) -> ReviewInfo:
        """From a row."""
        return cls(
            id=str(review.id),
            pack_id=str(review.pack_id),
            user_id=str(review.user_id),
            rating=review.rating,
            review_title=review.title,
            review_text=review.text,
            is_approved=review.is_approved,
            created_at=instant(review.created_at),
            updated_at=instant(review.updated_at),
        )


class PackInfo(Struct, rename="camel", kw_only=True):
    """A pack; `assets` is empty in lists."""

    id: str
    name: str
    description: str | None
    short_description: str | None
    pack_type: str
    category_id: str | None
    category: CategoryInfo | None
    price_cents: int
    is_free: bool
    is_featured: bool
    is_premium: bool
    age_min: int
    age_max: int
    educational_goals: list[str]
    curriculum_tags: list[str]
    thumbnail_url: str | None
    preview_urls: list[str]
    banner_image_url: str | None
    color_palette: dict[str, str] | None
    art_style: str | None
    mood_tags: list[str]
    total_assets: int
    file_size_bytes: int
    supported_platforms: list[str]
    min_app_version: str | None
    performance_tier: str
    status: str
    published_at: str | None
    created_at: str
    updated_at: str
    created_by: str | None
    search_keywords: str | None
    popularity_score: float
    download_count: int
    rating_average: float
    rating_count: int
    assets: list[AssetInfo]
    user_ownership: OwnershipInfo | None
    user_review: ReviewInfo | None

    @classmethod
    def of(cls, pack: model.Pack, absolute: Absolute) -> PackInfo:
        """From a row."""
        return cls(
            id=str(pack.id),
            name=pack.name,
            description=pack.description,
            short_description=pack.short_description,
            pack_type=wire_name(pack.kind),
            category_id=maybe_text(pack.category_id),
            category=None if pack.category is None else CategoryInfo.of(pack.category),
            price_cents=pack.price_cents,
            is_free=pack.is_free,
            is_featured=pack.is_featured,
            is_premium=pack.is_premium,
            age_min=pack.age_min,
            age_max=pack.age_max,
            educational_goals=list(pack.goals),
            curriculum_tags=list(pack.curriculum),
            thumbnail_url=_maybe(pack.thumbnail_url, absolute),
            preview_urls=[absolute(url) for url in pack.preview_urls],
            banner_image_url=_maybe(pack.banner_url, absolute),
            color_palette=palette(_read(pack.palette)),
            art_style=pack.art_style,
            mood_tags=list(pack.moods),
            total_assets=pack.asset_count,
            file_size_bytes=pack.size,
            supported_platforms=list(DEFAULT_PLATFORMS if pack.platforms is None else pack.platforms),
            min_app_version=pack.min_app_version,
            performance_tier=pack.tier,
            status=pack.status,
            published_at=maybe_instant(pack.published_at),
            created_at=instant(pack.created_at),
            updated_at=instant(pack.updated_at),
            created_by=maybe_text(pack.created_by),
            search_keywords=pack.keywords,
            popularity_score=pack.popularity,
            download_count=pack.downloads,
            rating_average=pack.rating,
            rating_count=pack.ratings,
            assets=[AssetInfo.of(asset, absolute) for asset in pack.assets],
            user_ownership=None if pack.ownership is None else OwnershipInfo.of(pack.ownership),
            user_review=None if pack.review is None else ReviewInfo.of(pack.review),
        )


def _maybe(url: str | None, absolute: Absolute) -> str | None:
    return None if url is None else absolute(url)


def _read(document: bytes | None) -> object:
    try:
        return None if document is None else msgspec.json.decode(document)
    except msgspec.DecodeError:  # a number that no float can hold
        return None


def _object(document: bytes | None) -> Raw | None:
    return Raw(document) if document is not None and document[:1] == b"{" else None
