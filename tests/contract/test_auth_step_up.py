"""A step-up proof is made with the PIN or the password, is bound to its session, and ends with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, code_in, log_in, mails_to, register, rows, value
from tests.fixtures.sessions import kotlin_pair
from wondernest.access.consent import Exemption
from wondernest.access.proofs import PROOF_LIFE_S, requires_proof
from wondernest.app import create_app
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.recording import Unrecorded
from wondernest.platform.rooms import Parts, Room
from wondernest.settings import Settings

STEP_UP, VERIFY_PIN, SETUP_PIN = (
    "/api/v1/auth/step-up",
    "/api/v1/auth/parent/verify-pin",
    "/api/v1/auth/parent/setup-pin",
)
PASSWORD = "/api/v1/auth/password"
PIN, WRONG_PIN = "918273", "645382"
DONE = {204: Response(None, "Done")}


class Refused(ApiError):
    def __init__(self) -> None:
        super().__init__(403, {"reason": "STEP_UP_REQUIRED"})


GROUP = RouteGroup(
    tag="Vault",
    caller=CallerKind.USER,
    authority=Authority.OWN,
    exempt=Exemption.ACCOUNT,
    unrecorded=Unrecorded.NOBODY,
    unproven=Refused,
)
OPEN = f"select 204 where {requires_proof('$1', '$2', '$3', '$4')}"


class Vault:
    """Routes that need a proof: one that the application checks, one whose statement does."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @GROUP.post("/vault", step_up=True, replies=DONE, summary="Open it")
    async def open(self, _request: Request[None]) -> Reply:
        return Reply(204, b"")

    @GROUP.delete("/vault", step_up=True, rules_in_sql=True, replies=DONE, summary="Empty it")
    async def empty(self, request: Request[None]) -> Reply:
        caller, now = request.caller, self._parts.clock.now()
        arguments = caller.user_id, caller.token_hash, request.proof, now
        return Reply(await self._parts.database.fetchval(OPEN, *arguments), b"")

    def room(self) -> Room:
        return Room(name="vault", endpoints=GROUP.endpoints(self))


class ShiftedClock:
    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def client(make_settings: Callable[..., Settings], clock: ShiftedClock) -> AsyncIterator[httpx2.AsyncClient]:
    settings = make_settings()
    application = create_app(settings, clock=clock, more=[lambda parts: Vault(parts).room()])
    async with jobs_running(settings), running(application) as started:
        yield started


async def opens(client: httpx2.AsyncClient, parent: Parent, proof: str | None) -> bool:
    """Whether both kinds of route let a proof pass; they must agree."""
    headers = parent.bearer if proof is None else {**parent.bearer, "X-Step-Up": proof}
    answers = [await client.request(method, "/api/v1/vault", headers=headers) for method in ("POST", "DELETE")]
    statuses = {answer.status_code for answer in answers}
    if statuses == {403}:
        assert [answer.json() for answer in answers] == [{"reason": "STEP_UP_REQUIRED"}] * 2
    assert statuses in ({204}, {403})
    return statuses == {204}


