"""Every route of the registry, under every mount, with every kind of caller; new routes are covered without a list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio

from tests.fixtures.application import TEST_ENVIRONMENT, declared, running
from tests.fixtures.consent import withdraw_consent
from tests.fixtures.servers import database_on
from tests.security.households import (
    Inside,
    Parent,
    address,
    bad_authorizations,
    call,
    contents,
    furnish_installation,
    looking_into,
    names_something_of,
    register_parent,
    register_parent_with_data,
)
from wondernest.access.consent import CONSENT_REQUIRED, Exemption
from wondernest.app import create_app
from wondernest.coppa.trail import FORGET
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.router import Route
from wondernest.platform.ids import parse_uuid
from wondernest.platform.recording import Unrecorded
from wondernest.settings import load_settings

OPERATOR = "the-operators-own-token"
STORIES = "/games/story-adventure"
MISSING_IS_A_RESULT = (f"{STORIES}/templates/{{templateId}}", f"{STORIES}/instances/{{instanceId}}/")
"""Where the contract answers a change of what is missing with 400 and a result."""
FORBIDDEN_SHOWN = ("/family/children/{childId}", "/coppa/consent")
"""Where the contract answers 403 for another family's child; elsewhere the answer is that of a missing child."""
OPEN = {
    CallerKind.PUBLIC: {
        *("/health", "/health/detailed", "/health/ready", "/health/live", "/health/startup"),
        *("/openapi.yaml", "/openapi.json", "/swagger", "/swagger/{asset}"),
        *("/auth/parent/register", "/auth/signup", "/auth/register", "/auth/parent/login", "/auth/login"),
        *("/auth/oauth", "/auth/session/refresh", "/auth/refresh", "/auth/parent/refresh"),
        *("/auth/password-reset", "/auth/password-reset/confirm"),
        *("/files/{fileId}/public", "/files/{fileId}/signed"),
        *("/files/{folder}/{name}", "/files/{folder}/{owner}/{name}"),
        *("/content-packs/payments/events", "/icons/{icon}", "/letters/weekly/end"),
        *("/coppa/notices", "/coppa/notices/{version}", "/coppa/verifications/events"),
        *("/coppa/notice", "/coppa/consents/{token}", "/coppa/undo/{token}"),
        *("/privacy/catalogue", "/privacy/exports/{token}", "/privacy/exports/{token}/file"),
    },
    CallerKind.OPTIONAL: {"/auth/logout", "/auth/parent/logout", "/auth/parent/verify-pin"},
    CallerKind.OPERATOR: {"/metrics"},
}
"""The routes that are open not only to parents. Every other route must require a parent's token."""
NOT_OF_A_PARENT = {
    Authority.MEMBER: {
        *("/family/children/{childId}/select", "/analytics/events", "/analytics/events/batch", "/content/engagement"),
        *("/audio/sessions", "/audio/sessions/{audioSessionId}/end", "/audio/metrics"),
        *("/games/children/{childId}/data", "/games/children/{childId}/data/batch"),
        *("/games/children/{childId}/data/{gameType}", "/games/children/{childId}/data/{gameType}/{dataKey}"),
        "/games/children/{childId}/history/{gameType}/{dataKey}/{version}/restore",
        *("/games/children/{childId}/instances/{gameKey}", "/games/children/{childId}/instances/{gameKey}/settings"),
        *(f"{STORIES}/children/{{childId}}/initialize", f"{STORIES}/children/{{childId}}/preferences"),
        *(f"{STORIES}/instances/{{childId}}/start", f"{STORIES}/vocabulary/{{childId}}/encounter"),
        *(f"{STORIES}/instances/{{instanceId}}/progress", f"{STORIES}/instances/{{instanceId}}/complete"),
        *("/content-packs/{packId}/download", "/content-packs/usage"),
    },
    Authority.OWN: {
        *("/auth/parent/setup-pin", "/auth/verify-email", "/auth/verify-email/request"),
        *("/auth/sessions", "/auth/sessions/{sessionId}", "/auth/step-up", "/auth/password"),
        *("/files/upload", "/files/{fileId}", "/files/{fileId}/visibility"),
        *(f"{STORIES}/templates", f"{STORIES}/templates/{{templateId}}"),
        *("/privacy/account", "/privacy/account/restore", "/privacy/exports"),
    },
}
"""The routes that change something and that a member who is no parent may call. Every other one must require a parent."""
EXEMPT = {
    Exemption.ACCOUNT: {
        *("/auth/parent/setup-pin", "/auth/verify-email", "/auth/verify-email/request"),
        *("/auth/sessions", "/auth/sessions/{sessionId}", "/auth/step-up", "/auth/password"),
        *(f"{STORIES}/templates", f"{STORIES}/templates/{{templateId}}"),
        *("/files/{fileId}", "/files/{fileId}/visibility"),
        *("/privacy/account/restore", "/privacy/exports"),
    },
    Exemption.ASKING: {"/coppa/consent", "/coppa/consent/{childId}"},
    Exemption.PROFILE: {
        *("/family/children", "/children", "/family/children/{childId}", "/family/children/{childId}/select"),
        *("/family/settings", "/content/filters"),
        *("/family/children/{childId}/screen-time", "/family/children/{childId}/extra-time"),
        *("/privacy/children/{childId}/restore", "/privacy/family/restore"),
    },
    Exemption.ENDING: {
        *("/games/children/{childId}/data/{gameType}", "/games/children/{childId}/data/{gameType}/{dataKey}"),
        *("/audio/sessions/{audioSessionId}/end", "/files/{fileId}"),
        *("/privacy/children/{childId}", "/privacy/family", "/privacy/account"),
    },
    Exemption.PURCHASE: {
        *("/content-packs/purchase", "/content-packs/{packId}/download", "/content-packs/{packId}/review"),
    },
}
"""The routes that change something without consent, each for a reason. Every other one must declare its purpose."""
EVENTS_IN_A_BATCH = "/analytics/events/batch"
"""Each event has its own result."""
NOTHING_TO_RESTORE = {
    *("/privacy/children/{childId}/restore", "/privacy/family/restore", "/privacy/account/restore"),
}
"""Nothing of the household waits to be erased, so these change nothing and leave no record."""
MEMBER_ROLES = ("member", "child", "Parental", "", None)
PARENT_ROLES = ("PARENT", "Guardian")
in_the_loop = pytest.mark.asyncio(loop_scope="module")


