"""Accepts connections on listening sockets, ends those that make no progress, and drains them all at a stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import Final

from wondernest.server.connection import Connection
from wondernest.server.state import ServerState, ServesExchanges

CHECK_EVERY_S: Final = 10.0
"""How often connections are checked for progress. A request that has not arrived whole by the second check is given up
(10-20 s), an idle connection at the eighth (70-80 s): later than the 60 s after which load balancers close theirs."""
IDLE_GRACE_S: Final = 0.5
"""At a stop, how long an idle connection is kept for the request that may already be on its way."""
DRAIN_POLL_S: Final = 0.02
CANCEL_WAIT_S: Final = 1.0
"""How long requests that were broken off have for what they do last."""


class HttpServer:
    """One application on listening sockets."""

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
        """End the connections that do not move."""
        for connection in list(self.state.connections):
            connection.check_progress()

    async def shut_down(self, stop_now: asyncio.Event) -> None:
        """Stop accepting, let every request end within the grace period and every connection close between requests.

        stop_now: once set, nothing is waited for any longer.
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
        broken_off = [task for connection in list(state.connections) if (task := connection.abandon())]
        if broken_off:
            await asyncio.wait(broken_off, timeout=CANCEL_WAIT_S)

    async def _closed_within(self, seconds: float, stop_now: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state.connections and not stop_now.is_set():  # noqa: ASYNC110 - a set announces nothing
                    await asyncio.sleep(DRAIN_POLL_S)

    async def _check_regularly(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            self.check_progress()
