"""S11: an hour of families' days at half load. Nothing may grow: memory, latencies, connections, files, what waits."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import psycopg

from bench.day import Days, repeated
from bench.processes import waiting_at
from bench.stage import PROBE_TIMEOUT_S, Stage, Target, say
from bench.steady import cpu_s, figures_of
from bench.table import RATIO, Figures, Row, ratio
from bench.tally import Tally

FAMILIES: Final = 16
WINDOWS: Final = 6
LONGEST_CALIBRATION_S: Final = 60.0
LOOK_EVERY_S: Final = 1.0
_CONNECTIONS: Final = """
    select count(*) from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
       and (application_name like 'wondernest-%%') = %s"""
"""Of our server, or of the other one that shares the database with it."""
_WAITING = re.compile(rb"^wondernest_\w*waiting\w*(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(slots=True)
class Seen:
    """The most of it at any look."""

    connections: int = 0
    waiting: int = 0


def run_soak(stage: Stage) -> list[Row]:
    """Each server in windows, at half of what it did unhindered just before; the last window against the first."""
    rows: list[Row] = []
    for target in stage.targets:
        with _watching(stage, target) as seen:
            rows += rows_of(target.name, asyncio.run(_soaked(stage, target, seen)))
    return rows


def rows_of(server: str, windows: list[tuple[Figures, str]]) -> list[Row]:
    """A row for each window and one for how the last compares with the first."""
    rows = [Row(f"S11 window {number}", server, *window) for number, window in enumerate(windows, 1)]
    last, first = windows[-1][0], windows[0][0]
    return [*rows, Row(f"S11 window {len(windows)}", RATIO, ratio(last, first), f"{server}, to window 1")]


def waiting_in(metrics: bytes) -> int:
    """What a server itself says is waiting, in an exposition of its metrics; 0 when it says nothing."""
    return round(sum(float(value) for value in _WAITING.findall(metrics)))


async def _soaked(stage: Stage, target: Target, seen: Seen) -> list[tuple[Figures, str]]:
    """The families go on from window to window, so that what one leaves behind is in the next."""
    seconds = stage.options.seconds
    calibration_s = min(LONGEST_CALIBRATION_S, seconds / WINDOWS)
    days = Days(target.port, stage.options.gzip)
    families = asyncio.create_task(repeated(days, FAMILIES))
    try:
        say(f"S11 full load for {calibration_s:.0f} s, to know what half is: {target.name}")
        await asyncio.sleep(calibration_s)
        half_per_s = days.tally.joined(days.sign_ups).result(calibration_s).per_second / 2
        days.apart_s = FAMILIES / half_per_s if half_per_s else 0.0
        windows: list[tuple[Figures, str]] = []
        for number in range(1, WINDOWS + 1):
            say(f"S11 at most {half_per_s:.0f} requests a second: {target.name}, window {number} of {WINDOWS}")
            windows.append(await _window(stage, target, days, seen))
        return windows
    finally:
        families.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await families


async def _window(stage: Stage, target: Target, days: Days, seen: Seen) -> tuple[Figures, str]:
    days.tally, days.sign_ups = Tally(), Tally()
    seen.connections = seen.waiting = 0
    before, begun = [cpu_s(target.tree), cpu_s(stage.database)], time.perf_counter()
    await asyncio.sleep(stage.options.seconds / WINDOWS)
    load, sign_ups = (tally.result(time.perf_counter() - begun) for tally in (days.tally, days.sign_ups))
    spent = [now - then for now, then in zip([cpu_s(target.tree), cpu_s(stage.database)], before, strict=True)]
    figures = replace(
        figures_of(load, target, spent, stage.database),
        descriptors=target.tree.usage().descriptors if target.tree else None,
        database_connections=seen.connections,
        waiting=seen.waiting,
    )
    note = f"{sign_ups.requests} sign-ups, p99 {sign_ups.p99_ms:.0f} ms"
    return figures, "; ".join(filter(None, [note, load.statuses, sign_ups.statuses]))


@contextlib.contextmanager
def _watching(stage: Stage, target: Target) -> Generator[Seen]:
    """Look at the server again and again meanwhile; what went wrong with looking is raised at the end."""
    seen, over = Seen(), threading.Event()

    def look() -> None:
        with psycopg.connect(stage.servers.database_url, autocommit=True) as connection:
            while not over.wait(LOOK_EVERY_S):
                row = connection.execute(_CONNECTIONS, [target is stage.targets[0]]).fetchone()
                seen.connections = max(seen.connections, row[0] if row else 0)
                seen.waiting = max(seen.waiting, waiting_at(target.port) + waiting_in(_metrics(target.port)))

    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(look)
        try:
            yield seen
        finally:
            over.set()
        looking.result()


def _metrics(port: int) -> bytes:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT_S)) as connection:
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return b""
