"""`bin/bench --plans`: the plan of each hot statement in a database of a million saves, written to bench/plans/ and checked."""

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
from bench.hot import BATCH, OPERATIONS, Operation, Parent, Requests
from bench.related_rows import add_related_rows
from bench.results import commit
from bench.setup import SetupError, own_postgres, say
from bench.statements import Explained, OneConnection, explain, one_connection, record_statements

FOLDER: Final = Path(__file__).with_name("plans")
SMALL: Final = frozenset(
    {"game_registry", "game_types", "game_categories", "content_pack_categories", "event_archives"}
)
"""Tables that do not grow with the number of families: a dozen rows, or one a day, which may be read whole."""
_SHORT: Final = "searched once an hour, and holds only what has not expired"
MAY_READ_WHOLE: Final[Mapping[str, str]] = {
    "prune-email-verifications": f"{_SHORT}, one day's sign-ups",
    "prune-reset-tokens": f"{_SHORT}, one hour's resets",
    "prune-token-cutoffs": f"{_SHORT}, a month's password resets",
    "prune-unrecorded-cutoffs": f"{_SHORT}, a month's logouts of pairs that an earlier backend issued",
    "pack-search": (
        "the packs of the store are a few thousand: filters that may be absent cannot use an index, and the parental filter decides"
        " about each"
    ),
    "prune-refresh-tokens": (
        "core.refresh_tokens has no index on expires_at and belongs to the earlier backends: the search for expired tokens"
        " reads the whole table, once an hour"
    ),
}
"""Statements that may read a growing table whole, and why."""
PAGES_OF_A_REQUEST: Final = 200
"""More pages than this for one request mean that the planner chose a wrong index."""
_OF_A_LIBRARY: Final = 10_000
"""The items that limits may refuse by a tag, a word or metadata, and those about an interest: a tenth of the library, each on a page of its own."""
PAGES_OF_A_LIST: Final[Mapping[str, int]] = {
    "letter-readers": 5_000,
    "pack-search-words": 800,
    "pack-owned": 800,
    "content-search": 800,
    "content-list": _OF_A_LIBRARY,
    "content-recommend": _OF_A_LIBRARY,
    "content-filters": _OF_A_LIBRARY,
}
"""More for lists whose every row has parts in other tables: up to 20 packs, each with category, ownership and the count of its assets; 500
readers of the weekly letter, each with zone and last letter."""
_WHOLE = re.compile(r"Seq Scan on (\w+)(?!.*never executed)")
_PAGES = re.compile(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?")
_PARENTS = """
    select u.id, m.family_id, u.email, (select c.id from family.child_profiles c where c.family_id = m.family_id
                                         order by c.id limit 1)
      from core.users u join family.family_members m on m.user_id = u.id where u.email = any($1) order by u.email"""

_ROWS = """
    select (select count(*) from family.families) as families, (select count(*) from games.simple_game_data) as saves,
           (select count(*) from wondernest.save_versions) as "kept versions",
           (select count(*) from analytics.analytics_events) as events, (select count(*) from public.content_packs) as packs,
           (select count(*) from public.content_pack_usage) as "uses of packs",
           (select count(*) from content.content_items) as items, (select count(*) from content.content_engagement) as engagements"""


@dataclass(slots=True)
class Page:
    """One file: a statement and its runs, by the number of requests that shared it."""

    name: str
    serves: str
    runs: dict[int, Explained] = field(default_factory=dict["int", "Explained"])

    def text(self, made_on: str) -> str:
        """The text of the file."""
        parts = [f"{self.name}\n\nserves: {self.serves}\n{made_on}"]
        if reason := MAY_READ_WHOLE.get(self.name):
            parts.append(f"reads a table whole: {reason}")
        for count, run in self.runs.items():
            given = "\n".join(f"  ${number} {kind}" for number, kind in enumerate(run.parameters, 1))
            title = "one request" if count == 1 else f"{count} requests together"
            log = f"\n  writes {run.wal_bytes:,} bytes of log" if run.wal_bytes else ""
            parts.append(f"{title}{log}\n{given}".rstrip() + f"\n\n{run.plan}")
        return "\n\n".join(parts) + "\n"

    def faults(self) -> list[str]:
        """What is wrong with the plans; none for a statement listed in MAY_READ_WHOLE."""
        if self.name in MAY_READ_WHOLE:
            return []
        return [
            f"{self.name}, {count} at once: {fault}"
            for count, run in self.runs.items()
            for fault in faults(run.plan, count, PAGES_OF_A_LIST.get(self.name, PAGES_OF_A_REQUEST))
        ]


def faults(plan: str, requests: int, most: int = PAGES_OF_A_REQUEST) -> list[str]:
    """The parts of a plan whose cost grows with the tables; `most`: pages of one request."""
    found = [f"reads the whole of {table}" for table in sorted(set(_WHOLE.findall(plan)) - SMALL)]
    nodes = _PAGES.findall(plan.partition("\nPlanning:")[0])
    pages = max((sum(int(number or 0) for number in node) for node in nodes), default=0)
    if pages > most * requests:
        found.append(f"touches {pages:,} pages")
    return found


def record_plans(saves: int) -> None:
    """Write every plan; raises SetupError when a plan is bad or the statements are not the expected ones."""
    with own_postgres() as postgres:
        url, data = grown_database(postgres, saves)
        add_related_rows(url, say)
        pages, made_on = asyncio.run(explained(url, data))
    _write(pages, made_on)
    if bad := [fault for page in pages for fault in page.faults()]:
        raise SetupError("; ".join(bad))


async def explained(url: str, data: DataSet) -> tuple[list[Page], str]:
    """A page for each hot statement, and the database they were made on; raises SetupError."""
    emails = data.emails()
    chosen = emails[:: max(1, len(emails) // BATCH)][:BATCH]
    async with one_connection(url) as database:
        rows = await database.fetch(_PARENTS, chosen)
        requests = Requests(database, [Parent(*row) for row in rows])
        made_on = await _conditions(database)
        return [page for one in OPERATIONS for page in await _pages(database, requests, one)], made_on


async def _pages(database: OneConnection, requests: Requests, operation: Operation) -> list[Page]:
    pages = [Page(name, operation.serves) if name else None for name in operation.names]
    for count in operation.counts:
        noted = await record_statements(database, operation.run, requests, count)
        if len(noted) != len(pages):
            ran = ", ".join(" ".join(statement.sql.split()[:6]) for statement in noted)
            raise SetupError(f"{operation.serves}: {len(noted)} statements ran ({ran}), bench/hot/ names {len(pages)}")
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
