"""A database without the table of consents, which only its owner may create."""

from __future__ import annotations

import httpx2

from tests.fixtures.auth import register, rows
from tests.fixtures.family import add_child, profile

CONSENT = "/api/v1/coppa/consent"


async def test_consent_fails_with_its_own_error_and_children_still_work(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child_id = (await add_child(app_client, parent))["id"]
    await rows(database_url, "drop table compliance.coppa_consent")
    form = {
        "childId": child_id,
        "consentType": "full",
        "permissions": {"dataCollection": True},
        "verificationMethod": "credit_card",
    }
    for method, path, body, message in (
        ("POST", CONSENT, form, "Failed to process COPPA consent"),
        ("GET", f"{CONSENT}/{child_id}", None, "Failed to retrieve COPPA consent status"),
        ("PUT", f"{CONSENT}/{child_id}", {}, "Failed to update COPPA consent"),
        ("DELETE", f"{CONSENT}/{child_id}", None, "Failed to revoke COPPA consent"),
    ):
        answer = await app_client.request(method, path, json=body, headers=parent.bearer)
        assert (answer.status_code, answer.json()) == (500, {"message": message, "warning": None})
    assert len((await profile(app_client, parent))["children"]) == 1
