"""SQL of what was recommended: rows of analytics.learning_insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import Purpose, permitted
from wondernest.analytics.repository.history import GUARDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from wondernest.platform.db.pool import Executor

RECOMMENDATION: Final = "recommendation"
MOST_KEPT: Final = 200
"""Of a child; later ones are shown and not stored."""
_KEEP: Final = f"""
    with acting as materialized ({GUARDED}),
    known as materialized (
        select r.title from acting join analytics.learning_insights r on r.child_id = acting.id
         where r.insight_type = '{RECOMMENDATION}')
    insert into analytics.learning_insights (child_id, insight_type, title, created_at)
    select acting.id, '{RECOMMENDATION}', new.title, $4
      from acting cross join (select distinct left(title, 255) as title from unnest($3::text[]) as given (title)) new
     where new.title not in (select title from known where title is not null) and (select count(*) from known) < {MOST_KEPT}
       and {permitted("acting.id", Purpose.RECOMMENDATIONS)}"""
"""Nothing without the consent to recommend. Plan: the index of the child's insights, of which there are few."""

_FORGET: Final = f"""
    delete from analytics.learning_insights where child_id = $1 and insight_type = '{RECOMMENDATION}'"""


class RecommendationRepository:
    """Stores recommendations."""

    async def keep(
        self, executor: Executor, user_id: UUID, child_id: UUID, titles: Sequence[str], now: datetime
    ) -> None:
        """Store the titles that one of the adult's own active children does not have yet."""
        await executor.execute(_KEEP, user_id, child_id, titles, now)

    async def forget(self, executor: Executor, child_id: UUID) -> int:
        """Delete what was recommended for a child; returns how many. There are MOST_KEPT at most."""
        return int((await executor.execute(_FORGET, child_id)).rpartition(" ")[2])
