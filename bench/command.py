"""`bin/bench`: runs the chosen scenarios, one after another, and prints one table."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

import psycopg

from bench import results
from bench.day import run_day
from bench.files import run_files
from bench.growth import run_growth
from bench.histories import run_histories
from bench.hostile import run_hostile
from bench.library_load import run_choices, run_library_growth, run_lists
from bench.logins import run_logins
from bench.options import Options, parse
from bench.scenarios import STEADY
from bench.setup import Setup, SetupError, setup
from bench.soak import run_soak
from bench.start import run_cold_start
from bench.steady import run_steady
from bench.table import Row, table
from bench.tally import LoadError
from wondernest.development.embedded.errors import EmbeddedError

FAILURE = 1
_SPECIAL = {
    "S6": run_lists,
    "S6b": run_files,
    "S6c": run_choices,
    "S6c growth": run_library_growth,
    "S6c history": run_histories,
    "S7": run_logins,
    "S8": run_day,
    "S9": run_growth,
    "S10": run_cold_start,
    "S11": run_soak,
    "S12": run_hostile,
}
_STEADY = {scenario.name: scenario for scenario in STEADY}


def main(words: Sequence[str]) -> int:
    """Run and print; returns the exit code. After Ctrl-C the rows measured so far are printed."""
    options = parse(words)
    signal.signal(signal.SIGTERM, _interrupt)
    rows: list[Row] = []
    notes: list[str] = []
    run = _record_plans if options.plans else _measure
    failure = _failure_of(lambda: run(options, rows, notes))
    if rows:
        described, shown = results.conditions(options, notes), table(rows)
        sys.stdout.write(f"{described}\n\n{shown}\n")
        if options.save and not failure:
            results.append(described, shown)
    if failure:
        sys.stderr.write(f"bench: {failure}\n")
    return FAILURE if failure else 0


def _failure_of(run: Callable[[], None]) -> str:
    """The error that stopped the run, in one line; empty when there was none."""
    try:
        run()
    except (SetupError, LoadError, EmbeddedError, psycopg.Error, OSError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    except KeyboardInterrupt:
        return "stopped"
    return ""


def _measure(options: Options, rows: list[Row], notes: list[str]) -> None:
    with setup(options) as made:
        notes += made.notes
        for name in options.scenarios:
            rows += _run(made, name)


def _record_plans(options: Options, _rows: list[Row], _notes: list[str]) -> None:
    from bench.plans import record_plans

    record_plans(max(options.sizes))


def _run(made: Setup, name: str) -> list[Row]:
    return run_steady(made, _STEADY[name]) if name in _STEADY else _SPECIAL[name](made)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
