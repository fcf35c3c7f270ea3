"""`bin/bench --plans` finds the statements it names: fails when a repository changed and bench/hot/ did not."""

from __future__ import annotations

from bench.data_set import DataSet
from bench.hot import BATCH, OPERATIONS
from bench.library import Library
from bench.plans import explained
from bench.related_rows import add_related_rows

LIBRARY = Library(items=3_100, engagements=100)
"""Enough for a search to find something."""
SETTINGS = "plan_cache_mode = 'force_generic_plan'"


async def test_every_operation_runs_the_statements_it_names_and_changes_nothing(database_url: str) -> None:
    data = DataSet(BATCH, small=True, asking=BATCH)
    data.install(database_url, lambda _: None)
    saves = add_related_rows(database_url, lambda _: None, LIBRARY)
    pages, made_on = await explained(database_url, data)
    assert {page.name: tuple(page.runs) for page in pages} == {
        name: tuple(one.counts) for one in OPERATIONS for name in one.names if name
    }
    assert all(SETTINGS in run.plan for page in pages for run in page.runs.values())
    assert "PostgreSQL" in made_on
    assert add_related_rows(database_url, lambda _: None, LIBRARY) == saves
