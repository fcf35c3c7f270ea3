"""A standby of the database for reads that may lag a little, and how far it lags.

The lag is measured against the primary's write-ahead log, not against clocks. A check asks the primary for its position and the standby
for what it has replayed. So each position that was replayed proves that the standby shows everything that was committed when the
position was asked for. Reads go there only while the latest such moment is younger than the allowed lag. No request waits for a check.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import asyncpg
from msgspec.structs import replace

from wondernest.platform.checks import Check, Health, milliseconds_since
from wondernest.platform.clock import monotonic
from wondernest.platform.db.pool import Database
from wondernest.platform.faults import CallerRefused, DependencyUnavailable, TransactionConflict
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.db.connections import Connection
    from wondernest.platform.db.pool import Executor, Row
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Database as DatabaseSettings

log = get_logger(__name__)

DEPENDENCY: Final = "replica"
NAMES: Final = ("wondernest_replica_reads",)
SERVED, BEHIND, FAILED = "served", "behind", "failed"
CHECKS_IN_LAG: Final = 4
"""Checks within the time of the allowed lag, while requests come."""
PATIENCE_S: Final = 2.0
"""How long a read may take before the primary is asked instead."""
SECOND_LOOK_S: Final = 0.2
NEVER: Final = float("-inf")
_FAULTS: Final = (DependencyUnavailable, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_SYSTEM: Final = "(select system_identifier from pg_control_system())"
_WRITTEN: Final = f"select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint as position, {_SYSTEM} as cluster"
_REPLAYED: Final = f"""
    select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint end as position, {_SYSTEM} as cluster"""

Answer = TypeVar("Answer")


class Asked(Protocol):
    """A pool or a connection."""

    async def fetchrow(self, sql: str, /) -> Row | None:
        """The first row of a statement."""
        ...


class Replica:
    """Reads from a standby while it is there and near enough; otherwise the caller asks the primary."""

    def __init__(self, settings: DatabaseSettings, primary: Database, metrics: Metrics) -> None:
        self._primary = primary
        own = replace(settings, url=settings.replica_url, pool_size=settings.replica_pool_size)
        self._standby = Database(own, metrics, role=DEPENDENCY, dependency=DEPENDENCY)
        self._max_lag_s = settings.replica_max_lag_s
        self._positions: deque[tuple[float, int]] = deque(maxlen=CHECKS_IN_LAG * 2)
        """Moments, and what the primary had written by then."""
        self._shown_at = NEVER
        """The standby shows everything that was committed at this moment."""
        self._next_check_at = NEVER
        self._checking: asyncio.Task[str] | None = None
        self._problem = ""
        reads = metrics.counter(
            "replica_reads", "Reads that a standby could serve: served, or left to the primary", "result"
        )
        self._served, self._behind, self._failed = (reads.labels(result) for result in (SERVED, BEHIND, FAILED))
        metrics.dependency_failures.labels(DEPENDENCY)

    def is_near(self) -> bool:
        """Whether a read may go to the standby now; counted if not. It also starts a check when one is due."""
        now = monotonic()
        if now >= self._next_check_at and (self._checking is None or self._checking.done()):
            self._next_check_at = now + self._max_lag_s / CHECKS_IN_LAG
            self._checking = asyncio.create_task(self.measure(), name="replica-check")
        near = now - self._shown_at <= self._max_lag_s
        if not near:
            self._behind.inc()
        return near

    async def read(self, ask: Callable[[Executor], Awaitable[Answer]]) -> Answer | None:
        """What a read finds on the standby; None if it fails there. `ask` must raise nothing but faults of the database."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await ask(self._standby)
        except (TransactionConflict, CallerRefused, asyncpg.PostgresError):
            self._failed.inc()  # of this read alone: replay removed its rows, or the standby has an older state
            return None
        except (DependencyUnavailable, TimeoutError):
            self._shown_at = NEVER
            self._failed.inc()
            return None
        self._served.inc()
        return found

    async def measure(self) -> str:
        """Ask both servers how far they are; what is wrong, in a line, or an empty text."""
        problem = await self._measure(self._primary, self._standby)
        if problem and not self._problem:
            log.warning("replica is not used", reason=problem)
        elif self._problem and not problem:
            log.info("replica is used again")
        self._problem = problem
        return problem

    async def _measure(self, primary: Asked, standby: Asked) -> str:
        asked_at = monotonic()
        try:
            written = await primary.fetchrow(_WRITTEN)
        except _FAULTS as error:
            return f"the primary does not say how far it is: {_reason(error)}"
        try:
            async with asyncio.timeout(PATIENCE_S):
                replayed = await standby.fetchrow(_REPLAYED)
        except _FAULTS as error:
            self._shown_at = NEVER
            return f"it does not answer: {_reason(error)}"
        assert written is not None
        assert replayed is not None
        if replayed["cluster"] != written["cluster"]:
            self._shown_at = NEVER
            return "it is no copy of the database at DATABASE_URL"
        if replayed["position"] is None:
            self._shown_at = NEVER
            return "it is not a standby"
        self._positions.append((asked_at, written["position"]))
        shown = [moment for moment, position in self._positions if position <= replayed["position"]]
        self._shown_at = max([self._shown_at, *shown])
        if monotonic() - self._shown_at > self._max_lag_s:
            return f"it is more than {self._max_lag_s:g} s behind"
        return ""

    @property
    def check(self) -> Check:
        """The check's declaration."""
        return Check(DEPENDENCY, self._health)

    async def close(self) -> None:
        """Close the connections."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await self._standby.close()

    async def _health(self) -> Health:
        """As other probes, over connections of its own: commands do not close the pool."""
        began = monotonic()
        problem = await self._probe()
        if problem:
            advice = "check DATABASE_REPLICA_URL; until then the primary serves all reads"
            return Health(up=False, message=f"{problem}; {advice}", took_ms=milliseconds_since(began))
        return Health(up=True, message="Connected", took_ms=milliseconds_since(began))

    async def _probe(self) -> str:
        opened: list[Connection] = []
        try:
            for database in (self._primary, self._standby):
                try:
                    opened.append(await database.connect())
                except DependencyUnavailable as error:
                    which = "it" if opened else "the primary"
                    return f"{which} does not answer: {error.reason}"
            primary, standby = opened
            problem = await self._measure(primary, standby)
            if problem.endswith("behind"):  # a first look at a busy server: one moment later it has replayed this
                await asyncio.sleep(SECOND_LOOK_S)
                problem = await self._measure(primary, standby)
            return problem
        finally:
            for connection in opened:
                connection.terminate()


def _reason(error: BaseException) -> str:
    return error.reason if isinstance(error, DependencyUnavailable) else type(error).__name__
