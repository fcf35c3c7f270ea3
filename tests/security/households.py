"""Families, paths and bodies for requests to every route, and tokens that every route must refuse."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx2
import jwt

from tests.fixtures import family as fixtures
from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import PASSWORD
from tests.fixtures.consent import give_consent
from wondernest.access.people import CHILD
from wondernest.platform.http.body import Multipart
from wondernest.platform.http.router import Route
from wondernest.platform.personal_data import USER
from wondernest.platform.rooms import Rooms

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415478da63f8cfc0000003010100f70341430000000049454e44ae426082"
)
"""A PNG of one pixel: what is uploaded."""
FURNISHING = Path(__file__).with_name("furnishing")
"""A module for each room whose routes need existing data: `furnish` creates it and returns its path parameters. `install`, where there
is one, stores what belongs to the installation. ONLY_FOR, where it stands, is the path parameter of data that costs much to make."""
CHILD_ID = "childId"
MOST_STATEMENTS = 1_000
"""More than there are holdings."""
Inside: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""A connection that looks past the API into the database."""


@dataclass(frozen=True)
class Parent:
    """A registered parent with one child, and data for every route."""

    name: str
    user_id: UUID
    values: Mapping[str, str]
    """The values of path parameters that belong to this parent."""
    token: str
    refresh_token: str

    @property
    def child_id(self) -> str:
        return self.values[CHILD_ID]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def claims(self) -> dict[str, Any]:
        return jwt.decode(self.token, options={"verify_signature": False})

    @property
    def without_family(self) -> dict[str, str]:
        """A token like Kotlin's: without a family and without a session row."""
        return {"Authorization": "Bearer " + token(sub=str(self.user_id))}

    def claiming_family_of(self, other: Parent) -> dict[str, str]:
        """A valid token of this parent that names another parent's family."""
        return {"Authorization": "Bearer " + token(sub=str(self.user_id), familyId=other.claims["familyId"])}


@dataclass(frozen=True)
class Form:
    """A multipart form."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes, str]]
    """By field: name, content and type."""


def furnish_installation(url: str) -> None:
    """Store what every installation has, and no request can make."""
    for path in sorted(FURNISHING.glob("*.py")):
        room = import_module(f"tests.security.furnishing.{path.stem}")
        if hasattr(room, "install"):
            room.install(url)


async def register_parent(client: httpx2.AsyncClient) -> Parent:
    """A new family with a child and every consent, and no other data."""
    name = f"Ann{uuid4().hex}"
    registered, child_id = await fixtures.register_with_child(
        client, child_name=f"{name} junior", email=f"{name}@example.com", name=f"{name} Walker"
    )
    await give_consent(client, registered.bearer, str(child_id))
    values = {CHILD_ID: str(child_id)}
    return Parent(name, UUID(registered.user_id), values, registered.access, registered.refresh)


async def register_parent_with_data(client: httpx2.AsyncClient, route: Route | None = None) -> Parent:
    """A new family with data for every route; for one route, without data that only other routes name (ONLY_FOR)."""
    parent = await register_parent(client)
    values = dict(parent.values)
    for path in sorted(FURNISHING.glob("*.py")):
        room = import_module(f"tests.security.furnishing.{path.stem}")
        only_for = getattr(room, "ONLY_FOR", None)
        if route is None or only_for is None or f"{{{only_for}}}" in route.template:
            values |= await room.furnish(client, parent.bearer, parent.child_id)
    return replace(parent, values=values)


async def succeed(sent: Awaitable[httpx2.Response]) -> httpx2.Response:
    answer = await sent
    assert answer.is_success, answer.text
    return answer


def address(route: Route, values: Mapping[str, str]) -> str:
    path = route.template
    for parameter in route.endpoint.parameters:
        value = values.get(parameter.name, parameter.example)
        assert value is not None, f"give {parameter.name} of {route.template} an example, or make one in furnishing/"
        path = path.replace(f"{{{parameter.name}}}", value)
    required = [f"{query.name}={query.example}" for query in route.endpoint.queries if query.example]
    return path + filled("?" + "&".join(required), values) if required else path


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values in the place of their names."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def body_of(route: Route, values: Mapping[str, str]) -> Any:
    endpoint = route.endpoint
    if endpoint.body is None:
        return None
    if isinstance(endpoint.body, Multipart):
        return form_of(endpoint.body, endpoint.example or {}, values)
    assert endpoint.example is not None, f"give {endpoint.method} {endpoint.path} an example of its body"
    return json.loads(filled(json.dumps(endpoint.example), values))


def form_of(body: Multipart, example: Mapping[str, str], values: Mapping[str, str]) -> Form:
    """A picture for each file, the fields of the example, and those for which there is a value."""
    fields = {**example, **{name: values[name] for name in body.fields if name in values}}
    return Form(fields, dict.fromkeys(body.files, ("picture.png", PICTURE, "image/png")))


def sent_as(body: Any) -> dict[str, Any]:
    """A body, as the client's argument."""
    return {"data": dict(body.fields), "files": dict(body.files)} if isinstance(body, Form) else {"json": body}


async def call(
    client: httpx2.AsyncClient, route: Route, values: Mapping[str, str], headers: dict[str, str]
) -> httpx2.Response:
    proof = await step_up(client, headers) if route.endpoint.step_up else {}
    return await client.request(
        route.endpoint.method, address(route, values), **sent_as(body_of(route, values)), headers={**headers, **proof}
    )


async def step_up(client: httpx2.AsyncClient, headers: Mapping[str, str]) -> dict[str, str]:
    """The header with a proof for the session of a token; none where the token gives none."""
    answer = await client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=dict(headers))
    return {"X-Step-Up": answer.json()["data"]["proof"]} if answer.is_success else {}


def token(key: str = TEST_SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """An access token as any of the backends makes it; None leaves a claim out."""
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


def bad_authorizations(parent: Parent) -> dict[str, str]:
    """Authorization headers that every route must refuse, by their defect."""
    user, now = {"sub": str(parent.user_id)}, int(time.time())
    return {
        "no token": "",
        "garbage": "Bearer a.b.c",
        "another scheme": f"Basic {parent.token}",
        "another spelling": f"Bearer {parent.token}=",
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


async def contents(inside: Inside, rooms: Rooms, parent: Parent) -> dict[str, list[Any]]:
    """Every row that any room holds about the parent or the child."""
    people = {CHILD: [UUID(parent.child_id)], USER: [parent.user_id]}
    return {holding.table: sorted(await holding.export(inside, people)) for holding in rooms.personal_data}


@asynccontextmanager
async def looking_into(url: str) -> AsyncGenerator[Inside]:
    """A connection to the database, for `contents`: its first look takes ten times as long as each later one."""
    connection: Inside = await asyncpg.connect(url, statement_cache_size=MOST_STATEMENTS)
    try:
        yield connection
    finally:
        await connection.close()


def names_something_of(values: Mapping[str, str], route: Route) -> bool:
    """Whether a request to the route with these values names one of them, in its path or its body."""
    sent = address(route, values) + repr(body_of(route, values))
    return any(value in sent for value in values.values())
