"""The one table: a row for each scenario and server, and the ratio between two servers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

RATIO = "ratio"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where it was not."""

    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    worst_ms: float | None = None
    half_load_p99_ms: float | None = None
    errors: int | None = None
    cpu_us: float | None = None
    database_cpu_us: float | None = None
    total_cpu_us: float | None = None
    rss_mb: float | None = None
    largest_rss_mb: float | None = None
    descriptors: float | None = None
    database_connections: float | None = None
    waiting: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one server in one scenario, with an optional note."""

    scenario: str
    server: str
    figures: Figures
    note: str = ""


_COLUMNS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("req/s", "per_second", lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.1f}"),
    ("p50 ms", "p50_ms", lambda value: f"{value:.1f}"),
    ("p99 ms", "p99_ms", lambda value: f"{value:.1f}"),
    ("worst ms", "worst_ms", lambda value: f"{value:.1f}"),
    ("p99 ms at half load", "half_load_p99_ms", lambda value: f"{value:.1f}"),
    ("errors", "errors", lambda value: f"{value:.0f}"),
    ("server CPU µs/req", "cpu_us", lambda value: f"{value:,.0f}"),
    ("database CPU µs/req", "database_cpu_us", lambda value: f"{value:,.0f}"),
    ("both, µs/req", "total_cpu_us", lambda value: f"{value:,.0f}"),
    ("RSS MB", "rss_mb", lambda value: f"{value:.0f}"),
    ("largest process MB", "largest_rss_mb", lambda value: f"{value:.0f}"),
    ("file descriptors", "descriptors", lambda value: f"{value:,.0f}"),
    ("database connections, most", "database_connections", lambda value: f"{value:.0f}"),
    ("waiting, most", "waiting", lambda value: f"{value:,.0f}"),
)


def medians(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds; errors are added up."""
    merged: dict[str, float | None] = {}
    for field in fields(Figures):
        values = [value for one in rounds if (value := getattr(one, field.name)) is not None]
        merged[field.name] = statistics.median(values) if values else None
    errors = [one.errors for one in rounds if one.errors is not None]
    return Figures(**merged | {"errors": sum(errors) if errors else None})  # pyright: ignore[reportArgumentType]


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; columns without any figure are left out."""
    shown = [column for column in _COLUMNS if any(getattr(row.figures, column[1]) is not None for row in rows)]
    notes = any(row.note for row in rows)
    head = ["scenario", "server", *(column[0] for column in shown), *(["note"] if notes else [])]
    lines = [head, ["---", "---", *("---:" for _ in shown), *(["---"] if notes else [])]]
    for row in _with_ratios(rows):
        cells = [_cell(getattr(row.figures, name), style, row.server) for _, name, style in shown]
        lines.append([row.scenario, row.server, *cells, *([row.note] if notes else [])])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(_line(line, widths) for line in lines)


def _with_ratios(rows: Iterable[Row]) -> Iterable[Row]:
    for scenario, group in groupby(rows, key=lambda row: row.scenario):
        members = list(group)
        yield from members
        if len(members) == 2 and RATIO not in {row.server for row in members}:
            yield Row(scenario, RATIO, ratio(members[0].figures, members[1].figures))


def ratio(ours: Figures, other: Figures) -> Figures:
    """Each figure of `ours` divided by that of `other`; errors are not compared."""
    ratios: dict[str, float | None] = {}
    for field in fields(Figures):
        one, two = getattr(ours, field.name), getattr(other, field.name)
        comparable = field.name != "errors" and one is not None and two
        ratios[field.name] = one / two if comparable else None
    return Figures(**ratios)  # pyright: ignore[reportArgumentType]


def _cell(value: float | None, style: Callable[[float], str], server: str) -> str:
    if value is None:
        return "" if server == RATIO else NOTHING
    return f"{value:.2f}×" if server == RATIO else style(value)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
