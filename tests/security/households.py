"""Families for the walk over every route: how to fill a route in, and tokens that must not open it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import jwt

from tests.fixtures import family as fixtures
from tests.fixtures.application import TEST_SECRET
from wondernest.platform.http.router import Route

PARAMETERS = {
    "gameKey": "sticker_book",
    "gameType": "sticker_book",
    "dataKey": "kept",
    "version": "1",
}
"""Values for path parameters other than ids of children."""
BODIES: dict[tuple[str, str], Any] = {
    ("PUT", "/family/settings"): {"maxScreenTimeMinutes": 30},
    ("POST", "/family/children"): {"name": "Zoe", "birthDate": "2020-01-15"},
    ("POST", "/children"): {"name": "Zoe", "birthDate": "2020-01-15"},
    ("PUT", "/family/children/{childId}"): {"name": "Taken"},
    ("POST", "/coppa/consent"): {
        "childId": "{childId}",
        "consentType": "full",
        "permissions": {"dataCollection": True},
        "verificationMethod": "credit_card",
    },
    ("PUT", "/coppa/consent/{childId}"): {"permissions": {"dataCollection": True}},
    ("PUT", "/games/children/{childId}/data"): {
        "gameType": "sticker_book",
        "dataKey": "kept",
        "dataValue": {"taken": 1},
    },
    ("POST", "/games/children/{childId}/data/batch"): {
        "operations": [{"op": "put", "gameType": "sticker_book", "dataKey": "kept", "dataValue": {"taken": 1}}]
    },
    ("PUT", "/games/children/{childId}/instances/{gameKey}/settings"): {"settings": {"taken": True}},
    ("POST", "/analytics/events"): {"eventType": "game_progress", "childId": "{childId}", "eventData": {"taken": 1}},
    ("POST", "/auth/parent/setup-pin"): {"pin": "2580"},
    ("POST", "/auth/verify-email"): {},
}
"""A valid body for each route that reads one and needs a caller."""
WATCHED = (
    "family.child_profiles",
    "family.child_settings",
    "wondernest.child_details",
    "games.simple_game_data",
    "wondernest.save_versions",
    "games.child_game_instances",
    "analytics.analytics_events",
    "compliance.coppa_consent",
)
FAMILY_WATCHED = {"core.users": "id", "family.family_members": "user_id"}
"""What belongs to the parent, by the column that says so."""


@dataclass(frozen=True)
class Parent:
    """A registered parent with one child, a save of two versions, an instance and a consent."""

    name: str
    user_id: UUID
    child_id: str
    token: str
    refresh_token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def claims(self) -> dict[str, Any]:
        return jwt.decode(self.token, options={"verify_signature": False})

    @property
    def without_family(self) -> dict[str, str]:
        """A token as Kotlin mints it: no family in it, and no session row."""
        return {"Authorization": "Bearer " + token(sub=str(self.user_id))}

    def claiming_family_of(self, other: Parent) -> dict[str, str]:
        """A good token of this parent that names another's family."""
        return {"Authorization": "Bearer " + token(sub=str(self.user_id), familyId=other.claims["familyId"])}


async def furnish(client: httpx2.AsyncClient) -> Parent:
    """A family of its own, with something behind every route."""
    name = f"Ann{uuid4().hex}"
    registered, child_id = await fixtures.settle(
        client, child_name=f"{name} junior", email=f"{name}@example.com", name=f"{name} Walker"
    )
    bearer = registered.bearer
    for document in ({"n": 1}, {"n": 2}):
        body = {"gameType": "sticker_book", "dataKey": "kept", "dataValue": document}
        await done(client.put(f"/api/v2/games/children/{child_id}/data", json=body, headers=bearer))
    await done(client.post(f"/api/v2/games/children/{child_id}/instances/sticker_book", headers=bearer))
    consent = BODIES["POST", "/coppa/consent"] | {"childId": child_id}
    await done(client.post("/api/v1/coppa/consent", json=consent, headers=bearer))
    return Parent(name, UUID(registered.user_id), child_id, registered.access, registered.refresh)


async def done(asked: Any) -> None:
    answer: httpx2.Response = await asked
    assert answer.is_success, answer.text


def address(route: Route, child_id: str) -> str:
    path = route.template
    for name in route.names:
        value = child_id if name == "childId" else PARAMETERS.get(name)
        assert value is not None, f"tell PARAMETERS how to fill {{{name}}} of {route.template}"
        path = path.replace(f"{{{name}}}", value)
    return path


def body_of(route: Route, child_id: str) -> Any:
    if route.endpoint.body is None:
        return None
    key = (route.endpoint.method, route.endpoint.path)
    assert key in BODIES, f"tell BODIES a valid body of {key}"
    return json.loads(json.dumps(BODIES[key]).replace("{childId}", child_id))


async def call(client: httpx2.AsyncClient, route: Route, child_id: str, headers: dict[str, str]) -> httpx2.Response:
    return await client.request(
        route.endpoint.method, address(route, child_id), json=body_of(route, child_id), headers=headers
    )


def token(key: str = TEST_SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """An access token as any of the backends mints it; None leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": "wondernest-api",
        "aud": "wondernest-users",
        "sub": str(uuid4()),
        "email": "x@example.com",
        "role": "PARENT",
        "nonce": str(uuid4()),
        "iat": now,
        "exp": now + 600,
        **changes,
    }
    claims.setdefault("userId", claims["sub"])
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


def refused(parent: Parent) -> dict[str, str]:
    """Headers that open nothing, by what is wrong with them."""
    user, now = {"sub": str(parent.user_id)}, int(time.time())
    return {
        "no token": "",
        "garbage": "Bearer a.b.c",
        "another scheme": f"Basic {parent.token}",
        "expired": f"Bearer {token(**user, exp=now - 1)}",
        "from the future": f"Bearer {token(**user, iat=now + 3600, exp=now + 7200)}",
        "wrong audience": f"Bearer {token(**user, aud='wondernest-users-refresh')}",
        "audience list": f"Bearer {token(**user, aud=['wondernest-users', 'other'])}",
        "wrong issuer": f"Bearer {token(**user, iss='somebody')}",
        "no user": f"Bearer {token(**user, userId='nobody')}",
        "no expiry": f"Bearer {token(**user, exp=None)}",
        "marked refresh": f"Bearer {token(**user, type='refresh')}",
        "refresh as access": f"Bearer {parent.refresh_token}",
        "wrong key": "Bearer " + token("another-secret-of-the-same-length-as-ours-000", **user),
        "another algorithm": "Bearer " + token(algorithm="HS512", **user),
        "unsigned": "Bearer " + token("", "none", **user),
    }


async def contents(url: str, parent: Parent) -> dict[str, list[str]]:
    """Every row that belongs to the parent or the child."""
    columns = {table: "id" if table == "family.child_profiles" else "child_id" for table in WATCHED} | FAMILY_WATCHED
    connection = await asyncpg.connect(url)
    try:
        found: dict[str, list[str]] = {}
        for table, column in columns.items():
            owner = parent.user_id if table in FAMILY_WATCHED else UUID(parent.child_id)
            rows = await connection.fetch(
                f"select t::text as line from {table} t where {column} = $1 order by 1", owner
            )
            found[table] = [row["line"] for row in rows]
        return found
    finally:
        await connection.close()
