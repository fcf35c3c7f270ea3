"""Token verification against plain PyJWT (auth contract §1.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_decode

from tests.fixtures.tokens import (
    FAMILY,
    NOW_S,
    SECRET,
    SETTINGS,
    SPELLINGS,
    SUBJECT,
    USER,
    HeldClock,
    claims,
    encoded,
    oracle,
    verifier,
)
from wondernest.auth.tokens import TokenIssuer
from wondernest.platform.ids import sha256_hex


def test_what_is_issued_is_verified() -> None:
    clock = HeldClock()
    pair = TokenIssuer(SETTINGS, clock).issue(SUBJECT)
    caller = verifier(clock).verify(pair.access.encode())
    assert caller is not None
    assert (caller.user_id, caller.family_id, caller.email, caller.role) == (USER, FAMILY, "ann@example.com", "PARENT")
    assert (caller.issued_at, caller.expires_at, caller.verified) == (NOW_S, NOW_S + 3600, True)
    assert caller.token_hash == sha256_hex(pair.access)
    refresh = verifier(clock).verify_refresh(pair.refresh)
    assert refresh is not None
    assert (refresh.user_id, refresh.token_hash) == (USER, sha256_hex(pair.refresh))


def test_access_and_refresh_tokens_are_not_interchangeable() -> None:
    clock = HeldClock()
    pair = TokenIssuer(SETTINGS, clock).issue(SUBJECT)
    assert verifier(clock).verify(pair.refresh.encode()) is None
    assert verifier(clock).verify_refresh(pair.access) is None
    disguised = encoded(claims(type="refresh"))
    assert verifier(clock).verify(disguised.encode()) is None


def test_a_token_ends_at_its_second_and_also_when_it_was_verified_before() -> None:
    clock = HeldClock()
    checks = verifier(clock)
    token = encoded(claims())
    assert checks.verify(token.encode()) is not None
    clock.moment = datetime.fromtimestamp(NOW_S + 3600, UTC)
    assert checks.verify(token.encode()) is None
    clock.moment -= timedelta(microseconds=1)
    assert checks.verify(token.encode()) is not None


def test_a_fraction_of_the_last_second_does_not_count_cached_or_not() -> None:
    clock = HeldClock()
    checks = verifier(clock)
    token = encoded(claims(exp=NOW_S + 3600.5)).encode()
    clock.moment = datetime.fromtimestamp(NOW_S + 3600.25, UTC)
    assert checks.verify(token) is None
    clock.moment = datetime.fromtimestamp(NOW_S + 3599.75, UTC)
    assert checks.verify(token) is not None
    clock.moment = datetime.fromtimestamp(NOW_S + 3600.25, UTC)
    assert checks.verify(token) is None


def test_an_issuers_clock_may_run_a_few_seconds_ahead() -> None:
    assert verifier().verify(encoded(claims(iat=NOW_S + 5)).encode()) is not None
    assert verifier().verify(encoded(claims(iat=NOW_S + 6)).encode()) is None


def test_a_family_claim_that_is_no_uuid_is_kept_as_it_was_sent() -> None:
    caller = verifier().verify(encoded(claims(familyId="the lees")).encode())
    assert caller is not None
    assert (caller.family_id, caller.family_claim) == (None, "the lees")


def test_revocations_apply_to_tokens_verified_before() -> None:
    checks = verifier()
    one, two = encoded(claims()), encoded(claims())
    assert checks.verify(one.encode()) is not None
    checks.revoke(sha256_hex(one), NOW_S + 3600)
    assert checks.verify(one.encode()) is None
    assert checks.verify(two.encode()) is not None
    checks.revoke_before(USER, NOW_S)
    assert checks.verify(two.encode()) is not None
    checks.revoke_before(USER, NOW_S + 1)
    assert checks.verify(two.encode()) is None
    checks.revoke_before(USER, NOW_S - 100)
    assert checks.verify(two.encode()) is None


def test_revocations_are_removed_once_all_tokens_they_refuse_have_expired() -> None:
    clock = HeldClock()
    checks = verifier(clock)
    token = encoded(claims(exp=NOW_S + 10**9))
    checks.revoke(sha256_hex(token), NOW_S + 10)
    checks.revoke_before(USER, NOW_S + 1)
    checks.prune()
    assert checks.verify(token.encode()) is None
    clock.moment += timedelta(days=31)
    checks.prune()
    assert checks.verify(token.encode()) is not None


def test_the_cache_of_verified_tokens_is_bounded() -> None:
    checks = verifier(cache_size=3)
    tokens = [encoded(claims()) for _ in range(10)]
    assert all(checks.verify(token.encode()) is not None for token in tokens * 2)
    assert len(checks._known) == 3


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_only_one_algorithm_is_accepted(algorithm: str) -> None:
    key: Any = SECRET if algorithm != "none" else None
    token = jwt.encode(claims(), key, algorithm=algorithm)
    assert verifier().verify(token.encode(errors="surrogateescape")) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "\udc80"])
def test_texts_that_are_no_token_are_refused(token: str) -> None:
    assert verifier().verify(token.encode(errors="surrogateescape")) is None
    assert verifier().verify_refresh(token) is None


@pytest.mark.parametrize(
    "moment", [1e308, float("inf"), float("-inf"), float("nan"), 10**400, "x", "1.5", None, [], {}, -1]
)
@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_no_time_makes_the_verifier_raise(claim: str, moment: Any) -> None:
    caller = verifier().verify(encoded(claims(**{claim: moment})).encode())
    assert caller is None


TIMES = st.integers(NOW_S - 7200, NOW_S + 7200) | st.floats(NOW_S - 10, NOW_S + 10)
ODD = st.none() | st.booleans() | st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=2)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.sampled_from(["wondernest-api", "wondernest", ..., ["wondernest-api"]]) | ODD,
        "aud": st.sampled_from(["wondernest-users", "wondernest-users-refresh", ..., ["wondernest-users"]]) | ODD,
        "exp": TIMES | st.just(...),
        "iat": TIMES | st.just(...),
        "userId": st.sampled_from([str(USER), str(USER).upper(), USER.hex, "7", ..., ""]) | ODD,
        "type": st.sampled_from(["refresh", "access", ...]),
    },
)


@given(CHANGES, st.sampled_from([SECRET, SECRET + "x"]))
def test_verification_agrees_with_plain_pyjwt(changes: dict[str, Any], key: str) -> None:
    body = claims(**changes)
    token = encoded(body, key)
    assert (verifier().verify(token.encode()) is not None) is (oracle(token) is not None)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_token_in_another_spelling_is_never_accepted(noise: bytes, place: int) -> None:
    token = encoded(claims())
    bent = token[:place] + noise.decode("latin-1") + token[place + len(noise) :]
    assert bent == token or verifier().verify(bent.encode("latin-1")) is None


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_the_same_bytes_is_refused(spelling: Callable[[str], str]) -> None:
    access, refresh = encoded(claims()), encoded(claims(aud="wondernest-users-refresh", type="refresh"))
    for token in (access, refresh):
        head, payload, signature = spelling(token).split(".")
        assert base64url_decode(signature) == base64url_decode(token.rpartition(".")[2])
        assert (head, payload) == tuple(token.split(".")[:2])
    assert verifier().verify(access.encode()) is not None
    assert verifier().verify_refresh(refresh) is not None
    assert verifier().verify(spelling(access).encode()) is None
    assert verifier().verify_refresh(spelling(refresh)) is None
