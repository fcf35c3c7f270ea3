"""What is held about a family, in numbers, and what of it is erased when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.personal_data import USER
from wondernest.privacy.rules import Ending, Held, end_of_archive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from uuid import UUID

    from wondernest.coppa.ended import DueEnds
    from wondernest.files.model import RecordingsEnd
    from wondernest.files.recordings import RecordingEnds
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.privacy.repository.summaries import SummaryRepository
    from wondernest.privacy.rules import HeldClass, Plans


class SummaryService:
    """Counts, sizes, oldest dates; the dates of erasures."""

    def __init__(
        self,
        repository: SummaryRepository,
        database: Database,
        ends: DueEnds,
        recordings: RecordingEnds,
        clock: Clock,
        *,
        kept: timedelta,
        grace: timedelta,
    ) -> None:
        """`kept`: how long an archived child is kept; `grace`: from a letter to the erasure."""
        self._repository = repository
        self._database = database
        self._ends = ends
        self._recordings = recordings
        self._clock = clock
        self._kept = kept
        self._grace = grace

    async def family_of(self, caller: Caller) -> UUID | None:
        """The family that the caller acts for."""
        home = await self._repository.family(self._database, caller.user_id, caller.family_id)
        return None if home is None else home[0]

    async def of(self, caller: Caller) -> Sequence[Held]:
        """What is held about the caller, their family and each of its children."""
        repository, database = self._repository, self._database
        steps = await repository.steps(database)
        home = await repository.family(database, caller.user_id, caller.family_id)
        people: list[tuple[str, list[UUID]]] = [(USER, [caller.user_id])]
        family_id, children = (None, []) if home is None else home
        if family_id is not None:
            people += [(FAMILY, [family_id]), (CHILD, children)]
        plans = await repository.plans(database, caller.user_id, family_id, children)
        endings = await self._endings(children)
        recordings = await self._recordings.of(children)
        found: list[Held] = []
        for kind, ids in people:
            held = await repository.held(database, steps, kind, ids)
            of_family = None if kind == USER else family_id
            found += [
                self._held(kind, person, of_family, held.get(person, []), plans, endings.get(person, []), recordings)
                for person in ids
            ]
        return found

    async def _endings(self, children: Sequence[UUID]) -> dict[UUID, list[Ending]]:
        found: dict[UUID, list[Ending]] = {}
        for one, erase_at in await self._ends.pending(children) if children else ():
            found.setdefault(one.child_id, []).append(Ending(one.purpose, one.ended_at, erase_at))
        return found

    def _held(
        self,
        kind: str,
        person: UUID,
        family_id: UUID | None,
        classes: Sequence[HeldClass],
        plans: Plans,
        endings: Sequence[Ending],
        recordings: Mapping[UUID, RecordingsEnd],
    ) -> Held:
        archived_at = plans.archived.get(person)
        planned = plans.of(person, family_id)
        if planned is None and archived_at is not None:
            planned = end_of_archive(archived_at, self._kept, self._grace, self._clock.now())
        return Held(kind, person, classes, archived_at, planned, endings, recordings.get(person))
