"""Erasing: nothing of a child, a family or an account is left anywhere, and everything of the others stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import PASSWORD, Parent, register, rows, value
from tests.fixtures.family import add_child, profile
from tests.fixtures.files import run_job
from tests.fixtures.whole_family import People, fill, found_in_cache, found_in_database, found_in_folder
from tests.security.households import furnish_installation, register_parent_with_data
from wondernest.app import Background, background, create_app
from wondernest.privacy.room import ON_ERASURE
from wondernest.settings import Settings

PRIVACY = "/api/v1/privacy"
GRACE, SETTLE = timedelta(days=7, minutes=1), timedelta(hours=1, minutes=1)


class ShiftedClock:
    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class House:
    """The service, its jobs and its clock."""

    client: httpx2.AsyncClient
    work: Background
    clock: ShiftedClock
    url: str
    uploads: Path
    cache: str

    async def run_due(self) -> None:
        await run_job(self.work, ON_ERASURE)

    async def erase_now(self) -> None:
        """The grace is over, then the time in which tokens are refused."""
        for pause in (GRACE, SETTLE):
            self.clock.shift += pause
            await self.run_due()

    def traces(self, *words: object) -> dict[str, Any]:
        texts = [str(word) for word in words]
        found: dict[str, Any] = found_in_database(self.url, texts)
        if files := found_in_folder(self.uploads, texts):
            found["files"] = files
        if keys := found_in_cache(self.cache, texts):
            found["cache"] = keys
        return found


@pytest.fixture
async def house(
    make_settings: Callable[..., Settings], database_url: str, flushed_valkey: str, tmp_path: Path
) -> AsyncIterator[House]:
    furnish_installation(database_url)
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    clock = ShiftedClock()
    work = background(settings, clock=clock)
    async with running(create_app(settings, clock=clock)) as client:
        yield House(client, work, clock, database_url, tmp_path / "uploads", flushed_valkey)
    await work.rooms.stop()


async def proven(client: httpx2.AsyncClient, bearer: dict[str, str]) -> dict[str, str]:
    answer = await client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=bearer)
    assert answer.is_success, answer.text
    return {**bearer, "X-Step-Up": answer.json()["data"]["proof"]}


async def erase(client: httpx2.AsyncClient, bearer: dict[str, str], what: str) -> dict[str, Any]:
    answer = await client.delete(f"{PRIVACY}/{what}", headers=await proven(client, bearer))
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]


async def whole(house: House) -> tuple[Any, People]:
    """A parent with data in every table."""
    parent = await register_parent_with_data(house.client)
    people = People(
        parent.user_id, UUID(parent.claims["familyId"]), UUID(parent.child_id), f"mark{uuid4().hex}"
    )
    fill(house.url, people)
    return parent, people


async def test_of_an_erased_account_with_rows_in_every_table_nothing_is_left_anywhere(house: House) -> None:
    parent, people = await whole(house)
    other, others = await whole(house)
    words = (parent.name, people.user, people.family, people.child, people.mark)
    theirs = (other.name, others.user, others.family, others.child, others.mark)
    kept = house.traces(*theirs)
    assert len(house.traces(*words)) > 70
    await erase(house.client, parent.bearer, "account")
    await house.erase_now()
    assert house.traces(*words) == {}
    assert house.traces(*theirs) == kept
    [receipt] = await rows(house.url, "select state, counts from wondernest.erasures")
    assert receipt["state"] == "done"
