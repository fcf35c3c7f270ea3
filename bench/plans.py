"""`bin/bench --plans`: how PostgreSQL runs each hot statement among a million saves, kept in bench/plans/, and checked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.data_set import DataSet
from bench.growth import grown_database
from bench.hot import ACTS, BATCH, Act, Parent, Requests
from bench.life import add_life
from bench.rehearsal import Explained, OneConnection, explain, one_connection, rehearse
from bench.results import commit
from bench.stage import StageError, own_postgres, say

FOLDER: Final = Path(__file__).with_name("plans")
SMALL: Final = frozenset({"game_registry", "game_types", "game_categories"})
"""Tables that do not grow with families: a dozen rows, read whole as a matter of course."""
_SHORT: Final = "looked through once an hour for each worker, and holds only what has not expired"
RIGHT: Final[Mapping[str, str]] = {
    "prune-email-verifications": f"{_SHORT}, one day's sign-ups",
    "prune-reset-tokens": f"{_SHORT}, one hour's resets",
    "prune-token-cutoffs": f"{_SHORT}, a month's password resets",
    "prune-refresh-tokens": (
        "core.refresh_tokens has no index on expires_at and belongs to the earlier backends: looking for expired tokens"
        " reads it from one end to the other, once an hour for each worker"
    ),
}
"""Statements that may read a growing table whole, and why."""
PAGES_OF_A_REQUEST: Final = 200
"""More pages than that for one request mean that the index chosen was the wrong one."""
_WHOLE = re.compile(r"Seq Scan on (\w+)(?!.*never executed)")
_PAGES = re.compile(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?")
_PARENTS = """
    select u.id, m.family_id, u.email, (select c.id from family.child_profiles c where c.family_id = m.family_id
                                         order by c.id limit 1)
      from core.users u join family.family_members m on m.user_id = u.id where u.email = any($1) order by u.email"""

_ROWS = """
    select (select count(*) from family.families) as families, (select count(*) from games.simple_game_data) as saves,
           (select count(*) from wondernest.save_versions) as "kept versions",
           (select count(*) from analytics.analytics_events) as events"""


@dataclass(slots=True)
class Page:
    """One file: a statement, run by so many requests at once."""

    name: str
    serves: str
    runs: dict[int, Explained] = field(default_factory=dict["int", "Explained"])

    def text(self, made_on: str) -> str:
        """What is written."""
        parts = [f"{self.name}\n\nserves: {self.serves}\n{made_on}"]
        if reason := RIGHT.get(self.name):
            parts.append(f"reads a table whole: {reason}")
        for count, run in self.runs.items():
            given = "\n".join(f"  ${number} {kind}" for number, kind in enumerate(run.parameters, 1))
            title = "one request" if count == 1 else f"{count} requests together"
            log = f"\n  writes {run.wal_bytes:,} bytes of log" if run.wal_bytes else ""
            parts.append(f"{title}{log}\n{given}".rstrip() + f"\n\n{run.plan}")
        return "\n\n".join(parts) + "\n"

    def faults(self) -> list[str]:
        """What is wrong with the plans; a statement in RIGHT may do what it does."""
        if self.name in RIGHT:
            return []
        return [
            f"{self.name}, {count} at once: {fault}"
            for count, run in self.runs.items()
            for fault in faults(run.plan, count)
        ]


def faults(plan: str, requests: int) -> list[str]:
    """What makes a plan's cost grow with the tables."""
    found = [f"reads {table} from one end to the other" for table in sorted(set(_WHOLE.findall(plan)) - SMALL)]
    nodes = _PAGES.findall(plan.partition("\nPlanning:")[0])
    pages = max((sum(int(number or 0) for number in node) for node in nodes), default=0)
    if pages > PAGES_OF_A_REQUEST * requests:
        found.append(f"touches {pages:,} pages")
    return found


def record_plans(saves: int) -> None:
    """Write every plan; raises StageError when one is bad or a statement is not the one that was expected."""
    with own_postgres() as postgres:
        url, data = grown_database(postgres, saves)
        add_life(url, say)
        pages, made_on = asyncio.run(explained(url, data))
    _write(pages, made_on)
    if bad := [fault for page in pages for fault in page.faults()]:
        raise StageError("; ".join(bad))


async def explained(url: str, data: DataSet) -> tuple[list[Page], str]:
    """A page for each hot statement, and what it was made on; raises StageError."""
    emails = data.emails()
    chosen = emails[:: max(1, len(emails) // BATCH)][:BATCH]
    async with one_connection(url) as database:
        rows = await database.fetch(_PARENTS, chosen)
        requests = Requests(database, [Parent(*row) for row in rows])
        made_on = await _conditions(database)
        return [page for act in ACTS for page in await _pages(database, requests, act)], made_on


async def _pages(database: OneConnection, requests: Requests, act: Act) -> list[Page]:
    pages = [Page(name, act.serves) if name else None for name in act.names]
    for count in act.counts:
        noted = await rehearse(database, act.run, requests, count)
        if len(noted) != len(pages):
            ran = ", ".join(" ".join(statement.sql.split()[:6]) for statement in noted)
            raise StageError(f"{act.serves}: {len(noted)} statements ran ({ran}), bench/hot.py names {len(pages)}")
        for page, run in zip(pages, await explain(database, noted), strict=True):
            if page:
                page.runs[count] = run
    return [page for page in pages if page]


async def _conditions(database: OneConnection) -> str:
    version = await database.fetchval("show server_version")
    counts = await database.fetchrow(_ROWS)
    assert counts is not None
    rows = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    return f"PostgreSQL {version}; {datetime.now(UTC):%Y-%m-%d}; commit {commit()}\n{rows}"


def _write(pages: Sequence[Page], made_on: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for page in pages:
        (FOLDER / f"{page.name}.txt").write_text(page.text(made_on), encoding="utf-8")
    say(f"{len(pages)} plans in bench/plans")
