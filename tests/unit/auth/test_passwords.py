"""bcrypt in its bounded pool (auth contract §1.7)."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wondernest.auth.passwords import MAX_BYTES, THREAD_NICENESS, PasswordHasher
from wondernest.platform.faults import DependencyUnavailable
from wondernest.settings import Auth

PATIENCE_S = 10.0


def hasher(**changes: Any) -> PasswordHasher:
    return PasswordHasher(Auth(bcrypt_cost=4, **changes))


@pytest.fixture
async def pool() -> AsyncIterator[PasswordHasher]:
    made = hasher(bcrypt_threads=1, bcrypt_queue=1)
    yield made
    await made.close()


async def test_a_hash_matches_its_password_and_no_other(pool: PasswordHasher) -> None:
    stored = await pool.hash("Sunflower7")
    assert stored.startswith("$2b$04$")
    assert await pool.matches("Sunflower7", stored)
    assert not await pool.matches("sunflower7", stored)


@settings(max_examples=20)
@given(st.text(max_size=90), st.text(max_size=90))
def test_passwords_match_exactly_when_their_first_72_bytes_do(one: str, two: str) -> None:
    async def check() -> None:
        made = hasher(bcrypt_threads=1)
        same = one.encode()[:MAX_BYTES] == two.encode()[:MAX_BYTES]
        assert await made.matches(two, await made.hash(one)) is same
        await made.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    "stored", [None, "", "$2b$04$", "plain", "$1$abc$def", "$2b$04$" + "a" * 53, "$2b$99$" + "." * 53]
)
async def test_no_hash_or_a_malformed_one_never_matches(pool: PasswordHasher, stored: str | None) -> None:
    assert not await pool.matches("Sunflower7", stored)
    assert not await pool.matches("", stored)


async def test_the_hash_for_unknown_accounts_is_a_real_one_of_the_configured_cost() -> None:
    made = hasher()
    assert made._unknown.startswith("$2b$04$")
    assert bcrypt.checkpw(b"x", made._unknown.encode()) is False
    await made.close()


async def test_a_full_pool_refuses_at_once_and_recovers(pool: PasswordHasher) -> None:
    gate, started = threading.Event(), threading.Event()

    def hold() -> bool:
        started.set()
        return gate.wait(PATIENCE_S)

    held = [asyncio.create_task(pool._run(hold)) for _ in range(2)]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.to_thread(started.wait)
    for attempt in (pool.hash("x"), pool.matches("x", None)):
        with pytest.raises(DependencyUnavailable) as refusal:
            await attempt
        assert refusal.value.retry_after_s > 0
    with pytest.raises(DependencyUnavailable):
        pool.require_room()
    gate.set()
    await asyncio.gather(*held)
    pool.require_room()
    assert await pool.hash("x")


async def test_a_caller_that_leaves_frees_its_place(pool: PasswordHasher) -> None:
    gate = threading.Event()
    working = asyncio.create_task(pool._run(lambda: gate.wait(PATIENCE_S)))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(pool.hash("x"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pool.require_room()
    gate.set()
    await working
    assert pool._taken == 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
async def test_the_threads_have_lower_priority_than_the_loop(pool: PasswordHasher) -> None:
    niceness = await pool._run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert niceness == max(THREAD_NICENESS, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
