"""C-04: the other methods of verifiable consent: text messages, and a verifier that is asked over HTTP and reports with a signature."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.auth import mails_to, rows, value
from tests.fixtures.consents import ALL, Nest, Page, after, assert_chained, link_in, nest
from tests.fixtures.family import register_with_child
from tests.fixtures.verifiers import Outside, outside, report
from wondernest.coppa.upkeep import SECONDS
from wondernest.settings import Settings

WAIT_S = 10.0


@pytest.fixture
def service() -> Iterator[Outside]:
    with outside() as running:
        yield running


@pytest.fixture
async def home(make_settings: Callable[..., Settings], database_url: str, service: Outside) -> AsyncIterator[Nest]:
    environ: dict[str, Any] = {**service.as_verifier, "COPPA_THIRD_PARTIES": "story-cloud"}
    async with nest(make_settings, database_url, **environ) as running:
        yield running


async def messages(service: Outside, count: int) -> list[dict[str, Any]]:
    """What the gateway was asked to send; waits until there are `count`."""
    async with asyncio.timeout(WAIT_S):
        while len(service.asked) < count:
            await asyncio.sleep(0.01)
    return service.asked


async def test_a_verifier_confirms_and_only_its_reference_is_kept(home: Nest, service: Outside) -> None:
    ann, mia = await register_with_child(home.client)
    asked = (await home.ask(ann, mia)).json()
    assert asked["permissions"]["thirdPartySharing"] is True
    assert (await home.status(ann, mia))["pending"]["method"] == "card"
    link = await home.link(ann)
    for _ in range(2):
        page = await home.press(link)
        assert Page(page.text).attributes("a")[0]["href"] == "https://verifier.example/go/0?a=1"
    assert {frozenset(each) for each in service.asked} == {frozenset({"reference", "method"})}, "nothing about people"
    assert await home.entries(mia) == ["request"], "the page alone confirms nothing"
    told = {"type": "verification.confirmed", "reference": service.asked[0]["reference"], "verificationId": "v-0"}
    for _ in range(2):
        assert (await report(home.client, told)).status_code == 200
    assert await home.entries(mia) == ["request", "confirm", "grant"]
    assert "disclosure:story-cloud" in (await home.gate(mia))[0]
    assert (
        await value(home.database_url, "select reference from wondernest.consent_ledger where entry = 'grant'") == "v-0"
    )
    await home.run(SECONDS, after(hours=25))
    assert not [text for text in await mails_to(home.outbox, ann.email) if "You gave your consent" in text]
    assert "You have consented already" in (await home.client.get(link)).text
    await assert_chained(home.database_url, home.settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "verification.refused"},
        {"type": "verification.seen"},
        {"verificationId": "v-9"},
        {"reference": f"{uuid4()}.{uuid4()}"},
        {"reference": "none"},
    ],
)
async def test_a_report_about_something_else_confirms_nothing(
    home: Nest, service: Outside, changes: dict[str, str]
) -> None:
    ann, mia = await register_with_child(home.client)
    await home.ask(ann, mia)
    await home.press(await home.link(ann))
    told = {"type": "verification.confirmed", "reference": service.asked[0]["reference"], "verificationId": "v-0"}
    assert (await report(home.client, {**told, **changes})).status_code == 200
    assert await home.entries(mia) == ["request"]


async def test_a_report_that_is_not_signed_by_the_verifier_is_refused(home: Nest, service: Outside) -> None:
    ann, mia = await register_with_child(home.client)
    await home.ask(ann, mia)
    await home.press(await home.link(ann))
    told = {"type": "verification.confirmed", "reference": service.asked[0]["reference"], "verificationId": "v-0"}
    assert (await report(home.client, told, secret="another")).status_code == 403
    assert (await report(home.client, told, at=time.time() - 400)).status_code == 403
    assert (await home.client.post("/api/v1/coppa/verifications/events", json=told)).status_code == 403
    for body in (b"{", b"[]", b"\xff"):
        assert (await report(home.client, body)).status_code == 400
    assert (await report(home.client, {**told, "verificationId": "4111 1111 1111 1111"})).status_code == 400
    assert await home.entries(mia) == ["request"]


async def test_a_report_after_a_withdrawal_confirms_nothing(home: Nest, service: Outside) -> None:
    ann, mia = await register_with_child(home.client)
    await home.ask(ann, mia)
    await home.press(await home.link(ann))
    await home.withdraw(ann, mia)
    told = {"type": "verification.confirmed", "reference": service.asked[0]["reference"], "verificationId": "v-0"}
    assert (await report(home.client, told)).status_code == 200
    assert await home.entries(mia) == ["request", "withdraw"]
    assert await home.gate(mia) == ([], None)


@pytest.mark.parametrize(
    "raw", [(500, b""), (302, b""), (200, b"{"), (200, b'{"id":"a b","url":"https://x.example"}'), (200, b'{"id":"1","url":"javascript:alert(1)"}')]
)  # fmt: skip
async def test_a_verifier_that_fails_is_a_page_and_the_link_still_works(
    home: Nest, service: Outside, raw: tuple[int, bytes]
) -> None:
    ann, mia = await register_with_child(home.client)
    await home.ask(ann, mia)
    link = await home.link(ann)
    service.raw = raw
    failed = await home.press(link)
    assert (failed.status_code, failed.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "This does not work at the moment" in failed.text
    assert "retry-after" in failed.headers
    service.raw = None
    assert "Begin the verification" in (await home.press(link)).text
    assert await home.entries(mia) == ["request"]


@pytest.mark.parametrize("method", ["ssn", "video", "form", "knowledge", "face_match", "text_plus", "", "4111"])
async def test_a_method_that_is_not_offered_is_answered_by_e_mail(home: Nest, method: str) -> None:
    ann, mia = await register_with_child(home.client)
    asked = await home.ask(ann, mia, verificationMethod=method)
    assert asked.json()["permissions"]["thirdPartySharing"] is False
    assert (await home.status(ann, mia))["pending"]["method"] == "email_plus"


async def test_what_is_offered_is_public(home: Nest) -> None:
    methods = (await home.client.get("/api/v1/coppa/notices")).json()["methods"]
    assert {each["method"] for each in methods if each["offered"]} == {"email_plus", "card", "government_id"}
    assert {each["method"] for each in methods if not each["discloses"]} == {"email_plus", "text_plus"}
    assert len(methods) == 8


async def test_without_a_verifier_nobody_reports(make_settings: Any, database_url: str) -> None:
    async with nest(make_settings, database_url) as home:
        assert (await report(home.client, {"type": "verification.confirmed"})).status_code == 404
        methods = (await home.client.get("/api/v1/coppa/notices")).json()["methods"]
        assert [each["method"] for each in methods if each["offered"]] == ["email_plus"]


async def test_a_text_message_asks_and_a_second_one_takes_back(
    make_settings: Any, database_url: str, service: Outside
) -> None:
    async with nest(make_settings, database_url, **service.as_texts) as home:
        ann, mia = await register_with_child(home.client, phoneNumber="+15550107733")
        asked = await home.ask(ann, mia, verificationMethod="text_plus")
        assert asked.json()["permissions"] == {**ALL, "thirdPartySharing": False}
        (message,) = await messages(service, 1)
        assert (message["to"], "Mia" in message["text"]) == ("+15550107733", False)
        assert "your consent counts" in (await home.press(link_in(message["text"]))).text
        await home.run(SECONDS, after(hours=25))
        second = (await messages(service, 2))[1]
        assert "Your consent was taken back" in (await home.press(link_in(second["text"]))).text
        assert await home.entries(mia) == ["request", "confirm", "grant", "undo"]
        mails = await mails_to(home.outbox, ann.email, 0)  # of the erasure that begins now, perhaps
        assert not [text for text in mails if "/coppa/" in text], "neither asks nor takes back by mail"


async def test_a_gateway_that_is_away_gets_the_same_message_later(
    make_settings: Any, database_url: str, service: Outside
) -> None:
    service.raw = (503, b"")
    async with nest(make_settings, database_url, **service.as_texts) as home:
        ann, mia = await register_with_child(home.client, phoneNumber="+15550107733")
        await home.ask(ann, mia, verificationMethod="text")
        await messages(service, 1)
        service.raw = None
        # The queue waits some seconds before it tries again; the test does not.
        async with asyncio.timeout(WAIT_S):
            while not await rows(
                database_url,
                "update wondernest.jobs set execute_after = now() where entrypoint = 'coppa.ask_for_consent'"
                " and attempts > 0 returning id",
            ):
                await asyncio.sleep(0.05)
        first, second = (await messages(service, 2))[:2]
        assert first == second, "a repeated message is the same message"
        assert "your consent counts" in (await home.press(link_in(second["text"]))).text


async def test_a_parent_without_a_number_gets_an_e_mail(
    make_settings: Any, database_url: str, service: Outside
) -> None:
    async with nest(make_settings, database_url, **service.as_texts) as home:
        ann, mia = await register_with_child(home.client)
        await home.ask(ann, mia, verificationMethod="text_plus")
        assert (await home.status(ann, mia))["pending"]["method"] == "email_plus"
        await home.link(ann)
        assert service.asked == []
