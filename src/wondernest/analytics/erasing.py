"""Erases children from the archive of events, where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.analytics.archive import ArchivedDay, EventArchive
    from wondernest.platform.personal_data import Subjects


class ArchiveEraser:
    """Rewrites the files of the archive that have events of the children.

    An erasure runs it twice: the second time the events are gone from the database, so no later run archives them.
    """

    def __init__(self, archive: EventArchive) -> None:
        self._archive = archive

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Returns how many days changed. Raises ArchiveError when somebody else writes the archive at this moment."""
        children = list(subjects.people.get(CHILD, ()))
        if not children or not await self._archive.has_days():
            return {}
        changed: list[ArchivedDay] = []
        await self._archive.forget(children, changed.append)
        return {"archived days": len(changed)} if changed else {}
