"""What a parent does not permit any more is erased: after a letter, not at once, and not what is permitted again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.fixtures.auth import mails_to, register, rows, value
from tests.fixtures.consent import CONSENT, EVERYTHING, give_consent, withdraw_consent
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import House, OpenHouse, save, whole
from tests.fixtures.trail import recorded
from tests.fixtures.whole_family import found_in_database
from wondernest.access.consent import PERMISSIONS, Purpose
from wondernest.access.people import CHILD
from wondernest.app import background
from wondernest.coppa.ended import ANNOUNCE, DueEnds
from wondernest.coppa.rules import KEPT_AFTER_END, TRACES_KEPT, WORK_KEPT
from wondernest.coppa.upkeep import EXPIRE
from wondernest.coppa.words import words
from wondernest.platform.languages import LANGUAGES
from wondernest.privacy.ending import ERASE_ENDED
from wondernest.settings import Settings

MINUTE = timedelta(minutes=1)
TRACES = "select count(*) from analytics.analytics_events where child_id = $1"
WORK = "select count(*) from games.simple_game_data where child_id = $1"
ENDED = "select purpose from wondernest.ended_purposes where child_id = $1 and purpose !~ '^mark' order by purpose"
"""Not those with which `whole` fills the table."""
DEPEND_ON_NO_PURPOSE = {
    "family.child_profiles": "the profile that consent is about",
    "family.child_settings": "a parent's settings",
    "wondernest.child_details": "the profile",
    "wondernest.child_content_limits": "a parent's settings",
    "compliance.coppa_consent": "proof of consent",
    "wondernest.consents": "proof of consent",
    "wondernest.consent_ledger": "proof of consent",
    "wondernest.consent_gates": "what is permitted",
    "wondernest.ended_purposes": "what is not permitted any more",
    "wondernest.child_accesses": "which adults looked",
    "wondernest.extra_time": "a parent's settings",
    "public.user_pack_ownership": "what the family bought",
    "marketplace.child_library": "what the family bought",
    "games.parent_approvals": "a parent's decisions",
    "bookmarks.child_game_bookmarks": "a parent's notes",
    "public.ai_story_generations": "written on a parent's request",
}
"""Tables about children whose rows stay when nothing is permitted, and why."""


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(COPPA_GATE="enforce") as opened:
        yield opened


async def erase_ended(house: House, later: timedelta = timedelta()) -> None:
    house.clock.shift += later
    await run_job(house.work, ERASE_ENDED)


async def ended(house: House, child: UUID | str) -> list[str]:
    return [row["purpose"] for row in await rows(house.url, ENDED, UUID(str(child)))]


async def permit(house: House, bearer: dict[str, str], child: UUID, **permissions: bool) -> None:
    body = {"permissions": {**EVERYTHING, **permissions}}
    answer = await house.client.put(f"{CONSENT}/{child}", json=body, headers=bearer)
    assert answer.is_success, answer.text


async def held(house: House, child: UUID) -> set[str]:
    """The tables that name the child, but for the ends themselves."""
    return set(found_in_database(house.url, [str(child)])) - {"wondernest.ended_purposes"}


def test_every_table_about_children_says_for_which_purposes_it_is_held(house: House) -> None:
    about = {one.table: one for one in house.work.rooms.personal_data if one.erased and CHILD in one.people.values()}
    without = {table for table, holding in about.items() if not holding.purposes}
    assert without == set(DEPEND_ON_NO_PURPOSE)
    known = {purpose.value for purpose in Purpose}
    assert {purpose for holding in about.values() for purpose in holding.purposes} == set(KEPT_AFTER_END)
    assert set(KEPT_AFTER_END) == known - {Purpose.LETTERS.value}


def test_the_letter_has_words_for_every_purpose_in_every_language() -> None:
    for language in LANGUAGES:
        assert set(words(language).held) == set(KEPT_AFTER_END)


async def test_after_a_withdrawal_everything_held_for_a_purpose_goes_and_nothing_else(house: House) -> None:
    parent, people = await whole(house)
    _, others = await whole(house)
    purposes = {one.table: one.purposes for one in house.work.rooms.personal_data}
    theirs, before = await held(house, others.child), await held(house, people.child)
    await withdraw_consent(house.client, parent.bearer, str(people.child))
    await erase_ended(house)
    assert {table for table in before if purposes.get(table)} <= await held(house, people.child), "nothing at once"
    await erase_ended(house, TRACES_KEPT + MINUTE)
    left = await held(house, people.child)
    gone = {table for table in before if set(purposes.get(table, ())) == {Purpose.ANALYTICS.value}}
    assert len(gone) > 5
    assert not gone & left
    assert "wondernest.event_identities" in left, "what recognises a repeated save is kept as long as the saves"
    assert await value(house.url, WORK, people.child) > 0, "a child's work is kept"
    await erase_ended(house, WORK_KEPT)
    left = await held(house, people.child)
    assert {table for table in left if purposes.get(table)} == set()
    ends = {"wondernest.consents", "wondernest.ended_purposes"}
    assert set(DEPEND_ON_NO_PURPOSE) & before <= left | ends
    assert await held(house, others.child) == theirs
    assert await ended(house, people.child) == []
    assert "service:ended_purpose" in await recorded(house.url, people.child)
    assert "service:ended_purpose" not in await recorded(house.url, others.child)


async def test_a_new_consent_in_time_keeps_everything(house: House) -> None:
    parent, people = await whole(house)
    before = await held(house, people.child)
    await withdraw_consent(house.client, parent.bearer, str(people.child))
    assert await ended(house, people.child) == sorted(KEPT_AFTER_END)
    await give_consent(house.client, parent.bearer, str(people.child))
    assert await ended(house, people.child) == []
    await erase_ended(house, WORK_KEPT + MINUTE)
    assert before <= await held(house, people.child)


async def test_less_consent_erases_what_the_rest_does_not_hold(house: House) -> None:
    parent, people = await whole(house)
    await permit(house, parent.bearer, people.child, analytics=False)
    assert await ended(house, people.child) == ["analytics"]
    work = await value(house.url, WORK, people.child)
    await erase_ended(house, WORK_KEPT + MINUTE)
    assert await value(house.url, TRACES, people.child) == 0
    assert await value(house.url, WORK, people.child) == work
    left = await held(house, people.child)
    assert {"wondernest.event_identities", "audio.sessions", "games.child_game_instances"} <= left


async def test_an_event_whose_statement_began_before_the_withdrawal_is_erased_with_the_others(house: House) -> None:
    parent, people = await whole(house)
    late = """insert into analytics.analytics_events (id, child_id, event_type, event_data, created_at)
              values (gen_random_uuid(), %s, 'late', '{}', now() + %s::interval)"""
    with psycopg.connect(house.url) as writer:
        for ago in ("-2 days", "0", "3 days"):
            writer.execute(late, [people.child, ago])
        await permit(house, parent.bearer, people.child, analytics=False)
        writer.commit()
    assert await value(house.url, f"{TRACES} and event_type = 'late'", people.child) == 3
    await erase_ended(house, TRACES_KEPT + MINUTE)
    assert await value(house.url, TRACES, people.child) == 0


async def test_without_consent_to_recommend_what_was_recommended_goes_and_other_insights_stay(house: House) -> None:
    parent, people = await whole(house)
    await rows(
        house.url,
        "insert into analytics.learning_insights (child_id, insight_type, title)"
        " values ($1, 'recommendation', 'r'), ($1, 'milestone', 'm')",
        people.child,
    )
    await permit(house, parent.bearer, people.child, educationalData=False)
    await erase_ended(house, TRACES_KEPT + MINUTE)
    kinds = await rows(
        house.url, "select insight_type from analytics.learning_insights where child_id = $1", people.child
    )
    assert "milestone" in {row["insight_type"] for row in kinds}
    assert "recommendation" not in {row["insight_type"] for row in kinds}


async def test_a_consent_that_comes_while_it_is_erased_keeps_what_is_left(house: House) -> None:
    parent, people = await whole(house)
    await withdraw_consent(house.client, parent.bearer, str(people.child))
    [job] = [job for job in house.work.jobs if job.name == ERASE_ENDED]
    bound: Any = job.handler
    erasing = bound.__self__
    due, changes = erasing._due, 0

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            return getattr(due, name)

        async def change(self, *arguments: Any) -> str:
            nonlocal changes
            changes += 1
            if changes == 3:
                house.clock.shift = timedelta()
                await give_consent(house.client, parent.bearer, str(people.child))
                await save(house.client, parent.bearer, str(people.child), "new")
            done: str = await due.change(*arguments)
            return done

    erasing._due = Interrupted()
    await erase_ended(house, WORK_KEPT + MINUTE)
    erasing._due = due
    assert changes == 3
    assert await ended(house, people.child) == []
    await erase_ended(house, WORK_KEPT + MINUTE)
    found = await rows(house.url, "select data_key from games.simple_game_data where child_id = $1", people.child)
    assert "new" in {row["data_key"] for row in found}


async def test_an_erasure_that_is_killed_at_any_change_ends_with_nothing_left(house: House) -> None:
    parent, people = await whole(house)
    await withdraw_consent(house.client, parent.bearer, str(people.child))
    [job] = [job for job in house.work.jobs if job.name == ERASE_ENDED]
    bound: Any = job.handler
    erasing = bound.__self__
    due: DueEnds = erasing._due
    house.clock.shift += WORK_KEPT + MINUTE
    kills = 0
    for most in (0, 1, 2, 5, 9, 14):
        erasing._due = Fragile(due, most)
        try:
            await erase_ended(house)
        except Killed:
            kills += 1
    erasing._due = due
    assert kills > 3
    await erase_ended(house)
    purposes = {one.table: one.purposes for one in house.work.rooms.personal_data}
    assert {table for table in await held(house, people.child) if purposes.get(table)} == set()
    assert await ended(house, people.child) == []


async def test_every_parent_is_told_what_is_erased_when_and_by_no_name(house: House, tmp_path: Path) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent, name="Mia"))["id"]
    await give_consent(house.client, parent.bearer, child)
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    await withdraw_consent(house.client, parent.bearer, child)
    family = await value(house.url, "select family_id from family.child_profiles where id = $1", UUID(child))
    queued = "select count(*) from wondernest.jobs where entrypoint = $1"
    assert await value(house.url, queued, ANNOUNCE) == 1
    arguments = {"family": str(family), "child": child, "parent": parent.user_id}
    await run_job(house.work, ANNOUNCE, **arguments)
    [text] = [one for one in await mails_to(tmp_path / "outbox", parent.email, 0) if "will be erased" in one]
    day = (house.clock.now() + WORK_KEPT).date().isoformat()
    assert f"{day}: what the child made and reached in games" in text
    assert (house.clock.now() + TRACES_KEPT).date().isoformat() in text
    assert "Mia" not in text
    await give_consent(house.client, parent.bearer, child)
    await run_job(house.work, ANNOUNCE, **arguments)
    assert len([one for one in await mails_to(tmp_path / "outbox", parent.email, 0) if "will be erased" in one]) == 1


async def playing(house: House) -> tuple[dict[str, str], str]:
    """A parent's bearer, and a child with consent and a save."""
    parent = await register(house.client)
    child: str = (await add_child(house.client, parent))["id"]
    await give_consent(house.client, parent.bearer, child)
    assert (await save(house.client, parent.bearer, child, "mine")).is_success
    return parent.bearer, child


