"""The metrics in Prometheus' text format 0.0.4, summed over all processes."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import floatToGoString  # pyright: ignore[reportUnknownVariableType]

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

    from wondernest.platform.telemetry.metrics import Metrics

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
START_TIME: Final = "wondernest_start_time_seconds"
UPTIME: Final = "wondernest_uptime_seconds"
READ_ATTEMPTS: Final = 10
READ_PAUSE_S: Final = 0.02
UNFINISHED: Final = (struct.error, RuntimeError, ValueError, FileNotFoundError)
"""What reading the files of processes raises while one of them starts or ends."""
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


class Exposition:
    """Renders the metrics. Concurrent callers share a rendering, but never one that began before their call."""

    def __init__(self, metrics: Metrics, wall_clock: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._wall_clock = wall_clock
        self._render_lock = asyncio.Lock()
        self._next: asyncio.Task[bytes] | None = None

    async def text(self) -> bytes:
        """The whole text, rendered in a thread."""
        if self._next is None:
            self._next = asyncio.create_task(self._render_next())
        return await asyncio.shield(self._next)

    async def _render_next(self) -> bytes:
        async with self._render_lock:
            self._next = None
            self._metrics.flush()
            return await asyncio.to_thread(self._render)

    def render(self) -> bytes:
        """As `text`, but synchronously."""
        self._metrics.flush()
        return self._render()

    def _render(self) -> bytes:
        own = list(self._metrics.registry.collect())
        merged = {family.name: family for family in _all_workers() or own}
        families: list[str] = []
        for family in own:
            samples = merged[family.name].samples if family.name in merged else []
            families.append(_family(family, samples, bare=family.name in self._metrics.bare))
            if family.name == START_TIME:
                families.append(_uptime(samples, self._wall_clock()))
        return "\n".join(families).encode()


def _all_workers() -> Iterable[Metric] | None:
    """The metrics of all processes; None when this process is the only one.

    A process that starts creates its files empty and fills them a moment later, and the library fails on a file between the two.
    """
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return None
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # pyright: ignore[reportUnknownMemberType]
    for _ in range(READ_ATTEMPTS - 1):
        try:
            return list(registry.collect())
        except UNFINISHED:
            time.sleep(READ_PAUSE_S)
    return list(registry.collect())


def _family(family: Metric, samples: Sequence[Sample], *, bare: bool) -> str:
    """The text of one family. `family` is this process's own, which has the labels in order."""
    suffix = "_total" if family.type == "counter" and not bare else ""
    name = family.name + suffix
    order = {label: place for place, label in enumerate(family.samples[0].labels)} if family.samples else {}
    lines = [f"# HELP {name} {family.documentation}", f"# TYPE {name} {family.type}"]
    for sample in samples:
        if sample.name.endswith("_created"):
            continue
        labels = sorted(sample.labels.items(), key=lambda pair: order.get(pair[0], len(order)))
        sample_name = family.name if bare else sample.name
        lines.append(f"{sample_name}{_labels(labels)} {floatToGoString(sample.value)}")
    return "\n".join(lines) + "\n"


def _labels(pairs: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in pairs) + "}" if pairs else ""


def _uptime(started: Sequence[Sample], now: float) -> str:
    seconds = max((now - sample.value for sample in started), default=0.0)
    value = floatToGoString(max(0.0, round(seconds, 3)))
    return f"# HELP {UPTIME} Application uptime in seconds\n# TYPE {UPTIME} gauge\n{UPTIME} {value}\n"
