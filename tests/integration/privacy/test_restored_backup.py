"""A backup that was made before an erasure brings people back; `wondernest privacy reapply` erases them again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from tests.fixtures.auth import register, value
from tests.fixtures.files import run_job
from tests.fixtures.privacy import SETTLE, House, erase, move_in, run, whole
from tests.fixtures.servers import database_on
from tests.fixtures.trail import recorded
from tests.fixtures.whole_family import found_in_database
from wondernest.app import background, reapplying
from wondernest.development.embedded.binaries import find_postgres
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.personal_data import ON_ERASURE
from wondernest.privacy.rules import log_key, person_hash
from wondernest.settings import Settings


def postgres_tool(name: str, *arguments: str) -> None:
    """Run a program of the PostgreSQL that the tests' servers are of."""
    subprocess.run([str(find_postgres(None, None).folder / name), *arguments], check=True, capture_output=True)


async def test_people_who_come_back_with_a_restored_backup_are_erased_again(
    house: House, pg_server: EmbeddedPostgres, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    parent, people = await whole(house)
    _, others = await whole(house)
    words = (parent.name, people.user, people.family, people.child, people.mark)
    theirs = (others.user, others.family, others.child, others.mark)
    file = tmp_path / "backup"
    postgres_tool("pg_dump", "--format=custom", "--file", str(file), house.url)
    await erase(house.client, parent.bearer, "account")
    await house.erase_now()
    assert house.traces(*words) == {}
    with database_on(pg_server) as restored:
        postgres_tool("pg_restore", "--no-owner", "--dbname", restored, str(file))
        back = found_in_database(restored, [str(word) for word in words])
        assert len(back) > 70
        kept = found_in_database(restored, [str(word) for word in theirs])
        settings = make_settings(DATABASE_URL=restored)
        async with reapplying(settings) as again:
            assert await again.reapply() == {"user": 1, "family": 1, "child": 1}
        house.clock.shift += SETTLE
        work = background(settings, clock=house.clock)
        await run_job(work, ON_ERASURE)
        await work.rooms.stop()
        assert found_in_database(restored, [str(word) for word in words]) == {}
        assert found_in_database(restored, [str(word) for word in theirs]) == kept
        async with reapplying(settings) as again:
            assert await again.reapply() == {}
        assert (await recorded(restored, people.child)) == {"operator:erased_again": 2}


async def test_whom_the_log_knows_is_erased_wherever_they_are_still_named(house: House) -> None:
    """Two parents who left and had looked at the same child in the same hour; a child of whom an earlier release left the consents."""
    _, people = await whole(house)
    leaving = [await register(house.client) for _ in range(2)]
    gone = uuid4()
    entry = """insert into wondernest.consent_ledger
                      (family_id, number, child_id, consent_id, entry, at, purposes, digest)
               select family_id, max(number) + 1, $2, $2, 'expire', now(), '{}', sha256('x') from wondernest.consent_ledger
                where family_id = $1 group by family_id"""
    await run(house.url, entry, people.family, gone)
    for one in leaving:
        await move_in(house.url, one, people.family)
        look = "insert into wondernest.child_accesses values ($1, '2026-01-05 10:00+00', $2, 'figures', 1, now())"
        await run(house.url, look, people.child, UUID(one.user_id))
    key = log_key("", house.settings.jwt.secret)
    for person in (gone, *(UUID(one.user_id) for one in leaving)):
        note = "insert into wondernest.erasure_log (person_hash, kind, erased_at) values ($1, 'user', now())"
        await run(house.url, note, person_hash(key, person))
    async with reapplying(house.settings) as again:
        assert await again.reapply() == {"user": 2, "child": 1}
    house.clock.shift += SETTLE
    await house.run_due()
    assert house.traces(gone, *(one.user_id for one in leaving)) == {}
    looks = "select count(*) from wondernest.child_accesses where child_id = $1 and hour = '2026-01-05 10:00+00'"
    assert await value(house.url, looks, people.child) >= 2, "the family still sees that somebody looked"


async def test_the_log_of_erasures_holds_no_id(house: House) -> None:
    parent, people = await whole(house)
    await erase(house.client, parent.bearer, f"children/{parent.child_id}")
    await house.erase_now()
    [log] = list((house.uploads / "erasures").iterdir())
    text = log.read_text()
    assert str(people.child) not in text
    assert people.child.hex not in text
