"""What can go wrong with accounts, each with its wire form (auth contract §1.3, §1.4, §2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wondernest.platform.http.errors import ApiError, GenericError

INVALID_PIN_FORMAT = "Invalid PIN format. Must be 4 digits."


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


class UnknownAccount(Refused):
    """The token is good, its account is gone or inactive."""

    def __init__(self) -> None:
        super().__init__("Authentication required")


def failure(message: str) -> Callable[[], ApiError]:
    """The 500 of a route, in its own words."""
    return lambda: MessageError(500, message)
