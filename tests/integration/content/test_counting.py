"""Totals, and what each limit hides, are what the rule says of each item: compared for random libraries and random limits."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from wondernest.access.suitability import RULE, limits_of, refused, rules
from wondernest.content.model import Wanted
from wondernest.content.repository.filters import FilterRepository
from wondernest.content.repository.items import SHOWN
from wondernest.content.repository.library import Asker, LibraryRepository

T = TypeVar("T")
HOME: Final = UUID(int=7)
"""The id of the user, of its family and of its child."""
HOUSEHOLD: Final = """
    with person as (insert into core.users (id, email, password_hash) values ($1, 'ann@example.com', '')),
    home as (insert into family.families (id, name, created_by) values ($1, 'A family', $1)),
    member as (insert into family.family_members (family_id, user_id, role) values ($1, $1, 'parent'))
    insert into family.child_profiles (id, family_id, name, birth_date) values ($1, $1, 'A child', '2019-01-01')"""
ITEMS: Final = 300
WORDS: Final = (
    *(
        "war",
        "Toward",
        "warm",
        "monsters",
        "Monster-Truck",
        "supermonster",
        "crème",
        "CREME",
        "brûlée",
        "of",
        "the",
        "dragon",
    ),
    *(
        "snap-dragon",
        "恐龙",
        "恐龙故事",
        "война",
        "ВОЙНА!",
        "a",
        "I",
        "12",
        "1st",
        "O'Neill",
        "x",
        "Łódź",
        "ß",
        "Straße",
        "€uro",
    ),
    *(
        "supercalifragilisticexpialidocious",
        "donaudampfschiff",
        "  ",
        "\\",
        "'",
        '"',
        "%",
        "*",
        ":*",
        "&",
        "=",
        "🎈",
        "ice\u2028cream",
    ),
)
KEYWORDS: Final = (
    *(
        "war",
        "WARM",
        "monster",
        "crème",
        "creme brulee",
        "dragon",
        "of the",
        "龙",
        "恐龙",
        "故事",
        "война",
        "a",
        "i",
        "1",
        "o'neill",
    ),
    *(
        "fragilisticexpiali",
        "expialidociousx",
        "dampf",
        "€",
        "🎈",
        "*",
        "'",
        "strasse",
        "lodz",
        "the dragon",
        "ice cream",
        "truck monster",
    ),
)
LABELS: Final = (
    "Funny",
    " funny ",
    "FUNNY",
    "Crème",
    "two\nlines",
    "Art & Craft",
    "art",
    "",
    "scary",
    "war",
    "it's",
    "a\\b",
    "sports",
)
CATEGORIES: Final = (None, "art", "stories", "Science", "educational", "Crème", "", "sports")
METADATA: Final = (
    *(
        {},
        {"ageRating": 3},
        {"ageRating": 12},
        {"ageRating": 7.6},
        {"ageRating": -4},
        {"ageRating": 1e30},
        {"ageRating": "9"},
    ),
    *(
        {"isEducational": True},
        {"isEducational": False},
        {"isEducational": "true"},
        {"ageRating": 9, "isEducational": False},
    ),
    *({"ageRating": None}, None, []),
)
URLS: Final = (
    *(
        None,
        "",
        "/files/1/a.png",
        "https://example.org/a",
        "HTTPS://Media.Example.org/a",
        "//example.com/x",
        "ftp://u@example.net:21/",
    ),
    *("a//b", "https://", f"https://{'x' * 4000}.org/"),
)


def some(source: random.Random, words: Sequence[T], most: int = 3) -> list[T] | None:
    """Some of the words, or NULL."""
    return None if source.random() < 0.5 else source.sample(words, source.randint(0, min(most, len(words))))


def an_item(source: random.Random) -> list[Any]:
    """Title, description, tags, type, category, url, seconds, ages, language, active, featured, provider, metadata."""
    pick: Callable[[Sequence[Any]], Any] = source.choice
    return [
        " ".join(source.choices(WORDS, k=3)),
        pick([None, "", " ".join(source.choices(WORDS, k=source.randint(1, 8))), "dragon " * 2000]),
        pick([None, [], [*source.choices(LABELS, k=2), None], source.choices(LABELS, k=3)]),
        pick(["story", "Video", "audio"]),
        pick(CATEGORIES),
        pick(URLS),
        pick([None, -90, 0, 59, 60, 61, 600, 601, 2_000_000_000]),
        pick([None, 0, 3, 6, 9]),
        pick([None, 5, 8, 12]),
        pick([None, "en", "EN_gb", "de", "zxx", "pt-BR"]),
        source.random() < 0.9,
        pick([None, True, False]),
        pick([None, "wondernest", "Ácme", "operator"]),
        json.dumps(pick(METADATA)),
    ]


async def limit(connection: Any, source: random.Random) -> None:
    """Replace the limits of the family and the child by random ones."""
    pick: Callable[[Sequence[Any]], Any] = source.choice
    for table in ("content.content_filters", "wondernest.family_content_limits", "wondernest.child_content_limits"):
        await connection.execute(f"delete from {table}")
    await connection.execute("delete from family.child_settings")
    for _ in range(source.randint(0, 2)):
        await connection.execute(
            """insert into content.content_filters (family_id, name, min_age, max_age, allowed_categories, blocked_categories,
                   allowed_providers, blocked_keywords, max_duration_minutes) values ($1, 'x', $2, $3, $4, $5, $6, $7, $8)""",
            HOME,
            pick([None, None, 4, 9]),
            pick([None, None, 4, 9]),
            some(source, CATEGORIES[1:], 5),
            some(source, LABELS),
            some(source, ["wondernest", "acme", "nobody"]),
            some(source, KEYWORDS),
            pick([None, 1, 10]),
        )
    await connection.execute(
        "insert into wondernest.family_content_limits (family_id, languages) values ($1, $2)",
        HOME,
        some(source, ["en", "pt-BR", "de"]),
    )
    await connection.execute(
        """insert into wondernest.child_content_limits (child_id, allowed_categories, allowed_providers, blocked_keywords,
               max_duration_minutes, languages) values ($1, $2, $3, $4, $5, $6)""",
        HOME,
        some(source, CATEGORIES[1:], 5),
        some(source, ["Wondernest", "acme"]),
        some(source, KEYWORDS),
        pick([None, 5]),
        some(source, ["en-GB", "de"]),
    )
    preferences = {
        "maxAgeRating": pick([None, 3, 9, 99]),
        "educationalContentOnly": pick([False, False, True]),
        "blockedCategories": some(source, LABELS),
        "allowedDomains": some(source, ["example.org", "example.com"]),
    }
    await connection.execute(
        "insert into family.child_settings (child_id, content_preferences, allowed_content_types) values ($1, $2, $3)",
        HOME,
        json.dumps(preferences),
        some(source, ["story", "video"]),
    )


async def counted(connection: Any, child_id: UUID | None) -> tuple[int, dict[str, int]]:
    """How many active items the rule hides, and how many each of its limits, item by item."""
    limits = limits_of(SHOWN)
    each = ", ".join(f"count(*) filter (where {refused(SHOWN, [one])})" for one in limits)
    hidden, *counts = await connection.fetchrow(
        f"""with {RULE} as materialized ({rules("$1::uuid", "$2::uuid")})
            select count(*) filter (where {refused(SHOWN)}), {each} from content.content_items i, {RULE} where i.is_active""",
        HOME,
        child_id,
    )
    return hidden, {one.name: count for one, count in zip(limits, counts, strict=True) if count}


async def shown(connection: Any, asker: Asker, wanted: Wanted) -> tuple[int, int]:
    """The total of a list, and how many items are on its pages."""
    seen, after = 0, None
    while True:
        page = await LibraryRepository().listed(connection, asker, replace(wanted, after=after))
        seen, total, after = seen + len(page.items), page.total, page.next
        if after is None:
            return total, seen


@pytest.mark.parametrize("seed", range(4))
async def test_counts_are_those_of_the_rule(database_url: str, seed: int) -> None:
    source = random.Random(seed)
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(HOUSEHOLD, HOME)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        await connection.executemany(
            """insert into content.content_items (title, description, tags, content_type, category, url, duration_seconds, age_min,
                   age_max, language, is_active, is_featured, provider, metadata, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
            [[*an_item(source), start + timedelta(hours=number)] for number in range(ITEMS)],
        )
        asker = Asker(HOME, HOME)
        active = await connection.fetchval("select count(*) from content.content_items where is_active")
        for _ in range(8):
            await limit(connection, source)
            stored = await FilterRepository().read(connection, asker)
            assert stored is not None
            assert stored.items == active
            for child_id in (None, HOME):
                hidden, by_limit = await counted(connection, child_id)
                found = stored.hidden[child_id]
                assert (found.total, found.by_limit) == (hidden, by_limit)
                every = Wanted(
                    child_id=child_id, category=None, most_age=None, words=None, limit=100, offset=0, after=None
                )
                assert await shown(connection, asker, every) == (active - hidden, active - hidden)
                some_of_it = replace(every, category="art", most_age=6)
                total, seen = await shown(connection, asker, some_of_it)
                assert total == seen
    finally:
        await connection.close()
