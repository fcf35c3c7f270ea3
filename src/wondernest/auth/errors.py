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
        del reason  # the wire names none here
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
    """401 of a route: the guard's shape with the route's own message, and no challenge."""

    def __init__(self, message: str) -> None:
        super().__init__(401, "UNAUTHORIZED", message)


class InvalidCredentials(Refused):
    """Unknown or inactive account, wrong password, or an account this login does not serve."""

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class InvalidRefreshToken(Refused):
    """The refresh token is invalid, expired, revoked, or its account is gone."""

    def __init__(self) -> None:
        super().__init__("Invalid refresh token")


class RefreshTokenMissing(MessageError):
    """No refresh token was sent."""

    def __init__(self) -> None:
        super().__init__(400, "Refresh token is required")


class TooManyAttempts(RateLimited):
    """429: too many failed attempts; Retry-After says when the next may be made."""


class UnknownAccount(Refused):
    """The token is good, its account is gone or inactive."""

    def __init__(self) -> None:
        super().__init__("Authentication required")


class EmailNotVerified(MessageError):
    """Nothing was verified: the account is gone, or the mailed token is unknown, used or expired."""

    def __init__(self) -> None:
        super().__init__(400, "Email verification failed")


class InvalidResetToken(MessageError):
    """The reset token is unknown, used or expired."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid or expired token")


class OutsideLoginRefused(Refused):
    """The identity token does not prove who it says, or proves it for nobody we may sign in."""

    def __init__(self) -> None:
        super().__init__("OAuth authentication failed")


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
    """No PIN in the body, or none of the accepted length."""

    def __init__(self, reason: str = "") -> None:
        del reason  # the wire names none here
        super().__init__(400, "Invalid PIN format. Must be 4 digits.")


class WrongPin(PinRefusal):
    """Not the PIN."""

    def __init__(self) -> None:
        super().__init__(401, "Invalid PIN", code="UNAUTHORIZED")


class PinLocked(PinRefusal):
    """Too many wrong PINs; nothing is checked before the lock ends."""

    def __init__(self, retry_after_s: int) -> None:
        headers = {"Retry-After": str(retry_after_s)}
        super().__init__(429, "Too many attempts. Please try again later.", code="RATE_LIMITED", headers=headers)
        self.retry_after_s = retry_after_s


class PinCheckFailed(PinRefusal):
    """The 500 of verify-pin."""

    def __init__(self) -> None:
        super().__init__(500, "PIN verification failed")


class UnusablePin(MessageError):
    """A new PIN is no PIN."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid PIN format. Must be 4 or 6 digits.")


class SimplePin(MessageError):
    """A new PIN is too easy to guess."""

    def __init__(self) -> None:
        super().__init__(400, "PIN is too simple")


class PinAlreadySet(MessageError):
    """There is a PIN, and it was not given along."""

    def __init__(self) -> None:
        super().__init__(409, "PIN already set")


class Failed(MessageError):
    """A fault of ours, in the route's own words."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)
