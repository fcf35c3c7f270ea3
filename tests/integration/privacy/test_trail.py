"""Who used a child's data: adults, jobs and the operator; not what the child's devices do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import declared
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.consent import give_consent
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import PRIVACY, House, erase, move_in, proven, run, save
from wondernest.access.accesses import Actor, Look, Operator, Service
from wondernest.coppa.repository.trail import NOBODY, Access, TrailRepository
from wondernest.coppa.trail import FORGET, KEPT, Trail
from wondernest.platform.caller import Caller
from wondernest.platform.db.pool import Executor
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.languages import LANGUAGES
from wondernest.privacy.erasing import NOTE_ARCHIVED
from wondernest.privacy.exporting import EXPORT, MAKE, USER_ARGUMENT
from wondernest.privacy.words import words


async def shown(
    client: httpx2.AsyncClient, parent: Parent, child: str, query: str = "", language: str = "en"
) -> dict[str, Any]:
    headers = {**parent.bearer, "Accept-Language": language}
    answer = await client.get(f"{PRIVACY}/children/{child}/access{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def kinds(client: httpx2.AsyncClient, parent: Parent, child: str) -> dict[str, int]:
    """How often, besides what the test itself does: adding the child, and this question. An hour may have ended meanwhile."""
    times: Counter[str] = Counter()
    for one in (await shown(client, parent, child))["data"]:
        times[one["kind"]] += one["times"]
    return {kind: number for kind, number in times.items() if kind not in {Look.PROFILE, Look.TRAIL}}


def caller(parent: Parent) -> Caller:
    return Caller(UUID(parent.user_id), None, None, "", "PARENT", True, "", 0, 0)


def own_trail(house: House) -> Trail:
    handler: Any = next(job.handler for job in house.work.jobs if job.name == FORGET)
    return handler.__self__


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
    for _ in range(2):
        await house.client.post(f"{PRIVACY}/children/{child}/restore", headers=parent.bearer)
        assert await kinds(house.client, parent, child) == {"export": 1, "erasure": 1, "restore": 1}


async def test_what_is_done_with_the_whole_family_is_written_for_each_child_and_what_is_refused_for_none(
    house: House,
) -> None:
    parent, stranger = await register(house.client), await register(house.client)
    children = [(await add_child(house.client, parent))["id"] for _ in range(2)]
    settings = "/api/v1/family/settings"
    assert (await house.client.put(settings, json={"maxScreenTimeMinutes": 30}, headers=parent.bearer)).is_success
    assert (
        await house.client.put(settings, json={"maxScreenTimeMinutes": -1}, headers=parent.bearer)
    ).status_code == 400
    for bearer, status in ((stranger.bearer, 403), (parent.bearer, 400)):
        answer = await house.client.put(
            f"/api/v1/family/children/{children[0]}",
            json={"birthDate": "never"} if status == 400 else {"name": "Bo"},
            headers=bearer,
        )
        assert answer.status_code == status, answer.text
    key = {**parent.bearer, "Idempotency-Key": "once"}
    for _ in range(2):
        answer = await house.client.post(
            f"/api/v1/family/children/{children[0]}/extra-time", json={"minutes": 5}, headers=key
        )
        assert answer.is_success, answer.text
    assert await kinds(house.client, parent, children[0]) == {"settings": 1, "screen_time": 1}
    assert await kinds(house.client, parent, children[1]) == {"settings": 1}
    assert (
        await value(
            house.url, "select count(*) from wondernest.child_accesses where actor_id = $1", UUID(stranger.user_id)
        )
        == 0
    )


async def test_what_the_childs_devices_do_is_not_written(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await give_consent(house.client, parent.bearer, child)
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    assert (await house.client.get(f"/api/v2/games/children/{child}/data", headers=parent.bearer)).is_success
    assert await kinds(house.client, parent, child) == {"consent": 1}


async def test_what_the_service_and_its_operator_do_is_shown_with_the_rest(house: House) -> None:
    parent, trail = await register(house.client), own_trail(house)
    child = (await add_child(house.client, parent))["id"]
    archived = (await add_child(house.client, parent))["id"]
    database = trail._database
    await trail.by_service(database, [UUID(child), UUID(int=1)], Service.WEEKLY_LETTER)
    await trail.by_operator(database, Operator.ARCHIVE_ERASURE, [UUID(child)])
    for _ in range(2):
        await trail.by_operator(database, Operator.CONSENT_CHECK)
    await trail.by_operator_in(database, Operator.CONSENT_CHECK, await family_of(house, child))
    before_it_was_born = timedelta(hours=-2)
    house.clock.shift += before_it_was_born
    await trail.by_operator(database, Operator.REFUSAL_COUNT)
    house.clock.shift -= before_it_was_born
    assert await kinds(house.client, parent, child) == {"weekly_letter": 1, "archive_erasure": 1, "consent_check": 3}
    assert await kinds(house.client, parent, archived) == {"consent_check": 3}
    found = {
        (one["actor"], one["actorId"], one["you"], one["who"])
        for one in (await shown(house.client, parent, child))["data"]
    }
    assert found == {
        ("adult", parent.user_id, True, "You"),
        ("service", None, False, "WonderNest, by itself"),
        ("operator", None, False, "The operator of WonderNest"),
    }
    assert (await house.client.delete(f"/api/v1/family/children/{archived}", headers=parent.bearer)).is_success
    house.clock.shift += timedelta(days=29)
    await run_job(house.work, NOTE_ARCHIVED)
    written = await rows(
        house.url,
        "select actor_type, actor_id, kind from wondernest.child_accesses where child_id = $1 and actor_type <> 'adult'",
        UUID(archived),
    )
    assert {(one["actor_type"], one["actor_id"], one["kind"]) for one in written} == {
        ("operator", NOBODY, "consent_check"),
        ("service", NOBODY, "archive_end"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_actor_has_words_in_every_language(language: str) -> None:
    known = words(language).trail
    assert set(known.did) == {kind.value for kind in (*Look, *Service, *Operator)}
    assert set(known.who) == {"you", *(actor.value for actor in Actor)}
    texts = [*known.did.values(), *known.who.values()]
    assert len(set(texts)) == len(texts)
    assert all(text.strip() == text != "" for text in texts)


def test_every_kind_is_declared_by_a_route_or_a_job_and_every_job_of_the_service_by_one() -> None:
    app = declared()
    routes = {endpoint.accesses for endpoint in app.rooms.endpoints} - {None}
    jobs = {job.accesses for job in app.rooms.jobs} - {None}
    assert routes == set(Look) - {Look.EXPORT}
    assert jobs == {Look.EXPORT, *Service}


async def family_of(house: House, child: str) -> UUID:
    return await value(house.url, "select family_id from family.child_profiles where id = $1", UUID(child))


async def test_looks_of_an_hour_are_one_row_and_a_fault_of_the_database_loses_none(house: House) -> None:
    parent = await register(house.client)
    child = UUID((await add_child(house.client, parent))["id"])

    class Away(TrailRepository):
        away = True

        async def add(self, executor: Executor, accesses: Sequence[Access]) -> None:
            if self.away:
                raise DependencyUnavailable("database", "away")
            await super().add(executor, accesses)

    rows_of = Away()
    trail, adult = Trail(rows_of, own_trail(house)._database, house.clock), caller(parent)
    for whose in ([child], [child, child], None):
        trail.note(adult, Look.FIGURES, whose)
    trail.note(adult, Look.FIGURES, [UUID(int=1)])
    with pytest.raises(DependencyUnavailable):
        await trail.flush()
    trail.note(adult, Look.FIGURES, [child])
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
    listed = [one["times"] for one in first["data"] + second["data"] if one["kind"] == "figures"]
    assert listed == list(range(150, 0, -1))
    assert second["next"] is None
    assert first["data"][0]["you"] is True
    texts = {
        language: (await shown(house.client, parent, child, language=language))["data"][0] for language in LANGUAGES
    }
    assert {language: (one["who"], one["what"]) for language, one in texts.items()} == {
        language: (words(language).trail.who["you"], words(language).trail.did[texts[language]["kind"]])
        for language in LANGUAGES
    }
    path = f"{PRIVACY}/children/{child}/access"
    assert (await house.client.get(path, headers=stranger.bearer)).status_code == 404
    assert (await house.client.get(f"{path}?after=x", headers=parent.bearer)).status_code == 400
    family = await family_of(house, child)
    await run(house.url, "delete from family.family_members where user_id = $1", UUID(member.user_id))
    await move_in(house.url, member, family)
    await run(house.url, "update family.family_members set role = 'member' where user_id = $1", UUID(member.user_id))
    assert (await house.client.get(path, headers=member.bearer)).status_code == 403


async def test_after_a_year_it_is_forgotten(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await erase(house.client, parent.bearer, f"children/{child}")
    trail = own_trail(house)
    await trail.by_operator(trail._database, Operator.CONSENT_CHECK)
    counts = (
        "select (select count(*) from wondernest.child_accesses), (select count(*) from wondernest.common_accesses)"
    )
    house.clock.shift = KEPT - timedelta(days=1)
    await run_job(house.work, FORGET)
    assert [tuple(one) for one in await rows(house.url, counts)] == [(2, 1)]
    house.clock.shift = KEPT + timedelta(hours=2)
    await run_job(house.work, FORGET)
    assert [tuple(one) for one in await rows(house.url, counts)] == [(0, 0)]
