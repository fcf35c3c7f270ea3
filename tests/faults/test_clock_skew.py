"""Clocks that differ: the issuer's is ahead, ours jumps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jwt

from tests.fixtures.application import TEST_SECRET, running
from tests.fixtures.auth import register
from tests.fixtures.games import player
from wondernest.app import create_app
from wondernest.settings import Settings

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PROFILE = "/api/v1/family/profile"


class OurClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


def token(issued: float, expires: float) -> dict[str, str]:
    """Headers with a token whose times are given in seconds from our NOW."""
    began = NOW.timestamp()
    claims: dict[str, Any] = {
        "iss": "wondernest-api",
        "aud": "wondernest-users",
        "userId": str(uuid4()),
        "email": "x@example.com",
        "role": "PARENT",
        "iat": int(began + issued),
        "exp": int(began + expires),
    }
    return {"Authorization": "Bearer " + jwt.encode(claims, TEST_SECRET, "HS256")}


DAY_MS = 24 * 3600 * 1000
JUMPS = (timedelta(0), timedelta(hours=2), timedelta(0), timedelta(seconds=10), timedelta(seconds=61))
SKEWED = [
    (0, 3600, True),
    (3, 3603, True),
    (5, 3605, True),
    (60, 3660, False),
    (-3600, 1, True),
    (-3600, 0, False),
    (-3600, -1, False),
]
"""Time of issue and of expiry, in seconds of our clock; whether the token is accepted."""


async def test_a_token_is_compared_with_our_own_clock(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(), clock=OurClock())) as client:
        for issued, expires, admitted in SKEWED:
            answer = await client.get(PROFILE, headers=token(issued, expires))
            assert (answer.status_code != 401) is admitted, (issued, expires)


async def test_a_jump_of_our_clock_ends_tokens_and_a_jump_back_breaks_nothing(
    make_settings: Callable[..., Settings],
) -> None:
    clock = OurClock()
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await register(client)
        assert (await client.get(PROFILE, headers=parent.bearer)).status_code == 200
        clock.time = NOW + timedelta(hours=2)
        assert (await client.get(PROFILE, headers=parent.bearer)).status_code == 401
        refreshed = await client.post("/api/v1/auth/session/refresh", json={"refreshToken": parent.refresh})
        assert refreshed.status_code == 200
        later = {"Authorization": f"Bearer {refreshed.json()['data']['accessToken']}"}
        assert (await client.get(PROFILE, headers=later)).status_code == 200
        clock.time = NOW
        assert (await client.get(PROFILE, headers=later)).status_code == 401, "issued two hours from now"
        assert (await client.get(PROFILE, headers=parent.bearer)).status_code == 200
        assert (await client.get("/health")).status_code == 200


async def test_saves_keep_their_order_and_limits_their_length_when_our_clock_jumps(
    make_settings: Callable[..., Settings], bad_day: BadDay
) -> None:
    clock = OurClock()
    settings = make_settings(RATE_LIMIT_FAILED_LOGINS="2", JWT_EXPIRES_IN=str(DAY_MS))
    async with running(create_app(settings, clock=clock)) as client:
        mia = await player(client)
        statuses: list[int] = []
        for number, jump in enumerate(JUMPS):
            clock.time = NOW + jump
            statuses.append((await mia.save({"number": number})).status_code)
            form = {"email": mia.parent.email, "password": f"Wrong-Day-{number}"}
            statuses.append((await client.post("/api/v1/auth/parent/login", json=form)).status_code)
        assert statuses == [200, 401, 200, 401, 200, 401, 200, 429, 200, 401]
        assert (await mia.load()).json()["dataValue"] == {"number": 4}
        assert [version["version"] for version in await mia.kept()] == [4, 3, 2, 1]
    bad_day.record("our clock jumps two hours ahead and back", None, saw=statuses)
