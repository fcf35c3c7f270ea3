"""A room declares itself: everything that the rest of the house needs to know of it is one value, folded by `app.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from wondernest.platform.checks import Check
from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.personal_data import Holding

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.idempotency import IdempotencyKeys
    from wondernest.platform.db.pool import Database
    from wondernest.platform.ids import Ids
    from wondernest.platform.jobs import Job, QueuedJobs, Schedule
    from wondernest.platform.jobs.instruments import JobInstruments
    from wondernest.platform.mail import Mailer
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Settings

Hook: TypeAlias = Callable[[], Awaitable[None]]
Right: TypeAlias = Literal["select", "insert", "update", "delete"]
READ: Final[tuple[Right, ...]] = ("select",)
READ_AND_WRITE: Final[tuple[Right, ...]] = ("select", "insert", "update", "delete")


class Parts(Struct, frozen=True, kw_only=True):
    """What every room may be built from: the settings and the adapters that `app.py` made of them."""

    settings: Settings
    clock: Clock
    ids: Ids
    metrics: Metrics
    database: Database
    counters: Counters
    idempotency: IdempotencyKeys
    jobs: QueuedJobs
    """Where rooms get what enqueues their jobs."""
    mailer: Mailer
    """For handlers of jobs only: no request waits for it."""
    instruments: JobInstruments


class Table(Struct, frozen=True):
    """A table of a room. `columns`: those that older shapes lack and a route needs; no `rights`: nothing of ours asks it."""

    name: str
    rights: tuple[Right, ...] = READ_AND_WRITE
    columns: tuple[str, ...] = ()
    may_lack: bool = False
    """Whether every route works without it; where it is there, the rights are needed."""

    @property
    def needed(self) -> bool:
        """Whether some route fails without it."""
        return bool(self.rights) and not self.may_lack


class Room(Struct, frozen=True, kw_only=True):
    """A room as the rest of the house sees it."""

    name: str
    endpoints: Sequence[Endpoint] = ()
    tables: Sequence[Table] = ()
    indexes: Sequence[str] = ()
    """Indexes of ours on tables that were there before us: without one some statement reads a whole table."""
    costly_indexes: Sequence[str] = ()
    """Indexes on the room's tables that every write pays for and no statement of any backend uses."""
    jobs: Sequence[Job] = ()
    schedules: Sequence[Schedule] = ()
    metrics: Sequence[str] = ()
    """The names of its own instruments."""
    checks: Sequence[Check] = ()
    on_start: Sequence[Hook] = ()
    on_stop: Sequence[Hook] = ()
    personal_data: Sequence[Holding] = ()


Builder: TypeAlias = Callable[[Parts], Room]
"""Makes a room that needs nothing of other rooms."""


class Rooms(Struct, frozen=True):
    """All rooms together, lowest first. Raises ValueError where two claim the same."""

    all: tuple[Room, ...]

    def __post_init__(self) -> None:
        _require_once("room", (room.name for room in self.all))
        _require_once("table", (table.name for table in self.tables))
        _require_once("metric", (name for room in self.all for name in room.metrics))
        _require_once("job", (job.name for job in self.jobs))
        _require_once("schedule", (schedule.name for schedule in self.schedules))
        _require_once("check", (check.name for check in self.checks))
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
        """Every table that somebody answers for."""
        return tuple(table for room in self.all for table in room.tables)

    @property
    def needed(self) -> tuple[str, ...]:
        """The tables, and the columns that older shapes lack, without which some route cannot work."""
        tables = [table for table in self.tables if table.needed]
        columns = [f"{table.name}.{column}" for table in tables for column in table.columns]
        return tuple(sorted([*(table.name for table in tables), *columns]))

    @property
    def rights(self) -> tuple[tuple[str, Right], ...]:
        """What the service's role must be allowed to do, by table."""
        return tuple((table.name, right) for table in self.tables for right in table.rights)

    @property
    def indexes(self) -> tuple[str, ...]:
        """Every index that we add to a table that was there before us."""
        return tuple(index for room in self.all for index in room.indexes)

    @property
    def costly_indexes(self) -> tuple[str, ...]:
        """Every index that is worth dropping when nobody used it."""
        return tuple(index for room in self.all for index in room.costly_indexes)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Everything that the jobs process can do."""
        return tuple(job for room in self.all for job in room.jobs)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """What it does by the clock."""
        return tuple(schedule for room in self.all for schedule in room.schedules)

    @property
    def checks(self) -> tuple[Check, ...]:
        """What the rooms ask of dependencies of their own."""
        return tuple(check for room in self.all for check in room.checks)

    @property
    def personal_data(self) -> tuple[Holding, ...]:
        """What is held about people."""
        return tuple(holding for room in self.all for holding in room.personal_data)

    def require_metrics(self, made: set[str]) -> None:
        """Raise ValueError unless the instruments that were made are those that the rooms declare."""
        declared = {name for room in self.all for name in room.metrics}
        if declared != made:
            raise ValueError(f"metrics declared and not made, or made and not declared: {sorted(declared ^ made)}")

    async def start(self) -> None:
        """Run what the rooms want run before the first request, lowest first; raises what stops the start."""
        for room in self.all:
            for hook in room.on_start:
                await hook()

    async def stop(self) -> None:
        """Let the rooms release what they hold, highest first."""
        for room in reversed(self.all):
            for hook in room.on_stop:
                await hook()


def _require_once(kind: str, names: Iterable[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"{kind} declared twice: {', '.join(twice)}")
