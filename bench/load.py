"""Load on a server: with wrk where it is installed, else with our own generator; paced load always with our own."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.client import TIMEOUT_S
from bench.generator import generate
from bench.processes import cores
from bench.tally import Load, LoadError
from bench.work import Work

SCRIPT = Path(__file__).with_name("wrk.lua")
RESULT = "RESULT "
CORES_PER_THREAD = 4
"""One thread of wrk keeps about this many server cores busy."""
SETTLE_S = 60.0
"""A generator that has not ended this long after its time fails the bench."""


def press(port: int, work: Work, connections: int, seconds: float) -> Load:
    """Closed-loop load: each connection sends its next request as soon as the last is answered. Raises LoadError."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return generate(port, work.requests(), connections, seconds, rate=None)
    with tempfile.TemporaryDirectory(prefix="wondernest-bench-") as folder:
        work.write_to(Path(folder))
        return _run_wrk(wrk, port, connections, seconds, [folder, str(len(work.variants))])


def pace(port: int, work: Work, connections: int, seconds: float, rate: float) -> Load:
    """A fixed number of requests a second; latencies count from when each request was due."""
    return generate(port, work.requests(), connections, seconds, rate)


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
