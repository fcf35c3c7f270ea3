"""After any sequence of events, a verifier agrees with plain PyJWT and a list of revocations about every token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from tests.fixtures.tokens import (
    ACCESS,
    FAMILY,
    NOW_S,
    REFRESH,
    SECRET,
    SETTINGS,
    USER,
    HeldClock,
    claims,
    encoded,
    oracle,
    verifier,
)
from wondernest.auth.tokens import RefreshClaims, TokenIssuer, TokenSubject, TokenVerifier
from wondernest.platform.caller import Caller
from wondernest.platform.ids import parse_uuid, sha256_hex

CACHE_SIZE = 3
USERS = (USER, UUID(int=7))
MOMENTS = [NOW_S + offset for offset in (-3600, -1, 0, 0.25, 0.5, 1, 5, 5.5, 6, 3600, 3600.5, 10**7, 10**12)]
TIMES = st.sampled_from([*MOMENTS, *map(str, MOMENTS)])
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [..., None, True, False, 0, -1, 1.5, "1.5", "", "x", [], {}, [""], 10**400, float("nan"), float("inf")]
)
CHANGES = {
    "iss": st.sampled_from(["wondernest", ["wondernest-api"]]) | ODD,
    "aud": st.sampled_from([REFRESH, [ACCESS], [ACCESS, "x"]]) | ODD,
    "exp": TIMES | ODD,
    "iat": TIMES | ODD,
    "nbf": TIMES,
    "sub": ODD,
    "userId": st.sampled_from([str(USERS[1]), str(USER).upper(), USER.hex, "7"]) | ODD,
    "familyId": st.just("the lees") | ODD,
    "email": ODD,
    "role": ODD,
    "verified": ODD,
    "type": st.sampled_from(["refresh", "access"]) | ODD,
}
CHANGE = st.sampled_from([*sorted(CHANGES), *["iss", "aud", "userId", "type"] * 2, *["exp", "iat"] * 4]).flatmap(
    lambda name: st.tuples(st.just(name), CHANGES[name])
)
CLAIMS = st.lists(CHANGE, max_size=2).map(dict)
"""Mostly valid: a token that is refused at once has no history."""
SHORT_STEPS = [0.25, 0.5, 0.5, 1.0, 1.0, 5.0, 5.0, 600.0, -0.5, -5.0, -600.0]
STEPS = st.sampled_from(SHORT_STEPS * 2 + [3599.5, 30 * 86_400.0])


def accepted(checks: TokenVerifier, token: str) -> Caller | None:
    """The verifier's result for an access token. Only this function knows the form of its argument."""
    return checks.verify(token.encode(errors="surrogateescape"))


def accepted_refresh(checks: TokenVerifier, token: str) -> RefreshClaims | None:
    return checks.verify_refresh(token)


def was_revoked(checks: TokenVerifier, token: str) -> bool:
    return checks.was_revoked(token)


class TokenHistory(RuleBasedStateMachine):
    """A verifier with a small cache, and a model of its results."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.clock = HeldClock()
        self.verifier = verifier(self.clock, cache_size=CACHE_SIZE)
        self.issuer = TokenIssuer(SETTINGS, self.clock)
        self.made: list[str] = []
        self.revoked: dict[str, float] = {}
        self.cutoffs: dict[str, float] = {}

    @property
    def now_s(self) -> float:
        return self.clock.moment.timestamp()

    @rule(target=tokens, user=st.sampled_from(USERS), family=st.sampled_from([FAMILY, None]))
    def a_user_signs_in(self, user: UUID, family: UUID | None) -> Any:
        pair = self.issuer.issue(TokenSubject(user, family, "ann@example.com", "parent", verified=True))
        self.made += [pair.access, pair.refresh]
        return multiple(pair.access, pair.refresh)

    @rule(
        target=tokens,
        changes=CLAIMS,
        key=st.sampled_from([SECRET] * 6 + [SECRET + "x", ""]),
        algorithm=st.sampled_from(["HS256"] * 9 + ["HS384", "HS512", "none"]),
    )
    def a_token_is_made_by_hand(self, changes: dict[str, Any], key: str, algorithm: str) -> str:
        self.made.append(encoded(claims(**changes), key, algorithm))
        return self.made[-1]

    @rule(
        target=tokens,
        token=tokens,
        place=st.integers(0, 600),
        letter=st.sampled_from(["", "A", ".", "=", "!!!!", "é", "\udc80"]),
    )
    def a_token_is_damaged(self, token: str, place: int, letter: str) -> str:
        self.made.append(token[:place] + letter + token[place + 1 :])
        return self.made[-1]

    @rule(step=STEPS)
    def the_clock_moves(self, step: float) -> None:
        self.clock.moment += timedelta(seconds=step)

    @rule(token=tokens, life=st.sampled_from([0.5, 5.0, 3600.0]))
    def a_token_is_revoked(self, token: str, life: float) -> None:
        token_hash = sha256_hex(token.encode(errors="replace").decode())
        self.verifier.revoke(token_hash, self.now_s + life)
        self.revoked[token_hash] = self.now_s + life

    @rule(user=st.sampled_from(USERS), offset=st.sampled_from([-3600.0, -600.0, 0.0, 0.75, 1.0]))
    def everything_of_a_user_is_revoked(self, user: UUID, offset: float) -> None:
        self.verifier.revoke_before(user, self.now_s + offset)
        self.cutoffs[str(user)] = max(self.cutoffs.get(str(user), 0.0), self.now_s + offset)

    @rule()
    def expired_revocations_are_pruned(self) -> None:
        self.verifier.prune()
        self.revoked = {token_hash: ends for token_hash, ends in self.revoked.items() if ends > self.now_s}
        oldest = self.now_s - SETTINGS.refresh_life_ms / 1000
        self.cutoffs = {user: moment for user, moment in self.cutoffs.items() if moment > oldest}

    @rule(token=tokens)
    def a_token_is_verified(self, token: str) -> None:
        self._compare(token)

    @rule(token=tokens, step=STEPS)
    def a_token_is_verified_before_and_after_a_while(self, token: str, step: float) -> None:
        self._compare(token)
        self._compare(token)
        self.the_clock_moves(step)
        self._compare(token)

    def teardown(self) -> None:
        for token in [*self.made, *reversed(self.made)]:
            self._compare(token)

    def _compare(self, token: str) -> None:
        body = oracle(token, self.clock.moment)
        revoked = body is not None and self._is_revoked(token, body)
        caller = accepted(self.verifier, token)
        assert (caller is not None) is (body is not None and not revoked)
        assert was_revoked(self.verifier, token) is revoked
        if caller is not None and body is not None:
            family = body.get("familyId")
            shown = (caller.user_id, caller.issued_at, caller.expires_at, caller.token_hash)
            assert shown == (parse_uuid(body["userId"]), int(body.get("iat", 0)), int(body["exp"]), sha256_hex(token))
            assert caller.family_id == (parse_uuid(family) if isinstance(family, str) else None)
            assert caller.verified is (body.get("verified") is True)
        refresh = oracle(token, self.clock.moment, REFRESH)
        claimed = accepted_refresh(self.verifier, token)
        assert (claimed is not None) is (refresh is not None and not self._is_revoked(token, refresh))

    def _is_revoked(self, token: str, body: dict[str, Any]) -> bool:
        user = str(parse_uuid(body["userId"]))
        return sha256_hex(token) in self.revoked or int(body.get("iat", 0)) < self.cutoffs.get(user, 0.0)


TestTokenHistory = TokenHistory.TestCase
TestTokenHistory.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
