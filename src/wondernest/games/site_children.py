"""Child ids that clients have hard-wired (games contract §3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from wondernest.games.repository import SiteChildRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork


class SiteChildren:
    """For a caller who is not its guardian, such an id stands for the oldest active child of the caller's own family.

    It is asked only after the child was not found, so other requests pay nothing. It decides no access: the statements that
    then use the child check the caller again.
    """

    def __init__(self, ids: Collection[UUID], repository: SiteChildRepository) -> None:
        self._ids = frozenset(ids)
        self._repository = repository

    async def own(self, caller: Caller, child_id: UUID, unit: UnitOfWork | None = None) -> UUID | None:
        """The caller's child for which the id stands; None for any other id, and without such a child."""
        if child_id not in self._ids:
            return None
        return await self._repository.oldest(caller.user_id, caller.family_id, child_id, unit)
