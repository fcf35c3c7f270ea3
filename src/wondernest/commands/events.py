"""`wondernest events archive` and `forget`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from wondernest.app import event_archive

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.archive import ArchivedDay
    from wondernest.settings import Settings


def keep(settings: Settings, report: Callable[[str], None]) -> None:
    """Archive old events and print each day; raises ArchiveError, and DependencyUnavailable."""
    asyncio.run(_keep(settings, report))


def forget(settings: Settings, child_ids: Collection[UUID], report: Callable[[str], None]) -> None:
    """Rewrite the archive without some children and print each day that had them. Raises as `keep`."""
    asyncio.run(_forget(settings, child_ids, report))


async def _keep(settings: Settings, report: Callable[[str], None]) -> None:
    days = 0

    def show(day: ArchivedDay) -> None:
        nonlocal days
        days += 1
        report(_line(day))

    async with event_archive(settings) as archive:
        await archive.keep(show)
    report(f"{days} days archived")


async def _forget(settings: Settings, child_ids: Collection[UUID], report: Callable[[str], None]) -> None:
    async with event_archive(settings, child_ids) as archive:
        await archive.forget(child_ids, lambda day: report(_line(day)))


def _line(day: ArchivedDay) -> str:
    return f"{day.day}  {day.events} events in {day.files} files, {day.bytes} bytes"