@contextmanager
def at_the_time_of_its_token(house: House) -> Generator[None]:
    """A parent's token is still valid."""
    shift, house.clock.shift = house.clock.shift, timedelta()
    yield
    house.clock.shift = shift


LETTERS = f"select count(*) from wondernest.jobs where entrypoint = '{ANNOUNCE}'"


async def test_a_parents_no_is_followed_by_the_erasure_also_where_the_gate_only_records(open_house: OpenHouse) -> None:
    async with open_house(COPPA_GATE="record") as house:
        bearer, child = await playing(house)
        await withdraw_consent(house.client, bearer, child)
        assert await value(house.url, LETTERS) == 1
        await erase_ended(house, WORK_KEPT + MINUTE)
        assert await value(house.url, WORK, UUID(child)) == 0
        assert "wondernest.event_identities" not in await held(house, UUID(child))
        assert set(await ended(house, child)) == set(KEPT_AFTER_END), "data goes on to be collected"
        await rows(house.url, "delete from wondernest.jobs where entrypoint = $1", ANNOUNCE)
        with at_the_time_of_its_token(house):
            assert (await save(house.client, bearer, child, "later")).is_success
        await erase_ended(house, TRACES_KEPT + MINUTE)
        assert await value(house.url, WORK, UUID(child)) == 1, "kept as long as everything that a child makes"
        await erase_ended(house, WORK_KEPT)
        assert await value(house.url, WORK, UUID(child)) == 0
        assert await value(house.url, LETTERS) == 1, "before what the child makes now goes, the parents are told again"
        with at_the_time_of_its_token(house):
            await save(house.client, bearer, child, "again")
            await give_consent(house.client, bearer, child)
        await erase_ended(house, WORK_KEPT + MINUTE)
        assert (await value(house.url, WORK, UUID(child)), await ended(house, child)) == (1, [])


