"""Of a save of a child and a withdrawal of consent at the same moment, the one that commits first decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import rows, value
from tests.fixtures.consent import give_consent, withdraw_consent
from tests.fixtures.family import add_child
from tests.fixtures.games import Player, player
from tests.fixtures.media import drawing, encoded
from tests.fixtures.saves import AMPLE, write
from wondernest.access.consent import GateMode, Purpose, requires
from wondernest.analytics.repository import AnalyticsRepository, NewEvent
from wondernest.app import create_app
from wondernest.coppa.repository import ConsentGates, Standing
from wondernest.games.repository import RegistryRepository, SaveRepository
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import unit_of
from wondernest.platform.faults import CallerRefused
from wondernest.platform.ids import RandomIds
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Quotas, Secret, Settings

NOW = SystemClock().now
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
STORED = {
    "save": "select count(*) from games.simple_game_data",
    "another save": "select count(*) from games.simple_game_data",
    "instance": "select count(*) from games.child_game_instances",
}


@pytest.fixture
async def mia(make_settings: Callable[..., Settings]) -> AsyncIterator[Player]:
    """A child with consent, and a service that enforces it."""
    async with running(create_app(make_settings(COPPA_GATE="enforce"))) as client:
        mia = await player(client)
        await give_consent(client, mia.parent.bearer, mia.child_id)
        yield mia


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    yield database
    await database.close()


def _collect(mia: Player, what: str) -> Awaitable[httpx2.Response]:
    if what == "instance":
        return mia.ask("POST", f"/api/v2/games/children/{mia.child_id}/instances/sticker_book")
    return mia.save({"n": 2}, game_type="unregistered")


async def _until_waiting(url: str) -> None:
    async with asyncio.timeout(10):
        while not await value(url, WAITING):
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("what", STORED)
@pytest.mark.parametrize("withdrawn", [True, False])
async def test_a_write_waits_for_a_withdrawal_that_has_not_ended_and_obeys_it(
    mia: Player, database: Database, database_url: str, what: str, withdrawn: bool
) -> None:
    if what == "another save":
        assert (await mia.save({"n": 1}, game_type="unregistered")).status_code == 200
    before = await value(database_url, STORED[what])

    async def withdraw(sent: list[asyncio.Task[httpx2.Response]]) -> None:
        async with unit_of(database) as unit:
            await ConsentGates().close(unit, [UUID(mia.child_id)], NOW())
            sent.append(asyncio.ensure_future(_collect(mia, what)))
            await _until_waiting(database_url)
            if not withdrawn:
                raise ZeroDivisionError

    sent: list[asyncio.Task[httpx2.Response]] = []
    if withdrawn:
        await withdraw(sent)
    else:
        with pytest.raises(ZeroDivisionError):
            await withdraw(sent)
    answer = await sent[0]
    assert (answer.status_code == 403) is withdrawn, answer.text
    assert answer.is_success is not withdrawn
    assert (await value(database_url, STORED[what]) == before) is (withdrawn or what == "another save")


async def test_a_withdrawal_waits_for_a_write_that_has_not_ended_and_follows_it(
    mia: Player, database: Database, database_url: str
) -> None:
    saves = SaveRepository(database, AMPLE, GateMode.ENFORCE)
    async with unit_of(database) as unit:
        saved = await saves.store(write(mia, "k", 1), unit)
        assert saved.done
        withdrawal = asyncio.ensure_future(withdraw_consent(mia.client, mia.parent.bearer, mia.child_id))
        await _until_waiting(database_url)
        assert not withdrawal.done()
    await withdrawal
    assert await value(database_url, STORED["save"]) == 1
    with pytest.raises(CallerRefused):
        await saves.store(write(mia, "k", 2))
    assert await value(database_url, "select data_value ->> 'n' from games.simple_game_data") == "1"


async def test_an_event_does_not_wait_for_a_withdrawal_and_every_later_one_obeys_it(
    mia: Player, database: Database
) -> None:
    event = {"eventType": "game_progress", "childId": mia.child_id}
    async with unit_of(database) as unit:
        await ConsentGates().close(unit, [UUID(mia.child_id)], NOW())
        assert (await mia.ask("POST", "/api/v1/analytics/events", {**event, "eventId": "1"})).status_code == 201
    assert (await mia.ask("POST", "/api/v1/analytics/events", {**event, "eventId": "2"})).status_code == 403


@pytest.mark.parametrize("beside", [0, 3])
async def test_an_event_obeys_a_revocation_by_an_earlier_backend_from_its_commit_on(
    mia: Player, database: Database, beside: int
) -> None:
    """Alone, and in a statement with events of siblings, whose consents stand."""
    children = [mia.child_id, *[(await add_child(mia.client, mia.parent))["id"] for _ in range(beside)]]
    for child in children[1:]:
        await give_consent(mia.client, mia.parent.bearer, child)
    clock = SystemClock()
    events = AnalyticsRepository(RegistryRepository(database), RandomIds(clock), clock, Quotas())

    async def stored() -> list[bool]:
        user = UUID(mia.parent.user_id)
        sent = [NewEvent(user, UUID(child), "level", "game", b"{}", None, uuid4().bytes) for child in children]
        return [result.is_new for result in await events.store(database, sent)]

    async with unit_of(database) as unit:
        await unit.execute(
            "update compliance.coppa_consent set revoked_at = now() where child_id = $1", UUID(mia.child_id)
        )
        assert await stored() == [True] * len(children)
    assert await stored() == [False, *[True] * beside]


async def test_two_writes_of_one_child_do_not_wait_for_each_other_at_its_gate(mia: Player, database: Database) -> None:
    saves = SaveRepository(database, AMPLE, GateMode.ENFORCE)
    async with unit_of(database) as first:
        assert (await saves.store(write(mia, "a", 1), first)).done
        connection = await database.connect()
        try:
            async with connection.transaction():
                await connection.execute("set local lock_timeout = '50ms'")
                asked = requires("$1::uuid", Purpose.SAVES, "'enforce'")
                assert await connection.fetchval(f"select {asked}", UUID(mia.child_id))
        finally:
            await connection.close()


async def test_withdrawals_and_saves_at_once_leave_nothing_that_was_saved_after_the_last_withdrawal(
    mia: Player, database: Database, database_url: str
) -> None:
    """Each acknowledged save began to wait, or committed, before the withdrawal that followed it."""
    child_id, everything = UUID(mia.child_id), frozenset(purpose.value for purpose in Purpose)
    answers: list[httpx2.Response] = []

    async def save_all() -> None:
        answers.extend([await mia.save({"n": number}, game_type="unregistered") for number in range(40)])

    async def turn() -> None:
        for _ in range(15):
            async with unit_of(database) as unit:
                await ConsentGates().close(unit, [child_id], NOW())
                closed_at = await unit.fetchval("select count(*) from wondernest.save_versions")
            await asyncio.sleep(0.002)
            assert await value(database_url, "select count(*) from wondernest.save_versions") == closed_at
            async with unit_of(database) as unit:
                standing = Standing(purposes=everything, until=NOW().replace(year=NOW().year + 1))
                await ConsentGates().replace(unit, child_id, standing, NOW())

    await asyncio.gather(save_all(), turn())
    assert {answer.status_code for answer in answers} <= {200, 403}


async def test_a_gate_tells_which_purposes_have_ended(mia: Player, database: Database) -> None:
    gates, until = ConsentGates(), NOW().replace(year=NOW().year + 1)
    async with unit_of(database) as unit:
        less = Standing(purposes=frozenset({"saves"}), until=until)
        ended = await gates.replace(unit, UUID(mia.child_id), less, NOW())
        assert ended == {"analytics", "audio_metrics", "letters", "recommendations", "recordings", "uploads"}
        assert await gates.replace(unit, UUID(mia.child_id), less, NOW()) == frozenset()


async def test_a_gate_of_no_child_is_not_made(database: Database) -> None:
    async with unit_of(database) as unit:
        await ConsentGates().close(unit, [uuid4()], NOW())
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with unit_of(database) as unit:
            await ConsentGates().replace(unit, uuid4(), Standing(purposes=frozenset(), until=NOW()), NOW())


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("update family.child_profiles set archived_at = now() where id = $1", 400),
        (
            "delete from family.family_members where family_id in (select family_id from family.child_profiles where id = $1)",
            400,
        ),
        ("update wondernest.consent_gates set in_force_until = null where child_id = $1", 403),
    ],
)
async def test_an_upload_that_ends_when_the_child_is_out_of_reach_stores_nothing(
    mia: Player, database: Database, database_url: str, meanwhile: str, status: int
) -> None:
    """Its first check, before the file is inspected, has passed by then."""
    form = {"file": ("cat.png", encoded(drawing(), "PNG"), "image/png")}
    async with unit_of(database) as unit:
        family = "select from family.families where id = (select family_id from family.child_profiles where id = $1) for update"
        await unit.fetch(family, UUID(mia.child_id))
        sent = asyncio.ensure_future(
            mia.client.post(
                "/api/v1/files/upload", files=form, params={"childId": mia.child_id}, headers=mia.parent.bearer
            )
        )
        await _until_waiting(database_url)
        await rows(database_url, meanwhile, UUID(mia.child_id))
    answer = await sent
    assert answer.status_code == status, answer.text
    assert await value(database_url, "select count(*) from core.uploaded_files") == 0
