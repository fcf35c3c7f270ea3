"""The parental filter: each way in which an item can be refused, and what lets it through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import msgspec
import pytest

from tests.fixtures.auth import Parent, register
from tests.fixtures.family import CHILDREN, add_child
from wondernest.access.suitability import NO_LANGUAGE, TODAY, Shown, limits_of, passes, refused, rules, suitable
from wondernest.platform.clock import latest_day

COLUMNS: Final = {
    "age_min": "int",
    "age_max": "int",
    "rating": "int",
    "category": "text",
    "provider": "text",
    "words": "text",
    "minutes": "int",
    "language": "text",
    "labels": "text[]",
    "educational": "boolean",
    "kind": "text",
    "site": "text",
}
SHOWN: Final = Shown(**{name: f"item.{name}" for name in COLUMNS})
GOOD: Final[dict[str, Any]] = {
    "age_min": 3,
    "age_max": 8,
    "rating": 3,
    "category": "stories",
    "provider": "wondernest",
    "words": "The Crème of the Dragons. A friendly story, and awareness of shells.",
    "minutes": 10,
    "language": "en-GB",
    "labels": ["Stories", "bedtime"],
    "educational": True,
    "kind": "video",
    "site": None,
}
"""An item that no limit of these tests refuses."""
_ITEM: Final = ", ".join(f"${place}::{kind} as {name}" for place, (name, kind) in enumerate(COLUMNS.items(), 3))
_ASK: Final = f"""
    select {suitable(SHOWN, family_id="$1::uuid", child_id="$2::uuid")} from (select {_ITEM}) item"""


class Home:
    """A family with a child of six, whose limits a test sets."""

    def __init__(self, client: httpx2.AsyncClient, connection: Any, parent: Parent, child: dict[str, Any]) -> None:
        self.client = client
        self.connection = connection
        self.parent = parent
        self.child = UUID(child["id"])
        self.family = UUID(child["familyId"])

    async def shows(self, *, child: bool | UUID = False, family: UUID | None = None, **item: Any) -> bool:
        """Whether the item, GOOD with these changes, may be shown."""
        shown = {**GOOD, **item}
        named = child if isinstance(child, UUID) else self.child if child else None
        values = [shown[name] for name in COLUMNS]
        answer: bool = await self.connection.fetchval(_ASK, family or self.family, named, *values)
        return answer

    async def filters(self, **columns: Any) -> None:
        """Add a row of the family's filters, all of whose columns are NULL but these."""
        columns = {"min_age": None, "max_age": None, "name": "x", **columns}
        places = ", ".join(f"${place}" for place in range(2, len(columns) + 2))
        await self.connection.execute(
            f"insert into content.content_filters (family_id, {', '.join(columns)}) values ($1, {places})",
            self.family,
            *columns.values(),
        )

    async def limits(self, **columns: Any) -> None:
        """Set the child's own limits."""
        places = ", ".join(f"${place}" for place in range(2, len(columns) + 2))
        await self.connection.execute(
            f"insert into wondernest.child_content_limits (child_id, {', '.join(columns)}) values ($1, {places})",
            self.child,
            *columns.values(),
        )

    async def settings(self, **columns: Any) -> None:
        """Replace the child's stored settings."""
        await self.connection.execute("delete from family.child_settings where child_id = $1", self.child)
        places = ", ".join(f"${place}" for place in range(2, len(columns) + 2))
        await self.connection.execute(
            f"insert into family.child_settings (child_id, {', '.join(columns)}) values ($1, {places})",
            self.child,
            *columns.values(),
        )


@pytest.fixture
async def home(app_client: httpx2.AsyncClient, database_url: str) -> AsyncIterator[Home]:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "update family.child_profiles set birth_date = (now() at time zone 'UTC')::date - interval '6 years 1 day'"
        )
        await connection.execute("delete from family.child_settings")
        yield Home(app_client, connection, parent, child)
    finally:
        await connection.close()


