"""The jobs process: runs all jobs and schedules. `wondernest serve` starts it, or `wondernest work` without a server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop
from msgspec.structs import replace

from wondernest.app import Background, background
from wondernest.platform.jobs.runner import JobRunner
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.telemetry.logs import configure_logging
from wondernest.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

log = get_logger(__name__)

READY: Final = b"ready"
HANDLERS_CONNECTIONS: Final = 2
"""With the queue's own connection and its listener that is four. Together with the workers of one machine this stays within the
connection limit that the role has on old installations."""
HANDLERS_WAIT_S: Final = 30.0
"""How long handlers wait for a connection. Long, because no client waits for them."""


def main(channel_fd: int | None = None, stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)) -> int:
    """Run jobs until a stop signal; returns the exit code. For an invalid setting one line is written to stderr."""
    channel = socket.socket(fileno=channel_fd) if channel_fd is not None else None
    if channel is not None:
        channel.setblocking(False)
        channel.set_inheritable(False)
    try:
        settings = _for_jobs(load_settings(dotenv=Path(".env"), serving=True))
        configure_logging(settings.log.level, settings.log.format)
        work = background(settings)
    except SettingsError as error:
        sys.stderr.write(f"wondernest: {error}\n")
        return os.EX_CONFIG
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        try:
            loop.run(_run(settings, work, channel, stop_signals))
        except Exception:
            log.exception("jobs process failed")
            return os.EX_SOFTWARE
    return os.EX_OK


def work_alone() -> int:
    """As `main`, for a terminal or a service manager: SIGTERM and Ctrl-C stop it."""
    return main(stop_signals=(signal.SIGTERM, signal.SIGINT))


def _for_jobs(settings: Settings) -> Settings:
    if not settings.database.url:
        raise SettingsError("DATABASE_URL: not set")
    pool_size = min(settings.database.pool_size, HANDLERS_CONNECTIONS)
    database = replace(settings.database, pool_size=pool_size, acquire_timeout_s=HANDLERS_WAIT_S)
    return replace(settings, database=database)


async def _run(
    settings: Settings, work: Background, channel: socket.socket | None, stop_signals: Sequence[signal.Signals]
) -> None:
    runner = JobRunner(settings, work.jobs, work.schedules, work.metrics, work.instruments)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    for number in stop_signals:
        loop.add_signal_handler(number, runner.stop)
    if channel is not None:

        def master_ended() -> None:
            loop.remove_reader(channel)
            runner.stop()

        loop.add_reader(channel, master_ended)
        channel.send(READY)
    log.info("jobs process started", jobs=len(work.jobs), schedules=len(work.schedules))
    await runner.run()
    await work.rooms.stop()
    log.info("jobs process stopped")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
