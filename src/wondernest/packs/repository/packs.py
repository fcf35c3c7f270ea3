"""Packs, their assets, and what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
from msgspec import Struct

from wondernest.access.consent import GateMode
from wondernest.packs.model import Asset, Category, Found, Pack, Review, Use, Wanted
from wondernest.packs.repository import rows
from wondernest.packs.repository import statements as sql
from wondernest.packs.rules import POPULARITY, Download

if TYPE_CHECKING:
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.pool import Executor, Row


class Asked(Struct, frozen=True):
    """Who asks, and the child they name. Without a child the family's filter alone decides what is shown."""

    user_id: UUID
    family_hint: UUID | None
    child_id: UUID | None

    @classmethod
    def by(cls, caller: Caller, child_id: UUID | None = None) -> Asked:
        """A caller's question."""
        return cls(caller.user_id, caller.family_id, child_id)

    @property
    def arguments(self) -> tuple[UUID, UUID | None, UUID | None]:
        """$1 to $3 of the statements."""
        return self.user_id, self.family_hint, self.child_id


class NotTheirChild(Exception):
    """The child that was named is not the caller's, or does not exist."""


class NoPack(Exception):
    """No such pack, or one that the caller may not have."""


class NoPart(Exception):
    """No such asset in the pack."""


class DayFull(Exception):
    """The user has reported as many uses today as are kept."""


class BadMetadata(ValueError):
    """A document that the database refuses."""


class PackRepository:
    """Reads packs as the parental filter shows them. Every method raises NotTheirChild for a child that is not the caller's.

    `used` raises CallerRefused for a child of whom no parent permits analytics.
    """

    def __init__(self, gate: GateMode = GateMode.ENFORCE) -> None:
        self._gate = gate

    async def categories(self, executor: Executor, user_id: UUID) -> list[Category]:
        """All active categories, in their order."""
        return [rows.category(row) for row in await executor.fetch(sql.ALL_CATEGORIES, user_id)]

    async def search(self, executor: Executor, asked: Asked, wanted: Wanted, now: datetime) -> Found:
        """A page of the published packs that are wanted."""
        arguments = (
            *asked.arguments,
            rows.naive(now),
            wanted.category,
            wanted.kind,
            wanted.age_min,
            wanted.age_max,
            wanted.price_min,
            wanted.price_max,
            wanted.free,
            list(wanted.goals),
            wanted.featured,
            wanted.sort,
            wanted.descending,
            wanted.size,
            wanted.page * wanted.size,
        )
        if wanted.words is None:
            found = await executor.fetch(sql.SEARCH, *arguments)
        else:
            found = await executor.fetch(sql.SEARCH_WORDS, *arguments, wanted.words)
        return Found(_packs(found), found[0]["total"])

    async def owned(self, executor: Executor, asked: Asked) -> tuple[Pack, ...]:
        """The packs that the user owns, once each, the newest first: of one child and of all, or of all children."""
        return _packs(await executor.fetch(sql.OWNED, *asked.arguments))

    async def one(self, executor: Executor, asked: Asked, pack_id: UUID, now: datetime) -> Pack | None:
        """A published or owned pack, with its assets if it is free or owned."""
        return next(iter(_packs(await executor.fetch(sql.ONE, *asked.arguments, rows.naive(now), pack_id))), None)

    async def assets(self, executor: Executor, asked: Asked, pack_id: UUID, now: datetime) -> Sequence[Asset] | None:
        """The active assets of a free or owned pack, in their order; None for any other pack."""
        row = await executor.fetchrow(sql.ASSETS, *asked.arguments, rows.naive(now), pack_id)
        if not (row := _permitted(row))["granted"]:
            return None
        return [rows.asset(part) for part in row["assets"] or ()]

    async def downloaded(
        self, executor: Executor, asked: Asked, pack_id: UUID, download: Download, now: datetime
    ) -> bool:
        """Store how far a download is; False if the pack is not owned. The first completion counts as a download."""
        arguments = (*asked.arguments, rows.naive(now), pack_id, download.status, download.progress)
        return _permitted(await executor.fetchrow(sql.DOWNLOADED, *arguments))["owned"]

    async def used(
        self, executor: Executor, asked: Asked, use: Use, use_id: UUID, most_a_day: int, now: datetime
    ) -> None:
        """Store a use of a free or owned pack. Raises NoPack, NoPart, DayFull, BadMetadata."""
        arguments = (
            *asked.arguments,
            rows.naive(now),
            use.pack_id,
            use.asset_id,
            use_id,
            use.feature,
            use.session_id,
            use.duration_s,
            use.metadata,
            most_a_day,
            self._gate.value,
        )
        try:
            row = _permitted(await executor.fetchrow(sql.USED, *arguments))
        except asyncpg.DataError as error:
            raise BadMetadata from error
        if not row["found"]:
            raise NoPack
        if not row["right_part"]:
            raise NoPart
        if not row["free"]:
            raise DayFull

    async def review(
        self, executor: Executor, asked: Asked, pack_id: UUID, review_id: UUID, stars: int, now: datetime
    ) -> Review | None:
        """Store the stars that a user gives a pack, in place of earlier ones; None if the pack is not owned or not shown."""
        row = await executor.fetchrow(sql.REVIEW, *asked.arguments, rows.naive(now), pack_id, review_id, stars)
        return None if row is None else rows.review(row)

    async def forget_review(self, executor: Executor, asked: Asked, pack_id: UUID) -> None:
        """Delete a user's review of a pack, if there is one."""
        await executor.execute(sql.FORGET_REVIEW, *asked.arguments, pack_id)

    async def recount(self, executor: Executor, now: datetime) -> int:
        """Compute downloads, ratings and popularity of all packs from the rows; returns how many packs changed."""
        weights = POPULARITY
        tag = await executor.execute(
            sql.RECOUNT,
            rows.naive(now - timedelta(days=weights.days)),
            weights.owners,
            weights.many_owners,
            weights.uses,
            weights.many_uses,
            weights.rating,
            weights.many_ratings,
        )
        return int(tag.rpartition(" ")[2])

    async def forget_days(self, executor: Executor, before: datetime) -> None:
        """Delete the counts of days that are over."""
        await executor.execute(sql.FORGET_DAYS, before.date())


def _permitted(row: Row | None) -> Row:
    """The row of a statement that returns one. Raises NotTheirChild."""
    assert row is not None  # `caller` has one row, or the statement is refused
    if not row["permitted"]:
        raise NotTheirChild
    return row


def _packs(found: Sequence[Row]) -> tuple[Pack, ...]:
    if found:
        _permitted(found[0])
    return tuple(rows.pack(row) for row in found if row["id"] is not None)
