"""Events in the archive (Parquet) are erased with their child, or with the purpose for which they were collected."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import duckdb
import psycopg
import pytest

from tests.fixtures.auth import register, rows, value
from tests.fixtures.consent import give_consent, withdraw_consent
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import GRACE, SETTLE, House, OpenHouse, erase
from wondernest.analytics.archive.layout import FOLDER, file_key, manifest_key, shard_of
from wondernest.analytics.repository import archives
from wondernest.app import event_archive
from wondernest.coppa.rules import TRACES_KEPT
from wondernest.platform.personal_data import Delayed
from wondernest.privacy.ending import ERASE_ENDED
from wondernest.privacy.metrics import LATE

DAYS = (date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3))
EVENTS = """
    insert into analytics.analytics_events (id, user_id, child_id, event_type, event_category, event_data, created_at)
    select gen_random_uuid(), $1, one, 'game_progress', 'game', '{"contentId": "memory"}', day::timestamp at time zone 'UTC'
      from unnest($2::uuid[]) one, unnest($3::date[]) day, generate_series(1, 5)"""
LEFT = "select count(*) from analytics.analytics_events where child_id = $1"


async def archived_family(house: House) -> tuple[dict[str, str], UUID, UUID]:
    """A parent's bearer, and two children with archived events."""
    parent = await register(house.client)
    one, other = [UUID((await add_child(house.client, parent))["id"]) for _ in range(2)]
    for child in (one, other):
        await give_consent(house.client, parent.bearer, str(child))
    await rows(house.url, EVENTS, UUID(parent.user_id), [one, other], list(DAYS))
    async with event_archive(house.settings) as archive:
        await archive.keep(lambda _: None)
    assert in_archive(house.uploads, one) == in_archive(house.uploads, other) == 15
    return parent.bearer, one, other


def in_archive(folder: Path, child: UUID) -> int:
    """How many events of a child any Parquet file of the storage has, whether a manifest names it or not."""
    files = [str(file) for file in (folder / FOLDER).rglob("*.parquet")]
    if not files:
        return 0
    [(number,)] = duckdb.execute("select count(*) from read_parquet(?) where child_id = ?", [files, child]).fetchall()
    return number


def sampled(house: House, name: str, labels: dict[str, str]) -> float | None:
    """A value of the jobs' metrics."""
    return house.work.metrics.registry.get_sample_value(name, labels)


@contextmanager
def archive_in_use(url: str) -> Generator[None]:
    """Another run works on the archive."""
    with psycopg.connect(url) as connection:
        connection.execute(archives._LOCK)  # pyright: ignore[reportPrivateUsage] - what a run holds
        yield


async def test_an_erased_childs_events_leave_the_archive_and_its_siblings_stay(house: House) -> None:
    bearer, child, sibling = await archived_family(house)
    await rows(house.url, "delete from wondernest.event_archives where day = $1", DAYS[0])
    (house.uploads / manifest_key(DAYS[1])).unlink()
    await erase(house.client, bearer, f"children/{child}")
    await house.erase_now()
    assert in_archive(house.uploads, child) == 0, "also on a day of a lost database, and in what a killed run left"
    assert in_archive(house.uploads, sibling) >= 10
    assert (house.uploads / file_key(DAYS[2], shard_of(sibling))).exists()
    [receipt] = await rows(
        house.url, "select state, counts::jsonb ->> 'archived days' as days from wondernest.erasures"
    )
    assert (receipt["state"], receipt["days"]) == ("done", "2")
    assert house.traces(child) == {}


async def test_while_the_archive_cannot_be_written_everything_else_of_the_child_goes(house: House) -> None:
    bearer, child, _ = await archived_family(house)
    await erase(house.client, bearer, f"children/{child}")
    house.clock.shift += GRACE
    with archive_in_use(house.url):
        for _ in range(2):
            with pytest.raises(Delayed, match="another run is working on the archive"):
                await house.run_due()
        assert await value(house.url, "select count(*) from family.child_profiles where id = $1", child) == 0
        assert await value(house.url, "select state from wondernest.erasures") == "erasing"
        delayed = {"kind": "child", "outcome": "delayed"}
        assert sampled(house, "wondernest_erasure_runs_total", delayed) == 2
        assert sampled(house, "wondernest_overdue_erasures", {"of": "people"}) == 0
        house.clock.shift += LATE
        with pytest.raises(Delayed):
            await house.run_due()
        assert sampled(house, "wondernest_overdue_erasures", {"of": "people"}) == 1
    await house.run_due()
    assert in_archive(house.uploads, child) == 0
    house.clock.shift += SETTLE
    await house.run_due()
    counts = await value(house.url, "select counts::text from wondernest.erasures where state = 'done'")
    assert '"family.child_profiles":1' in counts.replace(" ", ""), "what was erased before the delay counts once"


async def test_the_end_of_the_purpose_takes_its_events_out_of_the_archive(open_house: OpenHouse) -> None:
    async with open_house(COPPA_GATE="enforce") as house:
        bearer, child, sibling = await archived_family(house)
        await withdraw_consent(house.client, bearer, str(child))
        house.clock.shift += TRACES_KEPT
        with archive_in_use(house.url), pytest.raises(Delayed):
            await run_job(house.work, ERASE_ENDED)
        assert await value(house.url, LEFT, child) == 0
        waits = "select count(*) from wondernest.ended_purposes where child_id = $1 and purpose = 'analytics'"
        assert await value(house.url, waits, child) == 1
        await run_job(house.work, ERASE_ENDED)
        assert (in_archive(house.uploads, child), in_archive(house.uploads, sibling)) == (0, 15)
        assert await value(house.url, waits, child) == 0
        for outcome in ("delayed", "done"):
            labels = {"purpose": "analytics", "outcome": outcome}
            assert sampled(house, "wondernest_ended_purposes_total", labels) == 1
