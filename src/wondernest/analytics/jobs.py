"""The room's background jobs: remove the identities of old events, and sum up the days of children."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wondernest.analytics import figures
from wondernest.analytics.activities import ART, MARGIN_AFTER_S, REPORT, STORIES, VIEW, Part
from wondernest.analytics.days import ONE_DAY, Calendar
from wondernest.analytics.overview import ROW_BYTES, last_final_day, told
from wondernest.analytics.placing import ON_TIME
from wondernest.analytics.repository.history import WEST_OF_UTC
from wondernest.analytics.repository.rollups import CHILDREN_AT_ONCE, CountedDay, Metrics, Waiting, earlier
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wondernest.analytics.repository import ActivityRepository, AnalyticsRepository, RollupRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.large_work import LargeWork
    from wondernest.settings import Analytics as AnalyticsSettings

FORGET_IDENTITIES: Final = "analytics.forget_event_identities"
IDENTITY_LIFE: Final = timedelta(days=30)
"""How long a repeated delivery of an event is recognised. The app stops retrying far earlier."""
FORGETTING_LIMIT_S: Final = 600.0
ASK_DAYS: Final = "analytics.ask_for_days"
REMOVE_EVENTS: Final = "analytics.remove_old_events"
COUNT_DAYS: Final = "analytics.count_days"
SUMMING_LIMIT_S: Final = 600.0
SETTLED: Final = ONE_DAY + WEST_OF_UTC + timedelta(seconds=MARGIN_AFTER_S) + ON_TIME
"""How long after its midnight (UTC) a day cannot change any more, in any zone, by events that arrive in time."""
SUMMED_DAYS: Final = 45
"""Days back that are summed up: insights look at thirty."""
REACH: Final = timedelta(days=3)
"""An event changes no day that is further away, in any zone."""
WAITING_AT_ONCE: Final = 400
DAYS_AT_ONCE: Final = 7
"""Days of a child that are read together: bounds the memory."""


class IdentityJobs:
    """Removes identities older than IDENTITY_LIFE."""

    def __init__(self, database: Database, repository: AnalyticsRepository, clock: Clock) -> None:
        self._database = database
        self._repository = repository
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET_IDENTITIES, self.forget, time_limit_s=FORGETTING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET_IDENTITIES, "29 * * * *", FORGET_IDENTITIES),)

    async def forget(self, _: Running) -> None:
        """Remove them in small batches, so that no event waits long for a row lock. A clock that is ahead removes none that is needed."""
        now = await earlier(self._database, self._clock.now())
        await self._repository.forget_identities(self._database, now - IDENTITY_LIFE)


class SummingJobs:
    """Sums up days, so that weeks and months need not be computed from their events.

    No figure depends on it: a day that is not summed up is computed when somebody asks. It may be killed at any moment and be away for
    days. A first job asks for days, a second one counts what was asked for long enough ago (`repository/rollups.py` says why).
    """

    def __init__(
        self,
        database: Database,
        rollups: RollupRepository,
        history: ActivityRepository,
        clock: Clock,
        large_work: LargeWork,
        settings: AnalyticsSettings,
    ) -> None:
        self._database = database
        self._rollups = rollups
        self._history = history
        self._clock = clock
        self._large_work = large_work
        self._settings = settings

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(ASK_DAYS, self.ask, time_limit_s=SUMMING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(COUNT_DAYS, self.count, time_limit_s=SUMMING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(REMOVE_EVENTS, self.remove, time_limit_s=SUMMING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Days are asked for every six hours and counted every ten minutes; old events are removed every hour."""
        return (
            Schedule(ASK_DAYS, "17 */6 * * *", ASK_DAYS),
            Schedule(COUNT_DAYS, "4-59/10 * * * *", COUNT_DAYS),
            Schedule(REMOVE_EVENTS, "41 * * * *", REMOVE_EVENTS),
        )

    async def ask(self, _: Running) -> None:
        """Ask for the settled days of every child that did something; goes on where a killed run stopped."""
        after = await self._rollups.after(self._database)
        while True:
            now = await self._now()
            last = (now - SETTLED).date() - ONE_DAY
            first = last - timedelta(days=SUMMED_DAYS - 1)
            children = await self._rollups.children(self._database, after)
            if children:
                await self._rollups.ask(self._database, children, first, last, now)
            after = children[-1] if len(children) == CHILDREN_AT_ONCE else None
            await self._rollups.go_on_after(self._database, after)
            if after is None:
                return

    async def count(self, _: Running) -> None:
        """Count the days that wait; one that somebody asked for again meanwhile goes on waiting."""
        while True:
            kept, read_at = 0, await self._now()
            for waiting in await self._rollups.waiting(self._database, read_at, WAITING_AT_ONCE):
                for some in _some_days(waiting):
                    kept += await self._count(some, read_at)
            if not kept:
                return

    async def remove(self, _: Running) -> None:
        """Remove events that are too old, of children whose days of that time are counted; the sums stay.

        A child with days that are not counted yet is left for a later run. If the archive is required, events of days that are
        not in it stay.
        """
        now = await self._now()
        kept_days, archived = self._settings.events_kept_days, self._settings.archive_required
        last, before = last_final_day(now, kept_days), removed_before(now, kept_days)
        for child_id, first in await self._rollups.with_old_events(self._database, before, archived=archived):
            if await self._rollups.finish(self._database, child_id, first - REACH, last, now):
                await self._rollups.remove(self._database, child_id, before, archived=archived)

    async def _now(self) -> datetime:
        """The earlier one of this process's clock and the database's: one that is ahead must not settle a day before its time."""
        return await earlier(self._database, self._clock.now())

    async def _count(self, waiting: Waiting, read_at: datetime) -> int:
        first, last, calendar = waiting.days[0], waiting.days[-1], Calendar(waiting.zone)
        found = await self._history.of_job(self._database, waiting.child_id, first, last)
        size = ROW_BYTES * (len(found.events) + len(found.views))
        did = await self._large_work.run(told(found, calendar, set(waiting.days)), size)
        since, until = (_moment(calendar, day) for day in (first, last + ONE_DAY))
        words = await self._rollups.words(self._database, waiting.child_id, since, until)
        met = [calendar.day_of(int(word.timestamp())) for word in words]
        counted = [
            _counted(day, [part for part in did.parts if part.day == day], did.interactions, met.count(day))
            for day in waiting.days
        ]
        return await self._rollups.keep(self._database, waiting, counted, read_at, self._clock.now())


