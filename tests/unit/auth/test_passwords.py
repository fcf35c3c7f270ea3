"""bcrypt in its bounded pool (auth contract §1.7)."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, Literal

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wondernest.auth.passwords import MAX_BYTES, THREAD_NICENESS, PasswordHasher, spellings
from wondernest.platform.faults import DependencyUnavailable
from wondernest.settings import Auth

PATIENCE_S = 10.0
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
ACCENTED = "Été-à-Zürich7"


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
def test_passwords_match_exactly_when_the_first_72_bytes_of_a_spelling_do(one: str, two: str) -> None:
    async def check() -> None:
        made = hasher(bcrypt_threads=1)
        stored = unicodedata.normalize("NFC", one)
        typed = (two, *(unicodedata.normalize(form, two) for form in FORMS))
        same = stored.encode()[:MAX_BYTES] in {spelling.encode()[:MAX_BYTES] for spelling in typed}
        assert await made.matches(two, await made.hash(one)) is same
        await made.close()

    asyncio.run(check())


@pytest.mark.parametrize("stored_as", FORMS)
@pytest.mark.parametrize("typed_as", FORMS)
async def test_a_password_matches_in_every_normal_form(
    pool: PasswordHasher, stored_as: Literal["NFC", "NFD"], typed_as: Literal["NFC", "NFD"]
) -> None:
    """`stored_as`: what an earlier backend hashed as it was typed there."""
    stored, typed = (unicodedata.normalize(form, ACCENTED) for form in (stored_as, typed_as))
    made = bcrypt.hashpw(stored.encode(), bcrypt.gensalt(4)).decode()
    assert await pool.matches(typed, made)
    assert not await pool.matches(typed + "x", made)


async def test_a_password_in_neither_form_matches_as_it_was_typed(pool: PasswordHasher) -> None:
    mixed = "Cafe\u0301 \u00e9t\u00e9 7"
    made = bcrypt.hashpw(mixed.encode(), bcrypt.gensalt(4)).decode()
    assert await pool.matches(mixed, made)


@pytest.mark.parametrize("form", FORMS)
async def test_a_new_hash_is_of_the_composed_form(pool: PasswordHasher, form: Literal["NFC", "NFD"]) -> None:
    made = await pool.hash(unicodedata.normalize(form, ACCENTED))
    assert bcrypt.checkpw(unicodedata.normalize("NFC", ACCENTED).encode(), made.encode())


@pytest.mark.parametrize(("password", "checks"), [("Sunflower7", 1), (ACCENTED, 2), ("Cafe\u0301 \u00e9t\u00e9 7", 3)])
async def test_a_wrong_password_costs_the_same_checks_with_any_hash_and_with_none(
    pool: PasswordHasher, monkeypatch: pytest.MonkeyPatch, password: str, checks: int
) -> None:
    made: list[bytes] = []
    check = bcrypt.checkpw

    def counted(typed: bytes, stored: bytes) -> bool:
        made.append(typed)
        return check(typed, stored)

    other = await pool.hash("another")
    monkeypatch.setattr(bcrypt, "checkpw", counted)
    for stored in (other, None, "", "plain"):
        made.clear()
        assert not await pool.matches(password, stored)
        assert len(made) == checks == len(spellings(password))


def test_what_lies_after_72_bytes_makes_no_further_spelling() -> None:
    assert len(spellings("x" * MAX_BYTES + "e\u0301")) == 1


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
        pool.require_capacity()
    gate.set()
    await asyncio.gather(*held)
    pool.require_capacity()
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
    pool.require_capacity()
    gate.set()
    await working
    assert pool._taken == 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
async def test_the_threads_have_lower_priority_than_the_loop(pool: PasswordHasher) -> None:
    niceness = await pool._run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert niceness == max(THREAD_NICENESS, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
