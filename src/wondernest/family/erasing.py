"""What is done before the rows of an adult are erased: a family that stays gets another founder, and is named after the adult no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import FAMILY
from wondernest.auth.rules import PersonName
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.family.repository import FamilyRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Subjects


class FounderEraser:
    """Names a parent who stays as the founder of a family, and the family after that parent where it was named after the other one."""

    def __init__(self, repository: FamilyRepository, database: Database) -> None:
        self._repository = repository
        self._database = database

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Do so for the families that the users founded and that stay. A name that a parent chose stays."""
        users, going = list(subjects.people.get(USER, ())), list(subjects.people.get(FAMILY, ()))
        if not users:
            return {}
        for family_id, name, leaver, heir in await self._repository.families_left(self._database, users, going):
            if name == PersonName(leaver, None).family_name:
                await self._repository.rename(self._database, family_id, name, PersonName(heir, None).family_name)
        await self._repository.hand_over(self._database, users, going)
        return {}
