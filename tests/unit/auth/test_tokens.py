"""Token verification against plain PyJWT (auth contract §1.5)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.auth.tokens import LATEST, TokenIssuer, TokenSubject, TokenVerifier
from wondernest.platform.ids import parse_uuid, sha256_hex
from wondernest.settings import Jwt, Secret

SECRET = "a-secret-of-the-tests-that-is-long-enough-0123456789-for-any-algorithm"
SETTINGS = Jwt(secret=Secret(SECRET))
NOW = datetime(2026, 11, 5, 12, 0, 0, 250_000, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
USER = UUID("5f0c2a44-9c3e-4a43-8a57-0a4c6a1f3f10")
FAMILY = UUID("0a4c6a1f-3f10-4a43-8a57-5f0c2a449c3e")
SUBJECT = TokenSubject(USER, FAMILY, "ann@example.com", "parent", verified=True)


class HeldClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


def verifier(clock: HeldClock | None = None, **settings: Any) -> TokenVerifier:
    return TokenVerifier(Jwt(secret=Secret(SECRET), **settings), clock or HeldClock())


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": "wondernest-api",
        "aud": "wondernest-users",
        "sub": str(USER),
        "userId": str(USER),
        "familyId": str(FAMILY),
        "email": "ann@example.com",
        "role": "PARENT",
        "verified": True,
        "nonce": str(uuid4()),
        "iat": NOW_S,
        "exp": NOW_S + 3600,
        **changes,
    }
    return {name: value for name, value in good.items() if value is not ...}


def encoded(body: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    """Signs anything, also what PyJWT's own encoder would not."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=")
    payload = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=")
    signed = header + b"." + payload
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed, key.encode())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


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


def test_access_and_refresh_tokens_do_not_stand_in_for_each_other() -> None:
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


def test_an_issuers_clock_may_run_a_few_seconds_ahead() -> None:
    assert verifier().verify(encoded(claims(iat=NOW_S + 5)).encode()) is not None
    assert verifier().verify(encoded(claims(iat=NOW_S + 6)).encode()) is None


def test_a_family_claim_that_is_no_uuid_is_kept_as_it_was_sent() -> None:
    caller = verifier().verify(encoded(claims(familyId="the lees")).encode())
    assert caller is not None
    assert (caller.family_id, caller.family_claim) == (None, "the lees")


def test_revocations_bite_on_tokens_verified_before() -> None:
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


def test_revocations_are_forgotten_when_nothing_they_refuse_can_still_be_good() -> None:
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


def test_the_memory_of_verified_tokens_is_bounded() -> None:
    checks = verifier(cache_size=3)
    tokens = [encoded(claims()) for _ in range(10)]
    assert all(checks.verify(token.encode()) is not None for token in tokens * 2)
    assert len(checks._known) == 3


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_only_one_algorithm_is_taken(algorithm: str) -> None:
    key: Any = SECRET if algorithm != "none" else None
    token = jwt.encode(claims(), key, algorithm=algorithm)
    assert verifier().verify(token.encode(errors="surrogateescape")) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "\udc80"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert verifier().verify(token.encode(errors="surrogateescape")) is None
    assert verifier().verify_refresh(token) is None


@pytest.mark.parametrize("moment", [1e308, float("inf"), float("-inf"), float("nan"), 10**400, "x", None, [], {}, -1])
@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_no_time_upsets_the_verifier(claim: str, moment: Any) -> None:
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
    assert (verifier().verify(token.encode()) is not None) is oracle(token)


def oracle(token: str) -> bool:
    """The contract's rule for access tokens in PyJWT's own words; only the times are compared by hand."""
    try:
        body = jwt.decode(
            token,
            SECRET,
            algorithms=["HS256"],
            issuer="wondernest-api",
            audience="wondernest-users",
            options={"require": ["exp", "iss", "aud"], "strict_aud": True, "verify_exp": False, "verify_iat": False},
        )
        good_times = NOW.timestamp() < float(body["exp"]) <= LATEST
        good_times = good_times and 0 <= float(body.get("iat", 0)) <= NOW.timestamp() + 5
    except (jwt.PyJWTError, TypeError, ValueError):
        return False
    return good_times and parse_uuid(str(body.get("userId", ""))) is not None and body.get("type") != "refresh"


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_bent_token_is_never_taken(noise: bytes, place: int) -> None:
    token = encoded(claims())
    bent = token[:place] + noise.decode("latin-1") + token[place + len(noise) :]
    decoded = [part.rstrip("=") for part in bent.split(".")] == token.split(".")
    assert decoded or verifier().verify(bent.encode()) is None or _same_bytes(bent, token)


def _same_bytes(bent: str, token: str) -> bool:
    """The last character of a base64 text holds bits nobody reads: another spelling of the same signature."""

    def parts(text: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(part + "==") for part in text.split(".")]

    return parts(bent) == parts(token)
