"""A backup that was made before an erasure brings people back; `wondernest privacy reapply` erases them again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.fixtures.files import run_job
from tests.fixtures.privacy import SETTLE, House, erase, whole
from tests.fixtures.servers import database_on
from tests.fixtures.trail import recorded
from tests.fixtures.whole_family import found_in_database
from wondernest.app import background, reapplying
from wondernest.development.embedded.binaries import find_postgres
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.personal_data import ON_ERASURE
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


async def test_the_log_of_erasures_holds_no_id(house: House) -> None:
    parent, people = await whole(house)
    await erase(house.client, parent.bearer, f"children/{parent.child_id}")
    await house.erase_now()
    [log] = list((house.uploads / "erasures").iterdir())
    text = log.read_text()
    assert str(people.child) not in text
    assert people.child.hex not in text
