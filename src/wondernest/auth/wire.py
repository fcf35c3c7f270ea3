"""Request and reply bodies of the account routes (auth contract §2)."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class RegisterBody(Struct, rename="camel"):
    """A sign-up. Unknown fields are ignored."""

    email: str
    password: str
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    country_code: str = "US"
    timezone: str = "UTC"
    language: str = "en"


class LoginBody(Struct):
    """E-mail and password."""

    email: str
    password: str


class RefreshBody(Struct, rename="camel"):
    """A refresh token; the route answers 400 if it is absent or null."""

    refresh_token: str | None = None


class SessionData(Struct, kw_only=True, rename="camel"):
    """The tokens of a session and what else the clients need."""

    user_id: str
    email: str
    access_token: str
    refresh_token: str
    expires_in: int
    """Milliseconds."""
    has_pin: bool
    requires_pin_setup: bool
    """False on parent/login and refresh: the site would read true as a second factor."""
    children: list[str]


class SessionReply(Struct):
    """A session was opened or renewed."""

    data: SessionData
    success: bool = True


class FlatSessionReply(Struct, kw_only=True, rename="camel"):
    """As SessionReply, the tokens also at top level, where the site reads them."""

    data: SessionData
    access_token: str
    refresh_token: str
    expires_in: int
    user_id: str
    email: str
    success: bool = True


class Profile(Struct, kw_only=True):
    """The caller's account."""

    id: str
    email: str
    role: str
    verified: bool


class ExternalLoginBody(Struct, rename="camel"):
    """A login through Google, Apple or Facebook."""

    provider: str
    id_token: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    nonce: str | None = None
    """The nonce of the sign-in; the token must hold the same."""


class PinBody(Struct):
    """A PIN; a JSON number is taken as its text."""

    pin: str


class NewPinBody(Struct, rename="camel"):
    """A PIN to set, with the one it replaces."""

    pin: str
    current_pin: str | None = None


class PinAccepted(Struct, kw_only=True, rename="camel"):
    """The PIN is right; `sessionToken` marks the parent mode and is no bearer token."""

    message: str
    session_token: str
    verified: bool = True


class PinRefusal(Struct, kw_only=True, rename="camel"):
    """The PIN was not accepted."""

    message: str
    verified: bool = False
    session_token: str | None = None
    error: str | UnsetType = UNSET
    timestamp: int | UnsetType = UNSET


class Done(Struct):
    """The operation succeeded."""

    message: str
    success: bool = True


class VerificationBody(Struct):
    """The mailed token, if the client has one."""

    token: str | None = None


class ResetRequestBody(Struct):
    """The address of the account whose password is to be reset."""

    email: str


class ResetBody(Struct, rename="camel"):
    """The mailed token and the new password."""

    token: str
    new_password: str


class SessionInfo(Struct, kw_only=True, rename="camel"):
    """A session: the tokens of one login, or a child's session."""

    id: str
    kind: Literal["user", "child"]
    child_id: str | None
    created_at: str
    last_seen_at: str
    """When the session was opened or last renewed."""
    device: str | None
    """The family of the client, such as `Firefox on Linux`; null where it is not known."""
    network: str | None
    """The network from which it was opened or last renewed, never the whole address."""
    current: bool
    """Whether it is the session of this request."""


class Sessions(Struct):
    """A user's sessions."""

    sessions: list[SessionInfo]


class SessionList(Struct):
    """The sessions of the caller."""

    data: Sessions
    success: bool = True


class StepUpBody(Struct):
    """The PIN or the password, not both; a JSON number is taken as its text."""

    pin: str | None = None
    password: str | None = None


class StepUp(Struct, kw_only=True, rename="camel"):
    """A proof, for the header `X-Step-Up` of requests of the same session."""

    proof: str
    expires_in: int
    """Milliseconds."""


class StepUpReply(Struct):
    """The parent has confirmed that they are there."""

    data: StepUp
    success: bool = True


class PasswordBody(Struct, rename="camel"):
    """A new password, and the one it replaces."""

    new_password: str
    current_password: str | None = None
