"""Batches small statements of concurrent requests into one round trip.

While one batch is in flight, items for the next are collected. No timer delays an item. A caller gets its result only after
its own row is committed.

One item's bad value or locked row never fails the other items. A batch that the database refuses is run again in halves, down
to the refused item. An item whose row is locked by somebody else (a held item) leaves its batch and waits alone, within bounds.

When no batch is in flight, an item's batch starts at once. A batch that follows another first yields to the event loop, for as
long as that brings new items: callers that just got a result often submit again within microseconds, and a shared batch costs
them less than an early one. A full batch starts without that wait.

One batch at a time gives the largest batches, and the cost of a batch is shared by its items. Only when a batch is slow does
another one start in parallel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Generic, TypeVar

import asyncpg

from wondernest.platform.db.pool import DEPENDENCY, Connection, Database
from wondernest.platform.faults import MAX_ATTEMPTS, CallerRefused, DependencyUnavailable, Held, TransactionConflict

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH_ITEMS = 64
MAX_BATCH_BYTES = 512 * 1024
MAX_WAITING = 2_000
"""With more waiting items than this the answer is 503."""

QUIET_ITERATIONS = 8
"""A batch that follows another starts after so many iterations of the event loop without a new item."""
PARALLEL_BATCHES = 4
SLOW_BATCH_S = 0.05
"""A batch that takes longer is slow: the next one may start in parallel."""
ALONE_AT_ONCE = 2
"""How many held items wait for their locks at the same time: each uses one connection."""
ALONE_WAIT_S = 3.0
"""How long a held item waits for one of those connections."""
MAX_HELD = 32
"""More held items than this are refused at once: so many mean that a whole table is locked, and waiting does not help."""
HELD_ATTEMPTS = 8
"""How often a held item is run alone before it is refused."""


class LockWait(Enum):
    """How long a statement waits for a lock of another transaction. The value is PostgreSQL's `lock_timeout`."""

    TOGETHER = "50ms"
    """In a batch."""
    SPLIT = "5ms"
    """In a part of a batch that was split to find the held item."""
    ALONE = "3s"
    """For a held item that is run alone."""
    UNBOUNDED = "0"
    """In a unit of work: only the statement time-out ends the wait."""


Run = Callable[[Connection, Sequence[Item], LockWait], Awaitable[Sequence[Result | Held]]]


