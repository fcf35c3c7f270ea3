"""S11: an hour of families' days at half load. Memory, latencies, connections, files and queues must not grow."""

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
from bench.setup import PROBE_TIMEOUT_S, Setup, Target, say
from bench.steady import cpu_s, figures_of
from bench.table import RATIO, Figures, Row, ratio
from bench.tally import Tally

FAMILIES: Final = 16
WINDOWS: Final = 6
LONGEST_CALIBRATION_S: Final = 60.0
SAMPLE_EVERY_S: Final = 1.0
_CONNECTIONS: Final = """
    select count(*) from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
       and (application_name like 'wondernest-%%') = %s"""
"""Counts the connections of our server, or those of the other server on the same database."""
_WAITING = re.compile(rb"^wondernest_\w*waiting\w*(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(slots=True)
class Peaks:
    """The largest values of a window's samples."""

    connections: int = 0
    waiting: int = 0


def run_soak(setup: Setup) -> list[Row]:
    """Each server in windows, at half of its full throughput; the last window compared with the first."""
    rows: list[Row] = []
    for target in setup.targets:
        with _watching(setup, target) as peaks:
            rows += rows_of(target.name, asyncio.run(_soaked(setup, target, peaks)))
    return rows


def rows_of(server: str, windows: list[tuple[Figures, str]]) -> list[Row]:
    """A row for each window, and the ratio of the last to the first."""
    rows = [Row(f"S11 window {number}", server, *window) for number, window in enumerate(windows, 1)]
    last, first = windows[-1][0], windows[0][0]
    return [*rows, Row(f"S11 window {len(windows)}", RATIO, ratio(last, first), f"{server}, to window 1")]


def waiting_in(metrics: bytes) -> int:
    """The sum of the server's own metrics of waiting work; 0 when it exposes none."""
    return round(sum(float(value) for value in _WAITING.findall(metrics)))


async def _soaked(setup: Setup, target: Target, peaks: Peaks) -> list[tuple[Figures, str]]:
    """The families go on from window to window, so that growth in one shows in the next."""
    seconds = setup.options.seconds
    calibration_s = min(LONGEST_CALIBRATION_S, seconds / WINDOWS)
    days = Days(target.port, setup.options.gzip)
    families = asyncio.create_task(repeated(days, FAMILIES))
    try:
        say(f"S11 full load for {calibration_s:.0f} s, to find half of it: {target.name}")
        await asyncio.sleep(calibration_s)
        half_per_s = days.tally.joined(days.sign_ups).result(calibration_s).per_second / 2
        days.apart_s = FAMILIES / half_per_s if half_per_s else 0.0
        windows: list[tuple[Figures, str]] = []
        for number in range(1, WINDOWS + 1):
            say(f"S11 at most {half_per_s:.0f} requests a second: {target.name}, window {number} of {WINDOWS}")
            windows.append(await _window(setup, target, days, peaks))
        return windows
    finally:
        families.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await families


async def _window(setup: Setup, target: Target, days: Days, peaks: Peaks) -> tuple[Figures, str]:
    days.tally, days.sign_ups = Tally(), Tally()
    peaks.connections = peaks.waiting = 0
    before, begun = [cpu_s(target.tree), cpu_s(setup.database)], time.perf_counter()
    await asyncio.sleep(setup.options.seconds / WINDOWS)
    load, sign_ups = (tally.result(time.perf_counter() - begun) for tally in (days.tally, days.sign_ups))
    spent = [now - then for now, then in zip([cpu_s(target.tree), cpu_s(setup.database)], before, strict=True)]
    figures = replace(
        figures_of(load, target, spent, setup.database),
        descriptors=target.tree.usage().descriptors if target.tree else None,
        database_connections=peaks.connections,
        waiting=peaks.waiting,
    )
    note = f"{sign_ups.requests} sign-ups, p99 {sign_ups.p99_ms:.0f} ms"
    return figures, "; ".join(filter(None, [note, load.statuses, sign_ups.statuses]))


@contextlib.contextmanager
def _watching(setup: Setup, target: Target) -> Generator[Peaks]:
    """Sample the server within the block; an error of the sampling is raised at the end."""
    peaks, ended = Peaks(), threading.Event()

    def sample() -> None:
        with psycopg.connect(setup.servers.database_url, autocommit=True) as connection:
            while not ended.wait(SAMPLE_EVERY_S):
                row = connection.execute(_CONNECTIONS, [target is setup.targets[0]]).fetchone()
                peaks.connections = max(peaks.connections, row[0] if row else 0)
                peaks.waiting = max(peaks.waiting, waiting_at(target.port) + waiting_in(_metrics(target.port)))

    with ThreadPoolExecutor(1) as threads:
        sampling = threads.submit(sample)
        try:
            yield peaks
        finally:
            ended.set()
        sampling.result()


def _metrics(port: int) -> bytes:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT_S)) as connection:
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return b""
