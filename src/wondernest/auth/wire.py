"""What crosses the network on the account routes (auth contract §2)."""

from __future__ import annotations

from msgspec import Struct


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
    """A refresh token; an absent or null one is answered with the route's own 400."""

    refresh_token: str | None = None


class SessionData(Struct, rename="camel"):
    """The tokens of a session and what the clients want to know beside them."""

    user_id: str
    email: str
    access_token: str
    refresh_token: str
    expires_in: int
    """Milliseconds."""
    has_pin: bool
    requires_pin_setup: bool
    """False on parent/login and refresh: the site takes true for a second factor."""
    children: list[str]


class SessionReply(Struct):
    """A session was opened or renewed."""

    data: SessionData
    success: bool = True


class FlatSessionReply(Struct, rename="camel"):
    """As SessionReply, the tokens also at top level, where the site reads them."""

    data: SessionData
    access_token: str
    refresh_token: str
    expires_in: int
    user_id: str
    email: str
    success: bool = True


class Profile(Struct):
    """Who the bearer is."""

    id: str
    email: str
    role: str
    verified: bool


class Message(Struct):
    """A plain acknowledgement, or the reason of a refusal."""

    message: str


class Refusal(Struct):
    """401, 429 and other refusals of the shared shape."""

    error: str
    message: str
    timestamp: int
