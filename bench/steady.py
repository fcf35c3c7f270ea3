"""Rounds of steady load; the servers take turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.client import Answer, Client
from bench.load import pace, press
from bench.processes import ProcessTree
from bench.scenarios import Actors, Scenario
from bench.setup import Setup, Target, say
from bench.table import Figures, Row, medians
from bench.tally import Load
from bench.work import Actor, Work, request

WARM_UP_S = 2.0
LONGEST_WARM_UP_S = 12.0
WORKERS_MET = 2
"""During warm-up each actor should reach about this many workers, because each worker verifies a token once."""
_SHOWN_BYTES = 120


def run_steady(setup: Setup, scenario: Scenario) -> list[Row]:
    """Warm up, then rounds with the servers in turn; medians for each."""
    options = setup.options
    work = prepare(setup, scenario)
    targets, rows = _answering(setup.targets, scenario, work)
    for target in targets:
        warm_up(setup, target, work)
    rounds: dict[str, list[Figures]] = {target.name: [] for target in targets}
    for number in range(options.rounds):
        for target in targets:
            say(f"{scenario.name} {scenario.title}: {target.name}, round {number + 1} of {options.rounds}")
            rounds[target.name].append(measure(setup, target, work, scenario.rate))
    for target in targets:
        figures = medians(rounds[target.name])
        if options.half_load and figures.per_second and scenario.rate is None:
            load = pace(target.port, work, options.connections, options.seconds, figures.per_second / 2)
            figures = replace(figures, half_load_p99_ms=load.p99_ms)
        rows.append(Row(f"{scenario.name} {scenario.title}", target.name, figures))
    return rows


def warm_up(setup: Setup, target: Target, work: Work) -> None:
    """Uncounted load until every actor has sent a few requests, at most LONGEST_WARM_UP_S."""
    asked, began = 0, time.monotonic()
    while True:
        asked += press(target.port, work, setup.options.connections, WARM_UP_S).requests
        if asked >= WORKERS_MET * len(work.actors) or time.monotonic() - began >= LONGEST_WARM_UP_S:
            return


def prepare(setup: Setup, scenario: Scenario) -> Work:
    """The scenario's requests, with actors of the data set."""
    actors = _actors(setup, scenario.actors)[: scenario.most]
    bodies = [None] if scenario.bodies is None else scenario.bodies()
    bearer = scenario.actors is not Actors.NOBODY
    variants = [
        request(scenario.method, scenario.path, "127.0.0.1", body, bearer=bearer, gzip=setup.options.gzip)
        for body in bodies
    ]
    return Work(tuple(variants), actors)


def measure(setup: Setup, target: Target, work: Work, rate: float | None = None) -> Figures:
    """One round on one server, as fast as it answers or at a rate."""
    connections, seconds = setup.options.connections, setup.options.seconds
    if rate is None:
        return measured(setup, target, lambda: press(target.port, work, connections, seconds))
    return measured(setup, target, lambda: pace(target.port, work, connections, seconds, rate))


def measured(setup: Setup, target: Target, put_load: Callable[[], Load]) -> Figures:
    """The figures of a load, with the CPU that server and database spend meanwhile."""
    before = cpu_s(target.tree), cpu_s(setup.database)
    load = put_load()
    spent = cpu_s(target.tree), cpu_s(setup.database)
    return figures_of(load, target, [after - start for start, after in zip(before, spent, strict=True)], setup.database)


def figures_of(load: Load, target: Target, spent_s: Sequence[float], database: ProcessTree | None) -> Figures:
    """The figures of a load; `spent_s`: CPU seconds of server and database."""
    each_us = [seconds * 1e6 / load.requests if load.requests else 0.0 for seconds in spent_s]
    known = target.tree is not None and database is not None
    usage = target.tree.usage() if target.tree else None
    return Figures(
        per_second=load.per_second,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        errors=load.refused + load.broken,
        cpu_us=each_us[0] if target.tree else None,
        database_cpu_us=each_us[1] if database else None,
        total_cpu_us=sum(each_us) if known else None,
        rss_mb=usage.rss_mb if usage else None,
        largest_rss_mb=usage.largest_rss_mb if usage else None,
    )


def _actors(setup: Setup, actors: Actors) -> list[Actor]:
    match actors:
        case Actors.NOBODY:
            return [Actor("", "")]
        case Actors.PARENTS:
            return setup.data.parents(*setup.token_terms)
        case Actors.CHILDREN:
            return setup.data.children(*setup.token_terms)
        case Actors.EVEN_CHILDREN:
            return setup.data.even_children(*setup.token_terms)


def _answering(targets: Sequence[Target], scenario: Scenario, work: Work) -> tuple[list[Target], list[Row]]:
    """The servers that answer with the scenario's status, and a row for each that does not."""
    good: list[Target] = []
    rows: list[Row] = []
    for target in targets:
        answer = asyncio.run(_once(target.port, next(work.requests())))
        if answer.status == scenario.status:
            good.append(target)
        else:
            shown = answer.body[:_SHOWN_BYTES].decode(errors="replace")
            rows.append(Row(f"{scenario.name} {scenario.title}", target.name, Figures(), f"{answer.status} {shown}"))
    return good, rows


async def _once(port: int, content: bytes) -> Answer:
    async with Client("127.0.0.1", port) as client:
        return await client.ask(content)


def cpu_s(tree: ProcessTree | None) -> float:
    """CPU seconds of a process tree so far; 0 where unknown."""
    return tree.usage().cpu_s if tree else 0.0
