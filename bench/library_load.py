"""S6 and S6c: lists, search and recommendations of a library, and the search of packs; the same as engagement grows."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from bench.data_set import DataSet
from bench.growth import SizedServer, compared
from bench.library import PACK_WORD, WORD, Library
from bench.scenarios import Actors, Scenario
from bench.setup import Setup, SetupError, fresh_database, say
from bench.steady import run_steady
from bench.table import Row
from bench.work import CHILD

ITEMS: Final = 1_000
ENGAGEMENTS: Final = 20_000
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
"""Engagements in the databases of `S6c growth`."""
FAMILIES: Final = 1_250
ASKING: Final = 25
"""Families of two children that send requests: at the smallest size all engagements are theirs."""
_LIBRARY: Final = b"/api/v1/content"
LISTS: Final = (
    Scenario("S6", "page 2 of the library", "GET", _LIBRARY + b"?page=2", 200, Actors.PARENTS),
    Scenario("S6", "page 2 for a child", "GET", _LIBRARY + b"?page=2&childId=" + CHILD, 200, Actors.CHILDREN),
    Scenario("S6", "search of the library", "GET", _LIBRARY + b"?q=%s" % WORD.encode(), 200, Actors.PARENTS),
)
RECOMMENDATIONS: Final = Scenario(
    "S6c", "recommendations", "GET", _LIBRARY + b"/recommendations/" + CHILD, 200, Actors.CHILDREN
)
_PACKS: Final = b"/api/v1/content-packs?query=%s" % PACK_WORD.encode()
CHOICES: Final = (Scenario("S6c", "search of packs", "GET", _PACKS, 200, Actors.PARENTS), RECOMMENDATIONS)


def run_lists(setup: Setup) -> list[Row]:
    """S6: a library of ITEMS."""
    return _steady(setup, LISTS)


def run_choices(setup: Setup) -> list[Row]:
    """S6c: the same library, and ten thousand packs."""
    return _steady(setup, CHOICES)


def run_library_growth(setup: Setup) -> list[Row]:
    """S6c growth: recommendations and a page on our own server at each number of engagements, in turns; each with the smallest."""
    if setup.servers.postgres is None:
        raise SetupError("S6c growth needs the bench's own database")
    with ExitStack() as stack:
        sizes = [_sized_server(setup, stack, engagements) for engagements in SIZES]
        scenarios = (RECOMMENDATIONS, LISTS[1])
        return [row for scenario in scenarios for row in compared("S6c", scenario, sizes, "engagements")]


def _steady(setup: Setup, scenarios: tuple[Scenario, ...]) -> list[Row]:
    Library(ITEMS, ENGAGEMENTS).install(setup.servers.database_url, say)
    return [row for scenario in scenarios for row in run_steady(setup, scenario)]


def _sized_server(setup: Setup, stack: ExitStack, engagements: int) -> SizedServer:
    assert setup.servers.postgres is not None
    data = DataSet(FAMILIES, small=True, asking=ASKING)
    url = fresh_database(setup.servers.postgres, f"library_{engagements}")
    data.install(url, say)
    Library(ITEMS, engagements, data.asking_children()).install(url, say)
    return SizedServer(engagements, url, replace(setup, data=data), stack.enter_context(setup.ours(url).running()))
