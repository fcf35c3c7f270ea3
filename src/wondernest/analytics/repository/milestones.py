"""Reads the milestones that a child reached."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.analytics.repository.events import MILESTONE
from wondernest.analytics.repository.history import GUARDED, HAS_FAMILY
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_REACHED: Final = f"""
    with acting as materialized ({GUARDED})
    select acting.id is not null as is_allowed, {HAS_FAMILY} as has_family, acting.birth_date, acting.time_zone, acting.language,
           array(select word
                   from acting
                   join analytics.learning_insights reached on reached.child_id = acting.id
                        and reached.insight_type = '{MILESTONE}'
                  cross join lateral (values (lower(reached.title)), (lower(reached.data ->> 'key'))) words (word)
                  where word is not null) as known
      from (select) head left join acting on true"""
"""Plan: the guard's probes, then the index of the child's insights, of which there are MAX_MILESTONES at most."""


class FoundMilestones(Struct, frozen=True, kw_only=True):
    """Titles and keys of the milestones that a child reached, in lower case. `is_allowed`: the child is the adult's."""

    is_allowed: bool
    has_family: bool
    birth_date: date | None
    zone: str
    language: str
    known: frozenset[str]


class MilestoneRepository:
    """Reads milestones."""

    async def reached(self, executor: Executor, user_id: UUID, child_id: UUID) -> FoundMilestones:
        """What one of the adult's own active children reached."""
        [row] = await executor.fetch(_REACHED, user_id, child_id)
        return FoundMilestones(
            is_allowed=row["is_allowed"],
            has_family=row["has_family"],
            birth_date=row["birth_date"],
            zone=row["time_zone"] or DEFAULT_ZONE,
            language=row["language"] or DEFAULT_LANGUAGE,
            known=frozenset(row["known"]),
        )
