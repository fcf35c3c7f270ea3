"""`wondernest consent refusals`: requests without a parent's consent, as text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.app import consent_refusals

if TYPE_CHECKING:
    from wondernest.settings import Settings

SHOWN: Final = 50
"""Families that are printed."""
NOTHING: Final = "no request without consent"


def refusals(settings: Settings, days: int, report: Callable[[str], None]) -> None:
    """Print what was refused, or passed in the mode `record`, in the last days: by route, then by family. Raises DependencyUnavailable."""
    asyncio.run(_refusals(settings, days, report))


async def _refusals(settings: Settings, days: int, report: Callable[[str], None]) -> None:
    async with consent_refusals(settings) as (repository, parts):
        since = (parts.clock.now() - timedelta(days=max(days, 1) - 1)).date()
        routes = await repository.by_route(parts.database, since)
        families = await repository.by_family(parts.database, since, SHOWN + 1)
    if not routes:
        report(f"{NOTHING} since {since}")
        return
    width = max(len(line.route) for line in routes)
    report(f"{'route':{width}}  {'purpose':15}  {'what':7}  {'times':>9}  families")
    for line in routes:
        what = "refused" if line.enforced else "passed"
        report(f"{line.route:{width}}  {line.purpose:15}  {what:7}  {line.times:9}  {line.families:8}")
    report("")
    report(f"{'family':36}  {'times':>9}  last")
    for one in families[:SHOWN]:
        report(f"{one.family_id}  {one.times:9}  {one.last_at:%Y-%m-%d %H:%M} UTC")
    if len(families) > SHOWN:
        report(f"and more: the {SHOWN} with the most are shown")
