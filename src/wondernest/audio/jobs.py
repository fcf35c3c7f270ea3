"""The room's background job: ends the sessions that nobody ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.audio.repository import AudioRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

END_OPEN: Final = "audio.end_open_sessions"
ENDING_LIMIT_S: Final = 300.0


class SessionJobs:
    """Ends sessions that are over."""

    def __init__(self, database: Database, repository: AudioRepository, clock: Clock) -> None:
        self._database = database
        self._repository = repository
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(END_OPEN, self.end_open, time_limit_s=ENDING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every five minutes; readers see the end of a session also before."""
        return (Schedule(END_OPEN, "*/5 * * * *", END_OPEN),)

    async def end_open(self, _: Running) -> None:
        """End them."""
        await self._repository.end_open(self._database, self._clock.now())
