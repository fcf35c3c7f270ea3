"""Erases what is held for a purpose alone, when it is not permitted any more. Every step can be repeated after a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from wondernest.access.people import CHILD
from wondernest.coppa.ended import TakenBack
from wondernest.platform.erasing import RowEraser
from wondernest.platform.personal_data import Delayed, Subjects
from wondernest.platform.telemetry.events import get_logger
from wondernest.privacy.metrics import LATE, Outcome, outcome_of

if TYPE_CHECKING:
    from wondernest.coppa.ended import DueEnds, EndedPurpose
    from wondernest.platform.db.pool import Executor, Row
    from wondernest.platform.jobs import Running
    from wondernest.platform.rooms import Parts, Rooms
    from wondernest.privacy.metrics import PrivacyMetrics

log = get_logger(__name__)

ERASE_ENDED: Final = "privacy.erase_ended"


class EndedErasing:
    """Erases what is due, a few rows in each transaction. What is due depends on the mode of the gate: `coppa.ended.erases`."""

    def __init__(self, others: Rooms, due: DueEnds, parts: Parts, metrics: PrivacyMetrics) -> None:
        """`others`: every room that holds data for a purpose."""
        self._rooms = others
        self._due = due
        self._database = parts.database
        self._clock = parts.clock
        self._metrics = metrics

    async def run(self, _: Running) -> None:
        """Erase. What fails is logged and tried again; it holds up nothing else."""
        after: EndedPurpose | None = None
        failed: Exception | None = None
        while page := await self._due.page(self._clock.now(), after):
            for ended in page:
                try:
                    self._metrics.ended(ended.purpose, await self._erase(ended))
                except Exception as error:  # any fault, so that the others are erased
                    self._metrics.ended(ended.purpose, outcome_of(error))
                    reason = str(error) if isinstance(error, Delayed) else type(error).__name__
                    log.warning("erasing an ended purpose failed", purpose=ended.purpose, error=reason)
                    failed = error
            after = page[-1]
        self._metrics.purposes_overdue(await self._due.overdue(self._clock.now() - LATE))
        if failed is not None:
            raise failed

    async def _erase(self, ended: EndedPurpose) -> Outcome:
        if not ended.announced:
            await self._due.announce(ended, self._clock.now())
            return Outcome.ANNOUNCED
        if not await self._due.stands(ended):
            await self._due.forget(ended)
            return Outcome.TAKEN_BACK
        try:
            erased = await self._erase_all(ended)
        except TakenBack:
            return Outcome.TAKEN_BACK
        await self._due.done(ended, self._clock.now(), erased=erased > 0)
        log.info("erased what an ended purpose held", purpose=ended.purpose, number=erased)
        return Outcome.DONE

    async def _erase_all(self, ended: EndedPurpose) -> int:
        """What is outside the rows goes first, and again after them: nothing that was read before can bring it back then."""
        subjects, tables = Subjects({CHILD: [ended.child_id]}), await self._tables(ended)
        spared = frozenset(holding.table for holding in self._rooms.personal_data) - tables

        async def goes_on() -> bool:
            return await self._due.stands(ended)

        delayed: list[Delayed] = []

        async def outside() -> int:
            delayed.clear()
            number = 0
            for eraser in self._rooms.erasers_of(ended.purpose):
                try:
                    number += sum((await eraser(subjects, goes_on)).values())
                except Delayed as error:
                    delayed.append(error)
            return number

        number = await outside()
        changing = WhileEnded(self._database, self._due, ended)
        rows = await RowEraser(self._rooms.personal_data).erase(changing, subjects, _nobody, spared)
        number += sum(rows.values()) + await outside()
        if delayed:
            raise delayed[0]
        return number

    async def _tables(self, ended: EndedPurpose) -> frozenset[str]:
        """The tables that are held for the purpose, and for no other one for which data of the child is still held."""
        holdings = [holding for holding in self._rooms.personal_data if ended.purpose in holding.purposes]
        known = {purpose for holding in holdings for purpose in holding.purposes}
        others = await self._due.others(ended, known)
        return frozenset(holding.table for holding in holdings if not others.intersection(holding.purposes))


class WhileEnded:
    """A database that changes something only while the purpose is not permitted. Raises TakenBack."""

    def __init__(self, database: Executor, due: DueEnds, ended: EndedPurpose) -> None:
        self._database = database
        self._due = due
        self._ended = ended

    async def fetch(self, sql: str, /, *args: Any) -> list[Row]:
        """All rows."""
        return await self._database.fetch(sql, *args)

    async def fetchrow(self, sql: str, /, *args: Any) -> Row | None:
        """The first row."""
        return await self._database.fetchrow(sql, *args)

    async def fetchval(self, sql: str, /, *args: Any) -> Any:
        """The first column of the first row."""
        return await self._database.fetchval(sql, *args)

    async def execute(self, sql: str, /, *args: Any) -> str:
        """The command tag."""
        return await self._due.change(self._ended, sql, *args)


async def _nobody(kind: str) -> NoReturn:
    raise LookupError(f"rows that are held for a purpose name nobody who stays: {kind}")
