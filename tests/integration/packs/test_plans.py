"""The cost of the statements of packs does not depend on how many users, uses and payments there are, analysed or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from wondernest.packs.repository import statements as sql
from wondernest.platform.usage import PERSON

SEED = """
    insert into core.users (id, email, password_hash)
    select lpad(to_hex(n), 32, '0')::uuid, n || '@example.com', '' from generate_series(1, 2000) n;
    insert into family.families (id, name, created_by) select id, 'A family', id from core.users;
    insert into family.family_members (family_id, user_id, role) select id, id, 'parent' from family.families;
    insert into family.child_profiles (id, family_id, name, birth_date) select id, id, 'Kim', '2019-01-01' from family.families;
    insert into public.content_packs (id, name, description, pack_type, price_cents, status, age_min, age_max)
    select lpad(to_hex(n), 32, '0')::uuid, 'Pack ' || n, case when n % 500 = 0 then 'lion' end, 'sticker_pack', n, 'published', 3, 9
      from generate_series(1, 3000) n;
    insert into public.content_pack_assets (pack_id, name, asset_type, file_url)
    select id, 'Part ' || n, 'image_static', '/files/x' from public.content_packs, generate_series(1, 5) n;
    insert into public.user_pack_ownership (user_id, pack_id) select u.id, p.id from core.users u join public.content_packs p
        on p.id in (u.id, '00000000-0000-0000-0000-000000000007');
    insert into public.content_pack_usage (user_id, pack_id) select id, id from core.users;
    insert into public.content_pack_reviews (user_id, pack_id, rating) select id, id, 4 from core.users;
    insert into wondernest.pack_usage_days select id, current_date, 1 from core.users;
    insert into wondernest.pack_purchases
    select id, id, id, null, 299, 'USD', 'simulated', 'authorised', null, now(), now() from core.users;
"""
ONE = UUID(int=7)
NOW = datetime(2030, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ASKED = (ONE, ONE, ONE)
FILTERS = (NOW, *(None,) * 7, [], None, "popularity", True, 20, 0)
GROWING = {
    *(
        "content_pack_reviews",
        "content_packs",
        "content_pack_assets",
        "user_pack_ownership",
        "content_pack_usage",
        "pack_purchases",
    ),
    *("pack_usage_days", "child_profiles", "family_members", "users"),
}
STATEMENTS: dict[str, tuple[str, tuple[Any, ...], set[str]]] = {
    "search": (sql.SEARCH, (*ASKED, *FILTERS), {"content_packs"}),
    "search by words": (sql.SEARCH_WORDS, (*ASKED, *FILTERS, "'lion':*"), set()),
    "owned": (sql.OWNED, ASKED, set()),
    "one": (sql.ONE, (*ASKED, NOW, ONE), set()),
    "assets": (sql.ASSETS, (*ASKED, NOW, ONE), set()),
    "download": (sql.DOWNLOADED, (*ASKED, NOW, ONE, "completed", 100), set()),
    "use": (sql.USED, (*ASKED, NOW, ONE, None, ONE, "story", None, 3, None, 100, "enforce"), set()),
    "review": (sql.REVIEW, (ONE, ONE, None, NOW, ONE, ONE, 5), set()),
    "forget review": (sql.FORGET_REVIEW, (ONE, ONE, None, ONE), set()),
    "offer": (sql.OFFER, (*ASKED, NOW, ONE, "hash", "proof", LATER), set()),
    "acquire": (sql.ACQUIRE, (ONE, ONE, ONE, None, NOW, "free", 0, "t"), set()),
    "begin": (sql.BEGIN, (ONE, ONE, ONE, None, 299, "USD", "simulated", LATER, 100, LATER), set()),
    "overdue": (sql.OVERDUE, (LATER, "simulated", timedelta(minutes=10), timedelta(hours=6)), set()),
    "settle": (sql.SETTLE, (ONE, ONE, "refunded", None, LATER), set()),
    "revoke": (sql.REVOKE, (ONE, ONE, None), set()),
    "uses today": (f"select ({sql.USES_TODAY.replace(PERSON, '$1::uuid')})", (ONE,), set()),
    "purchases today": (f"select ({sql.PURCHASES_TODAY.replace(PERSON, '$1::uuid')})", (ONE,), set()),
    "forget days": (sql.FORGET_DAYS, (date(2020, 1, 1),), set()),
}
"""Each with its values and the growing tables that it may read whole: the search looks at every pack, because filters that may be
absent cannot use an index and the parental filter decides about each."""


def scanned_whole(plan: Any) -> set[str]:
    """The tables that a plan reads whole."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned_whole(part) for part in plan.get("Plans", ())))


@pytest.mark.parametrize("analysed", [False, True])
async def test_packs_are_read_by_index(database_url: str, analysed: bool) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(SEED)
        if analysed:
            await connection.execute("analyze")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for name, (statement, values, allowed) in STATEMENTS.items():
            shown = await connection.fetchval(f"explain (format json) {statement}", *values)
            (plan,) = msgspec.json.decode(shown)
            assert scanned_whole(plan["Plan"]) & GROWING <= allowed, name
    finally:
        await connection.close()
