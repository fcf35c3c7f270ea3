"""Sign-up, login, sessions, profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules, wire
from wondernest.auth.routes.declaring import (
    ALL,
    BAD_REQUEST,
    CREDENTIALS,
    LIMITED,
    MAX_BODY_BYTES,
    MOUNTS,
    REFUSED,
    TAG,
    client_of,
)
from wondernest.auth.routes.outcomes import counted
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.errors import Unauthenticated
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Message
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics
    from wondernest.auth.service import AccountService, OpenSession
    from wondernest.settings import Jwt

LOGGED_OUT: Final = "Logged out successfully"
SESSION: Final = Response(wire.SessionReply, "Signed in")
RENEWED: Final = "A new pair; the old one stays valid"
GROUP: Final = RouteGroup(
    max_body_bytes=MAX_BODY_BYTES,
    tag=TAG,
    caller=CallerKind.PUBLIC,
    mounts=MOUNTS,
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
)


def unescape_bang(body: bytes) -> bytes:
    r"""The body with `!` in place of `\!`, which some shells send; tried only when the original body does not parse."""
    return body.replace(rb"\!", b"!")


class AccountRoutes:
    """The routes that open, renew and end sessions."""

    def __init__(self, service: AccountService, settings: Jwt, *, default_pin: bool, metrics: AccountMetrics) -> None:
        self.metrics = metrics
        self._service = service
        self._jwt = settings
        self._default_pin = default_pin

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/auth/parent/register",
        "/auth/signup",
        "/auth/register",
        unit=True,
        body=wire.RegisterBody,
        example={"email": "ann@example.com", "password": "Sunny-Day-7", "name": "Ann Lee"},
        limits=CREDENTIALS,
        replies={201: Response(wire.SessionReply, "The new parent is signed in"), 400: BAD_REQUEST},
        failure="Registration failed",
        summary="Register a parent with a family",
    )
    @counted("register")
    async def register(self, request: Request[wire.RegisterBody]) -> Reply:
        """Register a parent."""
        body = request.body
        sign_up = rules.SignUp(
            email=body.email,
            password=body.password,
            names=rules.NameFields(body.name, body.first_name, body.last_name),
            phone=body.phone_number,
            time_zone=body.timezone,
            language=body.language,
        )
        session = await self._service.register_parent(sign_up, client_of(request), request.unit)
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)), 201)

    @GROUP.post(
        "/auth/parent/login",
        body=wire.LoginBody,
        example={"email": "ann@example.com", "password": "Sunny-Day-7"},
        repair_body=unescape_bang,
        limits=CREDENTIALS,
        unit=True,
        replies={200: SESSION, 400: BAD_REQUEST, 401: REFUSED, 429: LIMITED},
        failure="Login failed",
        summary="Sign in with e-mail and password",
    )
    @counted("login")
    async def log_in_parent(self, request: Request[wire.LoginBody]) -> Reply:
        """Sign a parent in; the reply lists the family's children."""
        body = request.body
        session = await self._service.log_in_parent(body.email, body.password, client_of(request), request.unit)
        data = self._data(session, has_pin=session.account.pin_hash is not None or self._default_pin)
        data.children = [str(child_id) for child_id in session.account.children]
        return reply_json(wire.SessionReply(data))

    @GROUP.post(
        "/auth/login",
        body=wire.LoginBody,
        example={"email": "ann@example.com", "password": "Sunny-Day-7"},
        limits=CREDENTIALS,
        replies={200: SESSION, 400: BAD_REQUEST, 401: REFUSED, 429: LIMITED},
        failure="Login failed",
        summary="Sign in with e-mail and password",
    )
    @counted("login")
    async def log_in(self, request: Request[wire.LoginBody]) -> Reply:
        """Sign any account in."""
        session = await self._service.log_in(request.body.email, request.body.password, client_of(request))
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)))

    @GROUP.post(
        "/auth/oauth",
        body=wire.ExternalLoginBody,
        example={"provider": "google", "idToken": "a token of Google"},
        limits=CREDENTIALS,
        unit=True,
        replies={200: SESSION, 400: BAD_REQUEST, 401: REFUSED},
        failure="OAuth login failed",
        summary="Sign in with an identity token of Google, Apple or Facebook",
        note="A token is accepted once. It identifies a person by issuer and subject; its address counts only the first time.",
    )
    @counted("oauth")
    async def log_in_external(self, request: Request[wire.ExternalLoginBody]) -> Reply:
        """Sign in with an identity token."""
        body = request.body
        names = rules.NameFields(None, body.first_name, body.last_name)
        login = rules.ExternalLogin(body.provider, body.id_token, body.email, names, body.nonce)
        session = await self._service.log_in_external(login, client_of(request), request.unit)
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)))

    @GROUP.post(
        "/auth/session/refresh",
        "/auth/refresh",
        body=wire.RefreshBody,
        example={"refreshToken": "the refresh token of a session"},
        limits=ALL,
        replies={200: Response(wire.SessionReply, RENEWED), 400: BAD_REQUEST, 401: REFUSED},
        failure="Token refresh failed",
        summary="Renew a session",
    )
    @counted("refresh")
    async def refresh(self, request: Request[wire.RefreshBody]) -> Reply:
        """Renew a session."""
        return reply_json(wire.SessionReply(await self._renewed(request)))

    @GROUP.post(
        "/auth/parent/refresh",
        body=wire.RefreshBody,
        example={"refreshToken": "the refresh token of a session"},
        limits=ALL,
        replies={200: Response(wire.FlatSessionReply, RENEWED), 400: BAD_REQUEST, 401: REFUSED},
        failure="Token refresh failed",
        summary="Renew a session",
    )
    @counted("refresh")
    async def refresh_flat(self, request: Request[wire.RefreshBody]) -> Reply:
        """Renew a session for the site, which reads the tokens at top level."""
        data = await self._renewed(request)
        flat = wire.FlatSessionReply(
            data=data,
            access_token=data.access_token,
            refresh_token=data.refresh_token,
            expires_in=data.expires_in,
            user_id=data.user_id,
            email=data.email,
        )
        return reply_json(flat)

    @GROUP.post(
        "/auth/logout",
        "/auth/parent/logout",
        caller=CallerKind.OPTIONAL,
        limits=ALL,
        unit=True,
        replies={
            200: Response(Message, "Logged out, now or before: the bearer may be revoked"),
            401: REFUSED,
        },
        failure="Logout failed",
        summary="End this session; other devices stay signed in",
        note="A bearer is required; one that is logged out already gets the same reply.",
    )
    @counted("logout")
    async def log_out(self, request: Request[None]) -> Reply:
        """End the bearer's session; a bearer that is logged out already gets the same reply."""
        if request.optional_caller is not None:
            await self._service.log_out(request.optional_caller, request.unit)
        elif not self._service.is_logged_out(_bearer(request)):
            raise Unauthenticated(self._jwt.realm)
        return reply_json(Message(LOGGED_OUT))

    @GROUP.get(
        "/auth/me",
        unrecorded=Unrecorded.NOBODY,
        caller=CallerKind.USER,
        rules_in_sql=True,
        replies={200: Response(wire.Profile, "The bearer"), 401: REFUSED},
        failure="Failed to get user profile",
        summary="The caller's account",
    )
    async def me(self, request: Request[None]) -> Reply:
        """The caller's account."""
        account = await self._service.profile(request.caller)
        profile = wire.Profile(id=str(account.id), email=account.email, role=account.role, verified=account.verified)
        return reply_json(profile)

    async def _renewed(self, request: Request[wire.RefreshBody]) -> wire.SessionData:
        return self._data(await self._service.refresh(request.body.refresh_token, client_of(request)))

    def _data(
        self, session: OpenSession, *, has_pin: bool = False, requires_pin_setup: bool = False
    ) -> wire.SessionData:
        return wire.SessionData(
            user_id=str(session.account.id),
            email=session.account.email,
            access_token=session.pair.access,
            refresh_token=session.pair.refresh,
            expires_in=self._jwt.access_life_ms,
            has_pin=has_pin,
            requires_pin_setup=requires_pin_setup,
            children=[],
        )


def _bearer(request: Request[None]) -> str:
    scheme, _, token = (request.header(b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
