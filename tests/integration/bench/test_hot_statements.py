"""`bin/bench --plans` finds the statements it names, whatever becomes of the repositories."""

from __future__ import annotations

from bench.data_set import DataSet
from bench.hot import ACTS, BATCH
from bench.life import add_life
from bench.plans import explained

SETTINGS = "plan_cache_mode = 'force_generic_plan'"


async def test_every_act_runs_the_statements_it_names_and_leaves_nothing_behind(database_url: str) -> None:
    data = DataSet(BATCH, small=True, asking=BATCH)
    data.install(database_url, lambda _: None)
    saves = add_life(database_url, lambda _: None)
    pages, made_on = await explained(database_url, data)
    assert {page.name: tuple(page.runs) for page in pages} == {
        name: tuple(act.counts) for act in ACTS for name in act.names if name
    }
    assert all(SETTINGS in run.plan for page in pages for run in page.runs.values())
    assert "PostgreSQL" in made_on
    assert add_life(database_url, lambda _: None) == saves