async def proof_of(client: httpx2.AsyncClient, parent: Parent, **body: str) -> str:
    answer = await client.post(STEP_UP, json=body or {"password": parent.password}, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["expiresIn"] == PROOF_LIFE_S * 1000
    return data["proof"]


async def set_pin(client: httpx2.AsyncClient, parent: Parent) -> None:
    assert (await client.post(SETUP_PIN, json={"pin": PIN}, headers=parent.bearer)).status_code == 200


async def test_the_password_or_the_own_pin_gives_a_proof_for_ten_minutes(
    client: httpx2.AsyncClient, clock: ShiftedClock, database_url: str
) -> None:
    parent = await register(client)
    await set_pin(client, parent)
    assert not await opens(client, parent, None)
    assert not await opens(client, parent, "step_up_guessed")
    proofs = [await proof_of(client, parent), await proof_of(client, parent, pin=PIN)]
    assert [await opens(client, parent, proof) for proof in (*proofs, *proofs)] == [True] * 4
    stored = await value(
        database_url, "select string_agg(encode(proof_hash, 'escape'), ' ') from wondernest.step_up_proofs"
    )
    assert not any(proof in stored for proof in proofs)
    clock.shift = timedelta(seconds=PROOF_LIFE_S - 5)
    assert await opens(client, parent, proofs[0])
    clock.shift = timedelta(seconds=PROOF_LIFE_S + 5)
    assert not await opens(client, parent, proofs[0])


async def test_a_proof_is_good_for_its_own_session_alone_and_survives_a_renewal(client: httpx2.AsyncClient) -> None:
    parent, stranger = await register(client), await register(client)
    other, proof = await log_in(client, parent), await proof_of(client, parent)
    assert not await opens(client, other, proof)
    assert not await opens(client, stranger, proof)
    data = (await client.post("/api/v1/auth/refresh", json={"refreshToken": parent.refresh})).json()["data"]
    renewed = Parent(parent.email, "", parent.user_id, data["accessToken"], data["refreshToken"])
    assert await opens(client, renewed, proof)


async def test_a_token_of_an_earlier_backend_can_step_up_for_itself(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(client)
    kotlins, another = await kotlin_pair(database_url, parent), await kotlin_pair(database_url, parent)
    proof = await proof_of(client, kotlins)
    assert [await opens(client, one, proof) for one in (kotlins, another, parent)] == [True, False, False]


async def test_verify_pin_proves_with_the_own_pin_and_never_with_the_default_one(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    default = (await client.post(VERIFY_PIN, json={"pin": "1234"}, headers=parent.bearer)).json()["sessionToken"]
    assert not await opens(client, parent, default)
    await set_pin(client, parent)
    own = (await client.post(VERIFY_PIN, json={"pin": PIN}, headers=parent.bearer)).json()["sessionToken"]
    assert await opens(client, parent, own)


async def test_the_default_pin_is_no_proof(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    answer = await client.post(STEP_UP, json={"pin": "1234"}, headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]) == (403, "STEP_UP_FAILED")


async def test_exactly_one_of_pin_and_password_is_required(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    for body in ({}, {"pin": PIN, "password": parent.password}):
        answer = await client.post(STEP_UP, json=body, headers=parent.bearer)
        assert (answer.status_code, answer.json()) == (400, {"message": "Either a PIN or a password is required"})


async def test_wrong_pins_of_step_up_and_of_verify_pin_are_counted_together(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    await set_pin(client, parent)
    for number in range(5):
        path = (STEP_UP, VERIFY_PIN)[number % 2]
        answer = await client.post(path, json={"pin": WRONG_PIN}, headers=parent.bearer)
        assert answer.status_code == (403, 401)[number % 2]
    for path in (STEP_UP, VERIFY_PIN):
        locked = await client.post(path, json={"pin": PIN}, headers=parent.bearer)
        assert locked.status_code == 429
        assert int(locked.headers["retry-after"]) > 0


async def test_wrong_passwords_of_step_up_and_of_a_change_count_like_those_of_a_login(
    client: httpx2.AsyncClient,
) -> None:
    parent = await register(client)
    wrong = {"currentPassword": "Wrong-Day-7", "newPassword": "Sunny-Day-8"}
    for number in range(3):
        answer = await client.post(STEP_UP, json={"password": f"Wrong-Day-{number}"}, headers=parent.bearer)
        assert (answer.status_code, answer.json()["message"]) == (403, "Invalid password")
    for number in range(2):
        body = {**wrong, "currentPassword": f"Wrong-Night-{number}"}
        assert (await client.put(PASSWORD, json=body, headers=parent.bearer)).status_code == 403
    body = {"email": parent.email, "password": parent.password}
    assert (await client.post("/api/v1/auth/parent/login", json=body)).status_code == 429


@pytest.mark.parametrize("how", ["logout", "ended", "password change", "reset"])
async def test_a_proof_ends_with_its_session(
    client: httpx2.AsyncClient, how: str, database_url: str, tmp_path: object
) -> None:
    parent = await register(client)
    other = await log_in(client, parent)
    await proof_of(client, parent)
    await proof_of(client, other)
    left = 1
    if how == "logout":
        assert (await client.post("/api/v1/auth/logout", headers=parent.bearer)).status_code == 200
    elif how == "ended":
        assert (await client.delete("/api/v1/auth/sessions", headers=other.bearer)).status_code == 200
    elif how == "password change":
        body = {"currentPassword": parent.password, "newPassword": "Sunny-Day-8"}
        assert (await client.put(PASSWORD, json=body, headers=parent.bearer)).status_code == 200
        left = 0
    else:
        left = 0
        assert (await client.post("/api/v1/auth/password-reset", json={"email": parent.email})).status_code == 200
        mails = await mails_to(tmp_path / "outbox", parent.email, 2)  # type: ignore[operator]
        code = code_in(next(mail for mail in mails if "reset the password" in mail))
        form = {"token": code, "newPassword": "Sunny-Day-8"}
        assert (await client.post("/api/v1/auth/password-reset/confirm", json=form)).status_code == 200
    assert await value(database_url, "select count(*) from wondernest.step_up_proofs") == left


async def test_without_password_and_pin_a_fresh_sign_in_counts_as_proof(
    client: httpx2.AsyncClient, clock: ShiftedClock, database_url: str
) -> None:
    parent = await register(client)
    await rows(database_url, "update core.users set password_hash = ''")
    assert await opens(client, parent, None)
    clock.shift = timedelta(seconds=PROOF_LIFE_S + 5)
    data = (await client.post("/api/v1/auth/refresh", json={"refreshToken": parent.refresh})).json()["data"]
    renewed = Parent(parent.email, "", parent.user_id, data["accessToken"], data["refreshToken"])
    assert not await opens(client, renewed, None), "a renewal is no sign-in"
    await set_pin(client, renewed)
    assert await opens(client, renewed, await proof_of(client, renewed, pin=PIN))
