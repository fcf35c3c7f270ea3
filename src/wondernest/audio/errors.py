"""What can go wrong with a session, each with its wire form (games contract §7)."""

from __future__ import annotations

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import ApiError, GenericError


class Refused(ApiError):
    """400 with the reason as `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(400, {"message": message})


class Unreadable(Refused):
    """The body cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid JSON format: {reason}")


class SessionIncomplete(Refused):
    """A blank childId or sessionType."""

    def __init__(self) -> None:
        super().__init__("Child ID and session type are required")


class MetricsIncomplete(Refused):
    """A blank sessionId or childId."""

    def __init__(self) -> None:
        super().__init__("Session ID and child ID are required")


class BadChildId(Refused):
    """The childId is no UUID."""

    def __init__(self) -> None:
        super().__init__("Invalid child ID format")


class BadMetrics(Refused):
    """A number out of its range."""

    def __init__(self) -> None:
        super().__init__("Invalid metrics")


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        super().__init__(403, {"error": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose})


class ChildNotFound(GenericError):
    """The child does not exist or is not the caller's."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "Child not found")


class SessionNotFound(GenericError):
    """The session does not exist, or its child is not the caller's."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "Audio session not found")


class TooMany(ApiError):
    """413: the child has as many sessions, or the session as many metrics, as it may have."""

    def __init__(self) -> None:
        super().__init__(413, {"message": "Storage quota exceeded"})


class Failed(ApiError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, {"message": message})
