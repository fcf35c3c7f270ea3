"""Figures are read from a standby while it is near; it may lag, pause, die and come back, and no figure is older than the limit."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

from tests.fixtures.application import TEMPLATE, TEST_ENVIRONMENT, declared, running
from tests.fixtures.family import add_child, register_with_child
from wondernest.app import create_app
from wondernest.commands.doctor import doctor
from wondernest.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.auth import Parent
    from tests.fixtures.replication import Replicated
    from wondernest.development.embedded.postgres import EmbeddedPostgres

LAG_S = 1.0
FOUND_WITHIN_S = 20.0
"""A bound on pauses between attempts."""
SERVED, BEHIND, FAILED = "served", "behind", "failed"
ROUTES = (
    "/analytics/daily?childId={child}",
    "/analytics/weekly?childId={child}",
    "/analytics/children/{child}/insights",
    "/analytics/children/{child}/milestones",
    "/analytics/children/{child}/activities",
    "/analytics/children/{child}/export.csv",
)


def settings_for(replicated: Replicated, folder: Path, **more: str) -> Settings:
    return load_settings(
        {
            **TEST_ENVIRONMENT,
            "DATABASE_URL": replicated.primary.url(TEMPLATE),
            "DATABASE_REPLICA_URL": replicated.standby.url(TEMPLATE),
            "DATABASE_REPLICA_MAX_LAG_S": f"{LAG_S}",
            "MAIL_OUTBOX_PATH": str(folder / "outbox"),
            "STORAGE_LOCAL_PATH": str(folder / "uploads"),
            **more,
        }
    )


class Reading:
    """A parent who looks at a child's figures."""

    def __init__(self, client: httpx2.AsyncClient, parent: Parent, child_id: str) -> None:
        self.client = client
        self.parent = parent
        self.child_id = child_id

    async def get(self, path: str = ROUTES[0]) -> httpx2.Response:
        return await self.client.get(f"/api/v1{path.format(child=self.child_id)}", headers=self.parent.bearer)

    async def minutes(self) -> int:
        answer = await self.get()
        assert answer.status_code == 200, answer.text
        return answer.json()["totalScreenTime"]

    async def play(self, minutes: int) -> None:
        body = {"eventType": "game_progress", "childId": self.child_id, "contentId": "memory", "duration": minutes}
        answer = await self.client.post("/api/v1/analytics/events", json=body, headers=self.parent.bearer)
        assert answer.status_code == 201, answer.text

    async def counted(self, result: str) -> float:
        text = (await self.client.get("/metrics")).text
        [number] = re.findall(rf'^wondernest_replica_reads_total{{result="{result}"}} ([0-9.]+)$', text, re.MULTILINE)
        return float(number)

    async def until_served(self) -> None:
        """Read until the standby serves."""
        served = await self.counted(SERVED)

        async def serves() -> bool:
            await self.minutes()
            return await self.counted(SERVED) > served

        await until(serves)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(FOUND_WITHIN_S):
        while not await holds():
            await asyncio.sleep(0.05)


@pytest.fixture
async def reading(replicated: Replicated, tmp_path: Path) -> AsyncIterator[Reading]:
    async with running(create_app(settings_for(replicated, tmp_path))) as client:
        parent, child_id = await register_with_child(client)
        yield Reading(client, parent, child_id)


def on_primary(replicated: Replicated, statement: Any, *values: Any) -> None:
    with psycopg.connect(replicated.primary.url(TEMPLATE), autocommit=True) as connection:
        connection.execute(statement, values)


async def test_every_figure_is_the_same_from_the_standby(reading: Reading, replicated: Replicated) -> None:
    await reading.play(25)
    replicated.wait_until_replayed()
    first = [await reading.get(path) for path in ROUTES]
    await reading.until_served()
    served = await reading.counted(SERVED)
    second = [await reading.get(path) for path in ROUTES]
    assert [answer.status_code for answer in second] == [200] * len(ROUTES)
    assert [answer.content for answer in second] == [answer.content for answer in first]
    assert second[0].json()["totalScreenTime"] == 25
    assert await reading.counted(SERVED) >= served + len(ROUTES)


async def test_an_event_is_missing_for_the_documented_lag_at_most(reading: Reading, replicated: Replicated) -> None:
    """The standby shows nothing new any more; the primary takes over when the limit is reached, and later the standby again."""
    await reading.until_served()
    replicated.pause_replay()
    await reading.play(25)
    stored_at = asyncio.get_running_loop().time()

    async def shown() -> bool:
        return await reading.minutes() == 25

    await until(shown)
    behind = await reading.counted(BEHIND)
    assert behind
    assert asyncio.get_running_loop().time() - stored_at < FOUND_WITHIN_S
    for _ in range(20):
        assert await reading.minutes() == 25, "once it was shown it is never missing again"
    replicated.resume_replay()
    await reading.until_served()
    assert await reading.minutes() == 25


