"""Erases the ledger of families that are erased.

Of a child or an adult who leaves, the ledger of the family that stays keeps the id: it is the proof of consent, and its rows are a chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import FAMILY
from wondernest.platform.db.unit import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.coppa.ledger import Ledger
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Subjects


class LedgerEraser:
    """Erases by the one way that the database allows."""

    def __init__(self, ledger: Ledger, database: Database) -> None:
        self._ledger = ledger
        self._database = database

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Returns how many entries were erased."""
        entries = 0
        for family_id in subjects.people.get(FAMILY, ()):
            async with unit_of(self._database) as unit:
                entries += await self._ledger.erase(unit, family_id)
        return {"wondernest.consent_ledger": entries} if entries else {}
