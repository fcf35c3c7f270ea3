"""Popularity, downloads and ratings are computed from the rows; the counts of days and events are forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.fixtures.files import run_job
from tests.fixtures.packs import CASTLE, SAFARI, VEHICLES, stock
from wondernest.app import Background, background
from wondernest.settings import Settings

Connection = psycopg.Connection[Any]
COUNTED = "download_count, rating_average::float8, rating_count, popularity_score::float8"


class LaterClock:
    def __init__(self, days: int) -> None:
        self.days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def own(connection: Connection, pack: str, number: int, downloaded: int = 0) -> None:
    for place in range(number):
        connection.execute(
            "insert into public.user_pack_ownership (user_id, pack_id, downloaded_at) values (%s, %s, %s)",
            [uuid4(), pack, datetime(2026, 1, 1) if place < downloaded else None],
        )


def use(connection: Connection, pack: str, number: int, days_ago: int = 0) -> None:
    for _ in range(number):
        connection.execute(
            "insert into public.content_pack_usage (user_id, pack_id, used_at)"
            " values (%s, %s, (now() at time zone 'utc') - make_interval(days => %s))",
            [uuid4(), pack, days_ago],
        )


def review(connection: Connection, pack: str, *stars: int | None, approved: bool = True) -> None:
    for rating in stars:
        connection.execute(
            "insert into public.content_pack_reviews (user_id, pack_id, rating, is_approved) values (%s, %s, %s, %s)",
            [uuid4(), pack, rating, approved],
        )


def counted(connection: Connection, pack: str) -> tuple[Any, ...] | None:
    return connection.execute(f"select {COUNTED} from public.content_packs where id = %s".encode(), [pack]).fetchone()


async def run(make_settings: Callable[..., Settings], name: str, days: int = 0) -> None:
    work: Background = background(make_settings(), clock=LaterClock(days))
    await run_job(work, name)
    await work.rooms.stop()


async def test_what_is_shown_of_a_packs_success_is_computed_from_its_rows(
    make_settings: Callable[..., Settings], database: Connection
) -> None:
    database.execute("update public.content_packs set download_count = 1250, rating_average = 4.7, rating_count = 234")
    own(database, SAFARI, 50, downloaded=20)
    use(database, SAFARI, 200)
    use(database, SAFARI, 30, days_ago=31)
    review(database, SAFARI, 5, 5, 5, 5, 5)
    review(database, SAFARI, 1, 1, 1, approved=False)
    review(database, SAFARI, None)
    own(database, CASTLE, 150)
    await run(make_settings, "packs.recount")
    assert counted(database, SAFARI) == (20, 5.0, 5, 0.5), "the half of each weight"
    assert counted(database, CASTLE) == (0, 0.0, 0, 0.3)
    assert counted(database, VEHICLES) == (0, 0.0, 0, 0.0)


async def test_a_pack_whose_numbers_stay_is_not_written(
    make_settings: Callable[..., Settings], database: Connection
) -> None:
    own(database, SAFARI, 3)
    await run(make_settings, "packs.recount")
    before = database.execute("select id, xmin::text from public.content_packs order by id").fetchall()
    await run(make_settings, "packs.recount")
    assert database.execute("select id, xmin::text from public.content_packs order by id").fetchall() == before
    own(database, SAFARI, 30)
    await run(make_settings, "packs.recount")
    after = database.execute("select id, xmin::text from public.content_packs order by id").fetchall()
    assert [pack for pack, _ in set(after) - set(before)] == [pack for pack, _ in before if str(pack) == SAFARI]


async def test_old_events_and_days_are_forgotten(make_settings: Callable[..., Settings], database: Connection) -> None:
    user = uuid4()
    database.execute("insert into wondernest.payment_events values (%s, 'evt', %s, 'refunded', now())", [user, uuid4()])
    database.execute("insert into wondernest.pack_usage_days values (%s, (now() at time zone 'utc')::date, 3)", [user])

    def left() -> tuple[Any, ...] | None:
        return database.execute(
            "select (select count(*) from wondernest.payment_events), (select count(*) from wondernest.pack_usage_days)"
        ).fetchone()

    for days, expected in ((0, (1, 1)), (5, (1, 0)), (91, (0, 0))):
        await run(make_settings, "packs.forget", days)
        assert left() == expected, days