UNRATED: Final[dict[str, Mapping[str, Any]]] = {
    "min_age": {"age_max": None},
    "max_age": {"age_min": None, "rating": None},
    "allowed_categories": {"category": None},
    "blocked_categories": {"category": None},
    "allowed_providers": {"provider": None},
    "blocked_keywords": {"words": None},
    "max_duration_minutes": {"minutes": None},
}
FAMILY_LIMITS: Final = [
    ("min_age", 9, {}),
    ("min_age", 5, {"age_max": 4}),
    ("max_age", 5, {"age_min": 6}),
    ("max_age", 5, {"rating": 12}),
    ("allowed_categories", ["music", "art"], {}),
    ("blocked_categories", ["Stories"], {}),
    ("blocked_categories", [" BEDTIME "], {}),
    ("blocked_categories", ["crème"], {"category": "Creme"}),
    ("allowed_providers", ["somebody"], {}),
    ("blocked_keywords", ["dragon"], {}),
    ("blocked_keywords", ["CREME"], {}),
    ("blocked_keywords", ["crème of the dragons"], {}),
    ("blocked_keywords", ["pistole"], {"words": "Die Spielzeugpistole"}),
    ("blocked_keywords", ["龙"], {"words": "恐龙故事"}),
    ("blocked_keywords", ["война"], {"words": "Нет ВОЙНА!"}),
    ("blocked_keywords", ["gun"], {"words": "Cartoon/guns"}),
    ("max_duration_minutes", 9, {}),
]


@pytest.mark.parametrize(("column", "limit", "item"), FAMILY_LIMITS)
async def test_a_limit_of_the_family_refuses_an_item_for_all_of_it(
    home: Home, column: str, limit: Any, item: Mapping[str, Any]
) -> None:
    assert await home.shows(**item)
    await home.filters(**{column: limit})
    assert not await home.shows(**item)
    assert not await home.shows(child=True, **item)


@pytest.mark.parametrize(
    ("column", "limit", "item"),
    [
        ("min_age", 8, {}),
        ("max_age", 3, {}),
        ("allowed_categories", ["STORIES", "music"], {}),
        ("allowed_categories", [], {}),
        ("blocked_categories", ["story", "", "violence"], {}),
        ("blocked_categories", [], {"category": None}),
        ("allowed_providers", ["WonderNest"], {}),
        ("blocked_keywords", ["war", "hell", "!!", ""], {}),
        ("max_duration_minutes", 10, {}),
    ],
)
async def test_what_no_limit_of_the_family_refuses_is_shown(
    home: Home, column: str, limit: Any, item: Mapping[str, Any]
) -> None:
    await home.filters(**{column: limit})
    assert await home.shows(**item)
    assert await home.shows(child=True, **{key: value for key, value in item.items() if value is not None})


@pytest.mark.parametrize("column", UNRATED)
async def test_an_unrated_item_is_refused_once_there_is_a_limit_of_that_kind(home: Home, column: str) -> None:
    permitted: dict[str, Any] = {
        "min_age": 1,
        "max_age": 18,
        "allowed_categories": ["stories"],
        "blocked_categories": ["violence"],
        "allowed_providers": ["wondernest"],
        "blocked_keywords": ["monster"],
        "max_duration_minutes": 60,
    }
    assert await home.shows(**UNRATED[column])
    await home.filters(**{column: permitted[column]})
    assert await home.shows()
    assert not await home.shows(**UNRATED[column])


async def test_every_active_filter_of_the_family_counts_and_no_inactive_one(home: Home) -> None:
    await home.filters(blocked_keywords=["dragon"], is_active=False)
    assert await home.shows()
    await home.filters(allowed_categories=["stories", "music"])
    await home.filters(allowed_categories=["stories", "art"], is_active=None)
    assert await home.shows()
    assert not await home.shows(category="music")
    assert not await home.shows(category="art")


async def test_the_filter_of_another_family_does_not_count(home: Home, app_client: httpx2.AsyncClient) -> None:
    other = await add_child(app_client, await register(app_client))
    await home.filters(blocked_keywords=["dragon"])
    assert await home.shows(family=UUID(other["familyId"]))


