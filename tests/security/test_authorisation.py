"""Every route of the registry, called by everyone who must not get through: a new route is walked without being listed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import jwt
import pytest

from tests.fixtures.application import TEST_SECRET, running
from wondernest.app import create_app
from wondernest.platform.http.application import Application
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.router import Route
from wondernest.settings import Settings

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
FORBIDDEN_SHOWN = ("/family/children/{childId}", "/coppa/consent")
"""Where the contract answers 403 for another family's child; everywhere else it looks missing."""
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


@dataclass(frozen=True)
class Parent:
    """A registered parent with one child and one save."""

    user_id: UUID
    child_id: str
    token: str
    refresh_token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def settle(client: httpx2.AsyncClient, name: str) -> Parent:
    form = {"email": f"{name}@example.com", "password": "Sunny-Day-7", "name": f"{name} Walker"}
    registered = (await client.post("/api/v1/auth/parent/register", json=form)).json()["data"]
    bearer = {"Authorization": f"Bearer {registered['accessToken']}"}
    child = {"name": f"{name} junior", "birthDate": "2019-03-15", "interests": ["Science"]}
    child_id = (await client.post("/api/v1/family/children", json=child, headers=bearer)).json()["data"]["id"]
    for document in ({"n": 1}, {"n": 2}):
        body = {"gameType": "sticker_book", "dataKey": "kept", "dataValue": document}
        assert (
            await client.put(f"/api/v2/games/children/{child_id}/data", json=body, headers=bearer)
        ).status_code == 200
    consent = BODIES["POST", "/coppa/consent"] | {"childId": child_id}
    assert (await client.post("/api/v1/coppa/consent", json=consent, headers=bearer)).status_code == 201
    return Parent(UUID(registered["userId"]), child_id, registered["accessToken"], registered["refreshToken"])


@pytest.fixture
def whole(make_settings: Callable[..., Settings]) -> Application:
    return create_app(make_settings())


@pytest.fixture
async def client(whole: Application) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(whole) as started:
        yield started


def guarded(application: Application) -> list[Route]:
    return [route for route in application.router.routes if route.endpoint.caller is CallerKind.PARENT]


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


def token(**changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "wondernest-api",
        "aud": "wondernest-users",
        "sub": str(uuid4()),
        "email": "x@example.com",
        "role": "PARENT",
        "iat": now,
        "exp": now + 600,
        **changes,
    }
    claims.setdefault("userId", claims["sub"])
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, TEST_SECRET, "HS256")


def refused_tokens(parent: Parent) -> dict[str, str]:
    user, now = {"sub": str(parent.user_id)}, int(time.time())
    shown = jwt.decode(parent.token, options={"verify_signature": False})
    return {
        "none": "",
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
        "wrong key": "Bearer " + jwt.encode(shown, "another-secret-of-the-same-length-as-ours-000", "HS256"),
        "another algorithm": "Bearer " + jwt.encode(shown, TEST_SECRET, "HS512"),
        "unsigned": "Bearer " + jwt.encode(shown, "", "none"),
    }


async def test_no_route_that_needs_a_parent_answers_anyone_else(client: httpx2.AsyncClient, whole: Application) -> None:
    parent = await settle(client, "ann")
    for kind, value in refused_tokens(parent).items():
        for route in guarded(whole):
            answer = await call(client, route, parent.child_id, {"Authorization": value} if value else {})
            where = f"{kind}: {route.endpoint.method} {route.template}"
            assert answer.status_code == 401, where
            assert answer.headers["www-authenticate"] == 'Bearer realm="WonderNest API"', where
            body = answer.json()
            assert body.pop("timestamp") > 0
            assert body == {"error": "UNAUTHORIZED", "message": "Authentication required"}, where


async def test_a_revoked_token_is_refused_on_every_route(client: httpx2.AsyncClient, whole: Application) -> None:
    parent = await settle(client, "ann")
    assert (await client.post("/api/v1/auth/logout", headers=parent.bearer)).status_code == 200
    for route in guarded(whole):
        assert (await call(client, route, parent.child_id, parent.bearer)).status_code == 401, route.template


async def test_another_familys_child_looks_missing_on_every_route_and_stays_untouched(
    client: httpx2.AsyncClient, whole: Application, database_url: str
) -> None:
    owner, stranger = await settle(client, "ann"), await settle(client, "bob")
    before = await contents(database_url, owner.child_id)
    for route in guarded(whole):
        if "childId" not in route.names and "{childId}" not in json.dumps(
            BODIES.get((route.endpoint.method, route.endpoint.path))
        ):
            continue
        foreign = await call(client, route, owner.child_id, stranger.bearer)
        missing_id = str(uuid4())
        missing = await call(client, route, missing_id, stranger.bearer)
        where = f"{route.endpoint.method} {route.template}"
        if any(shown in route.template for shown in FORBIDDEN_SHOWN):
            assert foreign.status_code == 403, where
            assert set(foreign.json()) <= {"error", "message", "warning", "timestamp"}, where
        else:
            assert foreign.status_code == missing.status_code, where
            assert faceless(foreign.text, owner.child_id) == faceless(missing.text, missing_id), where
        assert "junior" not in foreign.text, where
    assert await contents(database_url, owner.child_id) == before


async def test_a_token_without_a_family_serves_its_own_user_only(
    client: httpx2.AsyncClient, whole: Application
) -> None:
    owner, stranger = await settle(client, "ann"), await settle(client, "bob")
    kotlin = {"Authorization": "Bearer " + token(sub=str(owner.user_id))}
    claims_anns_family = jwt.decode(owner.token, options={"verify_signature": False})["familyId"]
    forged_hint = {"Authorization": "Bearer " + token(sub=str(stranger.user_id), familyId=claims_anns_family)}
    mine = await client.get("/api/v1/family/profile", headers=kotlin)
    assert [child["id"] for child in mine.json()["data"]["children"]] == [owner.child_id]
    hinted = await client.get("/api/v1/family/profile", headers=forged_hint)
    assert [child["id"] for child in hinted.json()["data"]["children"]] == [stranger.child_id]
    read = await client.get(f"/api/v2/games/children/{owner.child_id}/data", headers=forged_hint)
    assert read.json() == {"success": True, "gameData": []}


def test_every_route_says_whom_it_serves(whole: Application) -> None:
    open_routes = {route.template for route in whole.router.routes if route.endpoint.caller is not CallerKind.PARENT}
    assert not any(
        "{childId}" in template or "/family/" in template or "/coppa/" in template for template in open_routes
    )


def faceless(text: str, child_id: str) -> str:
    """The answer without what may differ: the id that was asked for and the time."""
    text = text.replace(child_id, "ID")
    try:
        body = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict):
        body.pop("timestamp", None)
    return json.dumps(body, sort_keys=True)


async def contents(url: str, child_id: str) -> dict[str, list[str]]:
    """Every row that belongs to the child."""
    connection = await asyncpg.connect(url)
    try:
        found: dict[str, list[str]] = {}
        for table in WATCHED:
            column = "id" if table == "family.child_profiles" else "child_id"
            rows = await connection.fetch(
                f"select t::text as line from {table} t where {column} = $1 order by 1", UUID(child_id)
            )
            found[table] = [row["line"] for row in rows]
        return found
    finally:
        await connection.close()
