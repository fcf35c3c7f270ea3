"""What is erased of people besides the rows about them: the place of a job that visits all children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.games.repository.usage import UsageRepository
    from wondernest.platform.personal_data import Subjects


class WalkEraser:
    """Has a walk begin again that would go on after an erased child."""

    def __init__(self, usage: UsageRepository) -> None:
        self._usage = usage

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Forget where it was."""
        await self._usage.forget_place(list(subjects.people.get(CHILD, ())))
        return {}
