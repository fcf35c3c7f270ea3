"""What is done before the rows of an account are erased: nobody can act for it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.auth.endings import end_all_sessions
from wondernest.platform.db.unit import unit_of
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.auth.dependencies import Dependencies
    from wondernest.platform.personal_data import Subjects


class AccountEraser:
    """Deactivates accounts and refuses their tokens."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._with = dependencies

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """End every session of the users. An account that is gone has none."""
        deps = self._with
        for user_id in subjects.people.get(USER, ()):
            async with unit_of(deps.database) as unit:
                if await deps.accounts.deactivate(unit, user_id):
                    await end_all_sessions(deps, user_id, deps.clock.now(), unit)
        return {}
