"""The child of a caller's own family that an id written into a client stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.guardianship import active, family_of, guards

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

_OLDEST: Final = f"""
    select c.id from family.child_profiles c
     where c.family_id = ({family_of("$1", "$2")}) and {active("c")} and not {guards("$3", "$1")}
     order by c.birth_date, c.created_at nulls last, c.id limit 1"""
"""Plan: the index of the family's children, at most a few dozen rows; the guard runs once."""


class SiteChildRepository:
    """Reads for which child a hard-wired id stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def oldest(
        self, user_id: UUID, family_hint: UUID | None, child_id: UUID, unit: UnitOfWork | None
    ) -> UUID | None:
        """The oldest active child of the adult's own family; None without one, and when `child_id` is a child of the adult's."""
        executor = self._database if unit is None else unit
        return await executor.fetchval(_OLDEST, user_id, family_hint, child_id)
