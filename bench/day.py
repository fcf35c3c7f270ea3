"""S8, a day in the life of families, and S11, an hour of such days at half load."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.client import Answer, Client
from bench.data_set import PASSWORD
from bench.documents import drawn_size
from bench.load import Tally
from bench.scenarios import event_body, save_body
from bench.stage import Stage, Target, say
from bench.steady import figures_of
from bench.table import Figures, Row
from bench.work import CHILD, SERIAL, request

SAVES = 30
LOADS = 10
EVENTS = 20
FAMILIES = 200
SHARE_AT_ONCE = 50
"""One of so many families of the data set has its day at the same time, up to FAMILIES."""
PATIENCE_S = 120.0
"""How long a family goes on asking to register while the server says that it is busy."""
BUSY_PAUSE_S = 1.0
SOAK_FAMILIES = 16
SOAK_WINDOWS = 6
BUSY = frozenset({429, 503})


@dataclass(slots=True)
class _Days:
    """What happened so far."""

    port: int
    gzip: bool
    rests: bool
    """Half load: a family pauses after each answer as long as it took."""
    tally: Tally = field(default_factory=Tally)
    turned_away: int = 0


def run_day(stage: Stage) -> list[Row]:
    """S8: every family registers, adds a child and plays; sign-up is bcrypt's work, so it decides how long this takes."""
    at_once = max(1, min(FAMILIES, stage.options.families // SHARE_AT_ONCE))
    rows: list[Row] = []
    for target in stage.targets:
        say(f"S8 a day in the life of {at_once} families: {target.name}")
        days = _Days(target.port, stage.options.gzip, rests=False)
        figures, statuses = _watched(stage, target, days, _together(days, at_once))
        busy = f"busy {days.turned_away} times" if days.turned_away else ""
        note = "; ".join(filter(None, [busy, statuses]))
        rows.append(Row(f"S8 day of {at_once} families", target.name, figures, note))
    return rows


def run_soak(stage: Stage) -> list[Row]:
    """S11: days after days at half load for the whole time, in windows: RSS and p99 must stay flat."""
    window_s = stage.options.seconds / SOAK_WINDOWS
    rows: list[Row] = []
    for target in stage.targets:
        for number in range(SOAK_WINDOWS):
            say(f"S11 half load: {target.name}, window {number + 1} of {SOAK_WINDOWS}")
            days = _Days(target.port, stage.options.gzip, rests=True)
            figures, statuses = _watched(stage, target, days, _repeated(days, time.monotonic() + window_s))
            rows.append(Row(f"S11 window {number + 1}, {target.name}", target.name, figures, statuses))
    return rows


def _watched(stage: Stage, target: Target, days: _Days, work: Coroutine[Any, Any, None]) -> tuple[Figures, str]:
    trees = [target.tree, stage.database]
    before = [tree.usage().cpu_s if tree else 0.0 for tree in trees]
    start = time.perf_counter()
    asyncio.run(work)
    load = days.tally.result(time.perf_counter() - start)
    after = [tree.usage().cpu_s if tree else 0.0 for tree in trees]
    spent = [two - one for one, two in zip(before, after, strict=True)]
    return figures_of(load, target, spent, stage.database), load.statuses


async def _together(days: _Days, families: int) -> None:
    await asyncio.gather(*(_family(days, random.Random(number)) for number in range(families)))


async def _repeated(days: _Days, end: float) -> None:
    async def one_after_another(number: int) -> None:
        for day in itertools.count():
            if time.monotonic() >= end:
                return
            await _family(days, random.Random(number + day * SOAK_FAMILIES), end)

    await asyncio.gather(*map(one_after_another, range(SOAK_FAMILIES)))


async def _family(days: _Days, rng: random.Random, end: float = float("inf")) -> None:
    """One family's day; what the server refuses is counted, and a family that cannot sign up has no day."""
    async with Client("127.0.0.1", days.port) as client:
        account = await _sign_up(days, client, rng)
        token = account.get("data", {}).get("accessToken", "")
        birth = {"name": "Zoe", "birthDate": "2020-01-15", "gender": "female", "interests": ["drawing"]}
        made = await _ask(days, client, "POST", b"/api/v1/family/children", json.dumps(birth).encode(), token)
        child = str(_json(made).get("data", {}).get("id", ""))
        if not child:
            return
        for method, path, body in _play(rng):
            if time.monotonic() >= end:
                return
            await _ask(days, client, method, path, body, token, child)


def _play(rng: random.Random) -> Iterator[tuple[str, bytes, bytes | None]]:
    """30 saves of ten projects, a load after every third, an event after two of three."""
    data = b"/api/v2/games/children/" + CHILD + b"/data"
    for number in range(SAVES):
        key = f"sticker_project_{number % LOADS}"
        yield "PUT", data, save_body(max(2_048, drawn_size(rng)), key, rng.randrange(10**9))
        if number % (SAVES // LOADS) == 0:
            yield "GET", b"%s/sticker_book/%s" % (data, key.encode()), None
        if number < EVENTS:
            yield "POST", b"/api/v1/analytics/events", event_body()


async def _sign_up(days: _Days, client: Client, rng: random.Random) -> dict[str, Any]:
    form = {"email": f"day-{time.time_ns()}-{rng.randrange(10**9)}@bench.invalid", "password": PASSWORD}
    body = json.dumps({**form, "name": "Ann Bench", "phoneNumber": "", "countryCode": "US"}).encode()
    deadline = time.monotonic() + PATIENCE_S
    while True:
        busy = time.monotonic() < deadline
        answer = await _ask(days, client, "POST", b"/api/v1/auth/parent/register", body, busy_is_fine=busy)
        if answer.status not in BUSY or not busy:
            return _json(answer)
        days.turned_away += 1
        await asyncio.sleep(BUSY_PAUSE_S * (0.5 + rng.random()))


async def _ask(
    days: _Days,
    client: Client,
    method: str,
    path: bytes,
    body: bytes | None,
    token: str = "",
    child: str = "",
    *,
    busy_is_fine: bool = False,
) -> Answer:
    blank = request(method, path, "127.0.0.1", body, bearer=bool(token), gzip=days.gzip)
    serial = b"%016d" % (time.time_ns() // 1000)
    content = blank.replace(CHILD, child.encode()).replace(SERIAL, serial).replace(b"\x02", token.encode())
    begun = time.perf_counter()
    try:
        answer = await client.ask(content, PATIENCE_S)
    except OSError:
        days.tally.broken += 1
        return Answer()
    took_s = time.perf_counter() - begun
    if not (busy_is_fine and answer.status in BUSY):
        days.tally.note(took_s, answer.status)
    if days.rests:
        await asyncio.sleep(took_s)
    return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