async def test_a_consent_whose_time_is_over_is_followed_by_the_erasure_once_the_gate_is_enforced_and_after_a_letter(
    open_house: OpenHouse, make_settings: Callable[..., Settings]
) -> None:
    async with open_house(COPPA_GATE="record") as house:
        _, child = await playing(house)
        await rows(house.url, "update wondernest.consents set ends_at = now() - interval '1 minute'")
        await run_job(house.work, EXPIRE)
        await erase_ended(house, WORK_KEPT + MINUTE)
        assert (await value(house.url, WORK, UUID(child)), await value(house.url, LETTERS)) == (1, 0)
        work = background(make_settings(COPPA_GATE="enforce"), clock=house.clock)
        enforced = replace(house, work=work)
        await erase_ended(enforced)
        assert (await value(house.url, WORK, UUID(child)), await value(house.url, LETTERS)) == (1, 1)
        await erase_ended(enforced, WORK_KEPT - MINUTE)
        assert await value(house.url, WORK, UUID(child)) == 1
        await erase_ended(enforced, 2 * MINUTE)
        assert (await value(house.url, WORK, UUID(child)), await ended(house, child)) == (0, [])
        await work.rooms.stop()


async def test_where_the_gate_is_off_nothing_is_erased_and_nobody_is_told_that_it_is(open_house: OpenHouse) -> None:
    async with open_house(COPPA_GATE="off") as house:
        bearer, child = await playing(house)
        await withdraw_consent(house.client, bearer, child)
        await erase_ended(house, WORK_KEPT + MINUTE)
        assert (await value(house.url, WORK, UUID(child)), await value(house.url, LETTERS)) == (1, 0)
        assert set(await ended(house, child)) == set(KEPT_AFTER_END)


class Killed(BaseException):
    """The process ends here."""


class Fragile:
    """What the process does not survive: after so many changes, it ends."""

    def __init__(self, due: DueEnds, changes: int) -> None:
        self._due = due
        self._left = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._due, name)

    async def change(self, *arguments: Any) -> str:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return await self._due.change(*arguments)


def test_every_permission_of_the_app_that_is_held_for_ends() -> None:
    permitted = {purpose.value for purposes in PERMISSIONS.values() for purpose in purposes}
    assert set(KEPT_AFTER_END) <= permitted
