"""One worker process: serves the application on inherited sockets. Only the master starts it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from wondernest.app import create_app
from wondernest.platform.rooms import Builder
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.telemetry.logs import configure_logging
from wondernest.server.listener import HttpServer
from wondernest.settings import SettingsError, load_settings
from wondernest.supervisor.sockets import BACKLOG

if TYPE_CHECKING:
    from wondernest.platform.http.application import Application
    from wondernest.settings import Server as ServerSettings

log = get_logger(__name__)

GC_YOUNG_OBJECTS = 50_000
"""Requests create no reference cycles. With the default of 700 the garbage collector would run in vain (4 % of the time)."""
READY = b"ready"


class Worker:
    """Serves one application on inherited sockets; the master controls it through its channel and signals."""

    def __init__(self, application: Application, channel: socket.socket, server: ServerSettings) -> None:
        self.server = HttpServer(application, max_connections=server.max_connections, grace_s=server.shutdown_grace_s)
        self._application = application
        self._channel = channel
        self._stop = asyncio.Event()
        self._stop_now = asyncio.Event()

    async def run(self, listeners: Sequence[socket.socket]) -> None:
        """Serve until SIGTERM or the end of the master, then drain. A second SIGTERM skips the grace period."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._asked_to_end)
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        loop.add_reader(self._channel, self._master_ended)
        await self.start(listeners)
        await self._stop.wait()
        await self.shut_down()

    async def start(self, listeners: Sequence[socket.socket]) -> None:
        """Start the application, accept connections, and report readiness to the master."""
        await self._application.start()
        await self.server.start(listeners, BACKLOG)
        gc.collect()
        gc.freeze()  # objects of the start-up stay alive; exclude them from garbage collection
        gc.set_threshold(GC_YOUNG_OBJECTS)
        self._channel.send(READY)

    async def shut_down(self) -> None:
        """Close the sockets, wait for running requests within the grace period, then stop the application."""
        await self.server.shut_down(self._stop_now)
        await self._application.stop()

    def _asked_to_end(self) -> None:
        if self._stop.is_set():
            self._stop_now.set()
        self._stop.set()

    def _master_ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._channel)
        self._stop.set()


def main(arguments: Sequence[str], more: Sequence[Builder] = ()) -> int:
    """Serve until SIGTERM; returns the exit code. `arguments`: file descriptors of channel and sockets, as `spawn` passes them."""
    channel_fd, listener_fds = int(arguments[0]), [int(fd) for fd in arguments[1].split(",")]
    channel = socket.socket(fileno=channel_fd)
    channel.setblocking(False)
    listeners = [socket.socket(fileno=fd) for fd in listener_fds]
    for inherited in (channel, *listeners):
        inherited.set_inheritable(False)
    try:
        settings = load_settings(dotenv=Path(".env"), serving=True)
        configure_logging(settings.log.level, settings.log.format)
        application = create_app(settings, more=more)
    except SettingsError as error:
        sys.stderr.write(f"wondernest: {error}\n")
        return os.EX_CONFIG
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(application, channel, settings.server, listeners))
        except Exception:
            log.exception("worker failed")
            return os.EX_SOFTWARE
    return 0


async def _serve(
    application: Application, channel: socket.socket, server: ServerSettings, listeners: Sequence[socket.socket]
) -> None:
    await Worker(application, channel, server).run(listeners)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
