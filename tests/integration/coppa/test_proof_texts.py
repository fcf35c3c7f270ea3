"""Consents that earlier releases stored with everything that parents typed as proof."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import msgspec

from tests.fixtures.auth import register, rows
from tests.fixtures.family import add_child
from wondernest.coppa.jobs import DROP_PROOF_TEXTS, ProofTextJobs
from wondernest.coppa.repository import ConsentRepository
from wondernest.platform.db.pool import Database
from wondernest.platform.jobs import Running
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

GIVEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SIGNED = {"parentSignature": "2026-03-01T12:30:00Z"}
TEXTS: dict[str, tuple[object, object]] = {
    "a card": (
        {"permissions": {"dataCollection": True}, "verificationMethod": "credit_card", "verificationData": {"cardNumber": "4111111111111111"}},
        {"permissions": {"dataCollection": True}, "verificationMethod": "credit_card", "verificationData": None, "namedAs": None},
    ),
    "a signature": (
        {"permissions": {}, "verificationMethod": "form", "verificationData": {"parentSignature": "Ann Lee", "ssn": "078-05-1120"}, "namedAs": "child_1"},
        {"permissions": {}, "verificationMethod": "form", "verificationData": SIGNED, "namedAs": "child_1"},
    ),
    "a method that is a number": (
        {"permissions": {}, "verificationMethod": "4111 1111 1111 1111", "verificationData": None, "namedAs": None},
        {"permissions": {}, "verificationMethod": "other", "verificationData": None, "namedAs": None},
    ),
    "a signature's time that a number follows": (
        {"permissions": {}, "verificationData": {**SIGNED, "note": "4111111111111111"}},
        {"permissions": {}, "verificationMethod": None, "verificationData": SIGNED, "namedAs": None},
    ),
    "what is recorded today": (
        {"permissions": {}, "verificationMethod": "form", "verificationData": SIGNED, "namedAs": None},
        {"permissions": {}, "verificationMethod": "form", "verificationData": SIGNED, "namedAs": None},
    ),
    "somebody else's": ({"verificationData": {"cardNumber": "4111111111111111"}}, {"verificationData": {"cardNumber": "4111111111111111"}}),
}  # fmt: skip
"""Before and after, by what the text holds."""


async def test_they_are_reduced_to_what_is_recorded_today(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    ids = {name: uuid4() for name in TEXTS}
    for name, (before, _) in TEXTS.items():
        await rows(
            database_url,
            """insert into compliance.coppa_consent
                      (id, family_id, child_id, parent_id, consent_type, granted, consent_text, created_at)
               select $1, c.family_id, c.id, f.created_by, 'full', true, $2, $3
                 from family.child_profiles c join family.families f on f.id = c.family_id where c.id = $4::uuid""",
            ids[name],
            msgspec.json.encode(before).decode(),
            GIVEN,
            child["id"],
        )
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    try:
        jobs = ProofTextJobs(database, ConsentRepository())
        for attempt in (1, 2):
            await jobs.drop(Running(1, DROP_PROOF_TEXTS, {}, attempt, GIVEN))
    finally:
        await database.close()
    stored = await rows(database_url, "select id, consent_text from compliance.coppa_consent")
    assert {row["id"]: msgspec.json.decode(row["consent_text"]) for row in stored} == {
        ids[name]: after for name, (_, after) in TEXTS.items()
    }