class Batcher(Generic[Item, Result]):
    """Runs items in batches. `run` gets a connection, the items, and how long it may wait for a lock.

    `run` returns one result per item, in order; Held for an item whose row is locked. `ended` is called exactly once per item,
    when nothing more will be done for it, even if its caller was cancelled long before.
    """

    def __init__(
        self,
        database: Database,
        run: Run[Item, Result],
        *,
        size: Callable[[Item], int] | None = None,
        ended: Callable[[Item], None] | None = None,
        parallel: int = PARALLEL_BATCHES,
        alone: asyncio.Semaphore | None = None,
    ) -> None:
        self._database = database
        self._run = run
        self._size = size
        self._ended = ended
        self._parallel = parallel
        self._alone = alone or asyncio.Semaphore(ALONE_AT_ONCE)
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running = 0
        self._slow = 0
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """The result of this item; raises the error of this item, or DependencyUnavailable."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        entry = item, future
        if len(self._waiting) >= MAX_WAITING:
            self._fail([entry], DependencyUnavailable(DEPENDENCY, "too many requests are waiting for a batch"))
        else:
            self._waiting.append(entry)
            self._start()
        return await future

    def _start(self) -> None:
        """Start a batch, unless one is in flight that is not slow."""
        if self._running == self._slow and self._running < self._parallel:
            self._running += 1
            self._spawn(self._drain())

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        try:
            batch = self._take()
            while batch:
                await self._flush(batch)
                await self._collect()
                batch = self._take()
        finally:
            self._running -= 1

    async def _flush(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        """Run a batch; once it is slow, let the next one start."""
        slow = False

        def slowed() -> None:
            nonlocal slow
            slow = True
            self._slow += 1
            if self._waiting:
                self._start()

        timer = asyncio.get_running_loop().call_later(SLOW_BATCH_S, slowed)
        try:
            await self._settle(batch, LockWait.TOGETHER)
        finally:
            timer.cancel()
            self._slow -= slow

    async def _collect(self) -> None:
        """If items wait already, wait for more: callers that just got a result often submit again at once."""
        seen, quiet_iterations = len(self._waiting), 0
        while 0 < seen < MAX_BATCH_ITEMS and quiet_iterations < QUIET_ITERATIONS:
            await asyncio.sleep(0)
            quiet_iterations = quiet_iterations + 1 if len(self._waiting) == seen else 0
            seen = len(self._waiting)

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        """The next batch, in order of arrival, without items whose callers were cancelled."""
        waiting, self._waiting = self._waiting, []
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        total_bytes = 0
        for place, entry in enumerate(waiting):
            if entry[1].done():
                self._end(entry)
                continue
            size = self._size(entry[0]) if self._size else 0
            if len(batch) >= MAX_BATCH_ITEMS or (batch and total_bytes + size > MAX_BATCH_BYTES):
                self._waiting = waiting[place:] + self._waiting
                break
            batch.append(entry)
            total_bytes += size
        return batch

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]], wait: LockWait, attempt: int = 1) -> None:
        try:
            async with self._database.lease() as connection:
                results = await self._run(connection, [item for item, _ in batch], wait)
        except TransactionConflict as error:
            if attempt == MAX_ATTEMPTS:
                self._fail(batch, error)
            else:
                await self._settle(batch, wait, attempt + 1)
        except (Held, CallerRefused, asyncpg.PostgresError) as error:
            await self._settle_apart(batch, error)
        except DependencyUnavailable as error:
            waiting, self._waiting = self._waiting, []
            self._fail([*batch, *waiting], error)
        except BaseException as error:
            self._fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._deliver(batch, results)

    async def _settle_apart(self, batch: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        """Run the batch in halves to separate the item with a bad value, a locked row or a refused caller from the others."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._settle(batch[:middle], LockWait.SPLIT)
            await self._settle(batch[middle:], LockWait.SPLIT)
        elif isinstance(error, Held):
            self._set_aside(batch[0], error)
        else:
            self._fail(batch, error)

    def _set_aside(self, entry: tuple[Item, asyncio.Future[Result]], error: Held) -> None:
        """Let a held item wait alone."""
        if self._held >= MAX_HELD:
            self._fail([entry], error)
        else:
            self._held += 1
            self._spawn(self._wait_alone(entry, error))

    async def _wait_alone(self, entry: tuple[Item, asyncio.Future[Result]], error: Held) -> None:
        try:
            async with asyncio.timeout(ALONE_WAIT_S):
                await self._alone.acquire()
        except TimeoutError:
            self._fail([entry], error)
        except BaseException as stopped:
            self._fail([entry], stopped)
            raise
        else:
            try:
                await self._settle_alone(entry, error)
            finally:
                self._alone.release()
        finally:
            self._held -= 1

    async def _settle_alone(self, entry: tuple[Item, asyncio.Future[Result]], error: Exception) -> None:
        item, future = entry
        for _ in range(HELD_ATTEMPTS):
            if future.done():  # its caller was cancelled
                break
            try:
                async with self._database.lease() as connection:
                    results = await self._run(connection, [item], LockWait.ALONE)
            except TransactionConflict as conflict:
                error = conflict
            except BaseException as failure:
                self._fail([entry], failure)
                if not isinstance(failure, Exception):
                    raise
                return
            else:
                if len(results) != 1 or not isinstance(results[0], Held):
                    self._deliver([entry], results)
                    return
                error = results[0]
        self._fail([entry], error)

    def _deliver(self, batch: list[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result | Held]) -> None:
        if len(results) != len(batch):
            self._fail(batch, RuntimeError(f"{len(results)} results for {len(batch)} items"))
            return
        for entry, result in zip(batch, results, strict=True):
            if isinstance(result, Held):
                self._set_aside(entry, result)
                continue
            future = entry[1]
            if not future.done():
                future.set_result(result)
            self._end(entry)

    def _fail(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]], error: BaseException) -> None:
        for entry in batch:
            future = entry[1]
            if not future.done():
                future.set_exception(error)
            self._end(entry)

    def _end(self, entry: tuple[Item, asyncio.Future[Result]]) -> None:
        if self._ended is not None:
            self._ended(entry[0])
