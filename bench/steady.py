"""Rounds of steady load, the servers taking turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from bench.client import Answer, Client
from bench.load import pace, press
from bench.processes import ProcessTree
from bench.scenarios import Actors, Scenario
from bench.stage import Stage, Target, say
from bench.table import Figures, Row, medians
from bench.tally import Load
from bench.work import Actor, Work, request

WARM_UP_S = 2.0
LONGEST_WARM_UP_S = 12.0
WORKERS_MET = 2
"""An actor is to have met about so many workers before it counts: each verifies a token once."""
_SHOWN_BYTES = 120


def run_steady(stage: Stage, scenario: Scenario) -> list[Row]:
    """Warm up, then rounds in which each server gets its turn; medians for each."""
    options = stage.options
    work = prepare(stage, scenario)
    targets, rows = _answering(stage.targets, scenario, work)
    for target in targets:
        warm_up(stage, target, work)
    rounds: dict[str, list[Figures]] = {target.name: [] for target in targets}
    for number in range(options.rounds):
        for target in targets:
            say(f"{scenario.name} {scenario.title}: {target.name}, round {number + 1} of {options.rounds}")
            rounds[target.name].append(measure(stage, target, work))
    for target in targets:
        figures = medians(rounds[target.name])
        if options.half_load and figures.per_second:
            load = pace(target.port, work, options.connections, options.seconds, figures.per_second / 2)
            figures = replace(figures, half_load_p99_ms=load.p99_ms)
        rows.append(Row(f"{scenario.name} {scenario.title}", target.name, figures))
    return rows


def warm_up(stage: Stage, target: Target, work: Work) -> None:
    """Press, uncounted, until every actor has asked a few times or it has been long enough."""
    asked, began = 0, time.monotonic()
    while True:
        asked += press(target.port, work, stage.options.connections, WARM_UP_S).requests
        if asked >= WORKERS_MET * len(work.actors) or time.monotonic() - began >= LONGEST_WARM_UP_S:
            return


def prepare(stage: Stage, scenario: Scenario) -> Work:
    """The scenario's requests, by actors of the data set."""
    actors = _actors(stage, scenario.actors)[: scenario.most]
    bodies = [None] if scenario.bodies is None else scenario.bodies()
    bearer = scenario.actors is not Actors.NOBODY
    variants = [
        request(scenario.method, scenario.path, "127.0.0.1", body, bearer=bearer, gzip=stage.options.gzip)
        for body in bodies
    ]
    return Work(tuple(variants), actors)


def measure(stage: Stage, target: Target, work: Work) -> Figures:
    """One round on one server."""
    before = cpu_s(target.tree), cpu_s(stage.database)
    load = press(target.port, work, stage.options.connections, stage.options.seconds)
    spent = cpu_s(target.tree), cpu_s(stage.database)
    return figures_of(load, target, [after - start for start, after in zip(before, spent, strict=True)], stage.database)


def figures_of(load: Load, target: Target, spent_s: Sequence[float], database: ProcessTree | None) -> Figures:
    """Figures of a load, given the CPU seconds that server and database spent on it."""
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


def _actors(stage: Stage, actors: Actors) -> list[Actor]:
    match actors:
        case Actors.NOBODY:
            return [Actor("", "")]
        case Actors.PARENTS:
            return stage.data.parents(*stage.token_terms)
        case Actors.CHILDREN:
            return stage.data.children(*stage.token_terms)
        case Actors.EVEN_CHILDREN:
            return stage.data.even_children(*stage.token_terms)


def _answering(targets: Sequence[Target], scenario: Scenario, work: Work) -> tuple[list[Target], list[Row]]:
    """The servers that answer the scenario as the contract says, and a row for each that does not."""
    good: list[Target] = []
    rows: list[Row] = []
    for target in targets:
        answer = asyncio.run(_once(target.port, next(work.requests())))
        if answer.status == scenario.status:
            good.append(target)
        else:
            said = answer.body[:_SHOWN_BYTES].decode(errors="replace")
            rows.append(Row(f"{scenario.name} {scenario.title}", target.name, Figures(), f"{answer.status} {said}"))
    return good, rows


async def _once(port: int, content: bytes) -> Answer:
    async with Client("127.0.0.1", port) as client:
        return await client.ask(content)


def cpu_s(tree: ProcessTree | None) -> float:
    """CPU time that a tree has spent, where it is known."""
    return tree.usage().cpu_s if tree else 0.0
