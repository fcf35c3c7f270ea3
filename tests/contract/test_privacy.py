"""What is shown of what is held: the public catalogue, and a family's summary."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import TEST_ENVIRONMENT, UNREACHED, declared, running
from tests.fixtures.auth import register, rows
from tests.fixtures.consent import give_consent, withdraw_consent
from tests.fixtures.consents import Page, assert_strict
from tests.fixtures.family import add_child
from tests.fixtures.privacy import erase, move_in, run, save
from tests.security.households import PICTURE, register_parent_with_data
from wondernest.access.law import GROUNDS, INTERNAL_OPERATIONS
from wondernest.app import create_app
from wondernest.coppa.rules import KEPT_AFTER_END
from wondernest.platform.languages import LANGUAGES
from wondernest.platform.personal_data import GeneralGround, Party
from wondernest.privacy.catalogue import Entry, catalogue
from wondernest.privacy.pages import PrivacyPages, figures, translations
from wondernest.settings import Settings, load_settings

PRIVACY = "/api/v1/privacy"


async def test_the_catalogue_is_public_and_has_every_class(app_client: httpx2.AsyncClient) -> None:
    answer = await app_client.get(f"{PRIVACY}/catalogue")
    assert answer.status_code == 200
    shown = answer.json()["data"]
    assert [one["place"] for one in shown] == [entry.table for entry in catalogue(declared().rooms)]
    saves = next(one for one in shown if one["place"] == "games.simple_game_data")
    assert (saves["store"], saves["people"], saves["endedBy"]) == ("table", ["child"], "privacy.erase_due")
    assert (saves["grounds"], saves["purposes"], saves["seenBy"]) == (["consent"], ["saves"], ["adults", "devices"])
    versions = next(one for one in shown if one["place"] == "wondernest.save_versions")
    assert versions["identifiers"] == {"device": "repeat", "replaced_by": "repeat"}
    legend = answer.json()["legend"]
    assert {one for each in shown for one in each["grounds"]} <= {one["name"] for one in legend["grounds"]}
    uses = {one["name"]: one["internalOperation"] for one in legend["operations"]}
    assert (uses["repeat"], uses["measure"]) == ("(1)(i)", None)
    again = await app_client.get(f"{PRIVACY}/catalogue", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_summary_counts_what_is_held_about_each_child(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    mia, zoe = (await add_child(app_client, parent))["id"], (await add_child(app_client, parent))["id"]
    for text in ("one", "two", "three"):
        await save(app_client, parent.bearer, mia, text)
    await save(app_client, parent.bearer, zoe, "other")
    await give_consent(app_client, parent.bearer, mia)
    assert (await app_client.delete(f"/api/v1/family/children/{zoe}", headers=parent.bearer)).is_success
    picture = {"file": ("p.png", PICTURE, "image/png")}
    upload = app_client.post("/api/v1/files/upload", data={"childId": mia}, files=picture, headers=parent.bearer)
    assert (await upload).is_success
    data = (await app_client.get(f"{PRIVACY}/summary", headers=parent.bearer)).json()["data"]
    held = {one["id"]: {each["place"]: each for each in one["classes"]} for one in data}
    assert [one["kind"] for one in data] == ["user", "family", "child", "child"]
    assert held[mia]["games.simple_game_data"]["count"] == 3
    assert held[mia]["games.simple_game_data"]["oldest"].endswith("Z")
    oldest = [each["oldest"] for classes in held.values() for each in classes.values() if each["oldest"]]
    assert max(oldest) <= datetime.now(UTC).isoformat(), "nothing held is of the future, as the end of a consent is"
    assert held[mia]["core.uploaded_files"]["count"] == 1
    assert held[mia]["core.uploaded_files"]["bytes"] >= len(PICTURE)
    assert held[zoe]["games.simple_game_data"]["count"] == 1, "an archived child is held too"
    assert held[parent.user_id]["core.user_sessions"]["count"] == 1
    assert "games.simple_game_data" not in held[parent.user_id]


async def test_the_summary_says_what_is_erased_when_and_why(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    mia, zoe, leo = [(await add_child(app_client, parent))["id"] for _ in range(3)]
    await give_consent(app_client, parent.bearer, mia)
    await withdraw_consent(app_client, parent.bearer, mia)
    assert (await app_client.delete(f"/api/v1/family/children/{zoe}", headers=parent.bearer)).is_success
    asked = await erase(app_client, parent.bearer, f"children/{leo}")

    async def shown() -> dict[str, dict[str, Any]]:
        data = (await app_client.get(f"{PRIVACY}/summary", headers=parent.bearer)).json()["data"]
        return {one["id"]: one for one in data}

    found = await shown()
    assert (found[mia]["erasure"], found[mia]["erasesAt"], found[mia]["archivedAt"]) == (None, None, None)
    days = {one["purpose"]: moment(one["erasesAt"]) - moment(one["endedAt"]) for one in found[mia]["endings"]}
    assert days == KEPT_AFTER_END
    assert found[zoe]["erasure"] == "archived"
    assert moment(found[zoe]["erasesAt"]) - moment(found[zoe]["archivedAt"]) == timedelta(days=30)
    assert (found[leo]["erasure"], found[leo]["erasesAt"]) == ("child", asked["dueAt"])
    assert found[leo]["archivedAt"] is not None
    assert (found[parent.user_id]["erasure"], found[zoe]["endings"]) == (None, [])
    account = await erase(app_client, parent.bearer, "account")
    planned = {one["kind"] + one["id"]: (one["erasure"], one["erasesAt"]) for one in (await shown()).values()}
    assert planned.pop(f"child{leo}") == ("child", asked["dueAt"]), "the first one counts"
    assert set(planned.values()) == {("account", account["dueAt"])}, "nobody else is a parent of the family"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_summary_shows_nothing_of_another_family(app_client: httpx2.AsyncClient) -> None:
    parent, stranger = await register_parent_with_data(app_client), await register(app_client)
    shown = (await app_client.get(f"{PRIVACY}/summary", headers=stranger.bearer)).json()["data"]
    assert parent.child_id not in str(shown)
    assert [one["kind"] for one in shown] == ["user", "family"]


async def test_a_member_who_is_no_parent_gets_no_summary(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent, member = await register(app_client), await register(app_client)
    [family] = await rows(
        database_url, "select family_id from family.family_members where user_id = $1", UUID(parent.user_id)
    )
    await run(database_url, "delete from family.family_members where user_id = $1", UUID(member.user_id))
    await move_in(database_url, member, family["family_id"])
    await run(database_url, "update family.family_members set role = 'member' where user_id = $1", UUID(member.user_id))
    answer = await app_client.get(f"{PRIVACY}/summary", headers=member.bearer)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


async def test_a_parents_look_at_figures_and_at_the_summary_is_stored_and_a_refused_one_is_not(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    settings = make_settings()
    async with running(create_app(settings)) as client:
        parent, stranger = await register(client), await register(client)
        child = (await add_child(client, parent))["id"]
        figures = "/api/v1/analytics"
        for path in (
            f"{figures}/daily?childId={child}",
            f"{figures}/weekly?childId={child}",
            *(f"{figures}/children/{child}/{name}" for name in ("insights", "milestones", "activities", "export.csv")),
        ):
            assert (await client.get(path, headers=parent.bearer)).status_code == 200
            assert (await client.get(path, headers=stranger.bearer)).status_code == 404
        assert (await client.get(f"{PRIVACY}/summary", headers=parent.bearer)).is_success
    found = await rows(database_url, "select * from wondernest.child_accesses order by kind")
    assert {(str(one["actor_id"]), str(one["child_id"])) for one in found} == {(parent.user_id, child)}
    times = {kind: sum(one["times"] for one in found if one["kind"] == kind) for kind in ("figures", "summary")}
    assert times == {"figures": 6, "summary": 1}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_public_page_has_every_class_with_purpose_and_time_in_the_readers_language(
    app_client: httpx2.AsyncClient, language: str
) -> None:
    answer = await app_client.get("/privacy/catalogue", headers={"Accept-Language": language})
    page = Page(answer.text)
    page.assert_readable(language)
    assert_strict(answer)
    assert answer.headers["cache-control"] == "no-cache"
    assert (await app_client.get(f"/privacy/catalogue?language={language}")).text == answer.text
    entries = list(catalogue(declared().rooms))
    assert sorted(page.texts["code"]) == sorted(entry.table for entry in entries)
    with_identifiers = [entry for entry in entries if entry.identifiers]
    explained = len(GROUNDS) + len(INTERNAL_OPERATIONS)
    assert len(page.texts["dd"]) == 5 * len(entries) + len(with_identifiers) + explained
    for law in ("GDPR Art. 6(1)(a)", "16 CFR 312.5(c)(1)", "16 CFR 312.2 (1)(v)"):
        assert law in answer.text
    assert "span" not in page.texts, "a text that is in another language"
    assert not re.search(r"[A-Z]{3,}_[A-Z_]+", page.texts["main"][0]), "the name of a setting is none for people"
    assert f"/coppa/notice?language={language}" in answer.text


def test_every_text_of_the_catalogue_is_translated() -> None:
    """`words/catalogue.toml` of the room: a new class of data needs its texts in every language."""
    entries = list(catalogue(declared().rooms))
    said = {text for entry in entries for text in (entry.what, entry.why, entry.kept)}
    assert sorted(said - translations().keys()) == [], "texts without a translation"
    assert sorted(translations().keys() - said) == [], "translations of no text"
    assert {text: len(known) for text, known in translations().items() if len(known) != len(LANGUAGES) - 1} == {}
    names = figures(load_settings({**TEST_ENVIRONMENT, **UNREACHED}))
    for text, known in translations().items():
        assert all(name in other for name in names if name in text for other in known), text


def test_a_text_without_a_translation_is_marked_as_english() -> None:
    entry = Entry(
        room="x",
        table="x.y",
        what="<b>Odd</b>",
        why="A day",
        kept="A day",
        ended_by="x",
        people=(),
        grounds=(GeneralGround.DUTY,),
        seen_by=(Party.NOBODY,),
    )
    page = PrivacyPages(lambda: [entry], {}).catalogue("de").decode()
    assert '<h3><span lang="en">&lt;b&gt;Odd&lt;/b&gt;</span></h3>' in page
    assert "<dd>Ein Tag</dd>" in page
