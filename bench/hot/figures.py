"""What is counted of children: events, figures, screen time, the weekly letter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.data_set import GAME
from bench.hot.parents import BATCH, CLOCK, IDS, LIMITS, LONG_AGO, Parent, ParentRequests
from wondernest.access.consent import GateMode
from wondernest.analytics.repository import (
    ActivityRepository,
    AnalyticsRepository,
    ArchiveRepository,
    MilestoneRepository,
    RecommendationRepository,
    RollupRepository,
)
from wondernest.analytics.service import AnalyticsService, Report
from wondernest.audio.repository import AudioRepository
from wondernest.files.references import NOTE, SaveWatcher
from wondernest.games.repository import (
    RegistryRepository,
    SaveRepository,
)
from wondernest.games.service import Notices, ProjectSaves
from wondernest.letters.jobs import FAMILY as LETTER_FAMILY
from wondernest.letters.jobs import SEND
from wondernest.letters.jobs import SUNDAY as LETTER_SUNDAY
from wondernest.letters.jobs import USER as LETTER_USER
from wondernest.letters.repository import LetterKey, LetterRepository
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.jobs import QueuedJobs
from wondernest.platform.large_work import LargeWork
from wondernest.screentime.repository import ScreenTimeRepository
from wondernest.screentime.rules import MOST_EXTRA_OF_DAY
from wondernest.settings import Quotas

if TYPE_CHECKING:
    from bench.statements import OneConnection


class FigureRequests(ParentRequests):
    """Requests that report what a child did, and that ask for figures of it."""

    def __init__(self, database: OneConnection, parents: Sequence[Parent]) -> None:
        super().__init__(database, parents)
        registry, large_work = RegistryRepository(database), LargeWork()
        events = AnalyticsRepository(registry, IDS, CLOCK, Quotas())
        notices = Notices(SaveWatcher(QueuedJobs().sender(NOTE)), database)
        projects = ProjectSaves(SaveRepository(database, LIMITS), large_work, notices)
        self._analytics = AnalyticsService(database, events, projects, CLOCK, large_work, RollupRepository())
        self._histories = ActivityRepository(registry)
        self._milestones = MilestoneRepository()
        self._screen_time = ScreenTimeRepository()
        self._letters = LetterRepository()
        self._recommendations = RecommendationRepository()
        self._archives = ArchiveRepository()
        self._rollups = RollupRepository()
        self._audio = AudioRepository(Quotas(), GateMode.OFF)

    async def track(self, count: int) -> None:
        """POST of an event with a play time."""
        unit = UnitOfWork(self._database)
        sent = [
            self._analytics.track(parent.caller, self._event(parent, next(self._serials)), unit)
            for parent in self._parents[:count]
        ]
        await asyncio.gather(*sent)

    async def track_together(self, count: int) -> None:
        """POST of events of one child, which the statement for events of different children does not take."""
        unit, parent = UnitOfWork(self._database), self._parents[0]
        sent = [
            self._analytics.track(parent.caller, self._event(parent, next(self._serials)), unit) for _ in range(count)
        ]
        await asyncio.gather(*sent)

    async def figures(self, _count: int) -> None:
        """GET of a day, of a week, and of the milestones of a child."""
        [parent, *_] = self._parents
        today = CLOCK.now().date()
        whose = (self._database, parent.user_id, parent.child_id)
        await self._histories.whole(*whose, today, today)
        await self._histories.summed(*whose, today - timedelta(days=7), today)
        await self._milestones.reached(*whose)

    async def screen_time(self, _: int) -> None:
        """GET of a child's screen time, and POST of extra time; the figure of the day is `figures-day`."""
        one, unit = self._parents[0], UnitOfWork(self._database)
        assert await self._screen_time.find(unit, one.child_id, one.user_id)
        day = CLOCK.now().date()
        assert await self._screen_time.add_extra(unit, one.child_id, one.user_id, day, 15, MOST_EXTRA_OF_DAY)
        await unit.commit()

    async def letters(self, _: int) -> None:
        """A page of the walk over the readers of the weekly letter, and one letter."""
        reader = (await self._letters.readers(self._database, None))[-1]
        letter = LetterKey(reader.family_id, reader.user_id, CLOCK.now().date())
        assert (
            await self._letters.claim(self._database, [letter], SEND, (LETTER_FAMILY, LETTER_USER, LETTER_SUNDAY)) == 1
        )
        assert await self._letters.recipient(self._database, letter)
        assert await self._letters.hand_over(self._database, letter)

    async def beside_figures(self, _count: int) -> None:
        """GET of insights, what is not in the figures: what games heard, and the recommendations that are stored."""
        [parent, *_] = self._parents
        now = CLOCK.now()
        whose = (self._database, parent.user_id, parent.child_id)
        await self._audio.heard(*whose, (now - timedelta(days=28), now - timedelta(days=14), now))
        await self._recommendations.keep(*whose, ["Sing a song"], now)

    async def old_events(self, _count: int) -> None:
        """The removal of old events of one child, and what the archive and the sums look for."""
        [parent, *_] = self._parents
        before = LONG_AGO + timedelta(days=1)
        for archived in (False, True):
            await self._rollups.with_old_events(self._database, before, archived=archived)
            await self._rollups.remove(self._database, parent.child_id, before, archived=archived)
        await self._archives.next_day(self._database, LONG_AGO, before)
        await self._rollups.waiting(self._database, CLOCK.now(), BATCH)

    @staticmethod
    def _event(parent: Parent, moment: int) -> Report:
        data = b'{"gameId":"%s","score":120,"level":3,"playTimeMinutes":7,"timestamp":%d}' % (GAME.encode(), moment)
        return Report("game_progress", str(parent.child_id), GAME, 7, data, None)
