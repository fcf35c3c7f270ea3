"""The letters about erasing and exporting: in the family's language, and they name nobody."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from tests.fixtures.auth import mails_to, register, value
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import PRIVACY, House, erase, proven, run

ERASED = {
    "en": ("Something in your WonderNest account will be erased", "a child of your family"),
    "es": ("Se borrará algo de su cuenta de WonderNest", "un niño o una niña de su familia"),
    "de": ("In Ihrem WonderNest-Konto wird etwas gelöscht", "ein Kind Ihrer Familie"),
    "fr": ("Quelque chose sera effacé dans votre compte WonderNest", "un enfant de votre famille"),
}
READY = {
    "en": "What WonderNest holds about your family",
    "es": "Lo que WonderNest guarda sobre su familia",
    "de": "Was WonderNest über Ihre Familie speichert",
    "fr": "Ce que WonderNest conserve sur votre famille",
}


@pytest.mark.parametrize(("chosen", "language"), [("en", "en"), ("es", "es"), ("de", "de"), ("fr", "fr"), ("ja", "en")])
async def test_letters_are_in_the_familys_language_or_in_english(
    house: House, tmp_path: Path, chosen: str, language: str
) -> None:
    parent = await register(house.client)
    sent = {"language": chosen}
    assert (await house.client.put("/api/v1/family/settings", json=sent, headers=parent.bearer)).is_success
    child = (await add_child(house.client, parent))["id"]
    asked = await house.client.post(f"{PRIVACY}/exports", headers=await proven(house.client, parent.bearer))
    export_id = asked.json()["data"]["id"]
    await run_job(house.work, "privacy.make_export", user=parent.user_id, export=export_id)
    await run_job(house.work, "privacy.announce_export", user=parent.user_id, export=export_id)
    await erase(house.client, parent.bearer, f"children/{child}")
    erasure = await value(house.url, "select id from wondernest.erasures")
    await run_job(house.work, "privacy.announce_erasure", user=parent.user_id, erasure=str(erasure))
    mails = await mails_to(tmp_path / "outbox", parent.email, 2)
    [ready] = [mail for mail in mails if mail.startswith(READY[language] + "\n")]
    subject, what = ERASED[language]
    [erased] = [mail for mail in mails if mail.startswith(subject + "\n")]
    due = await value(house.url, "select due_at from wondernest.erasures")
    assert what in erased
    assert due.date().isoformat() in erased
    assert "{" not in ready + erased
    assert "Mia" not in ready + erased


async def test_a_deactivated_account_gets_no_letter(house: House, tmp_path: Path) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await erase(house.client, parent.bearer, f"children/{child}")
    erasure = await value(house.url, "select id from wondernest.erasures")
    await run(house.url, "update core.users set is_active = false where id = $1", UUID(parent.user_id))
    await run_job(house.work, "privacy.announce_erasure", user=parent.user_id, erasure=str(erasure))
    assert await mails_to(tmp_path / "outbox", parent.email, 0) == []
