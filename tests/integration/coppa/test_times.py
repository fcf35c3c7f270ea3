"""Days of grace after the gate is enforced, children who come of age, and the ages of consent of families."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, mails_to, register, rows, value
from tests.fixtures.consent import give_consent, withdraw_consent
from tests.fixtures.family import add_child
from tests.fixtures.trail import recorded
from wondernest.access.ages import AGES
from wondernest.app import background, create_app
from wondernest.coppa.times import COME_OF_AGE, GIVE_GRACE, SET_AGES
from wondernest.platform.clock import SystemClock
from wondernest.platform.http.application import Application
from wondernest.platform.jobs import Running
from wondernest.settings import Settings

GATES = "select grace_until from wondernest.consent_gates where child_id = $1"
LETTERS = "select count(*) from wondernest.jobs where entrypoint like 'coppa.%_letter'"
AGE = """
    select l.consent_age from family.family_members m left join wondernest.family_locales l using (family_id)
     where m.user_id = $1::uuid"""
SETTINGS = "/api/v1/family/settings"


async def run(settings: Settings, name: str, *, later: timedelta = timedelta()) -> None:
    """Run a job as the jobs process does."""
    work = background(settings, clock=SystemClock(later))
    try:
        [job] = [job for job in work.jobs if job.name == name]
        await job.handler(Running(1, name, {}, 1, datetime.now(UTC)))
    finally:
        await work.rooms.stop()


@pytest.fixture
def enforced(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings(COPPA_GATE="enforce", COPPA_GRACE_DAYS="10")


@pytest.fixture
async def client(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    """Without a jobs process: letters stay in the queue."""
    async with running(application) as started:
        yield started


@pytest.fixture
async def ann(client: httpx2.AsyncClient) -> Parent:
    return await register(client)


async def _child(client: httpx2.AsyncClient, parent: Parent, **fields: str) -> UUID:
    return UUID((await add_child(client, parent, **fields))["id"])


async def test_children_made_before_the_switch_get_days_of_grace_once_and_later_ones_none(
    client: httpx2.AsyncClient, ann: Parent, enforced: Settings, database_url: str
) -> None:
    early = await _child(client, ann)
    for _ in range(2):
        await run(enforced, GIVE_GRACE)
    [granted] = await rows(database_url, GATES, early)
    switched = await value(database_url, "select first_at from wondernest.consent_switches")
    assert granted["grace_until"] == switched + timedelta(days=10)
    late = await _child(client, ann, name="Tom")
    await run(enforced, GIVE_GRACE)
    assert await rows(database_url, GATES, late) == []
    assert await value(database_url, LETTERS) == 1
    assert await recorded(database_url, early) == {"service:consent_time": 1}
    assert await recorded(database_url, late) == {}


async def test_a_child_made_before_the_first_run_of_the_job_has_no_days_of_grace(
    enforced: Settings, database_url: str
) -> None:
    """A new installation that enforces from its first request has no children of an earlier time."""
    async with running(create_app(enforced)) as client:
        child = await _child(client, await register(client))
    await run(enforced, GIVE_GRACE)
    assert await rows(database_url, GATES, child) == []
    assert await value(database_url, LETTERS) == 0


async def test_a_process_that_starts_without_a_database_notes_that_it_enforces_when_there_is_one(
    enforced: Settings, database_url: str
) -> None:
    await rows(database_url, "alter table wondernest.consent_switches rename to away")
    application = create_app(enforced)
    await application.start()
    try:
        await rows(database_url, "alter table wondernest.away rename to consent_switches")
        while not await value(database_url, "select count(*) from wondernest.consent_switches"):
            await asyncio.sleep(0.05)
    finally:
        await application.stop()


async def test_the_parents_of_a_child_with_days_of_grace_get_one_letter_that_names_the_last_day(
    client: httpx2.AsyncClient, ann: Parent, enforced: Settings, database_url: str, tmp_path: Path
) -> None:
    await _child(client, ann)
    await _child(client, ann, name="Tom")
    await run(enforced, GIVE_GRACE)
    assert await value(database_url, LETTERS) == 1
    async with jobs_running(enforced):
        mails = await mails_to(tmp_path / "outbox", ann.email, 2)
    [text] = [mail for mail in mails if "confirm your consent" in mail]
    assert (datetime.now(UTC) + timedelta(days=10)).date().isoformat() in text
    assert "Mia" not in text


@pytest.mark.parametrize(
    ("language", "grace", "of_age"),
    [
        ("es", "Confirme su consentimiento", "ya no es necesario"),
        ("de", "Bitte bestätigen Sie Ihre Einwilligung", "ist nicht mehr nötig"),
        ("fr", "Veuillez confirmer votre consentement", "n\u2019est plus nécessaire"),
        ("ja", "Please confirm your consent", "no longer needed"),
    ],
)
async def test_letters_are_in_the_familys_language_or_in_english(
    client: httpx2.AsyncClient,
    ann: Parent,
    enforced: Settings,
    database_url: str,
    tmp_path: Path,
    language: str,
    grace: str,
    of_age: str,
) -> None:
    assert (await client.put(SETTINGS, json={"language": language}, headers=ann.bearer)).status_code == 200
    teen = await _child(client, ann, birthDate="2010-01-15")
    await _child(client, ann, name="Tom")
    await give_consent(client, ann.bearer, str(teen))
    for job in (GIVE_GRACE, COME_OF_AGE):
        await run(enforced, job)
    assert await value(database_url, LETTERS) == 2
    async with jobs_running(enforced):
        mails = await mails_to(tmp_path / "outbox", ann.email, 3)
    for subject in (grace, of_age):
        assert len([mail for mail in mails if subject in mail.split("\n")[0]]) == 1, mails


async def test_grace_that_was_cut_off_goes_on_and_tells_nobody_twice(
    client: httpx2.AsyncClient, ann: Parent, enforced: Settings, database_url: str
) -> None:
    """As after a kill: the children have their days, and the job has not noted that it is done."""
    first = await _child(client, ann)
    await run(enforced, GIVE_GRACE)
    other = await register(client)
    second = await _child(client, other)
    await rows(database_url, "update wondernest.consent_switches set granted_at = null, first_at = now()")
    await run(enforced, GIVE_GRACE)
    assert len(await rows(database_url, GATES, first)) == len(await rows(database_url, GATES, second)) == 1
    assert await value(database_url, LETTERS) == 2


async def test_a_consent_and_a_withdrawal_are_not_replaced_by_days_of_grace(
    client: httpx2.AsyncClient, ann: Parent, enforced: Settings, database_url: str
) -> None:
    given, withdrawn = await _child(client, ann), await _child(client, ann, name="Tom")
    await give_consent(client, ann.bearer, str(given))
    await withdraw_consent(client, ann.bearer, str(withdrawn))
    await run(enforced, GIVE_GRACE)
    for child in (given, withdrawn):
        assert [row["grace_until"] for row in await rows(database_url, GATES, child)] == [None]


@pytest.mark.parametrize("environ", [{"COPPA_GATE": "record"}, {"COPPA_GATE": "enforce", "COPPA_GRACE_DAYS": "0"}])
async def test_there_is_no_grace_where_nothing_is_enforced_or_no_days_are_set(
    client: httpx2.AsyncClient,
    ann: Parent,
    make_settings: Callable[..., Settings],
    database_url: str,
    environ: dict[str, str],
) -> None:
    child = await _child(client, ann)
    await run(make_settings(**environ), GIVE_GRACE)
    assert await rows(database_url, GATES, child) == []


async def test_the_days_are_counted_from_the_switch_and_not_from_a_later_setting(
    client: httpx2.AsyncClient, ann: Parent, make_settings: Callable[..., Settings], database_url: str
) -> None:
    child = await _child(client, ann)
    await run(make_settings(COPPA_GATE="enforce", COPPA_GRACE_DAYS="0"), GIVE_GRACE)
    await run(make_settings(COPPA_GATE="enforce", COPPA_GRACE_DAYS="10"), GIVE_GRACE, later=timedelta(days=11))
    assert await rows(database_url, GATES, child) == []


async def test_the_parents_of_a_child_who_comes_of_age_get_one_letter(
    client: httpx2.AsyncClient,
    ann: Parent,
    make_settings: Callable[..., Settings],
    database_url: str,
    tmp_path: Path,
) -> None:
    teen, young = await _child(client, ann, birthDate="2010-01-15"), await _child(client, ann, name="Tom")
    for child in (teen, young):
        await give_consent(client, ann.bearer, str(child))
    settings = make_settings()
    for _ in range(2):
        await run(settings, COME_OF_AGE)
    assert await value(database_url, LETTERS) == 1
    async with jobs_running(settings):
        sent = await mails_to(tmp_path / "outbox", ann.email, 2)
    mails = [mail for mail in sent if "no longer needed" in mail]
    assert len(mails) == 1
    noted = await rows(database_url, "select child_id from wondernest.consent_gates where of_age_at is not null")
    assert [row["child_id"] for row in noted] == [teen]
    assert await recorded(database_url, teen) == {"adult:consent": 1, "service:consent_time": 1}
    assert await recorded(database_url, young) == {"adult:consent": 1}


async def test_a_family_names_its_country_and_has_the_age_of_its_law(
    client: httpx2.AsyncClient, ann: Parent, database_url: str
) -> None:
    for sent, shown, age in (("de", "DE", 16), ("US", "US", 13), ("fr", "FR", 15), ("JP", "JP", None)):
        answer = await client.put(SETTINGS, json={"country": sent}, headers=ann.bearer)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["country"] == shown
        assert await value(database_url, AGE, ann.user_id) == age
    assert (await client.put(SETTINGS, json={"language": "es"}, headers=ann.bearer)).json()["data"]["country"] == "JP"
    for wrong in ("", "Germany", "D1", 7):
        assert (await client.put(SETTINGS, json={"country": wrong}, headers=ann.bearer)).status_code == 400


async def test_families_without_a_country_get_that_of_the_installation(
    client: httpx2.AsyncClient, ann: Parent, make_settings: Callable[..., Settings], database_url: str
) -> None:
    bob = await register(client)
    await client.put(SETTINGS, json={"country": "DE"}, headers=bob.bearer)
    for default, age in (("us", 13), ("", None)):
        await run(make_settings(COPPA_DEFAULT_COUNTRY=default), SET_AGES)
        assert await value(database_url, AGE, ann.user_id) == age
        assert await value(database_url, AGE, bob.user_id) == AGES["DE"]


async def test_a_changed_law_reaches_families_that_named_their_country_before(
    client: httpx2.AsyncClient, ann: Parent, make_settings: Callable[..., Settings], database_url: str
) -> None:
    await client.put(SETTINGS, json={"country": "DK"}, headers=ann.bearer)
    await rows(database_url, "update wondernest.family_locales set consent_age = 13")
    await run(make_settings(), SET_AGES)
    assert await value(database_url, AGE, ann.user_id) == AGES["DK"]
