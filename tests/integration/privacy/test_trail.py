"""Who looked at a child's data: parents' looks, exports and decisions; not what the child's devices do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.consent import give_consent
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import PRIVACY, House, erase, move_in, proven, run, save
from wondernest.coppa.repository.trail import Access, TrailRepository
from wondernest.coppa.trail import FORGET, KEPT, Look, Trail
from wondernest.platform.db.pool import Executor
from wondernest.platform.faults import DependencyUnavailable
from wondernest.privacy.exporting import EXPORT, MAKE, USER_ARGUMENT


async def shown(client: httpx2.AsyncClient, parent: Parent, child: str, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"{PRIVACY}/children/{child}/access{query}", headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def kinds(client: httpx2.AsyncClient, parent: Parent, child: str) -> dict[str, int]:
    """How often; an hour may have ended meanwhile."""
    times: Counter[str] = Counter()
    for one in (await shown(client, parent, child))["data"]:
        times[one["kind"]] += one["times"]
    return dict(times)


async def test_an_export_and_a_decision_are_written_with_what_they_are_about(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    answer = await house.client.post(f"{PRIVACY}/exports", headers=await proven(house.client, parent.bearer))
    export = answer.json()["data"]["id"]
    assert await kinds(house.client, parent, child) == {}
    await run_job(house.work, MAKE, **{USER_ARGUMENT: parent.user_id, EXPORT: export})
    assert await kinds(house.client, parent, child) == {"export": 1}
    await run_job(house.work, MAKE, **{USER_ARGUMENT: parent.user_id, EXPORT: export})
    assert await kinds(house.client, parent, child) == {"export": 1}, "a repeated job makes no second one"
    await erase(house.client, parent.bearer, f"children/{child}")
    assert await kinds(house.client, parent, child) == {"export": 1, "erasure": 1}
    await house.client.post(f"{PRIVACY}/children/{child}/restore", headers=parent.bearer)
    assert await kinds(house.client, parent, child) == {"export": 1, "erasure": 1, "restore": 1}


async def test_what_the_childs_devices_do_is_not_written(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await give_consent(house.client, parent.bearer, child)
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    assert (await house.client.get(f"/api/v2/games/children/{child}/data", headers=parent.bearer)).is_success
    assert await value(house.url, "select count(*) from wondernest.child_accesses") == 0


async def test_looks_of_an_hour_are_one_row_and_a_fault_of_the_database_loses_none(house: House) -> None:
    parent = await register(house.client)
    child = UUID((await add_child(house.client, parent))["id"])
    handler: Any = next(job.handler for job in house.work.jobs if job.name == FORGET)
    database = handler.__self__._database

    class Away(TrailRepository):
        away = True

        async def add(self, executor: Executor, accesses: Sequence[Access]) -> None:
            if self.away:
                raise DependencyUnavailable("database", "away")
            await super().add(executor, accesses)

    rows_of = Away()
    trail, user = Trail(rows_of, database, house.clock), UUID(parent.user_id)
    for _ in range(3):
        trail.note(user, child, Look.FIGURES)
    trail.note(user, UUID(int=1), Look.FIGURES)
    with pytest.raises(DependencyUnavailable):
        await trail.flush()
    trail.note(user, child, Look.FIGURES)
    rows_of.away = False
    await trail.flush()
    await trail.flush()
    assert await kinds(house.client, parent, str(child)) == {"figures": 4}
    assert await value(house.url, "select count(distinct child_id) from wondernest.child_accesses") == 1


async def test_a_parent_sees_pages_and_nobody_else_sees_any(house: House) -> None:
    parent, stranger, member = [await register(house.client) for _ in range(3)]
    child = (await add_child(house.client, parent))["id"]
    await rows(
        house.url,
        "insert into wondernest.child_accesses (child_id, hour, actor_id, kind, times, last_at)"
        " select $1, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', $2, 'figures', n, now() from generate_series(1, 150) n",
        UUID(child),
        UUID(parent.user_id),
    )
    first = await shown(house.client, parent, child)
    second = await shown(house.client, parent, child, f"?after={first['next']}")
    assert [one["times"] for one in first["data"] + second["data"]] == list(range(150, 0, -1))
    assert second["next"] is None
    assert first["data"][0]["you"] is True
    path = f"{PRIVACY}/children/{child}/access"
    assert (await house.client.get(path, headers=stranger.bearer)).status_code == 404
    assert (await house.client.get(f"{path}?after=x", headers=parent.bearer)).status_code == 400
    family = await value(house.url, "select family_id from family.child_profiles where id = $1", UUID(child))
    await run(house.url, "delete from family.family_members where user_id = $1", UUID(member.user_id))
    await move_in(house.url, member, family)
    await run(house.url, "update family.family_members set role = 'member' where user_id = $1", UUID(member.user_id))
    assert (await house.client.get(path, headers=member.bearer)).status_code == 403


async def test_after_a_year_it_is_forgotten(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await erase(house.client, parent.bearer, f"children/{child}")
    house.clock.shift = KEPT - timedelta(days=1)
    await run_job(house.work, FORGET)
    assert await value(house.url, "select count(*) from wondernest.child_accesses") == 1
    house.clock.shift = KEPT + timedelta(hours=2)
    await run_job(house.work, FORGET)
    assert await value(house.url, "select count(*) from wondernest.child_accesses") == 0
