"""Keeps this process's list of revoked tokens level with the database's, so that every worker refuses within a moment."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wondernest.auth.repository import CHANNEL, RevocationRepository
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.auth.tokens import TokenVerifier
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Connection, Database

log = get_logger(__name__)

POLL_S: Final = 5.0
"""How often the table is read although nothing was heard: a notification lost on the way is made good by then."""
OVERLAP: Final = timedelta(seconds=60)
"""Read again each time: a transaction may become visible later than the moment written in its row."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = POLL_S
"""A database that comes back is asked no later than one that was never away."""
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RevocationFollower:
    """Listens on a connection of its own and tells the verifier; while the database is away it keeps what it knows."""

    def __init__(self, database: Database, verifier: TokenVerifier, clock: Clock, refresh_life: timedelta) -> None:
        self._database = database
        self._verifier = verifier
        self._clock = clock
        self._refresh_life = refresh_life
        self._seen = BEGINNING
        self._loaded = False
        self._heard = asyncio.Event()
        self._first_try = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        self._pause_s = FIRST_PAUSE_S

    async def start(self) -> None:
        """Load what is revoked, then follow. A database that is away fails the tokens, not the start."""
        self._verifier.wait_for_revocations()
        self._task = asyncio.create_task(self._run(), name="revocations")
        await self._first_try.wait()

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:  # whatever it was, tokens must go on being followed
                self._report(error)
            finally:
                self._first_try.set()
            await asyncio.sleep(self._pause_s)
            if self._loaded:  # until then every token waits for it
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    async def _follow(self) -> None:
        connection = await self._database.connect()
        try:
            connection.add_termination_listener(self._hear)
            await connection.add_listener(CHANNEL, self._hear)
            while True:
                self._heard.clear()
                await self._read(connection)
                self._first_try.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._heard.wait()
        finally:
            connection.terminate()

    def _hear(self, *_: object) -> None:
        self._heard.set()

    async def _read(self, connection: Connection) -> None:
        now = self._clock.now()
        since = max(BEGINNING, self._seen - OVERLAP)
        tokens, cutoffs, latest = await RevocationRepository.since(connection, since, now, now - self._refresh_life)
        for token in tokens:
            self._verifier.revoke(token.token_hash, token.expires_at.timestamp())
        for cutoff in cutoffs:
            self._verifier.revoke_before(cutoff.user_id, cutoff.issued_before.timestamp())
        self._verifier.knows_revocations()
        self._loaded = True
        self._seen = max(self._seen, latest)
        self._pause_s = FIRST_PAUSE_S
        self._database.answered()  # a process that nobody asks for anything learns here that a fault is over
        if self._failing:
            self._failing = False
            log.info("revocations are followed again")

    def _report(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            log.warning("revocations cannot be followed, the last known ones count", error=type(error).__name__)
