"""`Room`: the declaration of a room. All that the rest of the service needs to know of a room is in this one value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from wondernest.platform.checks import Check
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.personal_data import Elsewhere, Eraser, Exporter, Holding, PurposeEraser
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.blobs import Blobs
    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.idempotency import IdempotencyKeys
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.replica import Replica
    from wondernest.platform.ids import Ids
    from wondernest.platform.jobs import Job, QueuedJobs, Schedule
    from wondernest.platform.jobs.instruments import JobInstruments
    from wondernest.platform.large_work import LargeWork
    from wondernest.platform.mail import Mailer
    from wondernest.platform.media.inspector import Inspector
    from wondernest.platform.scan import Scanner
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Settings

log = get_logger(__name__)

Hook: TypeAlias = Callable[[], Awaitable[None]]
Right: TypeAlias = Literal["select", "insert", "update", "delete"]
READ: Final[tuple[Right, ...]] = ("select",)
READ_AND_WRITE: Final[tuple[Right, ...]] = ("select", "insert", "update", "delete")


class Parts(Struct, frozen=True, kw_only=True):
    """What rooms are built from: the settings, and the adapters that `app.py` made from them."""

    settings: Settings
    clock: Clock
    ids: Ids
    metrics: Metrics
    database: Database
    replica: Replica | None
    """A standby for reads that may lag; None when there is none."""
    counters: Counters
    idempotency: IdempotencyKeys
    large_work: LargeWork
    jobs: QueuedJobs
    """Gives rooms the senders that enqueue their jobs."""
    mailer: Mailer
    """For job handlers only: no request waits for mail."""
    instruments: JobInstruments
    blobs: Blobs
    scanner: Scanner
    inspector: Inspector
    """Inspects uploaded files and makes variants of pictures, in helper processes."""


class Table(Struct, frozen=True):
    """A table of a room. `columns`: needed columns that older schemas lack. Empty `rights`: our code does not use the table."""

    name: str
    rights: tuple[Right, ...] = READ_AND_WRITE
    columns: tuple[str, ...] = ()
    may_lack: bool = False
    """Whether every route works without the table. If it exists, the rights are needed."""

    @property
    def needed(self) -> bool:
        """Whether some route fails without the table."""
        return bool(self.rights) and not self.may_lack


class Room(Struct, frozen=True, kw_only=True):
    """A room, as the rest of the service sees it."""

    name: str
    endpoints: Sequence[Endpoint] = ()
    tables: Sequence[Table] = ()
    indexes: Sequence[str] = ()
    """Our indexes on tables of the earlier backends. Without one of them some statement scans a whole table."""
    costly_indexes: Sequence[str] = ()
    """Indexes that every write has to maintain, and that no statement of any backend uses."""
    jobs: Sequence[Job] = ()
    schedules: Sequence[Schedule] = ()
    metrics: Sequence[str] = ()
    """The names of its metrics."""
    checks: Sequence[Check] = ()
    on_start: Sequence[Hook] = ()
    on_stop: Sequence[Hook] = ()
    personal_data: Sequence[Holding] = ()
    elsewhere: Sequence[Elsewhere] = ()
    """The personal data that it holds outside the tables."""
    erasers: Sequence[Eraser] = ()
    """What it does to erase people, besides the rows that it holds about them."""
    purpose_erasers: Mapping[str, PurposeEraser] = {}
    """What it does, besides the rows, to erase what it holds for a purpose that is not permitted any more."""
    exporters: Sequence[Exporter] = ()
    """What it gives out about people, besides those rows."""
    usage: Sequence[UsageLine] = ()
    """What it counts and limits for a person."""


Builder: TypeAlias = Callable[[Parts], Room]
"""Builds a room that depends on no other room."""


class Rooms(Struct, frozen=True):
    """All rooms, a room after those it depends on. Raises ValueError when two rooms declare the same name."""

    all: tuple[Room, ...]

    def __post_init__(self) -> None:
        _require_once("room", (room.name for room in self.all))
        _require_once("table", (table.name for table in self.tables))
        _require_once("metric", (name for room in self.all for name in room.metrics))
        _require_once("job", (job.name for job in self.jobs))
        _require_once("schedule", (schedule.name for schedule in self.schedules))
        _require_once("usage line", (f"{line.name} of {line.of}" for line in self.usage))
        _require_once("check", (check.name for check in self.checks))
        _require_once("place", (f"{place.store} {place.name}" for place in self.elsewhere))
        for room in self.all:
            unknown = {holding.table for holding in room.personal_data} - {table.name for table in room.tables}
            if unknown:
                raise ValueError(
                    f"room {room.name} holds personal data in tables it does not declare: {sorted(unknown)}"
                )

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every route."""
        return tuple(endpoint for room in self.all for endpoint in room.endpoints)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every declared table."""
        return tuple(table for room in self.all for table in room.tables)

    @property
    def needed(self) -> tuple[str, ...]:
        """The tables and columns without which some route fails."""
        tables = [table for table in self.tables if table.needed]
        columns = [f"{table.name}.{column}" for table in tables for column in table.columns]
        return tuple(sorted([*(table.name for table in tables), *columns]))

    @property
    def rights(self) -> tuple[tuple[str, Right], ...]:
        """The privileges that the service's database role needs, by table."""
        return tuple((table.name, right) for table in self.tables for right in table.rights)

    @property
    def erasure_rights(self) -> tuple[tuple[str, Right], ...]:
        """The privileges that erasing people needs besides, by table. Without one of them no request fails, but erasures wait."""
        known = set(self.rights)
        wanted: tuple[Right, ...] = ("select", "update", "delete")
        held = [holding.table for holding in self.personal_data if holding.erased]
        return tuple((table, right) for table in held for right in wanted if (table, right) not in known)

    @property
    def indexes(self) -> tuple[str, ...]:
        """Every index that we add to tables of the earlier backends."""
        return tuple(index for room in self.all for index in room.indexes)

    @property
    def costly_indexes(self) -> tuple[str, ...]:
        """Every index that should be dropped if it was never used."""
        return tuple(index for room in self.all for index in room.costly_indexes)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every job."""
        return tuple(job for room in self.all for job in room.jobs)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """Every schedule."""
        return tuple(schedule for room in self.all for schedule in room.schedules)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The health checks of the rooms."""
        return tuple(check for room in self.all for check in room.checks)

    @property
    def personal_data(self) -> tuple[Holding, ...]:
        """Every table with personal data."""
        return tuple(holding for room in self.all for holding in room.personal_data)

    @property
    def elsewhere(self) -> tuple[Elsewhere, ...]:
        """All personal data outside the tables."""
        return tuple(place for room in self.all for place in room.elsewhere)

    @property
    def erasers(self) -> tuple[Eraser, ...]:
        """What the rooms do to erase people, besides the rows."""
        return tuple(eraser for room in self.all for eraser in room.erasers)

    def erasers_of(self, purpose: str) -> tuple[PurposeEraser, ...]:
        """What the rooms do to erase what is held for a purpose, besides the rows."""
        return tuple(room.purpose_erasers[purpose] for room in self.all if purpose in room.purpose_erasers)

    @property
    def exporters(self) -> tuple[tuple[str, Exporter], ...]:
        """What the rooms give out about people, besides the rows; each with a name that stays the same."""
        return tuple((f"{room.name} {n}", exporter) for room in self.all for n, exporter in enumerate(room.exporters))

    @property
    def usage(self) -> tuple[UsageLine, ...]:
        """Everything that is counted and limited for a person."""
        return tuple(line for room in self.all for line in room.usage)

    def require_metrics(self, made: set[str]) -> None:
        """Raise ValueError unless the rooms declare exactly the metrics that were made."""
        declared = {name for room in self.all for name in room.metrics}
        if declared != made:
            raise ValueError(f"metrics declared and not made, or made and not declared: {sorted(declared ^ made)}")

    async def start(self) -> None:
        """Run the `on_start` hooks in order. Whatever a hook raises stops the start."""
        for room in self.all:
            for hook in room.on_start:
                await hook()

    async def stop(self) -> None:
        """Run the `on_stop` hooks, the last room first; all of them, whatever one raises."""
        for room in reversed(self.all):
            for hook in room.on_stop:
                try:
                    await hook()
                except DependencyUnavailable:
                    pass  # already logged and counted by its source
                except Exception:
                    log.exception("stop failed", room=room.name)


def _require_once(kind: str, names: Iterable[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"{kind} declared twice: {', '.join(twice)}")
