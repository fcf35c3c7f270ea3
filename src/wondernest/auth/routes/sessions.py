"""A user's sessions, step-up, and the change of the password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import Exemption
from wondernest.access.proofs import PROOF_LIFE_S
from wondernest.auth import errors, wire
from wondernest.auth.routes.declaring import (
    ALL,
    BAD_REQUEST,
    CREDENTIALS,
    LIMITED,
    MAX_BODY_BYTES,
    MOUNTS,
    TAG,
    client_of,
)
from wondernest.auth.routes.outcomes import counted
from wondernest.auth.rules import Confirmation, network_of
from wondernest.platform.caller import STEP_UP_HEADER, Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, HeaderField, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error
from wondernest.platform.json import instant
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics
    from wondernest.auth.rules import StoredSession
    from wondernest.auth.sessions import SessionService
    from wondernest.auth.step_up import StepUpService

SESSION: Final = uuid_parameter("sessionId", errors.NoSuchSession)
ENDED: Final = "Session ended"
OTHERS_ENDED: Final = "All other sessions ended"
PASSWORD_CHANGED: Final = "Password changed successfully"  # noqa: S105 - a message
UNCONFIRMED: Final = Response(Error, "The PIN or the password is wrong, or a step-up proof is missing")
MS_PER_S: Final = 1000

GROUP: Final = RouteGroup(
    max_body_bytes=MAX_BODY_BYTES,
    tag=TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.NOBODY,
    authority=Authority.OWN,
    exempt=Exemption.ACCOUNT,
    mounts=MOUNTS,
    parameters=(SESSION,),
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
)


class SessionRoutes:
    """The routes of sessions, step-up and password."""

    def __init__(self, sessions: SessionService, step_up: StepUpService, metrics: AccountMetrics) -> None:
        self.metrics = metrics
        self._sessions = sessions
        self._step_up = step_up

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/auth/sessions",
        replies={200: Response(wire.SessionList, "This session first, then the last seen first")},
        failure="Failed to list sessions",
        summary="The caller's sessions",
    )
    async def find(self, request: Request[None]) -> Reply:
        """List the sessions."""
        found = await self._sessions.find(request.caller)
        return reply_json(wire.SessionList(wire.Sessions([_shown(session) for session in found])))

    @GROUP.delete(
        "/auth/sessions/{sessionId}",
        limits=ALL,
        unit=True,
        replies={200: Response(wire.Done, ENDED), 404: Response(Error, "The caller has no such session")},
        failure="Failed to end session",
        summary="End one of the caller's sessions",
    )
    @counted("end_session")
    async def end(self, request: Request[None]) -> Reply:
        """End a session."""
        await self._sessions.end(request.caller, request.path(SESSION), request.unit)
        return reply_json(wire.Done(ENDED))

    @GROUP.delete(
        "/auth/sessions",
        limits=ALL,
        unit=True,
        replies={200: Response(wire.Done, OTHERS_ENDED)},
        failure="Failed to end sessions",
        summary="End every session of the caller but this one",
    )
    @counted("end_session")
    async def end_others(self, request: Request[None]) -> Reply:
        """End the other sessions."""
        await self._sessions.end_others(request.caller, request.unit)
        return reply_json(wire.Done(OTHERS_ENDED))

    @GROUP.post(
        "/auth/step-up",
        body=wire.StepUpBody,
        example={"password": "Sunflower7"},
        limits=CREDENTIALS,
        rules_in_sql=True,
        replies={
            200: Response(wire.StepUpReply, "A proof for the header X-Step-Up"),
            400: BAD_REQUEST,
            403: UNCONFIRMED,
            429: LIMITED,
        },
        failure="Step-up failed",
        summary="Confirm with the PIN or the password that the parent is there",
        note="The proof is valid for ten minutes and for this session alone. Not 401: clients would renew their session and repeat.",
    )
    @counted("step_up")
    async def step_up(self, request: Request[wire.StepUpBody]) -> Reply:
        """Make a proof."""
        body = request.body
        proof = await self._step_up.prove(request.caller, body.pin, body.password, client_of(request))
        return reply_json(wire.StepUpReply(wire.StepUp(proof=proof, expires_in=PROOF_LIFE_S * MS_PER_S)))

    @GROUP.put(
        "/auth/password",
        body=wire.PasswordBody,
        example={"currentPassword": "Sunflower7", "newPassword": "Sunny-Day-8"},
        limits=CREDENTIALS,
        rules_in_sql=True,
        unit=True,
        headers=(HeaderField(STEP_UP_HEADER.decode().title(), "Where the account has no password"),),
        replies={200: Response(wire.Done, PASSWORD_CHANGED), 400: BAD_REQUEST, 403: UNCONFIRMED, 429: LIMITED},
        failure="Password change failed",
        summary="Change the password; every other session ends",
        note="An account without a password (Google, Apple, Facebook) needs a step-up proof instead of `currentPassword`.",
    )
    @counted("change_password")
    async def change_password(self, request: Request[wire.PasswordBody]) -> Reply:
        """Change the password."""
        body, confirmation = request.body, Confirmation(client_of(request), request.proof)
        await self._sessions.change_password(
            request.caller, body.current_password, body.new_password, confirmation, request.unit
        )
        return reply_json(wire.Done(PASSWORD_CHANGED))


def _shown(session: StoredSession) -> wire.SessionInfo:
    return wire.SessionInfo(
        id=str(session.id),
        kind="user" if session.child_id is None else "child",
        child_id=session.child_id,
        created_at=instant(session.created_at),
        last_seen_at=instant(session.seen_at),
        device=session.device,
        network=None if session.ip is None else str(network_of(session.ip)),
        current=session.current,
    )