async def test_a_child_may_see_no_more_than_its_own_limits_allow(home: Home) -> None:
    await home.limits(
        allowed_categories=["stories"],
        allowed_providers=["wondernest"],
        blocked_keywords=["monster"],
        max_duration_minutes=15,
        languages=["en", "pt-BR"],
    )
    assert await home.shows(child=True)
    refusals: tuple[dict[str, Any], ...] = (
        {"category": "music"},
        {"category": None},
        {"provider": "somebody"},
        {"provider": None},
        {"words": "Monsters!"},
        {"words": None},
        {"minutes": 16},
        {"minutes": None},
        {"language": "de"},
        {"language": "english"},
        {"language": None},
    )
    for refused_item in refusals:
        assert not await home.shows(child=True, **refused_item), refused_item
        assert await home.shows(**refused_item), refused_item
    for language in ("EN", "en_US", "pt-br", NO_LANGUAGE):
        assert await home.shows(child=True, language=language), language
    assert not await home.shows(child=True, language="pt-PT")


async def test_languages_of_the_family_count_for_every_child(home: Home) -> None:
    await home.connection.execute(
        "insert into wondernest.family_content_limits (family_id, languages) values ($1, array['De'])", home.family
    )
    for child in (False, True):
        assert await home.shows(child=child, language="de-AT")
        assert not await home.shows(child=child, language="en")
        assert not await home.shows(child=child, language=None)


async def test_the_settings_that_parents_make_in_the_app_count(home: Home) -> None:
    settings = {"maxAgeRating": 5, "blockedCategories": ["Horror"], "educationalContentOnly": True}
    changed = await home.client.put(
        f"{CHILDREN}/{home.child}", json={"name": "Mia", "contentSettings": settings}, headers=home.parent.bearer
    )
    assert changed.status_code == 200, changed.text
    assert await home.shows(child=True)
    refusals: tuple[dict[str, Any], ...] = (
        {"age_min": 6},
        {"rating": 6},
        {"age_min": None, "rating": None},
        {"category": "HORROR"},
        {"labels": ["night", "horror"]},
        {"category": None},
        {"educational": False},
        {"educational": None},
    )
    for refused_item in refusals:
        assert not await home.shows(child=True, **refused_item), refused_item
        assert await home.shows(**refused_item), refused_item


async def test_a_new_little_child_is_shown_only_what_its_first_settings_allow(
    home: Home, app_client: httpx2.AsyncClient
) -> None:
    little = UUID((await add_child(app_client, home.parent, birthDate="2024-01-01"))["id"])
    assert await home.shows(child=little)
    refusals: tuple[dict[str, Any], ...] = (
        {"category": "violence"},
        {"labels": ["mature"]},
        {"educational": False},
        {"rating": 9},
    )
    for refused_item in refusals:
        assert not await home.shows(child=little, **refused_item), refused_item


@pytest.mark.parametrize(
    "stored", [None, "{}", '{"maxAgeRating": "x"}', '{"maxAgeRating": 1e400}', '{"maxAgeRating": 6.5}', '"text"']
)
async def test_a_child_without_a_stored_rating_is_limited_by_its_age(home: Home, stored: str | None) -> None:
    if stored is not None:
        await home.settings(content_preferences=stored)
    assert await home.shows(child=True, rating=7)
    assert not await home.shows(child=True, rating=8)
    assert not await home.shows(child=True, age_min=None, rating=None)


async def test_blocked_categories_in_the_column_only_count(home: Home) -> None:
    await home.settings(blocked_categories=["Stories"])
    assert not await home.shows(child=True)
    await home.settings(blocked_categories=["Stories"], content_preferences='{"blockedCategories": []}')
    assert await home.shows(child=True)


async def test_types_and_sites_that_a_child_is_limited_to(home: Home) -> None:
    await home.settings(
        allowed_content_types=["Video"], content_preferences='{"allowedDomains": ["Example.org", 5, null]}'
    )
    assert await home.shows(child=True)
    assert await home.shows(child=True, site="videos.example.org")
    refusals: tuple[dict[str, Any], ...] = (
        {"kind": "game"},
        {"kind": None},
        {"site": "example.com"},
        {"site": "badexample.org"},
        {"site": "example.org.evil.net"},
    )
    for refused_item in refusals:
        assert not await home.shows(child=True, **refused_item), refused_item
        assert await home.shows(**refused_item), refused_item


async def test_the_familys_switch_for_education_counts_with_and_without_a_child(home: Home) -> None:
    changed = await home.client.put(
        "/api/v1/family/settings", json={"educationalContentOnly": True}, headers=home.parent.bearer
    )
    assert changed.status_code == 200, changed.text
    for child in (False, True):
        assert await home.shows(child=child)
        assert not await home.shows(child=child, educational=False)
        assert not await home.shows(child=child, educational=None)


