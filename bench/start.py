"""S10: time from exec to the first answers, with an installed schema."""

from __future__ import annotations

import http
import statistics
import time

from bench.setup import PROBE_PAUSE_S, START_TIMEOUT_S, Launcher, Setup, SetupError, answer_of, say
from bench.table import Figures, Row

STARTS = 3


def run_cold_start(setup: Setup) -> list[Row]:
    """The median of a few starts, as p50: time to the first 200 of /health and of a family profile."""
    token = setup.data.parents(*setup.token_terms)[0].token
    rows: list[Row] = []
    for launcher in setup.launchers:
        say(f"S10 cold start: {launcher.name}")
        took = [_start(launcher, token) for _ in range(STARTS)]
        rows += [
            Row(f"S10 exec to first 200 of {what}", launcher.name, Figures(p50_ms=statistics.median(times)))
            for what, times in zip(("/health", "a profile"), zip(*took, strict=True), strict=True)
        ]
    return sorted(rows, key=lambda row: row.scenario)


def _start(launcher: Launcher, token: str) -> tuple[float, float]:
    """Both times in ms."""
    begun = time.perf_counter()
    with launcher.launched() as (port, _):
        healthy = _until_ok(begun, port, "/health", None)
        return healthy, _until_ok(begun, port, "/api/v1/family/profile", token)


def _until_ok(begun: float, port: int, path: str, token: str | None) -> float:
    while answer_of(port, path, token) != http.HTTPStatus.OK:
        if time.perf_counter() - begun > START_TIMEOUT_S:
            raise SetupError(f"no 200 of {path} within {START_TIMEOUT_S:.0f} s")
        time.sleep(PROBE_PAUSE_S)
    return (time.perf_counter() - begun) * 1e3
