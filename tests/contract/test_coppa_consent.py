"""Consent on the wire: granted, read, changed, revoked."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from dirty_equals import IsStr

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, row, rows, value
from tests.fixtures.family import CHILDREN, add_child, minted
from wondernest.app import create_app
from wondernest.platform.clock import earliest_day
from wondernest.platform.json import instant

CONSENT = "/api/v1/coppa/consent"
PERMISSIONS = {
    "dataCollection": True,
    "educationalData": True,
    "analytics": True,
    "audioMonitoring": False,
    "thirdPartySharing": False,
    "marketing": False,
}
FORM = {
    "consentType": "full",
    "permissions": PERMISSIONS,
    "verificationMethod": "credit_card",
    "verificationData": {"parentSignature": "Ann Lee"},
}
TIME = r"20\d\d-\d\d-\d\dT.{8,15}Z"
NO_CHILD = {"message": "Child profile not found", "warning": None}
FOREIGN = {"message": "Child does not belong to your family", "warning": None}
NO_FAMILY = {"message": "No family context in token", "warning": None}


async def grant(client: httpx2.AsyncClient, parent: Parent, child_id: str, **fields: Any) -> dict[str, Any]:
    body = {"childId": child_id, **FORM, **fields}
    answer = await client.post(CONSENT, json=body, headers=parent.bearer)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def status(client: httpx2.AsyncClient, parent: Parent, child_id: str) -> dict[str, Any]:
    answer = await client.get(f"{CONSENT}/{child_id}", headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


def app_id(moment: datetime) -> str:
    """The id that the app invents for a child it is about to add."""
    return f"child_{int(moment.timestamp() * 1000)}"


async def test_a_consent_is_a_row_and_its_reply_names_it(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    headers = {**parent.bearer, "User-Agent": "Dart/3.4"}
    answer = await app_client.post(CONSENT, json={"childId": child["id"], **FORM}, headers=headers)
    assert answer.status_code == 201
    stored = await row(database_url, "select * from compliance.coppa_consent")
    created: datetime = stored["created_at"]
    assert answer.json() == {
        "consentId": str(stored["id"]),
        "childId": child["id"],
        "resolvedChildId": child["id"],
        "consentType": "full",
        "permissions": PERMISSIONS,
        "consentGranted": True,
        "expiresAt": instant(created.replace(year=created.year + 1)),
        "verificationStatus": "PENDING_VERIFICATION",
        "complianceWarnings": [
            "Requires legal review before production use",
            "Verifiable parental consent not implemented",
            "Age verification not implemented",
        ],
    }
    assert (str(stored["family_id"]), str(stored["parent_id"])) == (child["familyId"], parent.user_id)
    assert (stored["granted"], stored["revoked_at"], stored["version"]) == (True, None, "1.0")
    assert (stored["ip_address"], stored["user_agent"]) == (ip_address("127.0.0.1"), "Dart/3.4")
    assert json.loads(stored["consent_text"]) == {
        "permissions": PERMISSIONS,
        "verificationMethod": "credit_card",
        "verificationData": {"parentSignature": IsStr(regex=TIME)},
        "namedAs": None,
    }


async def test_the_apps_own_id_is_taken_for_the_child_made_at_that_time(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    now = datetime.now(UTC)
    made = {}
    for minutes in (50, 20, 5):
        child_id = (await add_child(app_client, parent, name=f"{minutes}"))["id"]
        made[minutes] = (child_id, now - timedelta(minutes=minutes))
        await rows(
            database_url,
            "update family.child_profiles set created_at = $2 where id = $1",
            UUID(child_id),
            made[minutes][1],
        )
    for child_id, moment in made.values():
        sent = app_id(moment - timedelta(seconds=3))
        reply = await grant(app_client, parent, sent)
        assert (reply["childId"], reply["resolvedChildId"]) == (sent, child_id)
    assert await value(database_url, "select count(distinct child_id) from compliance.coppa_consent") == 3


@pytest.mark.parametrize("sent", ["child_1755116213442", "child_999999999999999", "child_" + "9" * 40])
async def test_an_app_id_of_another_time_means_the_newest_active_child_when_consent_is_granted(
    app_client: httpx2.AsyncClient, sent: str
) -> None:
    parent = await register(app_client)
    await add_child(app_client, parent, name="old")
    newest = await add_child(app_client, parent, name="new")
    archived = await add_child(app_client, parent, name="archived")
    await app_client.delete(f"{CHILDREN}/{archived['id']}", headers=parent.bearer)
    for answer in await call_all(app_client, parent.bearer, sent, granting=False):
        assert (answer.status_code, answer.json()["message"]) == (404, "Child profile not found")
    reply = await grant(app_client, parent, sent)
    assert (reply["childId"], reply["resolvedChildId"]) == (sent, newest["id"])
    await add_child(app_client, parent, name="younger")
    assert (await status(app_client, parent, sent))["consentId"] == reply["consentId"]
    assert (await grant(app_client, parent, sent))["resolvedChildId"] == newest["id"], "a repeated request"
    changed = await app_client.put(f"{CONSENT}/{sent}", json={}, headers=parent.bearer)
    assert changed.status_code == 200
    assert (await app_client.delete(f"{CONSENT}/{sent}", headers=parent.bearer)).status_code == 200
    assert (await status(app_client, parent, newest["id"]))["consentStatus"] == "REVOKED"


@pytest.mark.parametrize("sent", ["child_", "guest_child", "ключ", "7", "{uuid but one}", "{uuid}x", "child_{uuid}"])
async def test_a_text_that_names_no_child_grants_and_revokes_nothing(
    app_client: httpx2.AsyncClient, database_url: str, sent: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await grant(app_client, parent, child["id"])
    sent = sent.replace("{uuid but one}", child["id"][:-1]).replace("{uuid}", child["id"])
    for answer in await call_all(app_client, parent.bearer, sent):
        assert (answer.status_code, answer.json()["message"]) == (404, "Child profile not found")
    counted = "select count(*) from compliance.coppa_consent where revoked_at is null"
    assert await value(database_url, counted) == 1


async def test_of_the_verification_only_the_time_of_the_signature_is_stored(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    typed = {"cardNumber": "4111111111111111", "ssn": "078-05-1120", "parentSignature": "Ann Lee"}
    await grant(app_client, parent, child["id"], verificationData=typed, verificationMethod="4111 1111 1111 1111")
    body = {"verificationData": typed, "verificationMethod": "078-05-1120"}
    answer = await app_client.put(f"{CONSENT}/{child['id']}", json=body, headers=parent.bearer)
    assert answer.status_code == 200
    await grant(app_client, parent, child["id"], verificationData={"ssn": "078-05-1120"})
    texts = await rows(database_url, "select consent_text from compliance.coppa_consent order by created_at")
    stored = [json.loads(row["consent_text"]) for row in texts]
    assert [terms["verificationMethod"] for terms in stored] == ["other", "other", "credit_card"]
    assert [terms["verificationData"] for terms in stored] == [{"parentSignature": IsStr(regex=TIME)}] * 2 + [None]


async def test_a_change_of_a_consent_with_a_stored_signature_keeps_its_time_alone(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await grant(app_client, parent, child["id"])
    text = json.dumps({"permissions": {}, "verificationData": {"parentSignature": "Ann Lee", "ssn": "078-05-1120"}})
    await rows(database_url, "update compliance.coppa_consent set consent_text = $1", text)
    for _ in range(2):
        answer = await app_client.put(f"{CONSENT}/{child['id']}", json={}, headers=parent.bearer)
        assert answer.status_code == 200
    texts = await rows(database_url, "select consent_text from compliance.coppa_consent order by created_at offset 1")
    stored = [json.loads(row["consent_text"])["verificationData"] for row in texts]
    assert stored == [{"parentSignature": IsStr(regex=TIME)}] * 2
    assert stored[0] == stored[1]


async def test_granted_then_revoked(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    assert await status(app_client, parent, child["id"]) == {
        "childId": child["id"],
        "consentStatus": "NONE",
        "consentRequired": True,
        "dataCollectionAllowed": False,
        "consentId": None,
        "permissions": None,
        "expiresAt": None,
        "pending": None,
        "verificationRequired": True,
        "warnings": ["Legal review required for production"],
        "nextSteps": [
            "Implement verifiable parental consent system",
            "Add age verification mechanisms",
            "Legal compliance review",
        ],
    }
    reply = await grant(app_client, parent, app_id(datetime.now(UTC)))
    assert await value(database_url, "select child_id from compliance.coppa_consent") == UUID(child["id"])
    shown = await status(app_client, parent, child["id"])
    assert (shown["consentStatus"], shown["dataCollectionAllowed"]) == ("GRANTED", True)
    assert (shown["consentId"], shown["permissions"]) == (reply["consentId"], PERMISSIONS)
    assert shown["expiresAt"] == reply["expiresAt"]
    for _ in range(2):
        answer = await app_client.delete(f"{CONSENT}/{child['id']}", headers=parent.bearer)
        assert answer.status_code == 200
        assert answer.json()["message"] == "COPPA consent revoked"
        assert "is erased: figures after 24 hours, what the child made after 30 days" in answer.json()["warning"]
    shown = await status(app_client, parent, child["id"])
    assert (shown["consentStatus"], shown["dataCollectionAllowed"]) == ("REVOKED", False)
    assert (await grant(app_client, parent, child["id"]))["consentId"] != reply["consentId"]
    assert (await status(app_client, parent, child["id"]))["consentStatus"] == "GRANTED"


async def test_without_data_collection_nothing_may_be_collected(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    reply = await grant(app_client, parent, child["id"], permissions={"dataCollection": False})
    assert reply["consentGranted"] is False
    shown = await status(app_client, parent, child["id"])
    assert (shown["consentStatus"], shown["dataCollectionAllowed"]) == ("GRANTED", False)


async def test_a_consent_expires_after_a_year(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await grant(app_client, parent, child["id"])
    await rows(database_url, "update compliance.coppa_consent set created_at = created_at - interval '367 days'")
    shown = await status(app_client, parent, child["id"])
    assert (shown["consentStatus"], shown["dataCollectionAllowed"]) == ("EXPIRED", False)
    answer = await app_client.put(f"{CONSENT}/{child['id']}", json={}, headers=parent.bearer)
    assert answer.status_code == 404


async def test_consent_is_required_below_thirteen(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    today = earliest_day(datetime.now(UTC))
    for years, required in ((12, True), (13, False)):
        born = today.replace(year=today.year - years, day=min(today.day, 28))
        child = await add_child(app_client, parent, birthDate=born.isoformat())
        assert (await status(app_client, parent, child["id"]))["consentRequired"] is required


async def test_consents_granted_at_once_leave_exactly_one_open(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await asyncio.gather(*(grant(app_client, parent, child["id"]) for _ in range(8)))
    counted = "select count(*) as all_of_them, count(*) filter (where revoked_at is null) as open"
    assert tuple(await row(database_url, f"{counted} from compliance.coppa_consent")) == (8, 1)
    assert (await status(app_client, parent, child["id"]))["consentStatus"] == "GRANTED"


async def test_a_change_replaces_the_open_consent(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    first = await grant(app_client, parent, child["id"])
    body = {"permissions": {"analytics": False}}
    answer = await app_client.put(f"{CONSENT}/{child['id']}", json=body, headers=parent.bearer)
    changed = answer.json()
    permissions = {**PERMISSIONS, "analytics": False}
    assert answer.status_code == 200
    assert changed.pop("consentId") != first["consentId"]
    assert changed == {
        "permissions": permissions,
        "pending": None,
        "message": "COPPA consent updated",
        "warning": None,
    }
    stored = await row(database_url, "select * from compliance.coppa_consent where revoked_at is null")
    assert stored["consent_type"] == "full"
    assert json.loads(stored["consent_text"])["verificationData"] == {"parentSignature": IsStr(regex=TIME)}
    again = await app_client.put(f"{CONSENT}/{child['id']}", headers=parent.bearer)
    assert (again.status_code, again.json()["permissions"]) == (200, permissions)


async def test_without_an_open_consent_nothing_can_be_changed(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    path = f"{CONSENT}/{child['id']}"
    assert (await app_client.put(path, json={}, headers=parent.bearer)).status_code == 404
    await grant(app_client, parent, child["id"])
    await app_client.delete(path, headers=parent.bearer)
    refused = await app_client.put(path, json={"permissions": {}}, headers=parent.bearer)
    assert refused.status_code == 404
    assert set(refused.json()) == {"message", "warning"}


async def call_all(
    client: httpx2.AsyncClient, headers: dict[str, str], child_id: str, *, granting: bool = True
) -> list[httpx2.Response]:
    granted = [await client.post(CONSENT, json={"childId": child_id, **FORM}, headers=headers)] if granting else []
    return [
        *granted,
        await client.get(f"{CONSENT}/{child_id}", headers=headers),
        await client.put(f"{CONSENT}/{child_id}", json={}, headers=headers),
        await client.delete(f"{CONSENT}/{child_id}", headers=headers),
    ]


async def test_another_familys_child_is_forbidden(app_client: httpx2.AsyncClient, database_url: str) -> None:
    owner, stranger = await register(app_client), await register(app_client)
    child = await add_child(app_client, owner)
    await grant(app_client, owner, child["id"])
    for answer in await call_all(app_client, stranger.bearer, child["id"]):
        assert (answer.status_code, answer.json()) == (403, FOREIGN)
    assert await value(database_url, "select count(*) from compliance.coppa_consent where revoked_at is null") == 1


async def test_without_the_child_there_is_nothing_to_consent_to(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for child_id in (str(uuid4()), "child_1755116213442"):
        for answer in await call_all(app_client, parent.bearer, child_id):
            assert (answer.status_code, answer.json()) == (404, NO_CHILD)


async def test_the_consent_for_an_archived_child_can_be_revoked_but_not_granted(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await grant(app_client, parent, child["id"])
    await app_client.delete(f"{CHILDREN}/{child['id']}", headers=parent.bearer)
    posted, shown, changed, revoked = await call_all(app_client, parent.bearer, child["id"])
    assert (posted.status_code, changed.status_code) == (404, 404)
    assert (shown.json()["consentStatus"], revoked.status_code) == ("GRANTED", 200)
    assert (await status(app_client, parent, child["id"]))["consentStatus"] == "REVOKED"


async def test_a_user_without_a_family_is_refused(app_client: httpx2.AsyncClient) -> None:
    owner = await register(app_client)
    child = await add_child(app_client, owner)
    for child_id in (child["id"], "child_1755116213442"):
        for answer in await call_all(app_client, minted(str(uuid4())), child_id):
            assert (answer.status_code, answer.json()) == (400, NO_FAMILY)


async def test_a_token_without_a_family_finds_it_by_membership(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    body = {"childId": "child_1", **FORM}
    answer = await app_client.post(CONSENT, json=body, headers=minted(parent.user_id))
    assert (answer.status_code, answer.json()["resolvedChildId"]) == (201, child["id"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"childId": "  "}, "Child ID and consent type are required"),
        ({"consentType": ""}, "Child ID and consent type are required"),
        ({"consentType": "x" * 51}, "Consent type must not exceed 50 characters"),
        ({"permissions": None}, "Invalid JSON format"),
        ({"permissions": {"dataCollection": "perhaps"}}, "Invalid JSON format"),
        ({"verificationMethod": None}, "Invalid JSON format"),
        ({"verificationData": []}, "Invalid JSON format"),
    ],
)
async def test_an_incomplete_form_is_refused(
    app_client: httpx2.AsyncClient, fields: dict[str, Any], message: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    body = {"childId": child["id"], **FORM, **fields}
    answer = await app_client.post(CONSENT, json=body, headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (400, {"message": message, "warning": None})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}"])
async def test_an_unreadable_form_is_400_whatever_its_content_type(app_client: httpx2.AsyncClient, body: bytes) -> None:
    parent = await register(app_client)
    headers = {**parent.bearer, "Content-Type": "text/plain"}
    answer = await app_client.post(CONSENT, content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid JSON format", "warning": None})


async def test_a_client_without_an_address_can_consent(make_settings: Any, database_url: str) -> None:
    application = create_app(make_settings())
    async with running(application) as client:
        parent = await register(client)
        child = await add_child(client, parent)
        transport = httpx2.ASGITransport(application, client=("testclient", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as nameless:
            await grant(nameless, parent, child["id"])
    assert await value(database_url, "select ip_address from compliance.coppa_consent") is None


async def test_what_an_unverified_consent_is_called_can_be_set(make_settings: Any) -> None:
    application = create_app(make_settings(COPPA_UNVERIFIED_STATUS="PENDING_PRODUCTION_IMPLEMENTATION"))
    async with running(application) as client:
        parent = await register(client)
        child = await add_child(client, parent)
        reply = await grant(client, parent, child["id"])
    assert reply["verificationStatus"] == "PENDING_PRODUCTION_IMPLEMENTATION"


async def test_a_consent_text_of_unknown_form_permits_nothing(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await rows(
        database_url,
        "insert into compliance.coppa_consent (family_id, child_id, parent_id, consent_type, granted, consent_text)"
        " values ($1, $2, $3, 'full', true, 'I agree')",
        UUID(child["familyId"]),
        UUID(child["id"]),
        UUID(parent.user_id),
    )
    shown = await status(app_client, parent, child["id"])
    assert (shown["consentStatus"], shown["dataCollectionAllowed"], shown["permissions"]) == ("GRANTED", False, {})


async def test_compliance_info_says_what_is_missing(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    answer = await app_client.get("/api/v1/coppa/compliance-info", headers=parent.bearer)
    info = answer.json()
    assert (answer.status_code, info["coppaCompliant"], info["implementationStatus"]) == (
        200,
        False,
        "DEVELOPMENT_ONLY",
    )
    assert [len(info[key]) for key in ("requiredFeatures", "legalRequirements", "warnings")] == [8, 5, 4]
    assert "Consent audit trail" not in info["requiredFeatures"]
    assert (await app_client.get("/api/v1/coppa/compliance-info")).status_code == 401
