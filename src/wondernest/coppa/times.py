"""Jobs for what changes about consent by time alone: days of grace, children who come of age, the ages of consent of families.

Each batch of a walk and the letters that follow from it are one transaction, so a killed job goes on where it was and tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.accesses import Service
from wondernest.access.ages import AGES, consent_age
from wondernest.access.consent import GateMode
from wondernest.coppa.repository.times import Step, TimeRepository
from wondernest.coppa.words import words
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.periodic import Periodic
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.access.readers import Reader
    from wondernest.coppa.trail import Trail
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.rooms import Parts

GIVE_GRACE: Final = "coppa.give_grace"
COME_OF_AGE: Final = "coppa.come_of_age"
SET_AGES: Final = "coppa.set_ages"
GRACE_LETTER: Final = "coppa.grace_letter"
OF_AGE_LETTER: Final = "coppa.of_age_letter"
USER: Final = "user"
"""The argument of the letters: who gets it."""
UNTIL: Final = "until"
"""The argument of the letter about days of grace: their last day, as the number that `date.toordinal` gives."""
WALK_LIMIT_S: Final = 3600.0
NOTE_INTERVAL_S: Final = 2.0
"""How soon a process notes again that it enforces the gate, after the database did not answer."""


class Enforcement:
    """Notes that this process enforces the gate, before it serves the first request.

    Days of grace are for children of the time before. If only the job noted that moment, a child made between the first request and the
    job's first run would have them.
    """

    def __init__(self, repository: TimeRepository, database: Database, clock: Clock, mode: str) -> None:
        """`mode`: the value of a GateMode; there is nothing to note in any but ENFORCE."""
        self._repository = repository
        self._database = database
        self._clock = clock
        self._noted = mode != GateMode.ENFORCE.value
        self._noting = Periodic("consent gate enforced", NOTE_INTERVAL_S, self.note)

    async def note(self) -> None:
        """Store this moment, unless an earlier one is stored."""
        if not self._noted:
            await self._repository.switch(self._database, self._clock.now())
            self._noted = True

    async def start(self) -> None:
        """Note it now, or, while the database does not answer, as soon as it does."""
        await self._noting.start(at_once=True)
        if self._noted:
            await self._noting.stop()  # nothing is left to repeat

    async def stop(self) -> None:
        """Give up."""
        await self._noting.stop()


class TimeJobs:
    """The walks and their letters."""

    def __init__(self, repository: TimeRepository, parts: Parts, trail: Trail) -> None:
        settings = parts.settings
        self._repository = repository
        self._trail = trail
        self._database = parts.database
        self._clock = parts.clock
        self._grace_letter = parts.jobs.sender(GRACE_LETTER)
        self._of_age_letter = parts.jobs.sender(OF_AGE_LETTER)
        self._sender = LetterSender(parts.mailer, parts.metrics)
        self._enforced = settings.consent_gate == GateMode.ENFORCE.value
        self._grace = timedelta(days=settings.coppa.grace_days)
        self._default_age = consent_age(settings.coppa.default_country.upper() or None)

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(GIVE_GRACE, self.give_grace, time_limit_s=WALK_LIMIT_S, accesses=Service.CONSENT_TIME, by_age=True),
            Job(COME_OF_AGE, self.come_of_age, time_limit_s=WALK_LIMIT_S, accesses=Service.CONSENT_TIME, by_age=True),
            Job(SET_AGES, self.set_ages, time_limit_s=WALK_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(GRACE_LETTER, self.send_grace_letter, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
            Job(OF_AGE_LETTER, self.send_of_age_letter, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Grace soon after the switch, because families wait for it; the others every night."""
        return (
            Schedule(GIVE_GRACE, "*/2 * * * *", GIVE_GRACE),
            Schedule(COME_OF_AGE, "11 4 * * *", COME_OF_AGE),
            Schedule(SET_AGES, "7 2 * * *", SET_AGES),
        )

    async def give_grace(self, _: Running) -> None:
        """Give days of grace, counted from the switch, to the children of the time before it; once, and only where the gate is enforced."""
        if not self._enforced:
            return
        now = self._clock.now()
        switch = await self._repository.switch(self._database, now)
        until = switch.first_at + self._grace
        if switch.granted_at is not None or until <= now:
            return
        last_day = until.date().toordinal()
        await self._walk(
            lambda unit, after: self._repository.grace(unit, after, switch.first_at, until, now),
            lambda unit, parent: self._grace_letter(
                unit, {USER: parent, UNTIL: last_day}, key=f"{GRACE_LETTER}.{parent}"
            ),
        )
        await self._repository.note_granted(self._database, now)

    async def come_of_age(self, _: Running) -> None:
        """Tell the parents of children who have come of age."""
        now = self._clock.now()
        await self._walk(
            lambda unit, after: self._repository.come_of_age(unit, after, now),
            lambda unit, parent: self._of_age_letter(unit, {USER: parent}, key=f"{OF_AGE_LETTER}.{parent}"),
        )

    async def set_ages(self, _: Running) -> None:
        """Store each family's age of consent, where the table, the default or the family's country changed."""
        now, default = self._clock.now(), self._default_age
        await self._walk(lambda unit, after: self._repository.ages(unit, after, AGES, default, now))

    async def _walk(
        self,
        step: Callable[[Executor, UUID | None], Awaitable[Step]],
        tell: Callable[[Executor, UUID], Awaitable[None]] | None = None,
    ) -> None:
        after: UUID | None = None
        while True:
            async with unit_of(self._database) as unit:
                done = await step(unit, after)
                await self._trail.by_service(unit, done.children, Service.CONSENT_TIME)
                if tell is not None:
                    for parent in done.parents:
                        await tell(unit, parent)
            if done.after is None:
                return
            after = done.after

    async def send_grace_letter(self, job: Running) -> None:
        """Send one parent's letter about days of grace."""
        until = job.args.get(UNTIL)
        reader = await self._reader(job)
        if reader is not None and isinstance(until, int):
            day = date.fromordinal(until).isoformat()
            await self._sender.send(job, words(reader.language).grace.letter(reader.email, until=day))

    async def send_of_age_letter(self, job: Running) -> None:
        """Send one parent's letter about a child who came of age."""
        reader = await self._reader(job)
        if reader is not None:
            await self._sender.send(job, words(reader.language).of_age.letter(reader.email))

    async def _reader(self, job: Running) -> Reader | None:
        parent = job.uuid(USER)
        return None if parent is None else await self._repository.reader(self._database, parent)
