"""Presses requests on a server: wrk where there is one, else our own generator; paced load is always our own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.client import TIMEOUT_S, Client
from bench.processes import cores
from bench.work import Work

SCRIPT = Path(__file__).with_name("wrk.lua")
RESULT = "RESULT "
CORES_PER_THREAD = 4
"""One thread of wrk keeps about that many cores of server busy."""
SETTLE_S = 60.0
"""How long after its time a generator may still be at it before it is a failure of the bench."""


class LoadError(Exception):
    """The load generator itself failed; the message says how."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came back. `refused`: answers of 400 and above; `broken`: connections lost, not made, or too slow."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int
    statuses: str = ""
    """What was refused, as far as the generator tells: `503 12 times`."""

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Tally:
    """Collects answers one by one."""

    latencies_s: list[float] = field(default_factory=list["float"])
    refusals: Counter[int] = field(default_factory=Counter["int"])
    broken: int = 0

    def note(self, latency_s: float, status: int) -> None:
        """An answer."""
        self.latencies_s.append(latency_s)
        if status >= 400:
            self.refusals[status] += 1

    def joined(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.latencies_s + other.latencies_s, self.refusals + other.refusals, self.broken + other.broken)

    def result(self, seconds: float) -> Load:
        """The sum of it."""
        ordered = sorted(self.latencies_s)
        p50, p99 = (percentile_ms(ordered, share) for share in (0.50, 0.99))
        statuses = ", ".join(f"{status} {count} times" for status, count in self.refusals.most_common())
        return Load(len(ordered), seconds, p50, p99, self.refusals.total(), self.broken, statuses)


def percentile_ms(ordered_s: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed, in ms; 0 of none."""
    return ordered_s[min(len(ordered_s) - 1, int(len(ordered_s) * share))] * 1e3 if ordered_s else 0.0


def press(port: int, work: Work, connections: int, seconds: float) -> Load:
    """As fast as the server answers, each connection asking again at once. Raises LoadError."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return asyncio.run(generate(port, work, connections, seconds, rate=None))
    with tempfile.TemporaryDirectory(prefix="wondernest-bench-") as folder:
        work.write_to(Path(folder))
        return _run_wrk(wrk, port, connections, seconds, [folder, str(len(work.variants))])


def pace(port: int, work: Work, connections: int, seconds: float, rate: float) -> Load:
    """A fixed number of requests a second; one that had to wait for a free connection counts from when it was due."""
    return asyncio.run(generate(port, work, connections, seconds, rate=rate))


def _run_wrk(wrk: str, port: int, connections: int, seconds: float, arguments: list[str]) -> Load:
    threads = min(connections, max(1, cores() // CORES_PER_THREAD))
    words = [wrk, f"--threads={threads}", f"--connections={connections}", f"--duration={max(1, round(seconds))}s"]
    words += [f"--timeout={TIMEOUT_S:.0f}s", f"--script={SCRIPT}", f"http://127.0.0.1:{port}/", "--", *arguments]
    words += [str(time.time_ns() // 1000), str(threads)]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + SETTLE_S)
    except subprocess.TimeoutExpired:
        raise LoadError("wrk did not end") from None
    found = [line for line in ran.stdout.splitlines() if line.startswith(RESULT)]
    if ran.returncode != 0 or not found:
        raise LoadError(f"wrk: {(ran.stderr or ran.stdout).strip()}")
    return Load(**json.loads(found[0].removeprefix(RESULT)))


async def generate(port: int, work: Work, connections: int, seconds: float, rate: float | None) -> Load:
    """Press or, given a rate, pace."""
    tally, requests = Tally(), work.requests()
    start = time.perf_counter()
    callers = [
        _caller(port, requests, tally, _times(start, start + seconds, rate, number, connections))
        for number in range(connections)
    ]
    await asyncio.gather(*callers)
    return tally.result(time.perf_counter() - start)


def _times(start: float, end: float, rate: float | None, number: int, connections: int) -> Iterator[float]:
    """When a caller's requests are due."""
    if rate is None:
        while (now := time.perf_counter()) < end:
            yield now
        return
    due, step = start + number / rate, connections / rate
    while due < end:
        yield due
        due += step


async def _caller(port: int, requests: Iterator[bytes], tally: Tally, times: Iterator[float]) -> None:
    async with Client("127.0.0.1", port) as client:
        for due in times:
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            with contextlib.suppress(OSError):
                answer = await client.ask(next(requests))
                tally.note(time.perf_counter() - due, answer.status)
                continue
            tally.broken += 1
