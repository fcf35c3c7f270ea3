"""What is held about a family, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.personal_data import USER
from wondernest.privacy.rules import Held

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.db.pool import Database
    from wondernest.privacy.repository.summaries import SummaryRepository


class SummaryService:
    """Counts, sizes and oldest dates."""

    def __init__(self, repository: SummaryRepository, database: Database) -> None:
        self._repository = repository
        self._database = database

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
        if home is not None:
            people += [(FAMILY, [home[0]]), (CHILD, home[1])]
        found: list[Held] = []
        for kind, ids in people:
            held = await repository.held(database, steps, kind, ids)
            found += [Held(kind, person, held.get(person, [])) for person in ids]
        return found
