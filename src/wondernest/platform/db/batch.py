"""Gathers small statements of concurrent requests into one round trip.

While one batch is in flight the next collects; nothing waits on a timer, so an idle caller waits for nothing. A caller is
answered only after its own row is committed. One caller's bad value or held row never fails its neighbours: a batch the
database refuses is run again item by item. Items with the same key never share a batch and keep their order of arrival.

An idle caller's batch sets out at once. One that follows another first lets the loop turn for as long as its turns bring callers:
those who were just answered ask again within microseconds, and travelling together costs them less than being early. A batch
that is full goes.

One batch at a time makes the largest batches, and what a batch costs is shared by its items. Only when one takes long does
another set out beside it, so that what has to wait for somebody's lock holds up nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import asyncpg

from wondernest.platform.db.pool import DEPENDENCY, Connection, Database
from wondernest.platform.faults import MAX_ATTEMPTS, DependencyUnavailable, Held, Overtaken

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH_ITEMS = 64
MAX_BATCH_BYTES = 512 * 1024
MAX_WAITING = 2_000
"""Beyond this many waiting callers the answer is 503."""

QUIET_TURNS = 8
"""A batch that follows another sets out when the event loop has turned so often without bringing a caller."""
PARALLEL_BATCHES = 4
SLOW_BATCH_S = 0.05
"""A batch in flight for so long no longer keeps the next from setting out."""
HELD_ITEMS = 3
"""So many items of one batch that meet somebody else's lock even alone: the others are told to come back, not tried."""

Run = Callable[[Connection, Sequence[Item]], Awaitable[Sequence[Result]]]


class Gatherer(Generic[Item, Result]):
    """Runs items together. `run` gets a connection and the items, and returns one result for each, in their order."""

    def __init__(
        self,
        database: Database,
        run: Run[Item, Result],
        *,
        key: Callable[[Item], Hashable] | None = None,
        size: Callable[[Item], int] | None = None,
        parallel: int = PARALLEL_BATCHES,
    ) -> None:
        self._database = database
        self._run = run
        self._key = key
        self._size = size
        self._parallel = parallel
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._lanes = 0
        self._slow_lanes = 0
        self._keys_in_flight: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """The item's own result; raises what its own statement raised, or DependencyUnavailable."""
        if len(self._waiting) >= MAX_WAITING:
            raise DependencyUnavailable(DEPENDENCY, "too many requests are waiting for a batch")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._set_out()
        return await future

    def _set_out(self) -> None:
        """Send off what waits, unless a batch is on its way that will be back soon."""
        if self._lanes == self._slow_lanes and self._lanes < self._parallel:
            self._lanes += 1
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        try:
            batch = self._take()
            while batch:
                keys = [self._key(item) for item, _ in batch] if self._key else []
                self._keys_in_flight.update(keys)
                try:
                    await self._travel(batch)
                finally:
                    self._keys_in_flight.difference_update(keys)
                await self._all_aboard()
                batch = self._take()
        finally:
            self._lanes -= 1

    async def _travel(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        """Settle a batch; one that takes long lets the next set out."""
        slow = False

        def slowed() -> None:
            nonlocal slow
            slow = True
            self._slow_lanes += 1
            if self._waiting:
                self._set_out()

        timer = asyncio.get_running_loop().call_later(SLOW_BATCH_S, slowed)
        try:
            await self._settle(batch)
        finally:
            timer.cancel()
            self._slow_lanes -= slow

    async def _all_aboard(self) -> None:
        """Where somebody waits already, take along those who come meanwhile: callers just answered often ask again at once."""
        seen, quiet_turns = len(self._waiting), 0
        while 0 < seen < MAX_BATCH_ITEMS and quiet_turns < QUIET_TURNS:
            await asyncio.sleep(0)
            quiet_turns = quiet_turns + 1 if len(self._waiting) == seen else 0
            seen = len(self._waiting)

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        left: list[tuple[Item, asyncio.Future[Result]]] = []
        held: set[Hashable] = set()
        total_bytes = 0
        for entry in self._waiting:
            item, future = entry
            if future.done():
                continue
            key = self._key(item) if self._key else None
            size = self._size(item) if self._size else 0
            full = len(batch) >= MAX_BATCH_ITEMS or (batch and total_bytes + size > MAX_BATCH_BYTES)
            if full or (self._key and (key in held or key in self._keys_in_flight)):
                left.append(entry)
            else:
                batch.append(entry)
                total_bytes += size
            held.add(key)
        self._waiting = left
        return batch

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]], attempt: int = 1) -> None:
        try:
            async with self._database.lease() as connection:
                results = await self._run(connection, [item for item, _ in batch])
        except Overtaken as error:
            if attempt == MAX_ATTEMPTS:
                self._fail(batch, error)
            else:
                await self._settle(batch, attempt + 1)
        except (Held, asyncpg.PostgresError) as error:
            await self._settle_each(batch, error)
        except DependencyUnavailable as error:
            self._fail([*batch, *self._waiting], error)
            self._waiting.clear()
        except BaseException as error:
            self._fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._deliver(batch, results)

    async def _settle_each(self, batch: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        """The database refused one item's value, or somebody else holds its row: the others go without it."""
        if len(batch) == 1:
            self._fail(batch, error)
            return
        held = 0
        for entry in batch:
            if held < HELD_ITEMS:
                await self._settle([entry])
                future = entry[1]
                held += future.done() and not future.cancelled() and isinstance(future.exception(), Held)
            else:
                self._fail([entry], error)

    def _deliver(self, batch: list[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result]) -> None:
        if len(results) != len(batch):
            self._fail(batch, RuntimeError(f"{len(results)} results for {len(batch)} items"))
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    @staticmethod
    def _fail(batch: list[tuple[Item, asyncio.Future[Result]]], error: BaseException) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
