"""The cost of the profile's statement does not depend on the size of the database, analysed or not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from wondernest.family import repository

FAMILIES = 5_000
ASKED = 32
SEED = """
    insert into core.users (id, email, password_hash)
    select lpad(to_hex(n), 32, '0')::uuid, n || '@example.com', '' from generate_series(1, {0}) n;
    insert into family.families (id, name, created_by)
    select id, 'A family', id from core.users;
    insert into family.family_members (family_id, user_id, role) select id, id, 'parent' from family.families;
    insert into family.child_profiles (family_id, name, birth_date)
    select id, 'Mia', '2020-01-15' from family.families, generate_series(1, 2);
    insert into family.child_settings (child_id) select id from family.child_profiles;
    insert into wondernest.child_details (child_id) select id from family.child_profiles;
"""
BY_INDEX = {"users", "families", "family_members", "child_profiles", "child_settings", "child_details"}


def scanned_whole(plan: Any) -> set[str]:
    """The tables that a plan reads whole."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned_whole(part) for part in plan.get("Plans", ())))


@pytest.mark.parametrize("analysed", [False, True])
async def test_every_table_of_a_profile_is_read_by_index(database_url: str, analysed: bool) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED.format(FAMILIES))
        if analysed:
            await connection.execute("analyze")
        asked = [UUID(int=number) for number in range(1, ASKED + 1)]
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"set plan_cache_mode = {mode}")
            shown = await connection.fetchval(f"explain (format json) {repository._HOUSEHOLDS}", asked, asked)
            (plan,) = msgspec.json.decode(shown)
            assert scanned_whole(plan["Plan"]).isdisjoint(BY_INDEX), mode
    finally:
        await connection.close()