async def test_a_standby_that_dies_costs_no_answer_and_is_used_again_when_it_is_back(
    reading: Reading, replicated: Replicated
) -> None:
    await reading.until_served()
    await reading.play(7)
    replicated.standby.kill()
    answers = await asyncio.gather(*(reading.get() for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert await reading.minutes() == 7
    replicated.standby.start()
    await reading.until_served()
    assert await reading.minutes() == 7


async def test_who_lost_a_child_sees_nothing_of_it_although_the_standby_still_would_show_it(
    reading: Reading, replicated: Replicated
) -> None:
    await reading.play(7)
    replicated.wait_until_replayed()
    await reading.until_served()
    replicated.pause_replay()
    on_primary(replicated, "delete from family.family_members where user_id = %s", reading.parent.user_id)
    answers = [await reading.get(path) for path in ROUTES]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.json()["message"] for answer in answers} == {"No family context in token"}
    replicated.resume_replay()


async def test_a_deactivated_account_is_refused_at_once(reading: Reading, replicated: Replicated) -> None:
    replicated.wait_until_replayed()
    await reading.until_served()
    replicated.pause_replay()
    on_primary(replicated, "update core.users set is_active = false where id = %s", reading.parent.user_id)
    assert {(await reading.get(path)).status_code for path in ROUTES} == {401}
    replicated.resume_replay()


async def test_a_child_that_the_standby_does_not_know_yet_has_its_figures(
    reading: Reading, replicated: Replicated
) -> None:
    await reading.until_served()
    replicated.pause_replay()
    born = Reading(reading.client, reading.parent, (await add_child(reading.client, reading.parent))["id"])
    await born.play(12)
    assert await born.minutes() == 12
    replicated.resume_replay()


async def test_a_read_that_fails_on_the_standby_alone_is_answered_by_the_primary(
    reading: Reading, replicated: Replicated
) -> None:
    """Its statement breaks there as it does when replay removes rows that it reads."""
    await reading.play(7)
    await reading.until_served()
    with psycopg.connect(replicated.standby.url(TEMPLATE), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wondernest-replica'"
        )
    assert await reading.minutes() == 7
    await reading.until_served()


async def test_a_server_that_is_no_standby_of_this_database_is_never_read(
    replicated: Replicated, pg_server: EmbeddedPostgres, database_url: str, tmp_path: Path
) -> None:
    said: list[str] = []
    for other, reason in (
        (replicated.primary.url(TEMPLATE), "it is not a standby"),
        (database_url, "it is no copy of the database at DATABASE_URL"),
        ("postgresql://nobody@127.0.0.1:1/none", "it does not answer"),
    ):
        settings = settings_for(replicated, tmp_path, DATABASE_REPLICA_URL=other)
        async with running(create_app(settings)) as client:
            reader = Reading(client, *await register_with_child(client))
            await reader.play(3)
            for _ in range(5):
                assert await reader.minutes() == 3
                await asyncio.sleep(LAG_S / 4)
            assert await reader.counted(SERVED) == 0
            said.clear()
            await asyncio.to_thread(doctor, settings, create_app(settings).rooms, said.append)
        [line] = [line for line in said if line.startswith("replica")]
        assert line.startswith(f"replica   {reason}")
        assert "check DATABASE_REPLICA_URL" in line
    assert "replica" not in {check.name for check in declared().rooms.checks}
    settings = settings_for(replicated, tmp_path)
    replicated.wait_until_replayed()
    await asyncio.to_thread(doctor, settings, create_app(settings).rooms, said.append)
    assert "replica   good" in said


async def test_a_standby_that_becomes_the_primary_is_not_read_as_a_standby(
    reading: Reading, replicated: Replicated
) -> None:
    await reading.until_served()
    replicated.standby.promote()

    async def noticed() -> bool:
        before = await reading.counted(SERVED)
        await reading.minutes()
        return await reading.counted(SERVED) == before

    await until(noticed)
    await reading.play(9)
    assert await reading.minutes() == 9


async def test_an_outage_of_the_standby_is_logged_once_and_its_end_too(
    reading: Reading, replicated: Replicated, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await reading.until_served()
    replicated.standby.stop()
    for _ in range(20):
        await reading.minutes()
        await asyncio.sleep(LAG_S / 10)
    replicated.standby.start()
    await reading.until_served()
    logged = Counter(record.getMessage() for record in caplog.records)
    assert logged["replica is not used"] == 1
    assert logged["replica is used again"] == 1
    assert logged["replica unavailable"] == 1
