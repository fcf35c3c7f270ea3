"""One worker process: the application on sockets it inherits. Run by the master only."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from uvicorn import Config, Server

from wondernest.app import create_app
from wondernest.platform.telemetry.logs import configure_logging
from wondernest.settings import Settings, SettingsError, load_settings
from wondernest.supervisor.protocol import Protocol, State

if TYPE_CHECKING:
    from collections.abc import Generator

KEEP_ALIVE_S = 75
"""How long an idle connection stays open: longer than the 60 s that load balancers keep theirs."""
HEAD_TIMEOUT_S = 10.0
"""How long a client may take over a request's head, at least; at most twice that."""
IDLE_GRACE_S = 0.5
"""At a stop, how long an idle connection is kept for the request that may already be on its way."""
DRAIN_POLL_S = 0.02
TICK_S = 0.1
"""How often uvicorn calls `on_tick`."""
GC_YOUNG_OBJECTS = 50_000
"""Requests leave no cycles behind: at the default of 700 the collector walks their objects for nothing (4 % of the time)."""
READY = b"ready"


class WorkerServer(Server):
    """uvicorn's server, told what to do by the master."""

    server_state: State

    def __init__(self, config: Config, channel: socket.socket) -> None:
        super().__init__(config)
        self.server_state = State()
        self._channel = channel
        self._slow: dict[Protocol, int] = {}

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """SIGTERM, and the master's end, mean finish and go; a second SIGTERM means go."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._asked_to_end)
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        loop.add_reader(self._channel, self._master_is_gone)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then tell the master."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what start-up made stays; the collector need not walk it again
        gc.set_threshold(GC_YOUNG_OBJECTS)
        self._channel.send(READY)

    async def on_tick(self, counter: int) -> bool:
        """Close connections whose client does not get a request's head across."""
        if counter % round(HEAD_TIMEOUT_S / TICK_S) == 0:
            waiting = {c: c.heads for c in self._connections() if c.awaits_head}
            for connection, _ in waiting.items() & self._slow.items():
                connection.transport.close()
            self._slow = waiting
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let every request end within the grace period and every connection close between requests."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        self.server_state.draining = True
        for connection in self._connections():
            connection.end_after_reply()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_GRACE_S):
                while self.server_state.connections and not self.force_exit:  # noqa: ASYNC110 - a set tells nobody
                    await asyncio.sleep(DRAIN_POLL_S)
        await super().shutdown()

    def _connections(self) -> list[Protocol]:
        return cast("list[Protocol]", list(self.server_state.connections))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]

    def _asked_to_end(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    def _master_is_gone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._channel)
        self.should_exit = True


def main(channel_fd: int, listener_fds: list[int]) -> int:
    """Serve until told to end; returns the exit code."""
    channel = socket.socket(fileno=channel_fd)
    channel.setblocking(False)
    listeners = [socket.socket(fileno=fd) for fd in listener_fds]
    for inherited in (channel, *listeners):
        inherited.set_inheritable(False)
    try:
        settings = load_settings(dotenv=Path(".env"))
        configure_logging(settings.log.level, settings.log.format)
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # the master reports starts and ends
        server = WorkerServer(_configuration(settings), channel)
    except SettingsError as error:
        sys.stderr.write(f"wondernest: {error}\n")
        return os.EX_CONFIG
    server.run(listeners)
    return 0


def _configuration(settings: Settings) -> Config:
    return Config(
        create_app(settings),
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.server.max_connections,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.server.shutdown_grace_s),
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), [int(fd) for fd in sys.argv[2].split(",")]))
