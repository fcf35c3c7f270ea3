"""Rows of the statements as values of the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wondernest.packs.model import Asset, Category, Ownership, Pack, Purchase, Review
from wondernest.packs.rules import Standing

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Row


def utc(moment: datetime) -> datetime:
    """A stored moment without a zone: UTC."""
    return moment.replace(tzinfo=UTC)


def naive(moment: datetime) -> datetime:
    """A moment as these tables store it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def pack(row: Row) -> Pack:
    """A pack. `assets`: where the statement reads them."""
    price, assets = row["price_cents"], row.get("assets")
    return Pack(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        short_description=row["short_description"],
        kind=row["kind"],
        category_id=row["category_id"],
        category=None if row["c_id"] is None else category(row),
        price_cents=price,
        is_free=price == 0,
        is_featured=row["is_featured"],
        is_premium=row["is_premium"],
        age_min=row["age_min"],
        age_max=row["age_max"],
        goals=_texts(row["goals"]),
        curriculum=_texts(row["curriculum"]),
        thumbnail_url=row["thumbnail_url"],
        preview_urls=_texts(row["preview_urls"]),
        banner_url=row["banner_url"],
        palette=row["palette"],
        art_style=row["art_style"],
        moods=_texts(row["moods"]),
        asset_count=row["asset_count"],
        size=row["size"],
        platforms=None if row["platforms"] is None else _texts(row["platforms"]),
        min_app_version=row["min_app_version"],
        tier=row["tier"],
        status=row["status"],
        published_at=_maybe(row["published_at"]),
        created_at=utc(row["created_at"]),
        updated_at=utc(row["updated_at"]),
        created_by=row["created_by"],
        keywords=row["keywords"],
        popularity=row["popularity"],
        downloads=row["downloads"],
        rating=row["rating"],
        ratings=row["ratings"],
        assets=tuple(asset(part) for part in assets or ()),
        ownership=ownership(row),
        review=review(row),
    )


def category(row: Row) -> Category:
    """A category, from the columns `c_…`."""
    return Category(
        id=row["c_id"],
        name=row["c_name"],
        description=row["c_description"],
        display_order=row["c_display_order"],
        icon_url=row["c_icon_url"],
        colour=row["c_colour"],
        is_active=row["c_is_active"],
        age_min=row["c_age_min"],
        age_max=row["c_age_max"],
        created_at=utc(row["c_created_at"]),
        updated_at=utc(row["c_updated_at"]),
    )


def ownership(row: Row) -> Ownership | None:
    """What is owned, from the columns `o_…`; None where nothing is."""
    if row["o_id"] is None:
        return None
    return Ownership(
        id=row["o_id"],
        user_id=row["o_user_id"],
        pack_id=row["o_pack_id"],
        child_id=row["o_child_id"],
        acquired_at=utc(row["o_acquired_at"]),
        acquisition=row["o_acquisition"],
        price_cents=row["o_price_cents"],
        transaction_id=row["o_transaction_id"],
        download_status=row["o_download_status"],
        download_progress=row["o_download_progress"],
        downloaded_at=_maybe(row["o_downloaded_at"]),
        last_used_at=_maybe(row["o_last_used_at"]),
        usage_count=row["o_usage_count"],
        is_favorite=row["o_is_favorite"],
        is_hidden=row["o_is_hidden"],
        tags=_texts(row["o_tags"]),
    )


def review(row: Row) -> Review | None:
    """The user's review, from the columns `r_…`; None where there is none."""
    if row["r_id"] is None:
        return None
    return Review(
        id=row["r_id"],
        pack_id=row["r_pack_id"],
        user_id=row["r_user_id"],
        rating=row["r_rating"],
        title=row["r_title"],
        text=row["r_text"],
        is_approved=row["r_is_approved"],
        created_at=utc(row["r_created_at"]),
        updated_at=utc(row["r_updated_at"]),
    )


def asset(columns: Any) -> Asset:
    """An asset, from the columns of a row in their order."""
    id_, pack_id, name, description, kind, file_url, thumbnail_url, file_format, size, width, height, *others = columns
    duration_s, frame_rate, tags, palette, is_transparent, points, interaction, triggers, order, group, *others = others
    is_active, created_at, updated_at = others
    return Asset(
        id=id_,
        pack_id=pack_id,
        name=name,
        description=description,
        kind=kind,
        file_url=file_url,
        thumbnail_url=thumbnail_url,
        file_format=file_format,
        size=size,
        width=width,
        height=height,
        duration_s=duration_s,
        frame_rate=frame_rate,
        tags=_texts(tags),
        palette=palette,
        is_transparent=is_transparent,
        loop_points=points,
        interaction=interaction,
        triggers=_texts(triggers),
        display_order=order,
        group=group,
        is_active=is_active,
        created_at=utc(created_at),
        updated_at=utc(updated_at),
    )


def purchase(row: Row) -> Purchase:
    """A payment for a pack."""
    return Purchase(
        id=row["id"],
        user_id=row["user_id"],
        pack_id=row["pack_id"],
        child_id=row["child_id"],
        price_cents=row["price_cents"],
        currency=row["currency"],
        standing=Standing(row["standing"]),
        transaction_id=row["transaction_id"],
    )


def _texts(stored: list[str | None] | None) -> tuple[str, ...]:
    return tuple(text for text in stored or () if text is not None)


def _maybe(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)
