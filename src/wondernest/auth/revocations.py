"""Keeps this process's list of revoked tokens in step with the database, so that every worker refuses them within a moment."""

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
"""How often the tables are read without a notification, in case one was lost."""
OVERLAP: Final = timedelta(seconds=60)
"""How far back each read goes: a row may become visible later than the time that is written in it."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = POLL_S
"""Longest pause between connection attempts: after an outage, reading resumes as soon as in normal operation."""
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RevocationFollower:
    """Listens on its own connection and updates the verifier; while the database is down the last known state stays in use."""

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
        """Try once to load the revocations, then go on in the background. If that fails, tokens get 503 until it succeeds."""
        self._verifier.revocations_unknown()
        self._task = asyncio.create_task(self._run(), name="revocations")
        await self._first_try.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:  # following must continue after any error
                self._report(error)
            finally:
                self._first_try.set()
            await asyncio.sleep(self._pause_s)
            if self._loaded:  # until then every token is refused with 503
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    async def _follow(self) -> None:
        connection = await self._database.connect(directly=True)
        try:
            connection.add_termination_listener(self._on_notification)
            await connection.add_listener(CHANNEL, self._on_notification)
            while True:
                self._heard.clear()
                await self._read(connection)
                self._first_try.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._heard.wait()
        finally:
            connection.terminate()

    def _on_notification(self, *_: object) -> None:
        self._heard.set()

    async def _read(self, connection: Connection) -> None:
        now = self._clock.now()
        since = max(BEGINNING, self._seen - OVERLAP)
        tokens, cutoffs, latest = await RevocationRepository.since(connection, since, now, now - self._refresh_life)
        for token in tokens:
            self._verifier.revoke(token.token_hash, token.expires_at.timestamp())
        for cutoff in cutoffs:
            self._verifier.revoke_before(cutoff.user_id, cutoff.issued_before.timestamp())
        self._verifier.revocations_loaded()
        self._loaded = True
        self._seen = max(self._seen, latest)
        self._pause_s = FIRST_PAUSE_S
        self._database.answered()  # an idle process notices here that an outage is over
        if self._failing:
            self._failing = False
            log.info("revocations are followed again")

    def _report(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            log.warning("revocations cannot be followed, the last known ones count", error=type(error).__name__)
