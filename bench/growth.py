"""S9: what a save and a load cost when there are more and more of them; the cost must stay flat."""

from __future__ import annotations

from dataclasses import replace

from bench.data_set import CHILDREN, SAVES, DataSet
from bench.scenarios import LOAD, SAVE
from bench.stage import Stage, StageError, fresh_database, say
from bench.steady import measure, prepare, warm_up
from bench.table import Figures, Row, medians

SIZES = (10_000, 100_000, 1_000_000)
"""Saves, each of 2 kB, in a database of their own that is kept for the next run."""


def run_growth(stage: Stage) -> list[Row]:
    """S3 and S4 of our own server at each size."""
    if stage.servers.postgres is None:
        raise StageError("S9 needs the bench's own database")
    rows: list[Row] = []
    for saves in SIZES:
        data = DataSet(saves // (CHILDREN * SAVES), small=True)
        url = fresh_database(stage.servers.postgres, f"bench_{saves}")
        data.install(url, say)
        grown = replace(stage, data=data)
        with stage.ours(url).running() as target:
            for scenario in (SAVE, LOAD):
                say(f"S9 {scenario.title} at {saves:,} saves")
                work = prepare(grown, scenario)
                warm_up(grown, target, work)
                rounds: list[Figures] = [measure(grown, target, work) for _ in range(stage.options.rounds)]
                rows.append(Row(f"S9 {scenario.title} at {saves:,}", target.name, medians(rounds)))
    return rows
