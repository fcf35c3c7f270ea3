"""S9: what a save and a load cost when there are more and more of them; the cost must stay flat.

The same number of families asks at every size, spread evenly over all there are, and each save they ask for has a full history:
so tokens are as well known, histories as long and caches as warm among ten million saves as among ten thousand, and what is
left to differ is the size of the tables and the depth of their indexes.
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
from bench.stage import HOME, OURS, Stage, StageError, Target, fresh_database, say
from bench.steady import WARM_UP_S, measure, prepare, warm_up
from bench.table import RATIO, Figures, Row, medians, ratio
from wondernest.development.embedded.postgres import EmbeddedPostgres

ASKING: Final = min(SIZES) // (CHILDREN * SAVES)
"""Families that ask: all there are at the smallest of the usual sizes."""
BYTES_OF_A_SAVE: Final = 3_000
"""With its indexes, a small kept version and its share of the family: measured 2,500; the rest is for writing it."""
FREE_BYTES: Final = 15 * 10**9
"""What a build leaves on the disk, at least."""
_QUIET: Final = ("games.simple_game_data", "wondernest.save_versions", "games.child_game_instances")
"""Written by saves. A small table is vacuumed again and again within a round, a large one not once: neither is, so that rounds
are alike; each begins vacuumed."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A running server on a database of a size."""

    saves: int
    database_url: str
    stage: Stage
    target: Target


def database_name(saves: int) -> str:
    """Where so many saves are kept for the next run."""
    return f"growth_{saves}"


def grown_database(postgres: EmbeddedPostgres, saves: int) -> tuple[str, DataSet]:
    """A database of that many saves, made or completed; raises StageError when the disk is too small for it."""
    data = DataSet(saves // (CHILDREN * SAVES), small=True, asking=ASKING)
    url = fresh_database(postgres, database_name(saves))
    missing = data.missing(url) * CHILDREN * SAVES
    free = shutil.disk_usage(HOME).free
    if missing and free - missing * BYTES_OF_A_SAVE < FREE_BYTES:
        needed = (missing * BYTES_OF_A_SAVE + FREE_BYTES) / 1e9
        raise StageError(f"{saves:,} saves: {needed:.0f} GB of free disk are needed, {free / 1e9:.0f} GB are there")
    data.install(url, say)
    return url, data


def run_growth(stage: Stage) -> list[Row]:
    """S3 and S4 of our own server at each size, in turns; then each size against the smallest."""
    if stage.servers.postgres is None:
        raise StageError("S9 needs the bench's own database")
    with ExitStack() as stack:
        sizes = [_grown(stage, stack, saves) for saves in stage.options.sizes]
        return [row for scenario in (SAVE, LOAD) for row in _compared(scenario, sizes)]


def _grown(stage: Stage, stack: ExitStack, saves: int) -> Grown:
    assert stage.servers.postgres is not None
    url, data = grown_database(stage.servers.postgres, saves)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _QUIET:
            quiet = sql.SQL("alter table {} set (autovacuum_enabled = off)")
            connection.execute(quiet.format(sql.Identifier(*table.split("."))))
    target = stack.enter_context(stage.ours(url).running())
    return Grown(saves, url, replace(stage, data=data), target)


def _tidy(database_url: str) -> None:
    """Vacuumed down to the indexes, which a large table would otherwise be spared, and written out."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in _QUIET:
            tidy = sql.SQL("vacuum (analyze, index_cleanup on) {}")
            connection.execute(tidy.format(sql.Identifier(*table.split("."))))
        connection.execute("checkpoint")


def _compared(scenario: Scenario, sizes: Sequence[Grown]) -> list[Row]:
    """The sizes take turns, so that what else happens on the machine happens to all of them."""
    works = [prepare(grown.stage, scenario) for grown in sizes]
    for grown, work in zip(sizes, works, strict=True):
        say(f"S9 {scenario.title} at {grown.saves:,} saves: warming up")
        warm_up(grown.stage, grown.target, work)
    rounds: list[list[Figures]] = [[] for _ in sizes]
    for number in range(sizes[0].stage.options.rounds):
        for grown, work, figures in zip(sizes, works, rounds, strict=True):
            say(f"S9 {scenario.title} at {grown.saves:,} saves, round {number + 1}")
            _tidy(grown.database_url)
            press(grown.target.port, work, grown.stage.options.connections, WARM_UP_S)
            figures.append(measure(grown.stage, grown.target, work))
    return rows_of(scenario.title, [grown.saves for grown in sizes], [medians(figures) for figures in rounds])


def rows_of(title: str, sizes: Sequence[int], figures: Sequence[Figures]) -> list[Row]:
    """A row for each size; beneath each but the smallest, what that one costs against it."""
    rows: list[Row] = []
    for saves, measured in zip(sizes, figures, strict=True):
        scenario = f"S9 {title} at {saves:,} saves"
        rows.append(Row(scenario, OURS, measured))
        if saves != sizes[0]:
            rows.append(Row(scenario, RATIO, ratio(measured, figures[0]), f"to {sizes[0]:,} saves"))
    return rows
