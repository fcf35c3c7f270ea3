"""Accepts connections on listening sockets, closes those that make no progress, and drains all at a stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import Final

from wondernest.server.connection import Connection
from wondernest.server.state import ServerState, ServesExchanges

CHECK_EVERY_S: Final = 10.0
"""How often connections are checked for progress. A connection with an incomplete request is closed at the second check
(10-20 s), an idle one at the eighth (70-80 s): longer than the usual idle timeout of load balancers, 60 s."""
IDLE_GRACE_S: Final = 0.5
"""At a stop: how long idle connections stay open for a request that may already be on its way."""
DRAIN_POLL_S: Final = 0.02
CANCEL_WAIT_S: Final = 1.0
"""How long cancelled requests may take to end."""


class HttpServer:
    """Serves one application on listening sockets."""

    def __init__(self, application: ServesExchanges, *, max_connections: int, grace_s: float) -> None:
        self.state = ServerState(application, max_connections)
        self._grace_s = grace_s
        self._listeners: Sequence[socket.socket] = ()
        self._servers: list[asyncio.Server] = []
        self._checking: asyncio.Task[None] | None = None

    async def start(self, listeners: Sequence[socket.socket], backlog: int) -> None:
        """Accept connections."""
        loop = asyncio.get_running_loop()
        self._listeners = listeners
        for listener in listeners:
            self._servers.append(
                await loop.create_server(lambda: Connection(self.state, loop), sock=listener, backlog=backlog)
            )
        self._checking = asyncio.create_task(self._check_regularly())

    def check_progress(self) -> None:
        """Close the connections that make no progress."""
        for connection in list(self.state.connections):
            connection.check_progress()

    async def shut_down(self, stop_now: asyncio.Event) -> None:
        """Stop accepting, wait for running requests within the grace period, then abort the rest.

        stop_now: setting it skips the rest of the wait.
        """
        if self._checking is not None:
            self._checking.cancel()
        for server in self._servers:
            server.close()
        for listener in self._listeners:
            listener.close()
        state = self.state
        state.begin_drain()
        await self._closed_within(IDLE_GRACE_S, stop_now)
        for connection in list(state.connections):
            connection.end_if_idle()
        await self._closed_within(self._grace_s, stop_now)
        aborted = [task for connection in list(state.connections) if (task := connection.abandon())]
        if aborted:
            await asyncio.wait(aborted, timeout=CANCEL_WAIT_S)

    async def _closed_within(self, seconds: float, stop_now: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state.connections and not stop_now.is_set():  # noqa: ASYNC110 - a set has no event to wait for
                    await asyncio.sleep(DRAIN_POLL_S)

    async def _check_regularly(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            self.check_progress()
