"""What is done before the rows of an adult are erased: a family that stays gets another founder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import FAMILY
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.family.repository import FamilyRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Subjects


class FounderEraser:
    """Names a parent who stays as the founder of a family."""

    def __init__(self, repository: FamilyRepository, database: Database) -> None:
        self._repository = repository
        self._database = database

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Do so for the families that the users founded and that stay."""
        people = subjects.people
        await self._repository.hand_over(self._database, list(people.get(USER, ())), list(people.get(FAMILY, ())))
        return {}
