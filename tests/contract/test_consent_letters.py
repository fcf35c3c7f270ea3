"""C-04: a consent by letter, from the app's request to the second letter; nothing counts before a parent confirmed it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import Parent, mails_to, register, row, rows, value
from tests.fixtures.consents import (
    ALL,
    BY_LETTER,
    CONSENT,
    Nest,
    Page,
    SteppedClock,
    after,
    assert_chained,
    nest,
)
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.trail import recorded
from wondernest.access.consent import purposes_of
from wondernest.app import background
from wondernest.coppa.flows import CHILD, FAMILY
from wondernest.coppa.flows import CONSENT as CONSENT_ID
from wondernest.coppa.letters import SECOND as SECOND_LETTER
from wondernest.coppa.rules import KEPT_AFTER_END
from wondernest.coppa.upkeep import EXPIRE, RENEW, SECONDS
from wondernest.platform.jobs import Running
from wondernest.settings import Settings

SECOND = "You gave your consent"
DONE = "your consent counts from now on"


@pytest.fixture
async def home(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Nest]:
    async with nest(make_settings, database_url) as running:
        yield running


@pytest.fixture
async def ann(home: Nest) -> Parent:
    return await register(home.client)


@pytest.fixture
async def mia(home: Nest, ann: Parent) -> str:
    return (await add_child(home.client, ann))["id"]


async def test_a_request_permits_nothing_and_its_reply_has_the_contracts_shape(
    home: Nest, ann: Parent, mia: str
) -> None:
    answer = await home.ask(ann, mia)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {
        *("consentId", "childId", "resolvedChildId", "consentType", "permissions", "consentGranted", "expiresAt"),
        *("verificationStatus", "complianceWarnings"),
    }
    assert (body["consentGranted"], body["verificationStatus"]) == (False, "PENDING_VERIFICATION")
    assert body["permissions"] == {**ALL, "thirdPartySharing": False}, "a letter never permits disclosure"
    shown = await home.status(ann, mia)
    assert (shown["consentStatus"], shown["dataCollectionAllowed"], shown["consentId"]) == ("NONE", False, None)
    assert shown["pending"]["consentId"] == body["consentId"]
    assert (shown["pending"]["method"], shown["pending"]["reason"]) == ("email_plus", "asked")
    assert shown["pending"]["expiresAt"] == body["expiresAt"]
    assert await home.shown(mia) == []
    assert await home.gate(mia) == ([], None)
    assert await home.entries(mia) == ["request"]


async def test_the_letter_holds_the_notice_and_no_name(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    letter = await home.letter(ann, "Your consent is needed")
    assert "WHAT WONDERNEST STORES ABOUT YOUR CHILD" in letter
    assert "Contact: no-reply@wondernest.app" in letter
    assert "Mia" not in letter
    assert "Ann" not in letter


async def test_the_button_of_the_page_puts_the_consent_into_force(home: Nest, ann: Parent, mia: str) -> None:
    asked = (await home.ask(ann, mia)).json()
    done = await home.press(await home.link(ann))
    assert (done.status_code, DONE in done.text) == (200, True)
    shown = await home.status(ann, mia)
    assert (shown["consentStatus"], shown["dataCollectionAllowed"], shown["pending"]) == ("GRANTED", True, None)
    assert (shown["consentId"], shown["verificationRequired"]) == (asked["consentId"], False)
    assert "Implement verifiable parental consent system" not in shown["nextSteps"]
    stored = await row(home.database_url, "select * from compliance.coppa_consent")
    assert (str(stored["id"]), stored["granted"], str(stored["parent_id"])) == (asked["consentId"], True, ann.user_id)
    assert json.loads(stored["consent_text"])["verificationMethod"] == "email_plus"
    purposes, until = await home.gate(mia)
    assert set(purposes) == purposes_of(BY_LETTER)
    assert until is not None
    assert timedelta(days=364) < until - datetime.now(UTC) < timedelta(days=367)
    assert await home.entries(mia) == ["request", "confirm", "grant"]
    await assert_chained(home.database_url, home.settings)


async def test_the_ledger_names_the_notice_that_the_parent_saw(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    await home.press(await home.link(ann), **{"Accept-Language": "fr-CA, en;q=0.5"})
    document = (await home.client.get("/api/v1/coppa/notices/2?language=fr")).json()
    entries = await rows(home.database_url, "select * from wondernest.consent_ledger order by number offset 1")
    assert {entry["notice_digest"].hex() for entry in entries} == {document["hash"]}
    assert {entry["notice_version"] for entry in entries} == {2}
    assert {entry["method"] for entry in entries} == {"email_plus"}


async def test_opening_the_page_changes_nothing_however_often(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    for method in ("GET", "HEAD", "GET"):
        assert (await home.client.request(method, link)).status_code == 200
    assert await home.entries(mia) == ["request"]
    assert (await home.status(ann, mia))["consentStatus"] == "NONE"


async def test_the_button_pressed_twice_or_at_once_consents_once(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    action = Page((await home.client.get(link)).text).action
    answers = await asyncio.gather(*(home.client.post(link + action) for _ in range(6)))
    assert sorted(DONE in answer.text for answer in answers) == [False] * 5 + [True]
    assert {answer.status_code for answer in answers} == {200}
    again = await home.client.post(link + action)
    assert "You have consented already" in again.text
    assert "You have consented already" in (await home.client.get(link)).text
    assert await home.entries(mia) == ["request", "confirm", "grant"]
    assert await home.shown(mia) == [(True, False)]


async def test_a_notice_that_is_no_longer_current_is_shown_before_it_counts(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    for query in ("", "?language=en", "?language=en&version=0"):
        answer = await home.client.post(link + query)
        assert "May WonderNest store this" in answer.text
    assert await home.entries(mia) == ["request"]


@pytest.mark.parametrize("token", ["A" * 64, "A" * 63, "%00", "..", "é" * 64, "A" * 5000])
async def test_a_link_that_was_never_sent_does_nothing(home: Nest, token: str) -> None:
    for path in (f"/coppa/consents/{token}", f"/coppa/undo/{token}"):
        for method in ("GET", "POST"):
            answer = await home.client.request(method, path + "?language=en&version=1")
            assert answer.status_code in {404, 410, 414}
    gone = await home.client.get("/coppa/consents/" + "A" * 64)
    assert (gone.status_code, "This link is no longer valid" in gone.text) == (410, True)


async def test_another_account_gains_nothing_from_a_link_and_a_link_needs_no_account(
    home: Nest, ann: Parent, mia: str
) -> None:
    await home.ask(ann, mia)
    stranger, theirs = await register_with_child(home.client)
    done = await home.press(await home.link(ann), **stranger.bearer)
    assert DONE in done.text
    assert (await home.status(ann, mia))["consentStatus"] == "GRANTED"
    assert await value(home.database_url, "select parent_id from compliance.coppa_consent") == UUID(ann.user_id)
    assert (await home.status(stranger, theirs))["consentStatus"] == "NONE"
    assert await home.entries(theirs) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update core.users set is_active = false where id = $1",
        "update family.family_members set role = 'member' where user_id = $1",
        "delete from family.family_members where user_id = $1",
    ],
)
async def test_a_link_of_somebody_who_is_no_parent_any_more_does_nothing(
    home: Nest, ann: Parent, mia: str, statement: str
) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    await rows(home.database_url, statement, UUID(ann.user_id))
    assert (await home.press(link)).status_code == 410
    assert await home.entries(mia) == ["request"]


async def test_a_link_that_went_to_another_address_than_the_parents_permits_nothing(
    home: Nest, ann: Parent, mia: str
) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    change = "update core.users set email = $2 where id = $1"
    await rows(home.database_url, change, UUID(ann.user_id), f"new-{ann.email}")
    for answer in (await home.client.get(link), await home.client.post(link + "?version=1")):
        assert answer.status_code == 410
    assert await home.gate(mia) == ([], None)
    await rows(home.database_url, change, UUID(ann.user_id), ann.email)
    assert DONE in (await home.press(link)).text
    await home.run(SECONDS, after(hours=25))
    undo = await home.link(ann, SECOND)
    await rows(home.database_url, change, UUID(ann.user_id), f"new-{ann.email}")
    assert (await home.press(undo)).status_code == 200, "taking back is always possible"
    assert await home.gate(mia) == ([], None)


async def test_a_later_request_takes_the_place_of_an_earlier_one(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    first = await home.link(ann)
    second = (await home.ask(ann, mia, permissions={"dataCollection": True})).json()
    link = await home.link(ann, count=2)
    assert (await home.client.get(first)).status_code == 410
    assert DONE in (await home.press(link)).text
    assert (await home.status(ann, mia))["consentId"] == second["consentId"]
    assert await home.entries(mia) == ["request", "request", "confirm", "grant"]


async def test_letters_are_limited_by_child_and_day(make_settings: Any, database_url: str) -> None:
    async with nest(make_settings, database_url, CONSENTS_PER_CHILD_AND_DAY="2") as home:
        ann, mia = await register_with_child(home.client)
        statuses = [(await home.ask(ann, mia)).status_code for _ in range(3)]
        assert statuses == [201, 201, 429]
        sibling = (await add_child(home.client, ann))["id"]
        assert (await home.ask(ann, sibling)).status_code == 201
        assert (await home.withdraw(ann, mia)).status_code == 200


async def test_the_apps_own_id_still_names_the_child_while_the_request_waits(home: Nest, ann: Parent) -> None:
    await add_child(home.client, ann, name="old")
    newest = (await add_child(home.client, ann, name="new"))["id"]
    sent = "child_1755116213442"
    assert (await home.ask(ann, sent)).json()["resolvedChildId"] == newest
    await add_child(home.client, ann, name="younger")
    assert (await home.status(ann, sent))["pending"] is not None
    assert (await home.withdraw(ann, sent)).status_code == 200
    assert (await home.status(ann, newest))["pending"] is None


async def test_fewer_permissions_apply_at_once_and_keep_the_end(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    before = (await home.gate(mia))[1]
    answer = await home.change(ann, mia, analytics=False)
    assert (answer.status_code, answer.json()["pending"]) == (200, None)
    assert await home.gate(mia) == (sorted(purposes_of({**BY_LETTER, "analytics": False})), before)
    assert await home.shown(mia) == [(True, True), (True, False)]
    shown = await home.status(ann, mia)
    assert (shown["consentId"], shown["permissions"]["analytics"]) == (answer.json()["consentId"], False)
    assert shown["verificationRequired"] is False
    assert await home.entries(mia) == ["request", "confirm", "grant", "withdraw", "grant"]
    taken = await value(home.database_url, "select purposes from wondernest.consent_ledger where entry = 'withdraw'")
    assert taken == ["analytics"]
    await assert_chained(home.database_url, home.settings)


async def test_more_permissions_wait_for_a_confirmation(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    known = await home.gate(mia)
    answer = await home.change(ann, mia, audioMonitoring=True, analytics=False)
    body = answer.json()
    assert answer.status_code == 200
    assert body["permissions"]["audioMonitoring"] is False
    assert body["permissions"]["analytics"] is False, "what is taken away is taken away at once"
    assert (body["pending"]["permissions"]["audioMonitoring"], body["warning"] is None) == (True, False)
    assert set((await home.gate(mia))[0]) == set(known[0]) - {"analytics"}
    assert DONE in (await home.press(await home.link(ann, count=2))).text
    assert "audio_metrics" in (await home.gate(mia))[0]
    assert (await home.status(ann, mia))["permissions"]["audioMonitoring"] is True
    assert [revoked for _, revoked in await home.shown(mia)] == [True, True, False]
    await assert_chained(home.database_url, home.settings)


async def test_only_more_permissions_leave_what_is_in_force_as_it_is(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    before, known = await home.status(ann, mia), await home.gate(mia)
    answer = (await home.change(ann, mia, marketing=True)).json()
    assert (answer["consentId"], answer["permissions"]) == (before["consentId"], before["permissions"])
    assert await home.gate(mia) == known
    assert await home.shown(mia) == [(True, False)]


async def test_another_type_of_consent_permits_nothing_before_a_parent_confirms_it(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.change(ann, mia, audioMonitoring=False)
    at_once = await home.gate(mia)
    for body in ({"consentType": "audio_monitoring"}, {"consentType": "audio_monitoring", "permissions": {}}):
        answer = await home.client.put(f"{CONSENT}/{mia}", json=body, headers=ann.bearer)
        assert answer.status_code == 200
        assert await home.gate(mia) == at_once
    other = (await add_child(home.client, ann, name="Zoe"))["id"]
    form = {"permissions": {"dataCollection": True}}
    known = await home.link(ann)
    await home.ask(ann, other, **form)
    await home.press(await home.link(ann, count=2))
    assert await home.gate(other) == (["saves", "uploads"], (await home.gate(other))[1])
    answer = await home.client.put(f"{CONSENT}/{other}", json={"consentType": "audio_monitoring"}, headers=ann.bearer)
    assert answer.json()["pending"]["permissions"] == {"dataCollection": True}
    assert (await home.gate(other))[0] == ["saves", "uploads"]
    link = await home.link(ann, count=3)
    assert link != known
    shown = Page((await home.client.get(link)).text).texts["li"]
    assert any("figures of speech" in text for text in shown), "the page names what the type permits"
    await home.press(link)
    assert (await home.gate(other))[0] == ["audio_metrics", "saves", "uploads"]
    await home.change(ann, other, dataCollection=False)
    assert (await home.gate(other))[0] == []
    await assert_chained(home.database_url, home.settings)


async def test_a_request_that_refuses_takes_that_away_at_once_because_the_app_has_no_other_way(
    home: Nest, ann: Parent
) -> None:
    mia = await home.consented(ann)
    end = (await home.gate(mia))[1]
    await home.change(ann, mia, audioMonitoring=True)
    answer = (await home.ask(ann, mia, permissions={**ALL, "analytics": False})).json()
    assert (answer["consentGranted"], answer["permissions"]["analytics"]) == (True, False)
    assert await home.gate(mia) == (["recommendations", "saves", "uploads"], end)
    assert (await home.status(ann, mia))["pending"] is None, "it refused what waited, too"
    widened = (await home.ask(ann, mia, permissions={**ALL, "educationalData": False, "marketing": True})).json()
    assert widened["consentGranted"] is False, "what is added waits"
    assert await home.gate(mia) == (["saves", "uploads"], end)
    refused = (await home.ask(ann, mia, permissions={"dataCollection": False})).json()
    assert refused["consentGranted"] is False
    assert (await home.gate(mia))[0] == []
    shown = await home.status(ann, mia)
    assert (shown["dataCollectionAllowed"], shown["pending"]) == (False, None)
    assert [revoked for _, revoked in await home.shown(mia)].count(False) == 1
    await assert_chained(home.database_url, home.settings)


async def test_what_a_parent_refuses_an_older_letter_does_not_bring_back(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.change(ann, mia, audioMonitoring=True)
    link = await home.link(ann, count=2)
    await home.change(ann, mia, analytics=False)
    pending = (await home.status(ann, mia))["pending"]["permissions"]
    assert (pending["analytics"], pending["audioMonitoring"]) == (False, True)
    await home.change(ann, mia, dataCollection=False)
    assert (await home.status(ann, mia))["pending"] is None, "nothing is left to confirm"
    assert (await home.client.get(link)).status_code == (await home.client.post(link + "?version=1")).status_code == 410
    assert (await home.gate(mia))[0] == []
    assert await value(home.database_url, "select count(*) from wondernest.consents where standing = 'requested'") == 0
    await assert_chained(home.database_url, home.settings)


async def test_withdrawing_ends_what_is_in_force_and_what_waits(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.change(ann, mia, audioMonitoring=True)
    link = await home.link(ann, count=2)
    for _ in range(2):
        assert (await home.withdraw(ann, mia)).status_code == 200
    shown = await home.status(ann, mia)
    assert (shown["consentStatus"], shown["pending"], shown["dataCollectionAllowed"]) == ("REVOKED", None, False)
    assert await home.gate(mia) == ([], None)
    assert (await home.client.get(link)).status_code == 410
    assert await home.entries(mia) == ["request", "confirm", "grant", "request", "withdraw", "withdraw"]
    assert await value(home.database_url, "select count(*) from wondernest.consents") == 0
    await assert_chained(home.database_url, home.settings)


async def test_of_two_parents_either_withdraws(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    other = await register(home.client)
    await rows(
        home.database_url,
        "insert into family.family_members (family_id, user_id, role) select family_id, $1, 'guardian'"
        " from family.child_profiles where id = $2::uuid",
        UUID(other.user_id),
        mia,
    )
    assert (await home.withdraw(other, mia)).status_code == 200
    assert (await home.status(ann, mia))["consentStatus"] == "REVOKED"
    assert await home.gate(mia) == ([], None)
    actor = await value(home.database_url, "select actor_id from wondernest.consent_ledger where entry = 'withdraw'")
    assert actor == UUID(other.user_id)


async def test_a_confirmation_and_a_withdrawal_that_meet_leave_what_the_ledger_says(
    home: Nest, ann: Parent, mia: str
) -> None:
    for number in range(1, 6):
        await home.ask(ann, mia)
        link = await home.link(ann, count=number)
        action = Page((await home.client.get(link)).text).action
        confirmed, withdrawn = await asyncio.gather(home.client.post(link + action), home.withdraw(ann, mia))
        assert withdrawn.status_code == 200
        assert confirmed.status_code in {200, 410}
        last = (await home.entries(mia))[-1]
        assert last == "withdraw", "a withdrawal is never overtaken: what it meets is over, what comes later is refused"
        assert await home.gate(mia) == ([], None)
        assert (await home.status(ann, mia))["consentStatus"] in {"NONE", "REVOKED"}
    await assert_chained(home.database_url, home.settings)


async def test_the_second_letter_comes_later_and_takes_the_consent_back(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.run(SECONDS, after(hours=23))
    await home.run(SECONDS, after(hours=24, minutes=1))
    link = await home.link(ann, SECOND)
    await home.run(SECONDS, after(hours=30))
    page = await home.client.get(link)
    assert "Take your consent back?" in page.text
    assert await home.entries(mia) == ["request", "confirm", "grant"]
    undone = await home.press(link)
    assert "Your consent was taken back" in undone.text
    assert (await home.client.post(link)).status_code == 410
    assert (await home.status(ann, mia))["consentStatus"] == "REVOKED"
    assert await home.gate(mia) == ([], None)
    assert await home.entries(mia) == ["request", "confirm", "grant", "undo"]
    assert sum(SECOND in text for text in await mails_to(home.outbox, ann.email)) == 1
    known = await recorded(home.database_url, mia)
    # asked for, confirmed and taken back by the parent; the question, the second letter, and that of what is erased
    assert known == {"adult:consent": 3, "service:consent_letter": 3}
    await assert_chained(home.database_url, home.settings)


async def test_a_consent_that_was_withdrawn_gets_no_second_letter(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.withdraw(ann, mia)
    await home.run(SECONDS, after(hours=25))
    assert not [text for text in await mails_to(home.outbox, ann.email) if SECOND in text]


async def test_a_consent_that_is_narrowed_while_its_second_letter_waits_still_gets_it(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    before = (await home.status(ann, mia))["consentId"]
    await home.change(ann, mia, analytics=False)
    family = await value(home.database_url, "select family_id from wondernest.consents")
    work = background(home.settings)
    send = next(job.handler for job in work.jobs if job.name == SECOND_LETTER)
    args = {FAMILY: str(family), CONSENT_ID: before, CHILD: mia}
    await send(Running(1, SECOND_LETTER, args, 1, datetime.now(UTC)))
    await work.rooms.stop()
    assert "Your consent was taken back" in (await home.press(await home.link(ann, SECOND))).text
    assert await home.gate(mia) == ([], None)


async def test_the_links_of_the_two_letters_do_not_stand_for_each_other(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.run(SECONDS, after(hours=25))
    undo, ask = await home.link(ann, SECOND), await home.link(ann)
    assert (await home.client.post(undo.replace("undo", "consents") + "?language=en&version=1")).status_code == 410
    assert (await home.client.post(ask.replace("consents", "undo"))).status_code == 410
    assert await home.entries(mia) == ["request", "confirm", "grant"]


async def test_a_request_that_nobody_confirms_is_dropped_after_fourteen_days(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    link = await home.link(ann)
    await home.run(EXPIRE, after(days=13, hours=23))
    assert (await home.client.get(link)).status_code == 200
    for _ in range(2):
        await home.run(EXPIRE, after(days=14, hours=1))
    assert (await home.client.get(link)).status_code == 410
    assert await home.entries(mia) == ["request", "expire"]
    assert await value(home.database_url, "select count(*) from wondernest.consents") == 0


async def test_a_link_is_over_with_its_request_even_before_it_is_dropped(make_settings: Any, database_url: str) -> None:
    clock = SteppedClock()
    async with nest(make_settings, database_url, clock=clock) as home:
        ann, mia = await register_with_child(home.client)
        await home.ask(ann, mia)
        link = await home.link(ann)
        action = Page((await home.client.get(link)).text).action
        clock.moment += timedelta(days=14, seconds=1)
        assert (await home.client.get(link)).status_code == 410
        assert (await home.client.post(link + action)).status_code == 410
        assert await home.entries(mia) == ["request"]


async def test_a_consent_expires_after_a_year_with_a_reminder_before(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.run(RENEW, after(days=334))
    assert (await home.status(ann, mia))["pending"] is None
    for _ in range(2):
        await home.run(RENEW, after(days=336))
    link = await home.link(ann, "ends soon")
    pending = (await home.status(ann, mia))["pending"]
    assert (pending["reason"], (await home.status(ann, mia))["consentStatus"]) == ("renewal", "GRANTED")
    assert len([text for text in await mails_to(home.outbox, ann.email) if "ends soon" in text]) == 1
    for _ in range(2):
        await home.run(EXPIRE, after(days=366, hours=1))
    assert await home.gate(mia) == ([], None)
    assert (await home.client.get(link)).status_code == 410
    entries = await home.entries(mia)
    assert (entries[:4], sorted(entries[4:])) == (["request", "confirm", "grant", "request"], ["expire", "expire"])
    assert await value(home.database_url, "select count(*) from wondernest.consents") == 0
    assert (await recorded(home.database_url, mia))["service:consent_time"] == 3, (
        "asked again; request and consent ended"
    )
    await assert_chained(home.database_url, home.settings)


async def test_when_the_parent_who_consented_has_left_the_other_one_is_asked_again(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    ben = await register(home.client)
    joins = (
        "with left_it as (delete from family.family_members where user_id = $2 returning family_id)"
        " insert into family.family_members (family_id, user_id, role) select family_id, $1, 'parent' from left_it"
    )
    await rows(home.database_url, joins, UUID(ben.user_id), UUID(ann.user_id))
    await home.run(RENEW, after(days=336))
    assert DONE in (await home.press(await home.link(ben, "ends soon"))).text
    last = "select actor_id from wondernest.consent_ledger where child_id = $1::uuid order by number desc limit 1"
    assert await value(home.database_url, last, mia) == UUID(ben.user_id)


async def test_a_renewed_consent_counts_for_another_year(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await home.run(RENEW, after(days=336))
    link = await home.link(ann, "ends soon")
    assert DONE in (await home.press(link)).text
    assert [revoked for _, revoked in await home.shown(mia)] == [True, False]
    assert await value(home.database_url, "select count(*) from wondernest.consents") == 1
    assert await home.entries(mia) == ["request", "confirm", "grant", "request", "confirm", "grant"]


async def test_a_notice_changed_in_substance_asks_again_and_ends_the_consent_after_the_grace(
    home: Nest, ann: Parent
) -> None:
    mia = await home.consented(ann)
    await home.run(RENEW, SteppedClock())
    assert (await home.status(ann, mia))["pending"] is None
    await rows(home.database_url, "update wondernest.consents set notice_version = 0")
    for _ in range(2):
        await home.run(RENEW, SteppedClock())
    link = await home.link(ann, "Something changed")
    shown = await home.status(ann, mia)
    assert (shown["consentStatus"], shown["pending"]["reason"]) == ("GRANTED", "re-notice")
    until = (await home.gate(mia))[1]
    assert until is not None
    assert timedelta(days=29) < until - datetime.now(UTC) <= timedelta(days=30)
    assert shown["expiresAt"] == shown["pending"]["expiresAt"]
    assert (await home.entries(mia))[3:] == ["re-notice"]
    await home.run(EXPIRE, after(days=31))
    assert await home.gate(mia) == ([], None)
    assert (await home.client.get(link)).status_code == 410
    assert await home.shown(mia) == [(True, True)], "an earlier backend finds no open consent"


async def test_the_answer_to_a_changed_notice_counts_for_a_year(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await rows(home.database_url, "update wondernest.consents set notice_version = 0")
    await home.run(RENEW, SteppedClock())
    assert DONE in (await home.press(await home.link(ann, "Something changed"))).text
    await home.run(RENEW, SteppedClock())
    until = (await home.gate(mia))[1]
    assert until is not None
    assert until - datetime.now(UTC) > timedelta(days=364)
    assert (await home.status(ann, mia))["pending"] is None


async def test_a_consent_of_an_earlier_backend_verifies_nothing_and_is_withdrawn_with_an_entry(
    home: Nest, ann: Parent, mia: str
) -> None:
    consent_id = uuid4()
    await rows(
        home.database_url,
        """insert into compliance.coppa_consent (id, family_id, child_id, parent_id, consent_type, granted, consent_text)
           select $1, c.family_id, c.id, $2, 'full', true, '{"permissions":{"dataCollection":true}}'
             from family.child_profiles c where c.id = $3::uuid""",
        consent_id,
        UUID(ann.user_id),
        mia,
    )
    shown = await home.status(ann, mia)
    assert (shown["consentStatus"], shown["dataCollectionAllowed"], shown["verificationRequired"]) == (
        "GRANTED",
        False,
        True,
    )
    assert (await home.withdraw(ann, mia)).status_code == 200
    assert await home.entries(mia) == ["withdraw"]
    assert await value(home.database_url, "select consent_id from wondernest.consent_ledger") == consent_id


async def test_a_consent_that_another_backend_revoked_is_withdrawn_with_an_entry(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    await rows(
        home.database_url, "update compliance.coppa_consent set revoked_at = now() where child_id = $1::uuid", mia
    )
    await home.run(EXPIRE, after(hours=1))
    await home.run(EXPIRE, after(hours=2))
    assert await home.entries(mia) == ["request", "confirm", "grant", "withdraw"]
    assert await home.gate(mia) == ([], None)
    ended = await rows(
        home.database_url, "select purpose from wondernest.ended_purposes where child_id = $1::uuid", mia
    )
    assert {one["purpose"] for one in ended} == purposes_of(BY_LETTER)
    await assert_chained(home.database_url, home.settings)


async def test_a_consent_whose_year_is_over_has_what_it_permitted_erased_later(home: Nest, ann: Parent) -> None:
    mia = await home.consented(ann)
    late = after(days=370)
    await home.run(EXPIRE, late)
    ended = await rows(home.database_url, "select * from wondernest.ended_purposes where child_id = $1::uuid", mia)
    assert {one["purpose"]: one["erase_at"] - late.now() for one in ended} == {
        purpose: KEPT_AFTER_END[purpose] for purpose in purposes_of(BY_LETTER)
    }


async def test_a_child_that_was_deleted_leaves_no_work_behind(home: Nest, ann: Parent, mia: str) -> None:
    await home.ask(ann, mia)
    await home.link(ann)
    await rows(home.database_url, "delete from family.child_profiles where id = $1::uuid", mia)
    await home.run(EXPIRE, after(days=15))
    assert await value(home.database_url, "select count(*) from wondernest.consents") == 0


async def test_in_development_a_consent_is_in_force_at_once_and_discloses_nothing(
    app_client: httpx2.AsyncClient, make_settings: Any, database_url: str
) -> None:
    ann, mia = await register_with_child(app_client)
    home = Nest(app_client, make_settings(), database_url)
    assert (await home.ask(ann, mia)).json()["consentGranted"] is True
    assert await home.entries(mia) == ["request", "confirm", "grant"]
    assert set((await home.gate(mia))[0]) == purposes_of(BY_LETTER)
    assert await value(database_url, "select distinct method from wondernest.consent_ledger") == "automatic"
    assert (await home.status(ann, mia))["verificationRequired"] is True
    await home.change(ann, mia, analytics=False)
    assert "analytics" not in (await home.gate(mia))[0]
    await home.change(ann, mia, analytics=True)
    assert "analytics" in (await home.gate(mia))[0]
    await assert_chained(database_url, make_settings())
