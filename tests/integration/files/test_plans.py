"""The cost of an upload's and a reader's statements does not depend on how many files there are, analysed or not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from wondernest.files.repository import files as repository
from wondernest.platform.usage import PERSON

SEED = """
    insert into core.users (id, email, password_hash)
    select lpad(to_hex(n), 32, '0')::uuid, n || '@example.com', '' from generate_series(1, 2000) n;
    insert into family.families (id, name, created_by) select id, 'A family', id from core.users;
    insert into family.family_members (family_id, user_id, role) select id, id, 'parent' from family.families;
    insert into core.uploaded_files (id, user_id, file_key, original_name, mime_type, file_size, is_deleted, deleted_at)
    select id, id, '1756800000/' || id || n || '.png', 'cat.png', 'image/png', 10, n > 8, case when n > 8 then now() end
      from core.users, generate_series(1, 10) n where n = 1
    union all
    select gen_random_uuid(), id, '1756800000/' || gen_random_uuid() || '.png', 'cat.png', 'image/png', 10, n > 8,
           case when n > 8 then now() end
      from core.users, generate_series(2, 10) n;
"""
ONE = UUID(int=7)
STATEMENTS = {
    "what a family holds": (repository._HOLDINGS, [ONE]),
    "the number of files": (repository.FILES_USED.replace(PERSON, "$1::uuid"), [ONE]),
    "the bytes of files": (repository.BYTES_USED.replace(PERSON, "$1::uuid"), [ONE]),
    "a file by its id": (repository._READABLE, [ONE, ONE]),
    "a file of the family": (repository._OF_FAMILY, [ONE, ONE]),
    "a file by its key": (repository._BY_KEY, ["1756800000/x.png"]),
    "own files": (repository._OWN, [ONE, None, None, 100, 0]),
}


def scanned_whole(plan: Any) -> set[str]:
    """The tables that a plan reads whole."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned_whole(part) for part in plan.get("Plans", ())))


@pytest.mark.parametrize("analysed", [False, True])
async def test_files_are_read_by_index(database_url: str, analysed: bool) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED)
        if analysed:
            await connection.execute("analyze")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"set plan_cache_mode = {mode}")
            for name, (statement, values) in STATEMENTS.items():
                shown = await connection.fetchval(f"explain (format json) {statement}", *values)
                (plan,) = msgspec.json.decode(shown)
                assert "uploaded_files" not in scanned_whole(plan["Plan"]), (name, mode)
    finally:
        await connection.close()


async def test_every_file_of_the_family_is_counted_and_no_other(database_url: str) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED)
        await connection.execute(
            "insert into family.family_members (family_id, user_id, role) values ($1, $2, 'parent')", ONE, UUID(int=8)
        )
        for who, files in ((ONE, 20), (UUID(int=8), 20), (UUID(int=9), 10), (UUID(int=9_999), 0)):
            row = await connection.fetchrow(repository._HOLDINGS, who)
            assert row is not None
            assert (row["files"], row["bytes"]) == (files, 10 * files)
    finally:
        await connection.close()
