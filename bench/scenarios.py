"""The requests of S1 to S5."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bench.data_set import FIRST_KEY, GAME
from bench.documents import LARGE_BYTES, MEDIUM_BYTES, SMALL_BYTES, project
from bench.work import CHILD, SERIAL

_SEED = 7
_REVISION = "0000000000000000"


class Actors(Enum):
    """Who asks."""

    NOBODY = "nobody"
    PARENTS = "a token of each family"
    CHILDREN = "each child's parent"
    EVEN_CHILDREN = "parents of children whose saves all have 2 kB"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of request; `most` limits the number of actors, `rate` is a fixed number of requests a second."""

    name: str
    title: str
    method: str
    path: bytes
    status: int
    actors: Actors
    bodies: Callable[[], Sequence[bytes]] | None = None
    most: int | None = None
    rate: float | None = None


def save_body(size: int, data_key: str, seed: int) -> bytes:
    """A save of a sticker book project; its revision is the placeholder for a serial number, so that no two saves are equal."""
    document = project(size, random.Random(seed), revision=_REVISION)
    named = document.replace(_REVISION.encode(), SERIAL, 1)
    return b'{"gameType":"%s","dataKey":"%s","dataValue":%s}' % (GAME.encode(), data_key.encode(), named)


def event_body() -> bytes:
    """An event of the memory game with a unique time."""
    data = b'{"gameId":"memory_match","score":120,"level":3,"playTimeMinutes":7,"timestamp":%s}' % SERIAL
    return b'{"eventType":"game_progress","childId":"%s","contentId":"memory_match","duration":7,"eventData":%s}' % (
        CHILD,
        data,
    )


def _saves(size: int, data_key: str, variants: int) -> Callable[[], Sequence[bytes]]:
    return lambda: [save_body(size, data_key, _SEED + number) for number in range(variants)]


_DATA = b"/api/v2/games/children/" + CHILD + b"/data"
_KEPT = b"%s/%s/%s" % (_DATA, GAME.encode(), FIRST_KEY.encode())
_LIST = b"%s?gameType=%s" % (_DATA, GAME.encode())

LIGHT_WRITES: Final = 300.0
LIGHT_READS: Final = 600.0
"""Requests a second, evenly spaced: each has its statement to itself."""

HEALTH = Scenario("S1", "health", "GET", b"/health", 200, Actors.NOBODY)
PROFILE = Scenario("S2", "family profile", "GET", b"/api/v1/family/profile", 200, Actors.PARENTS)
SAVE = Scenario("S3", "PUT save, 2 kB", "PUT", _DATA, 200, Actors.CHILDREN, _saves(SMALL_BYTES, FIRST_KEY, 16))
LOAD = Scenario("S4", "GET save, 2 kB", "GET", _KEPT, 200, Actors.CHILDREN)
EVENT = Scenario("S5", "event", "POST", b"/api/v1/analytics/events", 201, Actors.CHILDREN, lambda: [event_body()])
STEADY = (
    HEALTH,
    PROFILE,
    SAVE,
    Scenario("S3b", "PUT save, 20 kB", "PUT", _DATA, 200, Actors.CHILDREN, _saves(MEDIUM_BYTES, "large", 8), 2_000),
    Scenario("S3c", "PUT save, 300 kB", "PUT", _DATA, 200, Actors.CHILDREN, _saves(LARGE_BYTES, "huge", 3), 100),
    LOAD,
    Scenario("S4b", "list of 10 saves of 2 kB", "GET", _LIST, 200, Actors.EVEN_CHILDREN),
    EVENT,
    replace(SAVE, name="S3 light", rate=LIGHT_WRITES),
    replace(LOAD, name="S4 light", rate=LIGHT_READS),
    replace(EVENT, name="S5 light", rate=LIGHT_WRITES),
)
