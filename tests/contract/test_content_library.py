"""Lists, single items, categories (server contract §1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.content import store_contract_items, store_items
from tests.fixtures.family import minted, register_with_child

LIBRARY = "/api/v1/content"


@pytest.fixture
async def ann(app_client: httpx2.AsyncClient, database_url: str) -> tuple[Parent, str]:
    await store_contract_items(database_url)
    return await register_with_child(app_client, birth_date="2014-01-15")


async def listed(client: httpx2.AsyncClient, parent: Parent, **query: Any) -> dict[str, Any]:
    answer = await client.get(LIBRARY, params=query, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_the_three_items_of_the_contract_are_shown_with_their_ids(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str]
) -> None:
    page = await listed(app_client, ann[0])
    assert set(page) == {"items", "totalItems", "currentPage", "totalPages", "categories", "nextCursor"}
    assert (page["totalItems"], page["currentPage"], page["totalPages"], page["nextCursor"]) == (3, 1, 1, None)
    assert ids(page) == ["content_1", "content_2", "content_3"]
    first = page["items"][0]
    assert first == {
        "id": "content_1",
        "title": "Learning Colors with Animals",
        "description": "Something to look at.",
        "category": "educational",
        "ageRating": 3,
        "duration": 10,
        "thumbnailUrl": "http://testserver/files/1756800000/00000000-0000-4000-8000-000000000002.png",
        "contentUrl": "http://testserver/files/1756800000/00000000-0000-4000-8000-000000000001.png",
        "tags": ["colors", "animals", "learning"],
        "isEducational": True,
        "difficulty": "easy",
        "createdAt": "2024-01-15T10:00:00Z",
    }
    assert [item["isEducational"] for item in page["items"]] == [True, False, True]


async def test_the_five_categories_keep_their_ids_icons_colours_and_ages(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str]
) -> None:
    answer = await app_client.get("/api/v1/categories", headers=ann[0].bearer)
    categories = answer.json()["categories"]
    assert [
        (one["id"], one["name"], one["icon"], one["color"], one["minAge"], one["maxAge"]) for one in categories
    ] == [
        ("educational", "Educational", "🎓", "#4CAF50", 3, 12),
        ("stories", "Stories", "📚", "#FF9800", 4, 10),
        ("music", "Music", "🎵", "#E91E63", 2, 8),
        ("art", "Art & Craft", "🎨", "#9C27B0", 4, 12),
        ("science", "Science", "🔬", "#2196F3", 5, 12),
    ]
    assert all(one["description"] for one in categories)
    assert (await listed(app_client, ann[0]))["categories"] == categories


@pytest.mark.parametrize(
    ("query", "shown", "total"),
    [
        ({"category": "stories"}, ["content_2"], 1),
        ({"category": "Stories"}, [], 0),
        ({"category": ""}, ["content_1", "content_2", "content_3"], 3),
        ({"ageGroup": "3"}, ["content_1", "content_2"], 2),
        ({"ageGroup": "three"}, ["content_1", "content_2", "content_3"], 3),
        ({"ageGroup": "-5"}, [], 0),
        ({"page": "2", "limit": "2"}, ["content_3"], 3),
        ({"page": "9", "limit": "2"}, [], 3),
        ({"page": "0", "limit": "0"}, ["content_1"], 3),
        ({"page": "-3", "limit": "x"}, ["content_1", "content_2", "content_3"], 3),
        ({"page": "99999999999999999999", "limit": "500"}, ["content_1", "content_2", "content_3"], 3),
        ({"page": "999999999"}, [], 3),
    ],
)
async def test_filters_and_pages_are_read_leniently(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], query: dict[str, str], shown: list[str], total: int
) -> None:
    page = await listed(app_client, ann[0], **query)
    assert (ids(page), page["totalItems"]) == (shown, total)


async def test_missing_values_have_defaults_and_never_are_null(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    (item_id,) = await store_items(
        database_url,
        {
            "provider": "somebody",
            "description": None,
            "category": "science",
            "url": None,
            "thumbnail_url": None,
            "duration_seconds": None,
            "age_min": None,
            "tags": None,
            "metadata": {"isEducational": "yes", "difficulty": "extreme"},
        },
    )
    item = (await app_client.get(f"{LIBRARY}/{item_id}", headers=ann[0].bearer)).json()
    assert item["id"] == item_id
    assert (item["description"], item["contentUrl"], item["thumbnailUrl"], item["tags"]) == ("", "", "", [])
    assert (item["ageRating"], item["duration"], item["isEducational"], item["difficulty"]) == (18, 0, True, "easy")


async def test_featured_items_come_first_then_the_oldest(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    await store_items(
        database_url,
        {"provider_id": "new", "is_featured": True, "created_at": datetime(2030, 1, 1, tzinfo=UTC)},
        {"provider_id": "old", "created_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"provider_id": "hidden", "is_active": False, "created_at": datetime(2020, 1, 1, tzinfo=UTC)},
    )
    assert ids(await listed(app_client, ann[0])) == ["new", "old", "content_1", "content_2", "content_3"]


async def test_an_item_is_found_by_its_shown_id_and_by_its_uuid(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    (stored,) = await rows(database_url, "select id from content.content_items where provider_id = 'content_2'")
    for named in ("content_2", str(stored["id"]), str(stored["id"]).upper()):
        answer = await app_client.get(f"{LIBRARY}/{named}", headers=ann[0].bearer)
        assert (answer.status_code, answer.json()["id"]) == (200, "content_2"), named


@pytest.mark.parametrize("named", ["content_9", "x' or 1=1", "00000000-0000-4000-8000-000000000000"])
async def test_an_unknown_item_is_404_with_its_own_text(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], named: str
) -> None:
    answer = await app_client.get(f"{LIBRARY}/{named}", headers=ann[0].bearer)
    body = answer.json()
    assert body.pop("timestamp") > 0
    assert (answer.status_code, body) == (404, {"error": "NOT_FOUND", "message": "Content not found"})


async def test_the_library_path_points_to_the_list(app_client: httpx2.AsyncClient, ann: tuple[Parent, str]) -> None:
    answer = await app_client.get(f"{LIBRARY}/library", headers=ann[0].bearer)
    assert (answer.status_code, answer.json()) == (200, {"message": "Use /content instead of /content/library"})


async def test_a_parent_without_a_family_gets_400_and_a_token_without_one_is_looked_up(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    answer = await app_client.get(LIBRARY, headers=minted(ann[0].user_id))
    assert answer.json()["totalItems"] == 3
    await rows(database_url, "delete from family.family_members")
    for path in (LIBRARY, f"{LIBRARY}/content_1", f"{LIBRARY}/recommendations/{ann[1]}", f"{LIBRARY}/filters"):
        answer = await app_client.get(path, headers=ann[0].bearer)
        assert (answer.status_code, answer.json()) == (400, {"message": "No family context in token"}), path


async def test_a_list_answers_304_until_it_changes(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    for path in (LIBRARY, f"{LIBRARY}?q=math", f"{LIBRARY}/content_1", f"{LIBRARY}/filters", "/api/v1/categories"):
        answer = await app_client.get(path, headers=ann[0].bearer)
        tag = answer.headers["etag"]
        for sent in (tag, f"W/{tag}", f'"other", {tag}'):
            again = await app_client.get(path, headers={**ann[0].bearer, "If-None-Match": sent})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
    tag = (await app_client.get(LIBRARY, headers=ann[0].bearer)).headers["etag"]
    await store_items(database_url, {"provider_id": "more"})
    changed = await app_client.get(LIBRARY, headers={**ann[0].bearer, "If-None-Match": tag})
    assert (changed.status_code, changed.json()["totalItems"]) == (200, 4)


@pytest.mark.parametrize("query", [{}, {"q": "item"}])
async def test_pages_by_cursor_show_each_item_once_whatever_is_added_meanwhile(
    app_client: httpx2.AsyncClient, database_url: str, query: dict[str, str]
) -> None:
    parent = await register(app_client)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    known = [f"item_{number}" for number in range(9)]
    await store_items(
        database_url,
        *(
            {
                "provider_id": name,
                "title": "An item" if place % 2 else "Another",
                "description": "An item.",
                "is_featured": place in {4, 5},
                "created_at": None if place == 7 else start + timedelta(days=place // 3),
            }
            for place, name in enumerate(known)
        ),
    )
    seen: list[str] = []
    cursor = ""
    for number in range(20):
        page = await listed(app_client, parent, limit="2", cursor=cursor, **query)
        seen += ids(page)
        for featured in (True, False):
            added = {"provider_id": f"new_{number}_{featured}", "is_featured": featured, "title": "An item"}
            await store_items(database_url, {**added, "created_at": start - timedelta(days=number)})
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert sorted(name for name in seen if name in known) == known
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "é", "WzAsZmFsc2UsMSwyXQ"])
async def test_a_cursor_that_is_none_counts_as_absent(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], cursor: str
) -> None:
    assert len(ids(await listed(app_client, ann[0], cursor=cursor))) == 3


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("math", ["numbers"]),
        ("MATHS", ["numbers"]),
        ("puz", ["numbers"]),
        ("puzzle", ["numbers"]),
        ("creme", ["brulee"]),
        ("crème BRÛLÉE", ["brulee"]),
        ("the crème", ["brulee"]),
        ("cats", ["kitten"]),
        ("kleinen häuser", ["haus"]),
        ("haus", ["haus"]),
        ("Straße", ["haus"]),
        ("strasse", ["haus"]),
        ("война", ["book"]),
        ("math creme", []),
        ("ath", []),
        ("' | drop & :* !", []),
        ("!!!", []),
        ("kitten", ["kitten", "numbers"]),
    ],
)
async def test_words_are_found_as_beginnings_and_stems_and_without_accents(
    app_client: httpx2.AsyncClient, database_url: str, words: str, found: list[str]
) -> None:
    parent = await register(app_client)
    await store_items(
        database_url,
        {"provider_id": "numbers", "title": "Math Puzzles", "tags": ["counting"], "description": "With a kitten."},
        {"provider_id": "brulee", "title": "How the Crème Brûlée Got Its Crust"},
        {"provider_id": "kitten", "title": "Kitten", "description": "A small cat", "tags": ["pets"]},
        {"provider_id": "haus", "title": "Das kleine Haus", "description": "An der Straße.", "language": "de"},
        {"provider_id": "book", "title": "Война и мир", "language": "ru", "description": None, "tags": None},
    )
    page = await listed(app_client, parent, q=words)
    assert ids(page) == found
    assert page["totalItems"] == len(found)


async def test_a_child_that_is_not_the_callers_is_404(app_client: httpx2.AsyncClient, ann: tuple[Parent, str]) -> None:
    _, foreign = await register_with_child(app_client)
    for child in (foreign, "child_1", "00000000-0000-4000-8000-000000000000"):
        for path in (LIBRARY, f"{LIBRARY}/content_1"):
            answer = await app_client.get(path, params={"childId": child}, headers=ann[0].bearer)
            assert (answer.status_code, answer.json()["message"]) == (404, "Child not found")
        answer = await app_client.get(f"{LIBRARY}/recommendations/{child}", headers=ann[0].bearer)
        assert (answer.status_code, answer.json()["message"]) == (404, "Child not found")