def removed_before(now: datetime, kept_days: int) -> datetime:
    """Events before this moment (midnight, UTC) are removed."""
    last = last_final_day(now, kept_days)
    return datetime(last.year, last.month, last.day, tzinfo=UTC) - REACH


def _some_days(waiting: Waiting) -> Iterator[Waiting]:
    """The days in groups that lie within DAYS_AT_ONCE of each other."""
    group: list[date] = []
    for day in waiting.days:
        if group and day - group[0] >= timedelta(days=DAYS_AT_ONCE):
            yield Waiting(waiting.child_id, group, waiting.zone)
            group = []
        group.append(day)
    yield Waiting(waiting.child_id, group, waiting.zone)


def _counted(day: date, parts: Sequence[Part], interactions: Mapping[date, int], words: int) -> CountedDay:
    shown, played = figures.day_figures(day, parts), [part for part in parts if part.source != VIEW]
    creative = sum(part.seconds for part in parts if part.category == ART)
    return CountedDay(
        day=day,
        categories=figures.by_category(played),
        interactions=interactions.get(day, 0),
        contents=len({part.content_id for part in played if part.content_id is not None}),
        sessions=figures.sessions(played),
        metrics=Metrics(
            screen=shown.screen_time,
            contents=shown.contents,
            learning=shown.educational_time,
            creative=figures.minutes(creative),
            words=words,
            stories=sum(part.completed for part in parts if part.category == STORIES),
            games=len({part.content_id for part in parts if part.source == REPORT and part.category != STORIES}),
        ),
    )


def _moment(calendar: Calendar, day: date) -> datetime:
    return datetime.fromtimestamp(calendar.start(day), UTC)
