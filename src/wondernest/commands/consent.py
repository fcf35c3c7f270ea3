"""`wondernest consent verify`: what is wrong with the consent ledger, as text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.app import consent_ledger
from wondernest.coppa.ledger import Verified

if TYPE_CHECKING:
    from wondernest.settings import Settings


def verify(settings: Settings, family_id: UUID | None, report: Callable[[str], None]) -> bool:
    """Print each problem, then what was read; whether there is no problem. Raises DependencyUnavailable."""
    return asyncio.run(_verify(settings, family_id, report))


async def _verify(settings: Settings, family_id: UUID | None, report: Callable[[str], None]) -> bool:
    seen = Verified()
    async with consent_ledger(settings, family_id) as (ledger, database):
        async for problem in ledger.verify(database, seen, family_id):
            report(problem)
    entries = f"{seen.entries} entries, {seen.redacted} redacted"
    report(f"{seen.families} families, {entries}, {seen.receipts} erasures, {seen.problems} problems")
    return seen.problems == 0
