"""S9: the cost of a save and a load as the number of stored saves grows; it must stay flat.

At every size the same number of families sends requests, spread evenly over all families, and each save they request has a full
history. So verified tokens, length of histories and warmth of caches are equal at ten thousand and at ten million saves; only
the size of the tables and the depth of their indexes differ.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

import psycopg
from psycopg import sql

from bench.data_set import CHILDREN, SAVES, DataSet
from bench.load import press
from bench.options import SIZES
from bench.scenarios import LOAD, SAVE, Scenario
from bench.setup import HOME, OURS, Setup, SetupError, Target, fresh_database, say
from bench.steady import WARM_UP_S, measure, prepare, warm_up
from bench.table import RATIO, Figures, Row, medians, ratio
from wondernest.development.embedded.postgres import EmbeddedPostgres

ASKING: Final = min(SIZES) // (CHILDREN * SAVES)
"""Families that send requests: all families of the smallest usual size."""
BYTES_OF_A_SAVE: Final = 3_000
"""On disk, with indexes, a small kept version and its share of the family: 2,500 measured, the rest is needed while writing."""
FREE_BYTES: Final = 15 * 10**9
"""Disk space that a build leaves free, at least."""
_WRITTEN_BY_SAVES: Final = ("games.simple_game_data", "wondernest.save_versions", "games.child_game_instances")
"""Tables that saves write. Autovacuum would visit a small table several times within a round and a large one never, so it is
off for them; each round begins with a vacuum instead."""


@dataclass(frozen=True, slots=True)
class SizedServer:
    """A running server on a database with a given number of saves, or of other rows."""

    rows: int
    database_url: str
    setup: Setup
    target: Target


def database_name(saves: int) -> str:
    """The name of the database with that many saves, which is kept for the next run."""
    return f"growth_{saves}"


def grown_database(postgres: EmbeddedPostgres, saves: int) -> tuple[str, DataSet]:
    """The address and data set of a database with that many saves, built where missing; raises SetupError when the disk is too small."""
    data = DataSet(saves // (CHILDREN * SAVES), small=True, asking=ASKING)
    url = fresh_database(postgres, database_name(saves))
    missing = data.missing(url) * CHILDREN * SAVES
    free = shutil.disk_usage(HOME).free
    if missing and free - missing * BYTES_OF_A_SAVE < FREE_BYTES:
        needed = (missing * BYTES_OF_A_SAVE + FREE_BYTES) / 1e9
        raise SetupError(f"{saves:,} saves: {needed:.0f} GB of free disk are needed, {free / 1e9:.0f} GB are free")
    data.install(url, say)
    return url, data


def run_growth(setup: Setup) -> list[Row]:
    """S3 and S4 on our own server at each size, in turns; then each size compared with the smallest."""
    if setup.servers.postgres is None:
        raise SetupError("S9 needs the bench's own database")
    with ExitStack() as stack:
        sizes = [_sized_server(setup, stack, saves) for saves in setup.options.sizes]
        return [row for scenario in (SAVE, LOAD) for row in compared("S9", scenario, sizes, "saves")]


def _sized_server(setup: Setup, stack: ExitStack, saves: int) -> SizedServer:
    assert setup.servers.postgres is not None
    url, data = grown_database(setup.servers.postgres, saves)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _WRITTEN_BY_SAVES:
            quiet = sql.SQL("alter table {} set (autovacuum_enabled = off)")
            connection.execute(quiet.format(sql.Identifier(*table.split("."))))
    target = stack.enter_context(setup.ours(url).running())
    return SizedServer(saves, url, replace(setup, data=data), target)


def _vacuum(database_url: str) -> None:
    """Vacuum with index clean-up, which PostgreSQL would skip for a large table, and write a checkpoint."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in _WRITTEN_BY_SAVES:
            tidy = sql.SQL("vacuum (analyze, index_cleanup on) {}")
            connection.execute(tidy.format(sql.Identifier(*table.split("."))))
        connection.execute("checkpoint")


def compared(name: str, scenario: Scenario, sizes: Sequence[SizedServer], what: str) -> list[Row]:
    """The sizes take turns, so that other load on the machine disturbs all of them alike. `what`: the rows that grow."""
    works = [prepare(sized.setup, scenario) for sized in sizes]
    for sized, work in zip(sizes, works, strict=True):
        say(f"{name} {scenario.title} at {sized.rows:,} {what}: warming up")
        warm_up(sized.setup, sized.target, work)
    rounds: list[list[Figures]] = [[] for _ in sizes]
    for number in range(sizes[0].setup.options.rounds):
        for sized, work, figures in zip(sizes, works, rounds, strict=True):
            say(f"{name} {scenario.title} at {sized.rows:,} {what}, round {number + 1}")
            _vacuum(sized.database_url)
            press(sized.target.port, work, sized.setup.options.connections, WARM_UP_S)
            figures.append(measure(sized.setup, sized.target, work))
    title = f"{name} {scenario.title}"
    return rows_of(title, [sized.rows for sized in sizes], [medians(figures) for figures in rounds], what)


def rows_of(title: str, sizes: Sequence[int], figures: Sequence[Figures], what: str = "saves") -> list[Row]:
    """A row for each size; below each except the smallest, its ratio to the smallest."""
    rows: list[Row] = []
    for size, measured in zip(sizes, figures, strict=True):
        scenario = f"{title} at {size:,} {what}"
        rows.append(Row(scenario, OURS, measured))
        if size != sizes[0]:
            rows.append(Row(scenario, RATIO, ratio(measured, figures[0]), f"to {sizes[0]:,} {what}"))
    return rows
