"""The stars that parents give packs: one review of each parent, shown to them alone, counted for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.auth import Parent, register
from tests.fixtures.family import register_with_child
from tests.fixtures.files import run_job
from tests.fixtures.packs import CASTLE, PACK, PACKS, REVIEW, SAFARI, VEHICLES, buy, data_of, stock
from wondernest.app import background
from wondernest.packs.jobs import RECOUNT
from wondernest.settings import Settings

Connection = psycopg.Connection[Any]
AT_ONCE = 8
SAFARI_ID = UUID(SAFARI)
EVERYWHERE = ("", "/featured", "/owned", f"/{SAFARI}")


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def parent(database: Connection, app_client: httpx2.AsyncClient) -> Parent:
    """A parent who owns the safari pack, and not the castle."""
    registered, _ = await register_with_child(app_client, birth_date="2020-01-15")
    assert (await buy(app_client, registered, SAFARI)).status_code == 200
    return registered


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    return answer.status_code, body["error"]


async def give(client: httpx2.AsyncClient, parent: Parent, pack_id: str = SAFARI, **body: Any) -> httpx2.Response:
    return await client.put(f"{PACKS}/{pack_id}/review", json=body, headers=parent.bearer)


async def take_back(client: httpx2.AsyncClient, parent: Parent, pack_id: str = SAFARI) -> httpx2.Response:
    return await client.delete(f"{PACKS}/{pack_id}/review", headers=parent.bearer)


async def shown(client: httpx2.AsyncClient, parent: Parent, path: str = f"/{SAFARI}", **query: str) -> Any:
    """The review of the safari pack in a reply."""
    data = await data_of(client, parent, path, **query)
    [pack] = [pack for pack in data.get("packs", [data.get("pack")]) if pack["id"] == SAFARI]
    return PACK(pack)["userReview"]


def stored(database: Connection) -> list[tuple[Any, ...]]:
    return database.execute(
        "select rating, is_approved, review_text from public.content_pack_reviews order by created_at"
    ).fetchall()


async def test_stars_are_stored_and_shown_wherever_the_pack_is_shown(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    assert [await shown(app_client, parent, path) for path in EVERYWHERE] == [None] * len(EVERYWHERE)
    before = await app_client.get(f"{PACKS}/{SAFARI}", headers=parent.bearer)
    for stars in (4, 4, 2):
        answer = await give(app_client, parent, rating=stars)
        assert answer.status_code == 200, answer.text
        review = REVIEW(answer.json()["data"]["review"])
        assert (review["rating"], review["packId"], review["isApproved"]) == (stars, SAFARI_ID, True)
        assert (str(review["userId"]), review["reviewText"]) == (parent.user_id, None)
    assert [(await shown(app_client, parent, path))["rating"] for path in EVERYWHERE] == [2] * len(EVERYWHERE)
    assert stored(database) == [(2, True, None)]
    held = {**parent.bearer, "If-None-Match": before.headers["etag"]}
    assert (await app_client.get(f"{PACKS}/{SAFARI}", headers=held)).status_code == 200, "the list that is held is old"


async def test_the_stars_of_all_parents_are_counted(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, make_settings: Callable[..., Settings]
) -> None:
    other = await register(app_client)
    await buy(app_client, other, SAFARI)
    await give(app_client, parent, rating=5)
    await give(app_client, other, rating=2)

    async def counted() -> tuple[int, float]:
        work = background(make_settings())
        await run_job(work, RECOUNT)
        await work.rooms.stop()
        pack = (await data_of(app_client, parent, f"/{SAFARI}"))["pack"]
        return pack["ratingCount"], pack["ratingAverage"]

    assert await counted() == (2, 3.5)
    assert (await take_back(app_client, other)).json()["data"] == {"message": "Review deleted"}
    assert await counted() == (1, 5.0)


async def test_a_review_is_shown_to_its_author_alone(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    await give(app_client, parent, rating=1)
    other = await register(app_client)
    assert await shown(app_client, other) is None
    assert (await take_back(app_client, other)).status_code == 200, "there was none"
    assert (await shown(app_client, parent))["rating"] == 1


@pytest.mark.parametrize("pack_id", [CASTLE, VEHICLES, str(uuid4())], ids=["costs money", "free", "unknown"])
async def test_a_pack_that_is_not_owned_is_not_reviewed(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, pack_id: str
) -> None:
    assert refusal(await give(app_client, parent, pack_id, rating=5)) == (404, "Pack ownership not found")
    assert stored(database) == []


async def test_a_pack_that_the_family_may_not_be_shown_is_not_reviewed_and_the_review_can_be_taken_back(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    await give(app_client, parent, rating=5)
    database.execute(
        "insert into content.content_filters (family_id, name, blocked_keywords)"
        " select family_id, 'Ours', '{safari}' from family.family_members where user_id::text = %s",
        [parent.user_id],
    )
    assert refusal(await give(app_client, parent, rating=1)) == (404, "Pack ownership not found")
    assert stored(database) == [(5, True, None)]
    assert (await take_back(app_client, parent)).status_code == 200
    assert stored(database) == []


async def test_what_is_no_number_of_stars_is_refused(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    bodies: list[dict[str, Any]] = [
        {},
        {"rating": None},
        {"rating": 0},
        {"rating": 6},
        {"rating": -1},
        {"rating": 2**40},
    ]
    for body in bodies:
        refused = refusal(await give(app_client, parent, **body))
        assert refused == (400, "Failed to review pack: Rating must be 1 to 5"), body
    for rating in ("five", 4.5, [], {}, 1e300):
        assert (await give(app_client, parent, rating=rating)).status_code == 400, rating
    for content in (b"", b"{", b"[]", b"\xff"):
        answer = await app_client.put(f"{PACKS}/{SAFARI}/review", content=content, headers=parent.bearer)
        assert answer.status_code == 400, content
    for answer in (await give(app_client, parent, "x", rating=5), await take_back(app_client, parent, "x")):
        assert refusal(answer) == (400, "Failed to review pack: Invalid pack ID")
    assert stored(database) == []


async def test_words_are_not_taken(app_client: httpx2.AsyncClient, parent: Parent, database: Connection) -> None:
    words: dict[str, Any] = {
        "reviewText": "Grumbleweed",
        "reviewTitle": "x",
        "text": "x",
        "isApproved": False,
        "userId": str(uuid4()),
    }
    assert (await give(app_client, parent, rating=3, **words)).status_code == 200
    assert stored(database) == [(3, True, None)]


async def test_only_a_parent_reviews(app_client: httpx2.AsyncClient, parent: Parent, database: Connection) -> None:
    await give(app_client, parent, rating=5)
    database.execute("update family.family_members set role = 'member'")
    for answer in (await give(app_client, parent, rating=1), await take_back(app_client, parent)):
        assert refusal(answer) == (403, "access_denied")
    assert stored(database) == [(5, True, None)]


async def test_who_left_every_family_can_take_their_review_back(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    await give(app_client, parent, rating=5)
    database.execute("delete from family.family_members")
    assert (await take_back(app_client, parent)).status_code == 200
    assert stored(database) == []


async def test_stars_that_are_sent_at_the_same_moment_are_one_review(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    answers = await asyncio.gather(*(give(app_client, parent, rating=1 + n % 5) for n in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["review"]["id"] for answer in answers}) == 1
    assert len(stored(database)) == 1


async def test_after_a_refund_a_review_stays_until_it_is_taken_back(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    await give(app_client, parent, rating=5)
    database.execute("delete from public.user_pack_ownership")
    assert refusal(await give(app_client, parent, rating=1)) == (404, "Pack ownership not found")
    assert (await shown(app_client, parent))["rating"] == 5
    assert (await take_back(app_client, parent)).status_code == 200
    assert await shown(app_client, parent) is None


@pytest.mark.parametrize(
    ("fields", "approved"),
    [
        ({"review_text": "Grumbleweed", "is_approved": True}, True),
        ({"review_text": "Grumbleweed", "is_approved": False}, False),
        ({"review_title": "Grumbleweed"}, False),
        ({"moderated_at": "2026-01-01", "is_approved": False}, False),
        ({"is_approved": None}, True),
    ],
    ids=["approved words", "words to be read", "a title to be read", "refused by a moderator", "stars only"],
)
async def test_a_review_of_another_backend_keeps_its_words_and_what_a_moderator_decided(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, fields: dict[str, Any], approved: bool
) -> None:
    columns = ", ".join(fields)
    database.execute(
        f"insert into public.content_pack_reviews (pack_id, user_id, rating, created_at, updated_at, {columns})"
        f" values (%s, %s, null, null, null, {', '.join(['%s'] * len(fields))})".encode(),
        [SAFARI, parent.user_id, *fields.values()],
    )
    before = await shown(app_client, parent)
    assert before["rating"] is None
    assert before["reviewText"] == fields.get("review_text")
    assert (await give(app_client, parent, rating=4)).status_code == 200
    after = await shown(app_client, parent)
    assert (after["rating"], after["reviewText"], after["isApproved"]) == (4, fields.get("review_text"), approved)
