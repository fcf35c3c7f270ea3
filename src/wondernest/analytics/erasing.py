"""Erases children from the archive of events, where there is one, and what was recommended for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD
from wondernest.analytics.archive import ArchiveError
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.personal_data import Delayed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from wondernest.analytics.archive import ArchivedDay, EventArchive
    from wondernest.analytics.repository import RecommendationRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Subjects


class ArchiveEraser:
    """Rewrites the files of the archive that have events of the children.

    An erasure runs it twice: the second time the events are gone from the database, so no later run archives them.
    """

    def __init__(self, archive: EventArchive) -> None:
        self._archive = archive

    async def erase_ended(self, subjects: Subjects, goes_on: Callable[[], Awaitable[bool]]) -> Mapping[str, int]:
        """As `erase`, unless `goes_on` says no: a rewritten file has no event of the children."""
        return await self.erase(subjects) if await goes_on() else {}

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Returns how many days changed. Raises Delayed when the archive cannot be written at this moment: what is in the database goes."""
        children = list(subjects.people.get(CHILD, ()))
        changed: list[ArchivedDay] = []
        try:
            if children and await self._archive.has_days():
                await self._archive.forget(children, changed.append)
        except (ArchiveError, DependencyUnavailable) as error:
            raise Delayed(str(error)) from error
        return {"archived days": len(changed)} if changed else {}


class RecommendationEraser:
    """Erases what was recommended, which stands in a table with other insights."""

    def __init__(self, recommendations: RecommendationRepository, database: Database) -> None:
        self._recommendations = recommendations
        self._database = database

    async def erase_ended(self, subjects: Subjects, goes_on: Callable[[], Awaitable[bool]]) -> Mapping[str, int]:
        """Returns how many were erased."""
        erased = 0
        for child_id in subjects.people.get(CHILD, ()):
            if await goes_on():
                erased += await self._recommendations.forget(self._database, child_id)
        return {"recommendations": erased} if erased else {}
