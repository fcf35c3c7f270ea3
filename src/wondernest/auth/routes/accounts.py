"""Sign-up, login, sessions, profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.auth import errors, rules, wire
from wondernest.auth.routes.declaring import (
    ALL,
    BAD_REQUEST,
    CREDENTIALS,
    LIMITED,
    MOUNTS,
    REFUSED,
    TAG,
    Handler,
    counted,
)
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.errors import Unauthenticated
from wondernest.platform.http.request import Reply, Request, reply_json

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics
    from wondernest.auth.service import AccountService, OpenSession
    from wondernest.settings import Jwt

LOGGED_OUT: Final = "Logged out successfully"
SESSION: Final = Response(wire.SessionReply, "Signed in")


def unescape_bang(body: bytes) -> bytes:
    r"""A body whose sender's shell wrote `\!` for `!`; tried only when the body as it is does not parse."""
    return body.replace(rb"\!", b"!")


def _bearer(request: Request[Any]) -> str:
    scheme, _, token = (request.header(b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class AccountRoutes:
    """The routes that open, renew and end sessions."""

    def __init__(self, service: AccountService, settings: Jwt, *, default_pin: bool, metrics: AccountMetrics) -> None:
        self._service = service
        self._jwt = settings
        self._default_pin = default_pin
        self._metrics = metrics

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        return [
            *(self._register(path) for path in ("/auth/parent/register", "/auth/signup", "/auth/register")),
            self._login("/auth/parent/login", self.log_in_parent, unit=True, repair_body=unescape_bang),
            self._login("/auth/login", self.log_in),
            self._outside(),
            self._refresh("/auth/session/refresh", self.refresh, wire.SessionReply),
            self._refresh("/auth/refresh", self.refresh, wire.SessionReply),
            self._refresh("/auth/parent/refresh", self.refresh_flat, wire.FlatSessionReply),
            *(self._logout(path) for path in ("/auth/logout", "/auth/parent/logout")),
            self._me(),
        ]

    def _register(self, path: str) -> Endpoint:
        return Endpoint(
            method="POST",
            path=path,
            handler=counted(self._metrics, "register", self.register),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.RegisterBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Registration failed"),
            limits=CREDENTIALS,
            replies={201: Response(wire.SessionReply, "The new parent is signed in"), 400: BAD_REQUEST},
            summary="Register a parent with a family",
            tag=TAG,
        )

    def _login(self, path: str, handler: Handler, **more: Any) -> Endpoint:
        return Endpoint(
            method="POST",
            path=path,
            handler=counted(self._metrics, "login", handler),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.LoginBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Login failed"),
            limits=CREDENTIALS,
            replies={200: SESSION, 400: BAD_REQUEST, 401: REFUSED, 429: LIMITED},
            summary="Sign in with e-mail and password",
            tag=TAG,
            **more,
        )

    def _outside(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/oauth",
            handler=counted(self._metrics, "oauth", self.log_in_outside),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.OutsideLoginBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("OAuth login failed"),
            limits=CREDENTIALS,
            replies={200: SESSION, 400: BAD_REQUEST, 401: REFUSED},
            summary="Sign in with an identity token of Google, Apple or Facebook",
            tag=TAG,
        )

    def _refresh(self, path: str, handler: Handler, reply: type) -> Endpoint:
        return Endpoint(
            method="POST",
            path=path,
            handler=counted(self._metrics, "refresh", handler),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.RefreshBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Token refresh failed"),
            limits=ALL,
            replies={200: Response(reply, "A new pair; the old one stays good"), 400: BAD_REQUEST, 401: REFUSED},
            summary="Renew a session",
            tag=TAG,
        )

    def _logout(self, path: str) -> Endpoint:
        return Endpoint(
            method="POST",
            path=path,
            handler=counted(self._metrics, "logout", self.log_out),
            caller=CallerKind.OPTIONAL,
            mounts=MOUNTS,
            failure=errors.failure("Logout failed"),
            limits=ALL,
            unit=True,
            replies={
                200: Response(wire.Message, "Logged out, now or before: the bearer may be a revoked one"),
                401: REFUSED,
            },
            summary="End this session; other devices stay signed in",
            note="A bearer is required; one that was logged out before is answered alike.",
            tag=TAG,
        )

    def _me(self) -> Endpoint:
        return Endpoint(
            method="GET",
            path="/auth/me",
            handler=self.me,
            caller=CallerKind.PARENT,
            mounts=MOUNTS,
            failure=errors.failure("Failed to get user profile"),
            replies={200: Response(wire.Profile, "The bearer"), 401: REFUSED},
            summary="Who the bearer is",
            tag=TAG,
        )

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
        session = await self._service.register_parent(sign_up, request.client_ip)
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)), 201)

    async def log_in_parent(self, request: Request[wire.LoginBody]) -> Reply:
        """Sign a parent in; the reply lists the family's children."""
        body = request.body
        session = await self._service.log_in_parent(body.email, body.password, request.client_ip, request.unit)
        data = self._data(session, has_pin=session.account.pin_hash is not None or self._default_pin)
        data.children = [str(child_id) for child_id in session.account.children]
        return reply_json(wire.SessionReply(data))

    async def log_in(self, request: Request[wire.LoginBody]) -> Reply:
        """Sign any account in."""
        session = await self._service.log_in(request.body.email, request.body.password, request.client_ip)
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)))

    async def log_in_outside(self, request: Request[wire.OutsideLoginBody]) -> Reply:
        """Sign in whom a provider vouches for."""
        body = request.body
        names = rules.NameFields(None, body.first_name, body.last_name)
        login = rules.OutsideLogin(body.provider, body.id_token, body.email, names)
        session = await self._service.log_in_outside(login, request.client_ip)
        return reply_json(wire.SessionReply(self._data(session, requires_pin_setup=True)))

    async def refresh(self, request: Request[wire.RefreshBody]) -> Reply:
        """Renew a session."""
        return reply_json(wire.SessionReply(await self._renewed(request)))

    async def refresh_flat(self, request: Request[wire.RefreshBody]) -> Reply:
        """Renew a session for the site, which reads the tokens at top level."""
        data = await self._renewed(request)
        flat = wire.FlatSessionReply(
            data, data.access_token, data.refresh_token, data.expires_in, data.user_id, data.email
        )
        return reply_json(flat)

    async def log_out(self, request: Request[Any]) -> Reply:
        """End the bearer's session; again for a token that was logged out already."""
        if request.optional_caller is not None:
            await self._service.log_out(request.optional_caller, request.unit)
        elif not self._service.is_logged_out(_bearer(request)):
            raise Unauthenticated(self._jwt.realm)
        return reply_json(wire.Message(LOGGED_OUT))

    async def me(self, request: Request[Any]) -> Reply:
        """Who the bearer is."""
        account = await self._service.profile(request.caller)
        return reply_json(wire.Profile(str(account.id), account.email, account.role, account.verified))

    async def _renewed(self, request: Request[wire.RefreshBody]) -> wire.SessionData:
        return self._data(await self._service.refresh(request.body.refresh_token, request.client_ip))

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
