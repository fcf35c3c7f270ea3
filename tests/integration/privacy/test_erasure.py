"""Erasing: nothing of a child, a family or an account is left anywhere, and everything of the others stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.fixtures.auth import register, rows, value
from tests.fixtures.family import add_child, profile
from tests.fixtures.privacy import (
    CHILD_FORM,
    GRACE,
    PRIVACY,
    House,
    erase,
    founded_by,
    move_in,
    own_rows,
    proven,
    run,
    save,
    whole,
)
from wondernest.app import consent_ledger
from wondernest.coppa.ledger import Verified

ADDRESS = "203.0.113.77"
"""The network address in the rows of `whole`."""
LEDGER = "select entry, redacted from wondernest.consent_ledger where family_id = $1 order by number"


async def test_of_an_erased_account_with_rows_in_every_table_nothing_is_left_anywhere(house: House) -> None:
    parent, people = await whole(house)
    other, others = await whole(house)
    words = (parent.name, people.user, people.family, people.child, people.mark)
    theirs = (other.name, others.user, others.family, others.child, others.mark)
    kept = house.traces(*theirs)
    assert len(house.traces(*words)) > 70
    await erase(house.client, parent.bearer, "account")
    await house.erase_now()
    assert house.traces(*words) == {}
    assert house.traces(*theirs) == kept
    [receipt] = await rows(house.url, "select state, counts from wondernest.erasures")
    assert receipt["state"] == "done"


async def test_of_an_erased_child_nothing_is_left_and_the_sibling_and_the_parent_keep_everything(house: House) -> None:
    parent, people = await whole(house)
    bearer = parent.bearer
    sibling = (await house.client.post("/api/v1/family/children", json=CHILD_FORM, headers=bearer)).json()["data"]["id"]
    await save(house.client, bearer, sibling, "kept")
    before = await own_rows(house.url, parent.user_id)
    await erase(house.client, bearer, f"children/{parent.child_id}")
    await house.erase_now()
    assert house.traces(people.child, f"{parent.name} junior") == {}
    assert await ledger_problems(house, people.family) == []
    entries = await rows(house.url, LEDGER, people.family)
    assert {tuple(row["redacted"] or ()) for row in entries} >= {("child_id", "consent_id")}
    [counts] = await rows(house.url, "select counts::text from wondernest.erasures")
    assert '"redacted entries of wondernest.consent_ledger":' in counts["counts"]
    assert await value(house.url, "select count(*) from games.simple_game_data where child_id = $1", UUID(sibling)) == 1
    assert await own_rows(house.url, parent.user_id) == before
    assert (await house.client.get("/health/ready")).is_success


async def ledger_problems(house: House, family: UUID) -> list[str]:
    async with consent_ledger(house.settings) as (ledger, database):
        return [problem async for problem in ledger.verify(database, Verified(), family)]


async def test_an_erased_family_leaves_the_accounts_of_its_adults(house: House) -> None:
    parent, people = await whole(house)
    await erase(house.client, parent.bearer, "family")
    await house.erase_now()
    assert house.traces(people.family, people.child) == {}
    assert await value(house.url, "select is_active from core.users where id = $1", parent.user_id)


async def test_a_parent_who_leaves_takes_nothing_from_the_other_parent_and_the_children(house: House) -> None:
    parent, people = await whole(house)
    other = await register(house.client)
    await move_in(house.url, other, people.family)
    named = "select name from family.families where id = $1"
    assert await value(house.url, named, people.family) == f"{parent.name}'s Family"
    kept = await value(house.url, "select count(*) from games.simple_game_data where child_id = $1", people.child)
    events = await value(house.url, "select count(*) from analytics.analytics_events where child_id = $1", people.child)
    files = await rows(house.url, "select id from core.uploaded_files where child_id = $1", people.child)
    await erase(house.client, parent.bearer, "account")
    await house.erase_now()
    assert house.traces(people.user, f"{parent.name.lower()}@example.com", ADDRESS) == {}
    assert set(house.traces(parent.name)) <= {"family.child_profiles"}, "the child is called after the parent"
    assert await ledger_problems(house, people.family) == []
    entries = await rows(house.url, LEDGER, people.family)
    assert {tuple(row["redacted"] or ()) for row in entries} >= {("actor_id",)}
    told = "select ip_address, user_agent, parent_id from compliance.coppa_consent where child_id = $1"
    given = await rows(house.url, told, people.child)
    assert {(row["ip_address"], row["user_agent"]) for row in given} == {(None, None)}
    of_child = "select count(*) from {} where child_id = $1"
    assert await value(house.url, of_child.format("games.simple_game_data"), people.child) == kept
    assert await value(house.url, of_child.format("analytics.analytics_events"), people.child) == events
    assert await value(house.url, "select created_by from family.families where id = $1", people.family) == UUID(
        other.user_id
    )
    heir = await value(house.url, "select first_name from core.users where id = $1", UUID(other.user_id))
    assert await value(house.url, named, people.family) == f"{heir}'s Family", "it was named after the parent who left"
    assert await rows(house.url, "select id from core.uploaded_files where user_id = $1", UUID(other.user_id)) == files
    assert await value(house.url, "select is_active from family.child_profiles where id = $1", people.child)


async def test_what_other_families_bought_stays_for_them_without_its_author(house: House) -> None:
    parent, people = await whole(house)
    buyer, others = await whole(house)
    listing, bought = people.rows["games.marketplace_listings"]["id"], others.rows["games.story_purchases"]["id"]
    await run(house.url, "update games.story_purchases set listing_id = $1 where id = $2", UUID(listing), UUID(bought))
    wares = people.rows["marketplace.listings"]["id"]
    await run(
        house.url,
        "update marketplace.purchases set listing_id = $1 where id = $2",
        UUID(wares),
        UUID(others.rows["marketplace.purchases"]["id"]),
    )
    await run(
        house.url,
        "update marketplace.child_library set listing_id = $1 where id = $2",
        UUID(wares),
        UUID(others.rows["marketplace.child_library"]["id"]),
    )
    await erase(house.client, parent.bearer, "account")
    await house.erase_now()
    assert house.traces(people.user, people.child, people.family) == {}
    assert (
        await value(
            house.url,
            "select count(*) from games.story_purchases where id = $1 and buyer_id = $2",
            UUID(bought),
            others.user,
        )
        == 1
    )
    assert await value(house.url, "select count(*) from marketplace.purchases where user_id = $1", others.user) == 1
    assert buyer.user_id == others.user


async def test_in_the_grace_a_child_is_hidden_and_frozen_and_comes_back_as_it_was(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    asked = await erase(house.client, parent.bearer, f"children/{child}")
    assert (asked["state"], asked["childId"]) == ("waiting", child)
    assert (await profile(house.client, parent))["children"] == []
    assert (await save(house.client, parent.bearer, child, "late")).status_code == 404
    again = await erase(house.client, parent.bearer, f"children/{child}")
    assert again == asked
    house.clock.shift += timedelta(days=6)
    await house.run_due()
    house.clock.shift = timedelta()
    answer = await house.client.post(f"{PRIVACY}/children/{child}/restore", headers=parent.bearer)
    assert answer.json() == {"success": True, "data": {"restored": True}}
    saves = (await house.client.get(f"/api/v2/games/children/{child}/data", headers=parent.bearer)).json()
    assert "mine" in str(saves)
    house.clock.shift += GRACE
    await house.run_due()
    assert await value(house.url, "select count(*) from games.simple_game_data where child_id = $1", UUID(child)) == 1
    assert await value(house.url, "select state from wondernest.erasures") == "taken_back"


@pytest.mark.parametrize("what", ["family", "account"])
async def test_an_erasure_of_a_family_or_an_account_is_taken_back_without_touching_what_was_archived_before(
    house: House, what: str
) -> None:
    parent = await register(house.client)
    playing, archived = (await add_child(house.client, parent))["id"], (await add_child(house.client, parent))["id"]
    assert (await house.client.delete(f"/api/v1/family/children/{archived}", headers=parent.bearer)).is_success
    await erase(house.client, parent.bearer, what)
    assert (await profile(house.client, parent))["children"] == []
    for child in (playing, archived):
        refused = await house.client.post(f"{PRIVACY}/children/{child}/restore", headers=parent.bearer)
        assert (refused.status_code, refused.json()["error"]) == (409, "part_of_larger_erasure")
    answer = await house.client.post(f"{PRIVACY}/{what}/restore", headers=parent.bearer)
    assert answer.json()["data"] == {"restored": True}
    assert [child["id"] for child in (await profile(house.client, parent))["children"]] == [playing]
    again = await house.client.post(f"{PRIVACY}/{what}/restore", headers=parent.bearer)
    assert again.json()["data"] == {"restored": False}


async def test_a_child_that_another_request_erases_stays_hidden_when_the_larger_one_is_taken_back(house: House) -> None:
    parent = await register(house.client)
    alone, both = (await add_child(house.client, parent))["id"], (await add_child(house.client, parent))["id"]
    for what in ("family", f"children/{alone}", "account"):
        await erase(house.client, parent.bearer, what)
    shown: list[list[str]] = []
    for what in ("family", "account", f"children/{alone}"):
        answer = await house.client.post(f"{PRIVACY}/{what}/restore", headers=parent.bearer)
        assert answer.json()["data"] == {"restored": True}
        shown.append([child["id"] for child in (await profile(house.client, parent))["children"]])
    assert shown == [[], [both], [alone, both]]


async def test_asking_again_hides_what_was_added_and_taking_it_back_shows_all(house: House) -> None:
    parent = await register(house.client)
    children = [(await add_child(house.client, parent))["id"]]
    asked = await erase(house.client, parent.bearer, "family")
    children.append((await add_child(house.client, parent))["id"])
    assert await erase(house.client, parent.bearer, "family") == asked
    assert (await profile(house.client, parent))["children"] == []
    assert (await house.client.post(f"{PRIVACY}/family/restore", headers=parent.bearer)).is_success
    assert [child["id"] for child in (await profile(house.client, parent))["children"]] == children


@pytest.mark.parametrize("what", ["family", "account"])
async def test_a_child_in_use_is_not_erased_but_hidden_and_its_parents_have_the_grace_once_more(
    house: House, what: str
) -> None:
    parent, other = await register(house.client), await register(house.client)
    family = await founded_by(house.url, parent)
    child = (await add_child(house.client, parent))["id"]
    if what == "account":  # the child comes into its reach when the other parent is gone
        await move_in(house.url, other, family)
        await erase(house.client, parent.bearer, what)
        await run(house.url, "delete from family.family_members where user_id = $1", UUID(other.user_id))
    else:
        await erase(house.client, parent.bearer, what)
        child = (await add_child(house.client, parent))["id"]
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    work = "select count(*) from games.simple_game_data where child_id = $1"
    letters = "select count(*) from wondernest.jobs where entrypoint = 'privacy.announce_erasure'"
    before = await value(house.url, letters)
    house.clock.shift += GRACE
    await house.run_due()
    assert await value(house.url, work, UUID(child)) == 1
    assert await value(
        house.url, "select archived_at is not null from family.child_profiles where id = $1", UUID(child)
    )
    assert await value(house.url, letters) == before + 1
    house.clock.shift += timedelta(days=6)
    await house.run_due()
    assert await value(house.url, work, UUID(child)) == 1
    house.clock.shift += timedelta(days=1, minutes=1)
    await house.run_due()
    assert await value(house.url, work, UUID(child)) == 0


async def test_a_child_that_another_backend_took_out_of_the_archive_is_not_erased(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await erase(house.client, parent.bearer, f"children/{child}")
    active = "update family.child_profiles set is_active = true, archived_at = null where id = $1"
    await run(house.url, active, UUID(child))
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    await house.erase_now()
    house.clock.shift = timedelta()
    assert [one["id"] for one in (await profile(house.client, parent))["children"]] == [child]
    assert await value(house.url, "select state from wondernest.erasures") == "taken_back"


async def test_an_erasure_that_has_begun_cannot_be_taken_back(house: House) -> None:
    parent = await register(house.client)
    await add_child(house.client, parent)
    await erase(house.client, parent.bearer, "family")
    await run(
        house.url, "update wondernest.erasures set state = 'erasing', subjects = '{\"people\": {}, \"near\": []}'"
    )
    answer = await house.client.post(f"{PRIVACY}/family/restore", headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]) == (409, "erasure_begun")


async def test_an_erased_account_is_refused_at_once_and_its_address_is_free(house: House) -> None:
    parent = await register(house.client)
    asked = await asyncio.gather(*(erase(house.client, parent.bearer, "account") for _ in range(3)))
    assert len({request["id"] for request in asked}) == 1, "asked three times at once"
    await run(house.url, "update wondernest.erasures set due_at = now() - interval '1 minute'")
    await house.run_due()
    assert (await house.client.get("/api/v1/auth/me", headers=parent.bearer)).status_code in {401, 404}
    assert await value(house.url, "select count(*) from core.users where email = $1", parent.email) == 0
    renewed = await house.client.post("/api/v1/auth/session/refresh", json={"refreshToken": parent.refresh})
    assert renewed.status_code == 401
    assert (await register(house.client, email=parent.email)).user_id != parent.user_id


async def test_the_receipt_names_nobody_and_says_how_much_was_erased(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await save(house.client, parent.bearer, child, "mine")
    await erase(house.client, parent.bearer, f"children/{child}")
    await run(house.url, "update wondernest.erasures set due_at = now() - interval '1 minute'")
    await house.run_due()
    await run(house.url, "update wondernest.erasures set settle_at = now() - interval '1 minute'")
    await house.run_due()
    [receipt] = (await house.client.get(f"{PRIVACY}/erasures", headers=parent.bearer)).json()["data"]
    assert (receipt["kind"], receipt["state"], receipt["childId"]) == ("child", "done", None)
    assert receipt["erased"]["games.simple_game_data"] == 1
    assert receipt["erased"]["family.child_profiles"] == 1
    assert house.traces(child) == {}


async def test_a_parents_erasure_of_another_familys_child_finds_none(house: House) -> None:
    parent, stranger = await register(house.client), await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    headers = await proven(house.client, stranger.bearer)
    foreign = await house.client.delete(f"{PRIVACY}/children/{child}", headers=headers)
    missing = await house.client.delete(f"{PRIVACY}/children/{uuid4()}", headers=headers)
    assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json()) == (404, missing.json())
    assert (await house.client.delete(f"{PRIVACY}/children/{child}", headers=parent.bearer)).status_code == 403
