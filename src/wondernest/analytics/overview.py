"""The figures of a child for its parents: reads what it did and computes days, weeks and what explains them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from wondernest.analytics import errors, figures, spreadsheet
from wondernest.analytics.activities import INTERACTIONS, STEP_ROWS, VIEW, Part, StoredEvent, View, parts
from wondernest.analytics.days import DAYS_OF_WEEK, ONE_DAY, Calendar, days
from wondernest.analytics.insights import (
    TREND_HALF,
    Beside,
    Insights,
    Milestones,
    insights,
    milestones,
    too_early,
    with_titles,
)
from wondernest.analytics.repository.history import stored_event, utc_days, view
from wondernest.coppa.rules import age_on
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from wondernest.analytics.figures import Day, Totals, Week
    from wondernest.analytics.ports import Neighbours, SavedDocuments
    from wondernest.analytics.reading import Reader
    from wondernest.analytics.recommendations import Recommendations
    from wondernest.analytics.repository import FoundMilestones, History
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.large_work import LargeWork, Steps

MAX_DAYS: Final = 31
"""Days of a list of activities."""
EXPORTED_DAYS, MAX_EXPORTED_DAYS = 365, 800
"""Days of an export when none are named, and the most."""
ROW_BYTES: Final = 200
"""What a row counts when work is bounded: about what its text has."""


class Told(NamedTuple):
    """What happened in some days: the parts of activities, and for each day in how many events a parent took part."""

    parts: list[Part]
    interactions: Mapping[date, int]


class Summed(NamedTuple):
    """Sums of some days by category, events in which a parent took part, and days on which something happened."""

    categories: dict[str, Totals]
    interactions: int
    active_days: int


class ToldWeek(NamedTuple):
    """The figures of a week, the sums by category that they were made from, and the days on which something happened."""

    week: Week
    categories: Mapping[str, Totals]
    active_days: int


class Explained(NamedTuple):
    """The activities of some days."""

    zone: str
    first: date
    last: date
    parts: list[Part]


class OverviewService:
    """Computes figures of one of the caller's own active children. Raises NoFamily and ChildNotFound."""

    def __init__(
        self,
        reader: Reader,
        documents: SavedDocuments,
        neighbours: Neighbours,
        recommendations: Recommendations,
        clock: Clock,
        large_work: LargeWork,
        kept_days: int,
    ) -> None:
        self._reader = reader
        self._documents = documents
        self._neighbours = neighbours
        self._recommendations = recommendations
        self._kept_days = kept_days
        self._clock = clock
        self._large_work = large_work

    async def child(self, caller: Caller, text: str | None) -> UUID:
        """The child that a query names; raises ChildRequired, NoFamily, BadChildId."""
        if text is None or not text.strip():
            raise errors.ChildRequired
        child_id = parse_uuid(text.strip())
        if child_id is not None:
            return child_id
        if await self._reader.has_family(caller.user_id):
            raise errors.BadChildId
        raise errors.NoFamily

    async def saves(
        self, caller: Caller, child_id: UUID
    ) -> list[tuple[str, bytes]] | AsyncGenerator[list[tuple[str, bytes]]]:
        """Data key and document of each save of the child, last changed first; of a large list its parts."""
        found = await self._documents.of_child(caller, child_id)
        if not found:
            has_family, is_allowed = await self._reader.acting(caller.user_id, child_id)
            if not has_family:
                raise errors.NoFamily
            if not is_allowed:
                raise errors.ChildNotFound
        return found

    async def day(self, caller: Caller, child_id: UUID, day: date | None) -> Day:
        """The figures of a day, today's if none is given."""
        if day is not None and day <= last_final_day(self._clock.now(), self._kept_days):
            return await self._old_day(caller, child_id, day)
        found = await self._whole(caller, child_id, day, day)
        calendar = _calendar(found)
        day = day or self._today(calendar)
        told = await self._told(found, calendar, {day})
        return figures.day_figures(day, told.parts)

    async def screen_time(self, caller: Caller, child_id: UUID, day: date, executor: Executor | None = None) -> int:
        """The minutes of a recent day, as `day` shows them; read on `executor` by those who hold a connection already."""
        found = _admitted(await self._reader.newest(caller.user_id, child_id, day, executor))
        told = await self._told(found, _calendar(found), {day})
        return figures.day_figures(day, told.parts).screen_time

    async def _old_day(self, caller: Caller, child_id: UUID, day: date) -> Day:
        """A day whose events may have been removed: from its sums, where there are some."""
        found = _admitted(await self._reader.summed(caller.user_id, child_id, day, day))
        calendar = _calendar(found)
        told = await self._told(found, calendar, {day})
        if day not in found.rolled:
            return figures.day_figures(day, told.parts)
        viewed, kept = [part for part in told.parts if part.source == VIEW], found.rolled[day]
        categories = figures.merged([kept.categories, figures.by_category(viewed)])
        contents = kept.contents + len({part.content_id for part in viewed})
        return figures.day_of_sums(day, categories, contents, kept.sessions + figures.sessions(viewed))

    async def week(self, caller: Caller, child_id: UUID, day: date | None) -> Week:
        """The figures of the week of a day, this week's if none is given: of its days until today."""
        return (await self.told_week(caller.user_id, child_id, day)).week

    async def told_week(self, user_id: UUID, child_id: UUID, day: date | None) -> ToldWeek:
        """As `week`, for an adult who made no request, with the sums that the figures were made from."""
        span = utc_days(self._clock.now(), DAYS_OF_WEEK - 1)
        if day is not None:
            span = day - timedelta(days=DAYS_OF_WEEK - 1), day + timedelta(days=DAYS_OF_WEEK - 1)
        found = _admitted(await self._reader.summed(user_id, child_id, *span))
        calendar = _calendar(found)
        start = calendar.week_start(day or self._today(calendar))
        wanted = days(start, start + timedelta(days=DAYS_OF_WEEK - 1))
        summed = await self._summed(found, calendar, wanted)
        week = figures.week_figures(start, summed.categories, summed.interactions)
        return ToldWeek(week, summed.categories, summed.active_days)

    async def insights(self, caller: Caller, child_id: UUID) -> Insights:
        """What the last thirty days say."""
        span = utc_days(self._clock.now(), figures.DAYS_OF_INSIGHTS - 1)
        found = _admitted(await self._reader.summed(caller.user_id, child_id, *span))
        calendar = _calendar(found)
        today = self._today(calendar)
        summed = await self._summed(found, calendar, days(figures.first_insight_day(today), today))
        age = None if found.birth_date is None else age_on(today, found.birth_date)
        told = summed.categories, summed.active_days, summed.interactions, age, found.language
        if too_early(summed.active_days):
            return insights(*told)
        now = self._clock.now()
        titles, mastery, (before, after) = await asyncio.gather(
            self._neighbours.library.suggestions(caller, child_id),
            self._neighbours.mastery.average(caller, child_id),
            self._neighbours.speech.heard(caller, child_id, now - 2 * TREND_HALF, now - TREND_HALF, now),
        )
        said = with_titles(insights(*told, Beside(mastery, before, after)), titles)
        await self._recommendations.keep(caller.user_id, child_id, said.ideas)
        return said

    async def milestones(self, caller: Caller, child_id: UUID) -> Milestones:
        """The child's milestones."""
        found = await self._reader.milestones(caller.user_id, child_id)
        _admit(found)
        today = self._today(Calendar(found.zone))
        return milestones(found.birth_date or today, today, found.known, found.language)

    async def activities(self, caller: Caller, child_id: UUID, first: date | None, last: date | None) -> Explained:
        """The activities of some days, of today if none is given; raises BadDate."""
        if first is not None and last is not None and not first <= last < first + timedelta(days=MAX_DAYS):
            raise errors.BadDate(f"from and to must be {MAX_DAYS} days at most, and from must not be after to")
        found = await self._whole(caller, child_id, first or last, last or first)
        calendar = _calendar(found)
        today = self._today(calendar)
        first, last = first or last or today, last or first or today
        told = await self._told(found, calendar, set(days(first, last)))
        return Explained(calendar.zone, first, last, told.parts)

    async def export(
        self, caller: Caller, child_id: UUID, first: date | None, last: date | None
    ) -> AsyncGenerator[bytes]:
        """The activities of some days as CSV, of the last year if none is given; raises BadDate. It reads a month at a time."""
        if last is None:
            last = self._clock.now().date() + ONE_DAY
        first = first or last - timedelta(days=EXPORTED_DAYS)
        if not first <= last <= first + timedelta(days=MAX_EXPORTED_DAYS):
            raise errors.BadDate(f"from and to must be {MAX_EXPORTED_DAYS} days at most, and from must not be after to")
        months = [
            days(first, last)[number : number + MAX_DAYS] for number in range(0, (last - first).days + 1, MAX_DAYS)
        ]
        return self._rows(caller, child_id, months, await self._whole(caller, child_id, months[0][0], months[0][-1]))

    async def _rows(
        self, caller: Caller, child_id: UUID, months: Sequence[Sequence[date]], found: History
    ) -> AsyncGenerator[bytes]:
        zone = found.zone
        yield spreadsheet.heading(zone)
        for number, month in enumerate(months):
            if number:
                found = await self._whole(caller, child_id, month[0], month[-1])
            told = await self._told(found, Calendar(zone, found.first_day), set(month))
            for place in range(0, len(told.parts), STEP_ROWS):
                yield spreadsheet.lines(told.parts[place : place + STEP_ROWS], zone)

    async def _whole(self, caller: Caller, child_id: UUID, first: date | None, last: date | None) -> History:
        span = utc_days(self._clock.now(), 0) if first is None or last is None else (first, last)
        return _admitted(await self._reader.whole(caller.user_id, child_id, *span))

    async def _told(self, found: History, calendar: Calendar, wanted: Collection[date]) -> Told:
        size = ROW_BYTES * (len(found.events) + len(found.views))
        return await self._large_work.run(told(found, calendar, wanted), size)

    async def _summed(self, found: History, calendar: Calendar, wanted: Sequence[date]) -> Summed:
        """The sums of the wanted days. A day that is summed up is taken from its row, today never; its views are read in any case."""
        today = self._today(calendar)
        kept = {day: found.rolled[day] for day in wanted if day in found.rolled and day < today}
        fresh = await self._told(found, calendar, set(wanted) - set(kept))
        viewed = await self._told(only_views(found), calendar, set(kept))
        sums = [figures.by_category(fresh.parts), figures.by_category(viewed.parts)]
        sums += [one.categories for one in kept.values()]
        active = {part.day for part in (*fresh.parts, *viewed.parts)} | {day for day in kept if kept[day].categories}
        interactions = sum(fresh.interactions.values()) + sum(one.interactions for one in kept.values())
        return Summed(figures.merged(sums), interactions, len(active))

    def _today(self, calendar: Calendar) -> date:
        return calendar.day_of(int(self._clock.now().timestamp()))


def told(found: History, calendar: Calendar, wanted: Collection[date]) -> Steps[Told]:
    """What happened in the wanted days, from the rows that were read around them."""
    events: list[StoredEvent] = []
    for number, row in enumerate(found.events, 1):
        events.append(stored_event(row))
        if number % STEP_ROWS == 0:
            yield
    views: list[View] = [view(row) for row in found.views]
    yield
    made = yield from parts(events, views, calendar, wanted)
    taken = Counter(calendar.day_of(event.at) for event in events if event.kind in INTERACTIONS)
    return Told(made, {day: count for day, count in taken.items() if day in wanted})


def last_final_day(now: datetime, kept_days: int) -> date:
    """The last day whose sums are final; events of days before it are removed."""
    return (now - timedelta(days=kept_days)).date()


def only_views(found: History) -> History:
    """The same without events."""
    return replace(found, events=[])


def _admitted(found: History) -> History:
    _admit(found)
    return found


def _admit(found: History | FoundMilestones) -> None:
    if not found.has_family:
        raise errors.NoFamily
    if not found.is_allowed:
        raise errors.ChildNotFound


def _calendar(found: History) -> Calendar:
    return Calendar(found.zone, found.first_day)
