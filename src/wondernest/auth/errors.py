"""What can go wrong with accounts, each with its wire form (auth contract §1.3, §1.4, §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wondernest.platform.http.errors import ApiError, GenericError, RateLimited


class MessageError(ApiError):
    """The shape `{"message"}` of this room's 400, 409 and 500."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, {"message": message})


class InvalidJson(MessageError):
    """The body cannot be read."""

    def __init__(self, reason: str) -> None:
        del reason  # the wire format has no reason here
        super().__init__(400, "Invalid JSON format")


class ValidationFailed(MessageError):
    """One or more rules were broken."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(400, f"Validation failed: {', '.join(problems)}")


class EmailTaken(MessageError):
    """An account, active or not, has this e-mail address."""

    def __init__(self) -> None:
        super().__init__(400, "User with this email already exists")


class Refused(GenericError):
    """401 of a route: the guard's shape with the route's own message, without WWW-Authenticate."""

    def __init__(self, message: str) -> None:
        super().__init__(401, "UNAUTHORIZED", message)


class InvalidCredentials(Refused):
    """Unknown or inactive account, wrong password, or an account that this route does not sign in."""

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class InvalidRefreshToken(Refused):
    """The refresh token is invalid, expired or revoked, or its account does not exist."""

    def __init__(self) -> None:
        super().__init__("Invalid refresh token")


class RefreshTokenMissing(MessageError):
    """No refresh token was sent."""

    def __init__(self) -> None:
        super().__init__(400, "Refresh token is required")


class TooManyAttempts(RateLimited):
    """429: too many failed attempts; Retry-After says when the next may be made."""


class UnknownAccount(Refused):
    """The token is valid, but its account does not exist."""

    def __init__(self) -> None:
        super().__init__("Authentication required")


class EmailNotVerified(MessageError):
    """The account does not exist, or the mailed token is unknown, used or expired."""

    def __init__(self) -> None:
        super().__init__(400, "Email verification failed")


class InvalidResetToken(MessageError):
    """The reset token is unknown, used or expired."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid or expired token")


class ExternalLoginRefused(Refused):
    """The identity token is invalid, or it is for an account that must not be signed in with it."""

    def __init__(self) -> None:
        super().__init__("OAuth authentication failed")


class SessionNotFound(GenericError):
    """The caller has no such session."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "Session not found")


class NoSuchSession(SessionNotFound):
    """The id of a session is no UUID, so nobody has such a session."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__()


class NothingToProve(MessageError):
    """Neither a PIN nor a password was sent, or both."""

    def __init__(self) -> None:
        super().__init__(400, "Either a PIN or a password is required")


class WrongProof(GenericError):
    """403, not 401: a client that gets 401 renews its session and repeats the request, and each wrong PIN would count twice."""

    def __init__(self, message: str = "Invalid PIN") -> None:
        super().__init__(403, "STEP_UP_FAILED", message)


class WrongPassword(WrongProof):
    """The current password is wrong, or the account has none."""

    def __init__(self) -> None:
        super().__init__("Invalid password")


class PinRefusal(ApiError):
    """The shape of verify-pin: `verified`, `message`, `sessionToken`."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        body: dict[str, object] = {"verified": False, "message": message, "sessionToken": None}
        if code is not None:
            body["error"] = code
        super().__init__(status, body, stamped=code is not None, headers=headers)


class UnreadablePin(PinRefusal):
    """The body has no PIN, or one of a wrong length."""

    def __init__(self, reason: str = "") -> None:
        del reason  # the wire format has no reason here
        super().__init__(400, "Invalid PIN format. Must be 4 digits.")


class WrongPin(PinRefusal):
    """The PIN is wrong."""

    def __init__(self) -> None:
        super().__init__(401, "Invalid PIN", code="UNAUTHORIZED")


class PinLocked(PinRefusal):
    """Too many wrong PINs; no PIN is checked until the lock ends."""

    def __init__(self, retry_after_s: int, headers: Mapping[str, str] | None = None) -> None:
        shown = {"Retry-After": str(retry_after_s), **(headers or {})}
        super().__init__(429, "Too many attempts. Please try again later.", code="RATE_LIMITED", headers=shown)
        self.retry_after_s = retry_after_s


def pin_limited(refusal: RateLimited) -> PinLocked:
    """The 429 of verify-pin for a network that sends too many requests."""
    return PinLocked(refusal.retry_after_s, refusal.headers)


class PinCheckFailed(PinRefusal):
    """The 500 of verify-pin."""

    def __init__(self) -> None:
        super().__init__(500, "PIN verification failed")


class UnusablePin(MessageError):
    """A new PIN has a wrong format."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid PIN format. Must be 4 or 6 digits.")


class SimplePin(MessageError):
    """A new PIN is too easy to guess."""

    def __init__(self) -> None:
        super().__init__(400, "PIN is too simple")


class PinAlreadySet(MessageError):
    """A PIN is set, and the request does not hold it."""

    def __init__(self) -> None:
        super().__init__(409, "PIN already set")


class Failed(MessageError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)
