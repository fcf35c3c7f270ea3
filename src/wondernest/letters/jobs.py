"""The room's background jobs: they find the letters that are due, and send each.

At most one letter a week goes to a parent. A row of the database decides twice: it is claimed in the transaction that enqueues the
letter, and marked before the mail server gets it. A process that is killed before that leaves a letter to the next attempt; one that is
killed after it leaves a letter that perhaps was not sent, and that nobody sends again. What the server refuses for now is tried again.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Service
from wondernest.analytics.days import EARLIEST_DAY
from wondernest.letters.repository import READERS_AT_ONCE, LetterKey
from wondernest.letters.rules import called, due, told_day
from wondernest.letters.writer import ChildWeek
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.mail import MailFailed
from wondernest.platform.recording import Unrecorded
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from wondernest.analytics.overview import OverviewService
    from wondernest.coppa.trail import Trail
    from wondernest.letters.addresses import EndAddresses
    from wondernest.letters.repository import LetterRepository, Reader, Recipient
    from wondernest.letters.writer import LetterWriter
    from wondernest.platform.rooms import Parts

log = get_logger(__name__)

FIND: Final = "letters.find_due"
SEND: Final = "letters.weekly"
FAMILY, USER, SUNDAY = "family", "user", "sunday"
"""The arguments of a letter: ids, and the days from 1970 to its Sunday."""
FINDING_LIMIT_S: Final = 600.0


class LetterJobs:
    """Finds the letters that are due, and sends them."""

    def __init__(
        self,
        parts: Parts,
        repository: LetterRepository,
        figures: OverviewService,
        writer: LetterWriter,
        addresses: EndAddresses,
        trail: Trail,
    ) -> None:
        self._database = parts.database
        self._clock = parts.clock
        self._sender = LetterSender(parts.mailer, parts.metrics)
        self._repository = repository
        self._figures = figures
        self._writer = writer
        self._addresses = addresses
        self._trail = trail

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(FIND, self.find, time_limit_s=FINDING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(SEND, self.send, LETTER_RETRY, accesses=Service.WEEKLY_LETTER),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every quarter of an hour, as some zones begin their days at one; on the days (UTC) on which it may be due somewhere."""
        return (Schedule(FIND, "*/15 * * * 0,1,2", FIND),)

    async def find(self, _: Running) -> None:
        """Enqueue every letter that is due; a run that is killed is finished by the next."""
        after: Reader | None = None
        while True:
            readers = await self._repository.readers(self._database, after)
            letters = self._due(readers)
            if letters and not self._addresses.known:
                log.warning("weekly letters are not sent, as PUBLIC_BASE_URL is not set")
                return
            if letters:
                await self._repository.claim(self._database, letters, SEND, (FAMILY, USER, SUNDAY))
            if len(readers) < READERS_AT_ONCE:
                return
            after = readers[-1]

    async def send(self, job: Running) -> None:
        """Send one letter, unless nothing happened in the week, or the parent must not get it."""
        family_id, user_id, number = job.uuid(FAMILY), job.uuid(USER), job.args.get(SUNDAY)
        if family_id is None or user_id is None or not isinstance(number, int):
            return
        letter = LetterKey(family_id, user_id, EARLIEST_DAY + timedelta(days=number))
        recipient = await self._repository.recipient(self._database, letter)
        if recipient is None:
            return
        weeks = await self._weeks(user_id, recipient, letter.sunday)
        if not weeks:
            return
        end_url = self._addresses.of(user_id, recipient.language)
        written = self._writer.letter(recipient.address, recipient.language, weeks, letter.sunday, end_url)
        async with unit_of(self._database) as unit:
            if not await self._repository.hand_over(unit, letter):
                return
            children = [child_id for child_id, _, _ in recipient.children]
            await self._trail.by_service(unit, children, Service.WEEKLY_LETTER)
        try:
            await self._sender.send(job, written)
        except MailFailed:
            await self._repository.take_back(self._database, letter)
            raise

    def _due(self, readers: Sequence[Reader]) -> list[LetterKey]:
        now = self._clock.now()
        found: list[LetterKey] = []
        for reader in readers:
            letter = due(reader.zone, now)
            if letter is None or reader.since >= letter.since:
                continue
            if reader.written is None or reader.written < letter.sunday:
                found.append(LetterKey(reader.family_id, reader.user_id, letter.sunday))
        return found

    async def _weeks(self, user_id: UUID, recipient: Recipient, sunday: date) -> list[ChildWeek]:
        """The weeks of the children that did something, as the parent would read them."""
        names = called([(name, nickname) for _, name, nickname in recipient.children])
        weeks: list[ChildWeek] = []
        for (child_id, _, _), name in zip(recipient.children, names, strict=True):
            told = await self._figures.told_week(user_id, child_id, told_day(sunday))
            if told.categories:
                weeks.append(
                    ChildWeek(called=name, week=told.week, categories=told.categories, active_days=told.active_days)
                )
        return weeks
