"""S8, a day in the life of families."""

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
from bench.scenarios import event_body, save_body
from bench.setup import Setup, Target, say
from bench.steady import cpu_s, figures_of
from bench.table import Figures, Row
from bench.tally import Tally
from bench.work import CHILD, SERIAL, request

SAVES = 30
LOADS = 10
EVENTS = 20
FAMILIES = 200
SHARE_AT_ONCE = 50
"""One family in this many of the data set has its day at the same time, up to FAMILIES."""
PATIENCE_S = 120.0
"""How long a family retries its sign-up while the server answers that it is busy."""
BUSY_PAUSE_S = 1.0
BUSY = frozenset({429, 503})


@dataclass(slots=True)
class Days:
    """A run of days: its target and what was measured so far."""

    port: int
    gzip: bool
    apart_s: float = 0.0
    """The shortest time between the starts of two requests of a family; 0: no pause."""
    tally: Tally = field(default_factory=Tally)
    sign_ups: Tally = field(default_factory=Tally)
    """Counted apart, because their time is that of bcrypt."""
    busy_answers: int = 0
    """Sign-ups answered 429 or 503 and tried again."""


def run_day(setup: Setup) -> list[Row]:
    """S8: every family registers, adds a child and plays. bcrypt at sign-up decides how long this takes."""
    at_once = max(1, min(FAMILIES, setup.options.families // SHARE_AT_ONCE))
    rows: list[Row] = []
    for target in setup.targets:
        say(f"S8 a day in the life of {at_once} families: {target.name}")
        days = Days(target.port, setup.options.gzip)
        figures, statuses = _watched(setup, target, days, _together(days, at_once))
        busy = f"busy {days.busy_answers} times" if days.busy_answers else ""
        note = "; ".join(filter(None, [busy, statuses]))
        rows.append(Row(f"S8 day of {at_once} families", target.name, figures, note))
    return rows


def _watched(setup: Setup, target: Target, days: Days, work: Coroutine[Any, Any, None]) -> tuple[Figures, str]:
    trees = [target.tree, setup.database]
    before, start = list(map(cpu_s, trees)), time.perf_counter()
    asyncio.run(work)
    load = days.tally.joined(days.sign_ups).result(time.perf_counter() - start)
    spent = [now - then for now, then in zip(map(cpu_s, trees), before, strict=True)]
    return figures_of(load, target, spent, setup.database), load.statuses


async def _together(days: Days, families: int) -> None:
    await asyncio.gather(*(_family(days, random.Random(number)) for number in range(families)))


async def repeated(days: Days, families: int) -> None:
    """Some families live one day after another until cancelled."""

    async def one_after_another(number: int) -> None:
        for day in itertools.count():
            await _family(days, random.Random(number + day * families))

    await asyncio.gather(*map(one_after_another, range(families)))


async def _family(days: Days, rng: random.Random) -> None:
    """One family's day. Refusals are counted; a family that cannot sign up sends nothing else."""
    async with Client("127.0.0.1", days.port) as client:
        account = await _sign_up(days, client, rng)
        token = account.get("data", {}).get("accessToken", "")
        birth = {"name": "Zoe", "birthDate": "2020-01-15", "gender": "female", "interests": ["drawing"]}
        made = await _ask(days, client, "POST", b"/api/v1/family/children", json.dumps(birth).encode(), token)
        child = str(_json(made).get("data", {}).get("id", ""))
        if not child:
            return
        for method, path, body in _play(rng):
            await _ask(days, client, method, path, body, token, child)


def _play(rng: random.Random) -> Iterator[tuple[str, bytes, bytes | None]]:
    """30 saves of ten projects, a load with every third save, an event with each of the first 20."""
    data = b"/api/v2/games/children/" + CHILD + b"/data"
    for number in range(SAVES):
        key = f"sticker_project_{number % LOADS}"
        yield "PUT", data, save_body(max(2_048, drawn_size(rng)), key, rng.randrange(10**9))
        if number % (SAVES // LOADS) == 0:
            yield "GET", b"%s/sticker_book/%s" % (data, key.encode()), None
        if number < EVENTS:
            yield "POST", b"/api/v1/analytics/events", event_body()


async def _sign_up(days: Days, client: Client, rng: random.Random) -> dict[str, Any]:
    form = {"email": f"day-{time.time_ns()}-{rng.randrange(10**9)}@bench.invalid", "password": PASSWORD}
    body = json.dumps({**form, "name": "Ann Bench", "phoneNumber": "", "countryCode": "US"}).encode()
    deadline = time.monotonic() + PATIENCE_S
    while True:
        busy = time.monotonic() < deadline
        answer = await _ask(
            days, client, "POST", b"/api/v1/auth/parent/register", body, sign_up=True, busy_is_fine=busy
        )
        if answer.status not in BUSY or not busy:
            return _json(answer)
        days.busy_answers += 1
        await asyncio.sleep(BUSY_PAUSE_S * (0.5 + rng.random()))


async def _ask(
    days: Days,
    client: Client,
    method: str,
    path: bytes,
    body: bytes | None,
    token: str = "",
    child: str = "",
    *,
    sign_up: bool = False,
    busy_is_fine: bool = False,
) -> Answer:
    tally = days.sign_ups if sign_up else days.tally
    blank = request(method, path, "127.0.0.1", body, bearer=bool(token), gzip=days.gzip)
    serial = b"%016d" % (time.time_ns() // 1000)
    content = blank.replace(CHILD, child.encode()).replace(SERIAL, serial).replace(b"\x02", token.encode())
    begun = time.perf_counter()
    try:
        answer = await client.ask(content, PATIENCE_S)
    except OSError:
        tally.broken += 1
        return Answer()
    took_s = time.perf_counter() - begun
    if not (busy_is_fine and answer.status in BUSY):
        tally.note(took_s, answer.status)
    if took_s < days.apart_s:
        await asyncio.sleep(days.apart_s - took_s)
    return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
