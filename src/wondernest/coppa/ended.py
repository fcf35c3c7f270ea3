"""What follows from a purpose that is not permitted any more: what is held for it alone is erased, after a letter to the parents.

The privacy room does it, because it knows what every room holds. A new consent before that takes it back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Service
from wondernest.access.consent import GateMode
from wondernest.coppa.repository.ended import EndedPurpose, EndedRepository, PendingEnd
from wondernest.coppa.rules import KEPT_AFTER_END, WORK_KEPT
from wondernest.coppa.words import words
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running
from wondernest.platform.jobs.letters import LETTER_RETRY
from wondernest.platform.languages import DEFAULT_LANGUAGE, spoken

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from wondernest.coppa.repository import FlowRepository
    from wondernest.coppa.trail import Trail
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.jobs import Sender
    from wondernest.platform.jobs.letters import LetterSender

ANNOUNCE: Final = "coppa.announce_end"
FAMILY: Final = "family"
CHILD: Final = "child"
PARENT: Final = "parent"
"""The arguments of the letter: about whom, and who gets it."""


def erases(mode: GateMode, *, withdrawn: bool) -> bool:
    """Whether an end is followed by an erasure: a parent's no in every mode but `off`, an end by time where consent is enforced."""
    return mode is GateMode.ENFORCE or (mode is GateMode.RECORD and withdrawn)


async def _tell(rows: EndedRepository, letter: Sender, unit: Executor, family_id: UUID, child_id: UUID) -> None:
    for parent in await rows.parents(unit, family_id):
        key = f"{ANNOUNCE}.{child_id}.{parent}"
        await letter(unit, {FAMILY: family_id, CHILD: child_id, PARENT: parent}, key=key)


class TakenBack(Exception):
    """The purpose is permitted again."""


class EndedPurposes:
    """Notes ends of purposes and takes them back, in the transaction of the consent."""

    def __init__(self, rows: EndedRepository, letter: Sender, mode: GateMode) -> None:
        self._rows = rows
        self._letter = letter
        self._mode = mode

    async def begin(
        self,
        unit: Executor,
        family_id: UUID,
        child_id: UUID,
        purposes: Collection[str],
        now: datetime,
        *,
        withdrawn: bool,
    ) -> None:
        """What is held for these purposes alone is erased in time (`rules.KEPT_AFTER_END`); each parent gets a letter.

        `withdrawn`: a parent said so. What ends by time is erased only where the gate is enforced: until then nobody gets a letter.
        """
        ended = {purpose: now + kept for purpose, kept in KEPT_AFTER_END.items() if purpose in purposes}
        if not ended:
            return
        erased = erases(self._mode, withdrawn=withdrawn)
        await self._rows.note(unit, child_id, ended, now, withdrawn=withdrawn, announced=erased)
        if erased:
            await _tell(self._rows, self._letter, unit, family_id, child_id)

    async def take_back(self, unit: Executor, child_id: UUID, purposes: Collection[str]) -> None:
        """These purposes are permitted: what is held for them stays."""
        await self._rows.take_back(unit, child_id, purposes)


