"""The work of erasures. Every step can be repeated: a process that is killed in one does it again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from wondernest.access.accesses import Service
from wondernest.access.people import FAMILY
from wondernest.platform.db.unit import unit_of
from wondernest.platform.personal_data import USER, Delayed, Subjects
from wondernest.platform.telemetry.events import get_logger
from wondernest.privacy.exporting import EXPORT
from wondernest.privacy.letters import ERASURE, USER_ARGUMENT
from wondernest.privacy.metrics import LATE, Outcome, outcome_of
from wondernest.privacy.rules import Erased, Kind, State, everybody, person_hash

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from uuid import UUID

    from wondernest.coppa.trail import Trail
    from wondernest.platform.blobs import Blobs
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.erasing import RowEraser
    from wondernest.platform.ids import Ids
    from wondernest.platform.jobs import Running, Sender
    from wondernest.platform.personal_data import Eraser, Holding
    from wondernest.privacy.metrics import PrivacyMetrics
    from wondernest.privacy.repository import ExportRepository, LogRepository, RequestRepository, WorkRepository
    from wondernest.privacy.rules import Erasure

log = get_logger(__name__)

SETTLE: Final = timedelta(minutes=2)
"""After the last row of a child is gone: how long a statement that began before may still write. The longest takes 30 s."""
NOTE_ARCHIVED: Final = "privacy.note_archived"
LOG_FOLDER: Final = "erasures"
"""Where the log is in the blob storage: a restored database has forgotten what was erased after its backup."""
MOST_LOG_BYTES: Final = 4 * 1024 * 1024
NOTED_AT_ONCE: Final = 100


class LoggedErasure(msgspec.Struct, frozen=True):
    """The log of one erasure: keyed hashes in hexadecimal digits."""

    people: list[str]


class Erasing:
    """Erases whom it is time to erase."""

    def __init__(
        self,
        *,
        work: WorkRepository,
        requests: RequestRepository,
        exports: ExportRepository,
        make: Sender,
        letter: Sender,
        grace: timedelta,
        noted: LogRepository,
        rows: RowEraser,
        erasers: Sequence[Eraser],
        database: Database,
        blobs: Blobs,
        clock: Clock,
        metrics: PrivacyMetrics,
        key: bytes,
        token_life: timedelta,
        spared_first: frozenset[str],
    ) -> None:
        """`make`: makes an export; `token_life`: of access tokens; `spared_first`: tables that refuse the tokens of an account until they have expired."""
        self._work = work
        self._requests = requests
        self._exports = exports
        self._make = make
        self._letter = letter
        self._grace = grace
        self._noted = noted
        self._rows = rows
        self._erasers = erasers
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._metrics = metrics
        self._key = key
        self._token_life = token_life
        self._spared_first = spared_first

    async def run(self, _: Running) -> None:
        """Advance every erasure that is due. One that fails is logged and tried again; it holds up no other."""
        failed: Exception | None = None
        for erasure in await self._work.due(self._database, self._clock.now()):
            try:
                await self.advance(erasure)
                self._metrics.ran(erasure.kind, Outcome.DONE)
            except Exception as error:  # any fault, so that the others are erased
                self._metrics.ran(erasure.kind, outcome_of(error))
                reason = str(error) if isinstance(error, Delayed) else type(error).__name__
                log.warning("an erasure failed and is tried again", erasure=str(erasure.id), error=reason)
                failed = error
        self._metrics.open.set(await self._work.waiting(self._database))
        self._metrics.people_overdue(await self._work.overdue(self._database, self._clock.now() - LATE))
        if failed is not None:
            raise failed

    async def advance(self, erasure: Erasure) -> None:
        """Do what is due: erase, or look again and finish."""
        if erasure.state is State.WAITING:
            erased = await self._work.resolve(self._database, erasure)
            if await self._put_off(erasure, erased):
                return
            if not await self._work.begin(self._database, erasure.id, erased, self._clock.now()):
                return
        erased = await self._work.subjects(self._database, erasure.id)
        if erased is None:
            return
        if erasure.state is State.SETTLING:
            await self._finish(erasure, erased)
        else:
            await self._first(erasure, erased)

    async def _put_off(self, erasure: Erasure, erased: Erased) -> bool:
        """Whether children of a due request are in use: they are hidden now, and their parents have the grace once more.

        They came after the request, or into its reach: added, restored by another backend, left alone by the other parent. The
        request about one child is taken back if the child is in use.
        """
        now = self._clock.now()
        if await self._work.in_use_again(self._database, erasure.id, now):
            return True
        async with unit_of(self._database) as unit:
            families = await self._work.hide(unit, erasure.id, erased, now, now + self._grace)
            if families:
                near = await self._requests.parents(unit, families)
                for parent in near:
                    await self._letter(unit, {USER_ARGUMENT: parent, ERASURE: erasure.id})
        return bool(families)

    async def _first(self, erasure: Erasure, erased: Erased) -> None:
        try:
            counts = await self._erase(erasure, erased, self._spared_first)
        except Delayed:
            await self._note(erasure, erased)  # a backup may be restored before the part that waits is done
            raise
        await self._note(erasure, erased)
        pause = max(SETTLE, self._token_life) if erased.people.get(USER) else SETTLE
        await self._work.settle(self._database, erasure.id, self._clock.now() + pause, counts)

    async def _finish(self, erasure: Erasure, erased: Erased) -> None:
        counts = await self._erase(erasure, erased, frozenset())
        async with unit_of(self._database) as unit:
            await self._work.count(unit, erasure.id, counts)
            await self._work.finish(unit, erasure.id, erased, self._clock.now())
            for export in await self._exports.waiting(unit, erased.near):
                await self._make(unit, {USER_ARGUMENT: export.user_id, EXPORT: export.id})
        self._metrics.done(erasure.kind, sum(counts.values()))

    async def _erase(self, erasure: Erasure, erased: Erased, spare: frozenset[str]) -> dict[str, int]:
        """Erase what is there; returns the sums with what was erased before. Raises Delayed when a part of it has to wait."""
        counts, subjects = dict(erasure.counts), Subjects(erased.people, erased.near)

        async def stand_in(kind: str) -> UUID:
            return await self._work.nobody(self._database, kind, erasure.id)

        delayed: Delayed | None = None
        for eraser in self._erasers:
            try:
                _add(counts, await eraser(subjects))
            except Delayed as error:
                delayed = error
        _add(counts, await self._rows.erase(self._database, subjects, stand_in, spare))
        if delayed is not None:
            await self._work.count(self._database, erasure.id, counts)
            raise delayed
        return counts

    async def _note(self, erasure: Erasure, erased: Erased) -> None:
        noted = [(kind, person_hash(self._key, person)) for kind, person in everybody(erased.people)]
        content = msgspec.json.encode(LoggedErasure([digest.hex() for _, digest in noted]))
        await self._blobs.put(f"{LOG_FOLDER}/{erasure.id}.json", _once(content), MOST_LOG_BYTES)
        kinds = [kind for kind, _ in noted]
        await self._noted.note(self._database, [digest for _, digest in noted], kinds, self._clock.now())


class ArchiveJobs:
    """Asks to erase children that were archived long ago. Their parents get a letter, and time to restore them."""

    def __init__(
        self,
        requests: RequestRepository,
        database: Database,
        clock: Clock,
        letter: Sender,
        kept: timedelta,
        grace: timedelta,
        trail: Trail,
    ) -> None:
        self._requests = requests
        self._database = database
        self._clock = clock
        self._letter = letter
        self._kept = kept
        self._grace = grace
        self._trail = trail

    async def note(self, _: Running) -> None:
        """Ask for each. The letter leaves the grace before the time is over, so none is erased without it."""
        if not self._kept:
            return
        while True:
            now = self._clock.now()
            async with unit_of(self._database) as unit:
                asked = await self._requests.ask_for_archived(
                    unit, now - max(self._kept - self._grace, timedelta()), now, now + self._grace, NOTED_AT_ONCE
                )
                await self._trail.by_service(unit, [child for _, _, child in asked], Service.ARCHIVE_END)
                for erasure_id, family_id, _child_id in asked:
                    for parent in await self._requests.parents(unit, [family_id]):
                        await self._letter(unit, {USER_ARGUMENT: parent, ERASURE: erasure_id})
            if len(asked) < NOTED_AT_ONCE:
                return


class Reapplying:
    """Erases again whom a restored backup has brought back."""

    def __init__(
        self,
        erasing: Erasing,
        *,
        work: WorkRepository,
        noted: LogRepository,
        holdings: Sequence[Holding],
        database: Database,
        blobs: Blobs,
        clock: Clock,
        ids: Ids,
        key: bytes,
    ) -> None:
        self._erasing = erasing
        self._work = work
        self._noted = noted
        self._holdings = holdings
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._ids = ids
        self._key = key

    async def reapply(self) -> dict[str, int]:
        """Erase everybody in the log who is in the database; returns how many people of which kind, and what was erased."""
        known = await self._noted.all(self._database) | await self._logged()
        people = await self._back(known) if known else {}
        if not people:
            return {}
        for some in one_user_each(people):
            await self._erase(some)
        return {kind: len(ids) for kind, ids in people.items()}

    async def _erase(self, people: dict[str, list[UUID]]) -> None:
        erased = Erased(people, await self._work.near(self._database, people))
        erasure_id = self._ids.uuid()
        await self._work.again(self._database, erasure_id, _kind_of(people), erased, self._clock.now())
        [erasure] = [one for one in await self._work.due(self._database, self._clock.now()) if one.id == erasure_id]
        with suppress(Delayed):  # the jobs process does what is left
            await self._erasing.advance(erasure)

    async def _back(self, known: set[bytes]) -> dict[str, list[UUID]]:
        found: dict[str, dict[UUID, None]] = {}
        async for kind, ids in self._noted.people(self._database, self._holdings):
            back = [one for one in ids if person_hash(self._key, one) in known]
            if back:
                found.setdefault(kind, {}).update(dict.fromkeys(back))
        return {kind: list(ids) for kind, ids in found.items()}

    async def _logged(self) -> set[bytes]:
        known: set[bytes] = set()
        async for blob in self._blobs.list(LOG_FOLDER):
            content = b"".join([piece async for piece in self._blobs.read(blob)])
            known |= {bytes.fromhex(digest) for digest in msgspec.json.decode(content, type=LoggedErasure).people}
        return known


def one_user_each(people: Mapping[str, Sequence[UUID]]) -> list[dict[str, list[UUID]]]:
    """The people in parts with at most one user.

    An erasure has one account of nobody for the rows that stay and must name somebody: of two users, both could have the same row.
    """
    users = list(people.get(USER, ()))
    others = {kind: list(ids) for kind, ids in people.items() if kind != USER}
    first = {**({USER: users[:1]} if users else {}), **others}
    return [first, *({USER: [one]} for one in users[1:])]


def _kind_of(people: Mapping[str, Sequence[UUID]]) -> Kind:
    if people.get(USER):
        return Kind.ACCOUNT
    return Kind.FAMILY if people.get(FAMILY) else Kind.CHILD


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content
