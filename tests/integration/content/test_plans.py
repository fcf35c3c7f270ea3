"""A search, a page, an item and recommendations are found by an index, with statistics and without."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from wondernest.content.repository import library

SEED = """
    insert into core.users (id, email, password_hash)
    select lpad(to_hex(n), 32, '0')::uuid, n || '@example.com', '' from generate_series(1, 200) n;
    insert into family.families (id, name, created_by) select id, 'A family', id from core.users;
    insert into family.family_members (family_id, user_id, role) select id, id, 'parent' from family.families;
    insert into family.child_profiles (id, family_id, name, birth_date) select id, id, 'A child', '2019-01-01' from core.users;
    insert into content.content_items (id, title, content_type, category, provider, provider_id, age_min, age_max)
    select lpad(to_hex(n), 32, '0')::uuid, 'Item ' || n, 'story', 'art', 'wondernest', 'item_' || n, 3, 12
      from generate_series(1, 5000) n;
    insert into content.content_engagement (child_id, content_id)
    select c.id, lpad(to_hex(n), 32, '0')::uuid from family.child_profiles c, generate_series(1, 20) n;
"""
ONE = UUID(int=7)
WHO = [ONE, ONE, ONE]
STATEMENTS: dict[str, tuple[str, list[Any], set[str]]] = {
    "a search": (
        library._SEARCH,
        [*WHO, None, None, 21, 0, None, None, None, "4711", None],
        {"content_items", "content_engagement"},
    ),
    "an item": (library._FIND, [*WHO, "item_7", None], {"content_items", "content_engagement"}),
    "recommendations": (library._RECOMMEND, [*WHO, date(2026, 1, 1), "enforce"], {"content_engagement"}),
}
"""Statement, values, and the tables that must not be read whole."""


def scanned_whole(plan: Any) -> set[str]:
    """The tables that a plan reads whole."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned_whole(part) for part in plan.get("Plans", ())))


@pytest.mark.parametrize("analysed", [False, True])
async def test_items_are_found_by_index(database_url: str, analysed: bool) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED)
        if analysed:
            await connection.execute("analyze")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for name, (statement, values, tables) in STATEMENTS.items():
            (plan,) = msgspec.json.decode(await connection.fetchval(f"explain (format json) {statement}", *values))
            assert not scanned_whole(plan["Plan"]) & tables, name
    finally:
        await connection.close()


def indexes_of(plan: Any) -> set[str]:
    """The indexes that a plan reads."""
    found = {plan["Index Name"]} if "Index Name" in plan else set()
    return found.union(*(indexes_of(part) for part in plan.get("Plans", ())))


async def test_a_total_is_read_from_indexes(database_url: str) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED)
        await connection.execute("vacuum analyze")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        values = [*WHO, None, None, 21, 0, None, None, None]
        (plan,) = msgspec.json.decode(await connection.fetchval(f"explain (format json) {library._LIST}", *values))
    finally:
        await connection.close()
    assert "content_items" not in scanned_whole(plan["Plan"])
    parts = ("ordinary", "odd", "marks", "elsewhere", "listed")
    assert indexes_of(plan["Plan"]) >= {f"idx_content_items_{part}" for part in parts}
