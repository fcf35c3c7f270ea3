"""S7: logins, which are bound by bcrypt, and their effect on other requests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import bcrypt

from bench.client import Client
from bench.data_set import BCRYPT_COST, PASSWORD
from bench.load import pace
from bench.processes import cores
from bench.scenarios import PROFILE
from bench.setup import Setup, Target, say
from bench.steady import prepare
from bench.table import Figures, Row
from bench.tally import Load, Tally
from bench.work import Work, request

CALLERS = 16
PROFILES_PER_S = 200.0
PROFILE_CONNECTIONS = 16
CALIBRATION_S = 3.0


@dataclass(frozen=True, slots=True)
class _Storm:
    """One server: profiles without logins, profiles during the login storm, and the logins themselves."""

    quiet: Load
    meanwhile: Load
    logins: Load


def run_logins(setup: Setup) -> list[Row]:
    """Rows for bcrypt alone, for the logins, and for profiles before and during them."""
    say("S7 logins: bcrypt alone")
    rows = [Row("S7 bcrypt alone, all cores", "–", Figures(per_second=_bcrypt_per_second()))]
    storms: dict[str, _Storm] = {}
    profiles = prepare(setup, PROFILE)
    emails = itertools.cycle(setup.data.emails())
    for target in setup.targets:
        say(f"S7 logins: {target.name}")
        storms[target.name] = asyncio.run(_storm(target, profiles, emails, setup.options.seconds))
    shared = f"{PROFILES_PER_S:.0f} profiles/s"
    for title in (f"S7 logins, {CALLERS} callers", f"S7 {shared}, quiet", f"S7 {shared}, during logins"):
        for name, storm in storms.items():
            load = storm.logins if "callers" in title else storm.quiet if "quiet" in title else storm.meanwhile
            figures = Figures(load.per_second, load.p50_ms, load.p99_ms, errors=load.refused + load.broken)
            rows.append(Row(title, name, figures, load.statuses))
    return rows


def _bcrypt_per_second() -> float:
    digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(BCRYPT_COST))
    start = time.perf_counter()

    def check(_: int) -> int:
        done = 0
        while time.perf_counter() - start < CALIBRATION_S:
            bcrypt.checkpw(PASSWORD.encode(), digest)
            done += 1
        return done

    with ThreadPoolExecutor(cores()) as threads:
        done = sum(threads.map(check, range(cores())))
    return done / (time.perf_counter() - start)


async def _storm(target: Target, profiles: Work, emails: Iterator[str], seconds: float) -> _Storm:
    terms = (target.port, profiles, PROFILE_CONNECTIONS, seconds, PROFILES_PER_S)
    quiet = pace(*terms)
    tally = Tally()
    start = time.perf_counter()
    async with asyncio.TaskGroup() as running:
        for _ in range(CALLERS):
            running.create_task(_caller(target.port, emails, tally, start + seconds))
        meanwhile = await asyncio.to_thread(pace, *terms)
    return _Storm(quiet, meanwhile, tally.result(time.perf_counter() - start))


async def _caller(port: int, emails: Iterator[str], tally: Tally, end: float) -> None:
    async with Client("127.0.0.1", port) as client:
        while (begun := time.perf_counter()) < end:
            body = json.dumps({"email": next(emails), "password": PASSWORD}).encode()
            content = request("POST", b"/api/v1/auth/parent/login", "127.0.0.1", body, bearer=False, gzip=False)
            with contextlib.suppress(OSError):
                answer = await client.ask(content)
                tally.note(time.perf_counter() - begun, answer.status)
                continue
            tally.broken += 1
