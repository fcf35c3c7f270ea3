"""S10: from exec to the first answers, with an installed schema."""

from __future__ import annotations

import http
import statistics
import time

from bench.stage import PROBE_PAUSE_S, START_TIMEOUT_S, Launcher, Stage, StageError, answer_of, say
from bench.table import Figures, Row

STARTS = 3


def run_cold_start(stage: Stage) -> list[Row]:
    """The median of some starts, as p50: the first 200 of /health and of a family profile."""
    token = stage.data.parents(*stage.token_terms)[0].token
    rows: list[Row] = []
    for launcher in stage.launchers:
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
            raise StageError(f"no 200 of {path} within {START_TIMEOUT_S:.0f} s")
        time.sleep(PROBE_PAUSE_S)
    return (time.perf_counter() - begun) * 1e3
