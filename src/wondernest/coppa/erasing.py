"""Erases the ledger of families that are erased, and in the ledger of a family that stays the ids of those who are erased.

Such an entry stays as a proof, with a seal over what is left of it: the entries of a family are a chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.db.unit import unit_of
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.coppa.ledger import Ledger
    from wondernest.coppa.repository import LedgerRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Subjects

CONSENTS: Final = "wondernest.consents"
ENTRIES: Final = "wondernest.consent_ledger"
REDACTED: Final = "redacted entries of wondernest.consent_ledger"
"""What receipts call it."""


class LedgerEraser:
    """Erases and redacts by the two ways that the database allows."""

    def __init__(self, ledger: Ledger, repository: LedgerRepository, database: Database) -> None:
        self._ledger = ledger
        self._repository = repository
        self._database = database

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Returns how many entries were erased and redacted, and how many consents ended with them."""
        counts = {ENTRIES: 0, CONSENTS: 0, REDACTED: 0}
        for family_id in subjects.people.get(FAMILY, ()):
            async with unit_of(self._database) as unit:
                counts[ENTRIES] += await self._ledger.erase(unit, family_id)
        children, adults = list(subjects.people.get(CHILD, ())), list(subjects.people.get(USER, ()))
        if children:
            # Before the ledger forgets their ids: a consent in force that it does not know would be reported.
            counts[CONSENTS] = await self._repository.end_consents(self._database, children)
        for family_id in await self._ledger.families_naming(self._database, children, adults):
            whole = False
            while not whole:
                async with unit_of(self._database) as unit:
                    redacted, whole = await self._ledger.redact(unit, family_id, children, adults)
                counts[REDACTED] += redacted
        return {name: number for name, number in counts.items() if number}
