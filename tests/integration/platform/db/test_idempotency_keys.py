"""The number of a user's remembered keys ends somewhere: the oldest are forgotten, and only of that user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from tests.fixtures.application import TEMPLATE
from tests.fixtures.replication import Replicated
from wondernest.platform.db.idempotency import FORGOTTEN_SHARE, IdempotencyKeys, KeptReply, KeyReused
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

MOST = 20
ROUTE = "POST /things"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    yield database
    await database.close()


async def claim(database: Database, user: UUID, key: str, body: bytes = b"") -> KeptReply | None:
    """Claim a key and keep a reply that names it, as one request does."""
    keys, unit = IdempotencyKeys(1, MOST), UnitOfWork(database)
    try:
        kept = await keys.claim(unit, user, key, ROUTE, body)
        if kept is None:
            await keys.keep(unit, user, key, KeptReply(201, key.encode(), ()))
    except BaseException as error:
        await unit.rollback(error)
        raise
    await unit.commit()
    return kept


async def kept_keys(database: Database, user: UUID) -> list[str]:
    rows = await database.fetch(
        "select key from wondernest.idempotency_keys where user_id = $1 order by created_at", user
    )
    return [row["key"] for row in rows]


async def test_a_further_key_makes_the_oldest_forgotten(database: Database) -> None:
    user = uuid4()
    for number in range(MOST):
        assert await claim(database, user, f"k{number}") is None
    assert len(await kept_keys(database, user)) == MOST
    assert await claim(database, user, "one more") is None
    forgotten = MOST // FORGOTTEN_SHARE
    assert await kept_keys(database, user) == [*(f"k{number}" for number in range(forgotten, MOST)), "one more"]


async def test_the_number_of_keys_stays_bounded_whatever_is_sent(database: Database) -> None:
    user = uuid4()
    for number in range(3 * MOST):
        await claim(database, user, f"k{number}")
        assert len(await kept_keys(database, user)) <= MOST


async def test_a_repeated_key_is_answered_at_the_limit_and_forgets_nothing(database: Database) -> None:
    user = uuid4()
    for number in range(MOST):
        await claim(database, user, f"k{number}")
    kept = await claim(database, user, "k0")
    assert kept is not None
    assert kept.body == b"k0"
    with pytest.raises(KeyReused):
        await claim(database, user, "k1", b"another request")
    assert len(await kept_keys(database, user)) == MOST


async def test_keys_of_other_users_are_not_counted_and_not_forgotten(database: Database) -> None:
    quiet, busy = uuid4(), uuid4()
    await claim(database, quiet, "mine")
    for number in range(2 * MOST):
        await claim(database, busy, f"k{number}")
    assert await kept_keys(database, quiet) == ["mine"]


async def test_parallel_claims_at_the_limit_all_succeed(database: Database) -> None:
    user = uuid4()
    for number in range(MOST):
        await claim(database, user, f"k{number}")
    claims = [claim(database, user, f"parallel {number}") for number in range(8)]
    assert await asyncio.gather(*claims) == [None] * 8
    kept = await kept_keys(database, user)
    assert {f"parallel {number}" for number in range(8)} <= set(kept)
    assert len(kept) <= MOST + 8


async def test_a_reply_that_only_one_server_has_is_not_given_again(replicated: Replicated) -> None:
    replicated.wait_until_synchronous()
    replicated.standby.kill()
    user, url = uuid4(), replicated.primary.tcp_url(TEMPLATE)
    alone = Database(DatabaseSettings(url=Secret(f"{url}?options=-c%20synchronous_commit%3Dlocal")), Metrics())
    assert await claim(alone, user, "k") is None
    await alone.close()
    database = Database(DatabaseSettings(url=Secret(url), statement_timeout_s=0.5), Metrics())
    with pytest.raises(DependencyUnavailable):
        await IdempotencyKeys(1, MOST).find(database, user, "k", ROUTE, b"")
    with pytest.raises(DependencyUnavailable):
        await claim(database, user, "k")
    assert await IdempotencyKeys(1, MOST).find(database, user, "unknown", ROUTE, b"") is None
    await database.close()
