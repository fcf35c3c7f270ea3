"""S12: how long /health/live waits while hostile requests arrive, one shape after another."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time

from bench.client import Client
from bench.scenarios import SAVE
from bench.setup import Setup, say
from bench.shapes import HOST, SHAPES, Shape
from bench.steady import prepare
from bench.table import Figures, Row
from bench.tally import percentile_ms
from bench.work import Work, request

PROBES = 6
"""Connections of the probe: some of them are served by the worker that has the hostile request."""
SENDERS = 3
"""Hostile requests at once."""
PAUSE_S = 0.001
QUIET_S = 2.0
ANSWER_TIMEOUT_S = 60.0
_ANSWER_BYTES = 64 * 1024
_PROBE = request("GET", b"/health/live", HOST, bearer=False, gzip=False)


def run_hostile(setup: Setup) -> list[Row]:
    """A row for each shape and server: waiting times of the probe, and the reply to the shape."""
    work = prepare(setup, SAVE)
    rows: list[Row] = []
    for target in setup.targets:
        say(f"S12 {target.name}: quiet")
        waits = asyncio.run(probed(target.port, None))[0]
        rows.append(Row("S12 /health/live, quiet", target.name, _figures(waits)))
        for shape in SHAPES:
            say(f"S12 {target.name}: {shape.name}")
            waits, note = asyncio.run(probed(target.port, _content(shape, work)))
            rows.append(Row(f"S12 {shape.name}", target.name, _figures(waits), note))
    return rows


def _content(shape: Shape, work: Work) -> bytes:
    return next(Work((shape.request(),), work.actors).requests())


def _figures(waits_s: list[float]) -> Figures:
    ordered = sorted(waits_s)
    return Figures(
        p50_ms=percentile_ms(ordered, 0.5), p99_ms=percentile_ms(ordered, 0.99), worst_ms=1000 * max(ordered, default=0)
    )


async def probed(port: int, content: bytes | None) -> tuple[list[float], str]:
    """The waiting times in seconds while the senders are answered; and what they were answered."""
    waits: list[float] = []
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as running:
        for _ in range(PROBES):
            running.create_task(_probe(port, waits, stop))
        await asyncio.sleep(0.2)
        waits.clear()
        if content is None:
            await asyncio.sleep(QUIET_S)
            answers = []
        else:
            sent = (asyncio.to_thread(_send, port, content) for _ in range(SENDERS))
            answers = await asyncio.gather(*sent)
        stop.set()
    return waits, "; ".join(f"{answer} ×{len(list(same))}" for answer, same in itertools.groupby(sorted(answers)))


async def _probe(port: int, waits: list[float], stop: asyncio.Event) -> None:
    async with Client(HOST, port) as client:
        while not stop.is_set():
            begun = time.perf_counter()
            with contextlib.suppress(OSError):
                await client.ask(_PROBE)
                waits.append(time.perf_counter() - begun)
            await asyncio.sleep(PAUSE_S)


def _send(port: int, content: bytes) -> str:
    """The status of the first answer. Blocking, in a thread: sending must not delay the probe."""
    received = b""
    with socket.create_connection((HOST, port), ANSWER_TIMEOUT_S) as connection:
        with contextlib.suppress(OSError):  # refused before all was sent
            connection.sendall(content)
        with contextlib.suppress(OSError):
            received = connection.recv(_ANSWER_BYTES)
    return received[9:12].decode("latin-1") or "closed"