def registry() -> list[Route]:
    return declared().router.routes


def each(*kinds: CallerKind) -> pytest.MarkDecorator:
    """One test for each route with such a caller kind, named after the route."""
    routes = [route for route in registry() if route.endpoint.caller in kinds]
    return pytest.mark.parametrize("route", routes, ids=lambda route: f"{route.endpoint.method} {route.template}")


@pytest.fixture(scope="module")
def database(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    with database_on(pg_server, migrated_template) as url:
        furnish_installation(url)
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx2.AsyncClient]:
    folder: Path = tmp_path_factory.mktemp("files")
    own = {"DATABASE_URL": database, "METRICS_TOKEN": OPERATOR, "COPPA_GATE": "enforce"}
    own |= {"RATE_LIMIT_UPLOAD": "0"}  # one stranger tries every route, some of them within a minute
    own |= {"MAIL_OUTBOX_PATH": str(folder / "outbox"), "STORAGE_LOCAL_PATH": str(folder / "uploads")}
    async with running(create_app(load_settings({**TEST_ENVIRONMENT, **own}))) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inside(database: str) -> AsyncIterator[Inside]:
    async with looking_into(database) as connection:
        yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parent(client: httpx2.AsyncClient) -> Parent:
    """Whose data others ask for in vain."""
    return await register_parent_with_data(client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(client: httpx2.AsyncClient) -> Parent:
    """Who calls the routes that change nothing."""
    return await register_parent_with_data(client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def onlooker(client: httpx2.AsyncClient) -> Parent:
    """Who asks for what is another family's, so that nothing of their own changes."""
    return await register_parent_with_data(client)


async def own_caller(client: httpx2.AsyncClient, route: Route, reader: Parent) -> Parent:
    """Who calls a route for data of their own: a new family where the route may change it."""
    return reader if route.endpoint.method == "GET" else await register_parent_with_data(client, route)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def logged_out(client: httpx2.AsyncClient) -> Parent:
    parent = await register_parent_with_data(client)
    assert (await client.get("/api/v1/auth/me", headers=parent.bearer)).is_success
    assert (await client.post("/api/v1/auth/logout", headers=parent.bearer)).is_success
    return parent


PURPOSES = [route for route in registry() if route.endpoint.purpose is not None]


@pytest.mark.parametrize("route", PURPOSES, ids=lambda route: f"{route.endpoint.method} {route.template}")
@in_the_loop
async def test_without_consent_a_route_with_a_purpose_is_refused_and_stores_nothing(
    client: httpx2.AsyncClient, inside: Inside, route: Route
) -> None:
    parent = await register_parent_with_data(client, route)
    await withdraw_consent(client, parent.bearer, parent.child_id)
    before = await contents(inside, declared().rooms, parent)
    answer = await call(client, route, parent.values, parent.bearer)
    if route.endpoint.path == EVENTS_IN_A_BATCH:
        assert [result["code"] for result in answer.json()["results"]] == [403]
    else:
        assert route.endpoint.purpose is not None
        assert answer.status_code == 403, answer.text
        assert {CONSENT_REQUIRED, route.endpoint.purpose.value} <= set(texts_in(answer.json()))
    assert await contents(inside, declared().rooms, parent) == before


def texts_in(body: Any) -> Iterator[str]:
    """Every text of a JSON document."""
    if isinstance(body, dict):
        for part in body.values():
            yield from texts_in(part)
    elif isinstance(body, str):
        yield body


def test_a_route_that_changes_something_has_a_purpose_unless_it_is_in_the_list_of_exemptions() -> None:
    changing = [
        route for route in registry() if route.endpoint.caller is CallerKind.USER and route.endpoint.method != "GET"
    ]
    for exemption, paths in EXEMPT.items():
        exempt = {route.endpoint.path for route in changing if route.endpoint.exempt is exemption}
        assert exempt == paths, exemption.name
    assert all((route.endpoint.purpose is None) != (route.endpoint.exempt is None) for route in changing)
    assert set(EXEMPT) == set(Exemption)


def test_a_route_is_open_only_when_it_is_in_the_list_of_open_routes() -> None:
    for kind, paths in OPEN.items():
        assert {route.endpoint.path for route in registry() if route.endpoint.caller is kind} == paths
    assert set(OPEN) | {CallerKind.USER} == set(CallerKind)


@each(CallerKind.USER)
@in_the_loop
async def test_a_request_without_a_valid_token_is_refused(
    client: httpx2.AsyncClient, parent: Parent, route: Route
) -> None:
    for what, value in bad_authorizations(parent).items():
        answer = await call(client, route, parent.values, {"Authorization": value} if value else {})
        assert_unauthenticated(answer, what)


@each(CallerKind.USER)
@in_the_loop
async def test_a_revoked_token_is_refused(client: httpx2.AsyncClient, logged_out: Parent, route: Route) -> None:
    assert (await call(client, route, logged_out.values, logged_out.bearer)).status_code == 401


@each(CallerKind.USER)
@in_the_loop
async def test_a_token_without_a_family_works_for_its_own_and_what_an_adult_does_is_recorded_once(
    client: httpx2.AsyncClient, inside: Inside, reader: Parent, route: Route
) -> None:
    parent = await own_caller(client, route, reader)
    before = await accesses(client, inside, parent.user_id)
    answer = await call(client, route, parent.values, parent.without_family)
    assert answer.is_success, answer.text
    kind = route.endpoint.accesses
    recorded = kind is not None and route.endpoint.path not in NOTHING_TO_RESTORE
    expected = {kind.value: 1} if kind is not None and recorded else {}
    assert await accesses(client, inside, parent.user_id) - before == expected


@each(CallerKind.USER)
@in_the_loop
async def test_another_family_sees_and_touches_nothing(
    client: httpx2.AsyncClient, inside: Inside, parent: Parent, onlooker: Parent, route: Route
) -> None:
    touched = route.endpoint.method != "GET" and not names_something_of(parent.values, route)
    stranger = await register_parent_with_data(client, route) if touched else onlooker
    before = await contents(inside, declared().rooms, parent)
    tokens = {
        "as it is": stranger.bearer,
        "without a family": stranger.without_family,
        "claiming the other's family": stranger.claiming_family_of(parent),
    }
    for how, headers in tokens.items():
        foreign = await call(client, route, parent.values, headers)
        assert parent.name not in foreign.text, how
        assert str(parent.user_id) not in foreign.text, how
        sent = address(route, parent.values) + foreign.request.read().decode(errors="replace")
        if not any(value in sent for value in parent.values.values()):
            continue
        if any(shown in route.template for shown in FORBIDDEN_SHOWN):
            assert foreign.status_code == 403, how
            assert set(foreign.json()) <= {"error", "message", "warning", "timestamp"}, how
            continue
        nowhere = {name: str(uuid4()) for name in parent.values}
        missing = await call(client, route, nowhere, headers)
        assert foreign.status_code == missing.status_code, how
        assert without_ids_and_times(foreign.text, parent.values) == without_ids_and_times(missing.text, nowhere), how
    assert await contents(inside, declared().rooms, parent) == before
    assert set(await accesses(client, inside, stranger.user_id, UUID(parent.child_id))) == set()


def test_what_is_recorded_of_a_route_about_a_child_is_declared_and_the_devices_routes_are_in_the_list() -> None:
    routes = [route.endpoint for route in registry() if route.endpoint.caller is CallerKind.USER]
    reasons = {reason: {one.path for one in routes if one.unrecorded is reason} for reason in Unrecorded}
    about_a_child = {one.path for one in routes if "{childId}" in one.path and one.accesses is None}
    assert about_a_child <= reasons[Unrecorded.OWN_DEVICE] | {"/analytics/children/{childId}/daily"}
    assert reasons[Unrecorded.ELSEWHERE] == {"/content-packs/purchase", "/privacy/exports", "/privacy/erasures"}
    managed = {one.path for one in routes if one.authority is Authority.MANAGER and one.accesses is None}
    assert managed == {"/content-packs/purchase", "/content-packs/{packId}/review"}, (
        "no device does what a parent must do"
    )


@pytest.mark.parametrize(
    "route",
    [
        route
        for route in registry()
        if route.endpoint.caller is CallerKind.USER
        and any(parameter.schema is UUID for parameter in route.endpoint.parameters)
    ],
    ids=lambda route: f"{route.endpoint.method} {route.template}",
)
@in_the_loop
async def test_an_id_in_capitals_is_the_same_id(
    client: httpx2.AsyncClient, parent: Parent, onlooker: Parent, reader: Parent, route: Route
) -> None:
    foreign = await call(client, route, in_capitals(parent.values), onlooker.bearer)
    plain = await call(client, route, parent.values, onlooker.bearer)
    assert foreign.status_code == plain.status_code
    result = route.endpoint.method != "GET" and any(shown in route.template for shown in MISSING_IS_A_RESULT)
    assert plain.status_code in ({400} if result else {200, 403, 404}), plain.text
    assert parent.name not in foreign.text
    assert str(parent.user_id) not in foreign.text.lower()
    own = await own_caller(client, route, reader)
    answer = await call(client, route, in_capitals(own.values), own.bearer)
    assert answer.is_success, answer.text


@each(CallerKind.USER)
@in_the_loop
async def test_a_deactivated_account_is_refused_at_the_next_request(
    client: httpx2.AsyncClient, inside: Inside, parent: Parent, route: Route
) -> None:
    for what in ("their own", "nobody's"):  # another account each time: a process remembers a refused one
        if what == "their own":
            closed = await register_parent_with_data(client, route)
            values, headers = closed.values, closed.bearer
        else:
            closed = await register_parent(client)
            values, headers = {name: str(uuid4()) for name in parent.values}, closed.without_family
        before = await contents(inside, declared().rooms, closed)
        await inside.execute("update core.users set is_active = false where id = $1", closed.user_id)
        assert_unauthenticated(await call(client, route, values, headers), what)
        assert_unauthenticated(await call(client, route, values, headers), f"{what}, again")
        after = await contents(inside, declared().rooms, closed)
        assert but_for("core.users", after) == but_for("core.users", before)


@each(CallerKind.USER)
@in_the_loop
async def test_a_deactivated_account_without_family_or_data_is_refused_too(
    client: httpx2.AsyncClient, inside: Inside, parent: Parent, route: Route
) -> None:
    closed = await register_parent(client)
    await inside.execute("delete from family.family_members where user_id = $1", closed.user_id)
    await inside.execute("update core.users set is_active = false where id = $1", closed.user_id)
    values = {**parent.values, **closed.values}
    assert_unauthenticated(await call(client, route, values, closed.bearer), "no family")


@each(CallerKind.OPTIONAL)
@in_the_loop
async def test_where_a_token_is_optional_that_of_a_deactivated_account_is_refused(
    client: httpx2.AsyncClient, inside: Inside, route: Route
) -> None:
    parent = await register_parent(client)
    await inside.execute("update core.users set is_active = false where id = $1", parent.user_id)
    assert_unauthenticated(await ask(client, route, f"Bearer {parent.token}"), "deactivated")


def test_a_route_that_changes_something_requires_a_parent_unless_it_is_in_the_list() -> None:
    changing = [route.endpoint for route in registry() if route.endpoint.method != "GET"]
    for authority, paths in NOT_OF_A_PARENT.items():
        assert {one.path for one in changing if one.caller is CallerKind.USER and one.authority is authority} == paths


@each(CallerKind.USER)
@in_the_loop
async def test_a_member_who_is_no_parent_changes_neither_family_nor_children_nor_consent(
    client: httpx2.AsyncClient, inside: Inside, reader: Parent, route: Route
) -> None:
    parent, manages = await own_caller(client, route, reader), route.endpoint.authority is Authority.MANAGER
    await store_reads(client)
    before = await contents(inside, declared().rooms, parent) if manages else {}
    for role in MEMBER_ROLES:
        await give_role(inside, parent, role)
        answer = await call(client, route, parent.values, parent.bearer)
        if not manages:
            assert "access_denied" not in answer.text, role
            continue
        assert answer.status_code == 403, role
        assert answer.json()["error"] == "access_denied", role
    if manages:
        after = await contents(inside, declared().rooms, parent)
        for changed in ("family.family_members", "wondernest.step_up_proofs"):  # by the test itself
            after, before = but_for(changed, after), but_for(changed, before)
        assert after == before
    await give_role(inside, parent, PARENT_ROLES[len(route.template) % 2])
    answer = await call(client, route, parent.values, parent.bearer)
    assert "access_denied" not in answer.text


@each(CallerKind.OPTIONAL)
@in_the_loop
async def test_where_a_token_is_optional_a_bad_one_counts_as_absent(
    client: httpx2.AsyncClient, parent: Parent, route: Route
) -> None:
    kinds = bad_authorizations(parent)
    anonymous = await ask(client, route, kinds.pop("no token"))
    for what, value in kinds.items():
        answer = await ask(client, route, value)
        assert (answer.status_code, without_ids_and_times(answer.text)) == (
            anonymous.status_code,
            without_ids_and_times(anonymous.text),
        ), what
    assert (await client.get("/api/v1/auth/me", headers=parent.bearer)).status_code == 200, "nobody was logged out"


@each(CallerKind.PUBLIC)
@in_the_loop
async def test_where_no_token_is_required_a_token_makes_no_difference(
    client: httpx2.AsyncClient, parent: Parent, route: Route
) -> None:
    without = await ask(client, route, "", parent.values)
    assert without.status_code < 500
    for what, value in {**bad_authorizations(parent), "good": f"Bearer {parent.token}"}.items():
        answer = await ask(client, route, value, parent.values)
        assert (answer.status_code, answer.headers["content-type"]) == (
            without.status_code,
            without.headers["content-type"],
        ), what
        assert parent.name not in answer.text, what


@each(CallerKind.OPERATOR)
@in_the_loop
async def test_the_operators_routes_open_to_the_operator_alone(
    client: httpx2.AsyncClient, parent: Parent, route: Route
) -> None:
    for what, value in {
        **bad_authorizations(parent),
        "good": f"Bearer {parent.token}",
        "near": f"Bearer {OPERATOR}x",
    }.items():
        assert (await ask(client, route, value)).status_code == 401, what
    assert (await ask(client, route, f"Bearer {OPERATOR}")).status_code == 200


@each(*CallerKind)
@in_the_loop
async def test_an_unknown_method_is_refused_before_authentication(client: httpx2.AsyncClient, route: Route) -> None:
    here = {other.endpoint.method for other in registry() if other.template == route.template}
    unknown = next(method for method in ("PATCH", "DELETE", "PUT") if method not in here)
    answer = await client.request(unknown, route.template)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == here | {"OPTIONS"} | ({"HEAD"} if "GET" in here else set())


@in_the_loop
async def test_a_family_claim_is_valid_only_for_a_member_of_that_family(client: httpx2.AsyncClient) -> None:
    owner, other = await register_parent(client), await register_parent(client)
    profile = "/api/v1/family/profile"
    mine = (await client.get(profile, headers=owner.without_family)).json()["data"]
    assert [child["id"] for child in mine["children"]] == [owner.child_id]
    hinted = (await client.get(profile, headers=other.claiming_family_of(owner))).json()["data"]
    assert [child["id"] for child in hinted["children"]] == [other.child_id]


def assert_unauthenticated(answer: httpx2.Response, what: str) -> None:
    assert answer.status_code == 401, f"{what}: {answer.text}"
    assert answer.headers["www-authenticate"] == 'Bearer realm="WonderNest API"', what
    body = answer.json()
    assert body.pop("timestamp") > 0
    assert body == {"error": "UNAUTHORIZED", "message": "Authentication required"}, what


async def store_reads(client: httpx2.AsyncClient) -> None:
    """Store the reads that the application has counted, as it does every few seconds."""
    transport: Any = client._transport
    await next(job.handler.__self__ for job in transport.app.rooms.jobs if job.name == FORGET).flush()


async def accesses(
    client: httpx2.AsyncClient, inside: Inside, user_id: UUID, child_id: UUID | None = None
) -> Counter[str]:
    """How often the record says that an adult used a child's data, by kind."""
    await store_reads(client)
    found = await inside.fetch(
        "select kind, sum(times) as times from wondernest.child_accesses"
        " where actor_id = $1 and ($2::uuid is null or child_id = $2) group by kind",
        user_id,
        child_id,
    )
    return Counter({row["kind"]: row["times"] for row in found})


def but_for(table: str, held: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """What is held, without the table that the test itself changed."""
    return {name: found for name, found in held.items() if name != table}


async def give_role(inside: Inside, parent: Parent, role: str | None) -> None:
    await inside.execute("update family.family_members set role = $2 where user_id = $1", parent.user_id, role)


async def ask(
    client: httpx2.AsyncClient, route: Route, authorization: str, values: Mapping[str, str] | None = None
) -> httpx2.Response:
    """A request to a route that needs no parent, with an invalid body where one is read."""
    body = None if route.endpoint.body is None else {}
    headers = {"Authorization": authorization} if authorization else {}
    path = route.template
    for name, value in {"asset": "swagger-ui.css", **(values or {})}.items():
        path = path.replace(f"{{{name}}}", value)
    return await client.request(route.endpoint.method, path, json=body, headers=headers)


def in_capitals(values: Mapping[str, str]) -> dict[str, str]:
    """The values, with their UUIDs in capitals."""
    return {name: value.upper() if parse_uuid(value) else value for name, value in values.items()}


def without_ids_and_times(text: str, values: Mapping[str, str] | None = None) -> str:
    """The answer without what may differ: the time, and the ids that were asked for. A file's folder is a time too."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict):
        body.pop("timestamp", None)
        text = json.dumps(body, sort_keys=True)
    for value in (values or {}).values():
        text = text.replace(value, "ID")
    return text
