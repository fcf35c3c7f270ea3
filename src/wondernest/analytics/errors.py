"""What can go wrong with events and figures, each with its wire form (games contract §6)."""

from __future__ import annotations

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import ApiError, GenericError

AnyRefusal = ApiError
"""Any of them, also one of another room's part."""


class EventRefused(ApiError):
    """400 with the reason as `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(400, {"message": message})


class UnreadableEvent(EventRefused):
    """The body cannot be read as an event."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid JSON format: {reason}")


class EventTypeRequired(EventRefused):
    """A blank eventType."""

    def __init__(self) -> None:
        super().__init__("Event type is required")


class ChildRequired(EventRefused):
    """A blank childId."""

    def __init__(self) -> None:
        super().__init__("Child ID is required")


class NoFamily(EventRefused):
    """The caller belongs to no family."""

    def __init__(self) -> None:
        super().__init__("No family context in token")


class BadChildId(EventRefused):
    """The childId is no UUID."""

    def __init__(self) -> None:
        super().__init__("Invalid child ID format")


class Unrecognisable(EventRefused):
    """An event of a batch by which a repeated delivery cannot be recognised."""

    def __init__(self) -> None:
        super().__init__("An event of a batch needs a timestamp in eventData, or an eventId")


class BadDate(EventRefused):
    """A date that is none, or a span of days that is too long or ends before it begins."""

    def __init__(self, message: str = "Invalid date format. Use YYYY-MM-DD") -> None:
        super().__init__(message)


class TooManyEvents(ApiError):
    """413: the child has as many events as it may have on a day; they are accepted again after Retry-After."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(413, {"message": "Storage quota exceeded"}, headers={"Retry-After": str(retry_after_s)})


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        super().__init__(403, {"error": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose})


class ChildNotFound(GenericError):
    """The child does not exist or is not the caller's."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "Child not found")


class Failed(ApiError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, {"message": message})