async def test_nothing_is_shown_to_nobody(home: Home, app_client: httpx2.AsyncClient) -> None:
    other = await add_child(app_client, await register(app_client))
    assert not await home.shows(child=UUID(other["id"]))
    assert not await home.shows(child=uuid4())
    assert not await home.connection.fetchval(_ASK, None, None, *(GOOD[name] for name in COLUMNS))
    await home.connection.execute("update family.child_profiles set archived_at = now() where id = $1", home.child)
    assert not await home.shows(child=True)


async def test_birth_dates_of_any_year_limit_the_rating(home: Home) -> None:
    for born, rating in (("infinity", 1), ("12020-01-15", 1), ("0044-03-15 BC", 2000), ("-infinity", 2000)):
        await home.connection.execute("update family.child_profiles set birth_date = $1::text::date", born)
        assert await home.shows(child=True, age_min=rating, rating=rating), born
    assert not await home.shows(child=True, rating=5000)


@pytest.mark.parametrize("hour", [0, 9, 10, 23])
async def test_ages_are_those_of_the_day_that_the_family_room_shows(home: Home, hour: int) -> None:
    moment = datetime(2026, 2, 28, hour, 59, tzinfo=UTC)
    day = await home.connection.fetchval(f"select {TODAY.replace('now()', '$1::timestamptz')}", moment)
    assert day == latest_day(moment)


async def test_a_label_counts_however_it_is_spaced(home: Home) -> None:
    await home.filters(blocked_categories=["bedtime"])
    for labels in ([" bedtime ", "x"], ["x", "  Bedtime ", "y"], ["two\n bedtime"], ["x", None, "BEDTIME"]):
        assert not await home.shows(labels=labels), labels
    assert await home.shows(labels=["bed time", "bedtimes", ""])


async def test_lists_of_several_places_allow_what_they_have_in_common(home: Home) -> None:
    await home.filters(allowed_providers=["Wondernest", "acme"], allowed_categories=["stories"])
    await home.filters(allowed_providers=["wondernest", "other"])
    assert await home.shows()
    assert not await home.shows(provider="acme")
    await home.limits(allowed_providers=["other"], allowed_categories=[])
    assert await home.shows()
    assert not await home.shows(child=True)
    await home.filters(allowed_providers=["nobody"])
    for provider in ("wondernest", "other", "nobody"):
        assert not await home.shows(provider=provider)


async def test_each_kind_of_limit_has_a_name_under_which_its_refusals_can_be_counted(home: Home) -> None:
    await home.filters(max_age=5, blocked_keywords=["dragon"])
    named = {limit.name: refused(SHOWN, [limit]) for limit in limits_of(SHOWN)}
    columns = ", ".join(
        f"(select count(*) from item where exists (select from content_rule where {condition}))"
        for condition in named.values()
    )
    row = await home.connection.fetchrow(
        f"with content_rule as materialized ({rules('$1::uuid', '$2::uuid')}), item as (select {_ITEM}) select {columns},"
        f" (select count(*) from item where {passes(SHOWN)})",
        home.family,
        None,
        *({**GOOD, "age_min": 6}[name] for name in COLUMNS),
    )
    counted = dict(zip([*named, "shown"], row, strict=True))
    assert {name for name, count in counted.items() if count} == {"maxAge", "blockedKeywords"}


async def test_the_limits_are_read_once_for_a_statement_of_any_number_of_items(home: Home) -> None:
    await home.filters(blocked_keywords=["dragon"])
    item = Shown(**{**dict.fromkeys(list(COLUMNS)[:8], "null"), "words": "item.n::text"})
    statement = f"""
        explain (analyze, format json)
        select count(*) from generate_series(1, 500) item (n)
         where {suitable(item, family_id="$1::uuid", child_id="$2::uuid")}"""
    await home.connection.execute("set plan_cache_mode = force_generic_plan")
    (plan,) = msgspec.json.decode(await home.connection.fetchval(statement, home.family, None))
    scans = list(_scans(plan["Plan"]))
    assert {scan["Relation Name"] for scan in scans} >= {"content_filters", "family_content_limits"}
    assert max(scan["Actual Loops"] for scan in scans) == 1


def _scans(plan: Any) -> Any:
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from _scans(part)