class DueEnds:
    """The ends whose time has come, for who erases what is held."""

    def __init__(self, database: Database, letter: Sender, mode: GateMode, trail: Trail) -> None:
        self._rows = EndedRepository()
        self._database = database
        self._letter = letter
        self._mode = mode
        self._trail = trail

    async def page(self, now: datetime, after: EndedPurpose | None) -> list[EndedPurpose]:
        """Some of them, after one; none at the end, and where nothing is erased."""
        if not erases(self._mode, withdrawn=True):
            return []
        only_withdrawn = not erases(self._mode, withdrawn=False)
        return await self._rows.due(self._database, now, after, only_withdrawn=only_withdrawn)

    async def pending(self, children: Sequence[UUID]) -> list[tuple[PendingEnd, datetime | None]]:
        """The ends of purposes of children, and when what is held for each is erased; None while no day is set."""
        found = await self._rows.pending(self._database, children)
        return [
            (one, one.erase_at if one.announced and erases(self._mode, withdrawn=one.withdrawn) else None)
            for one in found
        ]

    async def overdue(self, since: datetime) -> int:
        """How many should have been erased before a moment."""
        if not erases(self._mode, withdrawn=True):
            return 0
        only_withdrawn = not erases(self._mode, withdrawn=False)
        return await self._rows.overdue(self._database, since, only_withdrawn=only_withdrawn)

    async def announce(self, ended: EndedPurpose, now: datetime) -> None:
        """Tell the parents the day, which is as far away as after every end."""
        async with unit_of(self._database) as unit:
            if await self._rows.announce(unit, ended, now + KEPT_AFTER_END.get(ended.purpose, WORK_KEPT)):
                await self._tell(unit, ended)

    async def stands(self, ended: EndedPurpose) -> bool:
        """Whether the purpose is still not permitted."""
        return await self._rows.stands(self._database, ended)

    async def others(self, ended: EndedPurpose, purposes: Collection[str]) -> set[str]:
        """Those of the purposes, besides this one, for which data of the child is still held."""
        return await self._rows.others(self._database, ended, purposes)

    async def change(self, ended: EndedPurpose, statement: str, *args: object) -> str:
        """Execute a statement unless the purpose is permitted; a consent that permits it waits for the end. Raises TakenBack."""
        async with unit_of(self._database) as unit:
            if not await self._rows.hold(unit, ended):
                raise TakenBack
            return await unit.execute(statement, *args)

    async def forget(self, ended: EndedPurpose) -> None:
        """The purpose is permitted again."""
        await self._rows.done(self._database, ended)

    async def done(self, ended: EndedPurpose, now: datetime, *, erased: bool) -> None:
        """Forget it: everything was erased. `erased`: there was something.

        Where the gate is not enforced, data goes on to be collected: so it is looked at again after the same time. Before what a child
        made goes again, the parents get the letter again.
        """
        kept = KEPT_AFTER_END.get(ended.purpose, WORK_KEPT)
        async with unit_of(self._database) as unit:
            if erased:
                await self._trail.by_service(unit, [ended.child_id], Service.ENDED_PURPOSE)
            if self._mode is GateMode.ENFORCE:
                await self._rows.done(unit, ended)
            elif await self._rows.again(unit, ended, now, now + kept) and erased and kept >= WORK_KEPT:
                await self._tell(unit, ended)

    async def _tell(self, unit: Executor, ended: EndedPurpose) -> None:
        family_id = await self._rows.family_of(unit, ended.child_id)
        if family_id is not None:
            await _tell(self._rows, self._letter, unit, family_id, ended.child_id)


class EndLetters:
    """Tells parents what will be erased, and when. The letters name nobody: an address may be another person's by mistake."""

    def __init__(
        self, rows: EndedRepository, flows: FlowRepository, database: Database, letters: LetterSender, trail: Trail
    ) -> None:
        self._rows = rows
        self._flows = flows
        self._database = database
        self._letters = letters
        self._trail = trail

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(ANNOUNCE, self.announce, LETTER_RETRY, accesses=Service.CONSENT_LETTER),)

    async def announce(self, job: Running) -> None:
        """Send one parent's letter, unless everything was taken back meanwhile."""
        family_id, child_id, parent_id = job.uuid(FAMILY), job.uuid(CHILD), job.uuid(PARENT)
        if family_id is None or child_id is None or parent_id is None:
            return
        ended = await self._rows.of_child(self._database, child_id)
        addressee = await self._flows.addressee(self._database, parent_id, family_id)
        if not ended or addressee is None:
            return
        await self._trail.by_service(self._database, [child_id], Service.CONSENT_LETTER)
        known = words(spoken(addressee.language) or DEFAULT_LANGUAGE)
        lines = [f"- {day.date().isoformat()}: {known.held[purpose]}" for purpose, day in ended.items()]
        await self._letters.send(job, known.end.letter(addressee.email, list="\n".join(lines)))
