"""What can go wrong with games, each with its wire form (games contract §1)."""

from __future__ import annotations

from typing import Any, Final

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import ApiError, GenericError

CONFLICT: Final = "The save is not in the state this write expects"
QUOTA_EXCEEDED: Final = "STORAGE_QUOTA_EXCEEDED"
QUOTA_TEXT: Final = "Storage quota exceeded"


class InvalidChildId(ApiError):
    """The path's child id is no UUID: plain text on these routes."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "Invalid child ID format")


class InvalidBody(ApiError):
    """The body cannot be read or stored: plain text with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"Invalid request body: {reason}")


class KeyRequired(ApiError):
    """Game type or data key is empty."""

    def __init__(self) -> None:
        super().__init__(400, "Game type and data key are required")


class NotFound(GenericError):
    """404 with the route's own message; also for a child of another family."""

    def __init__(self, message: str) -> None:
        super().__init__(404, "NOT_FOUND", message)


class ChildNotFound(NotFound):
    """The child does not exist or is not the caller's."""

    def __init__(self) -> None:
        super().__init__("Child not found")


class SaveNotFound(NotFound):
    """No such save of a child of the caller's."""

    def __init__(self) -> None:
        super().__init__("Game data not found")


class VersionNotFound(NotFound):
    """No such kept version of a child of the caller's."""

    def __init__(self) -> None:
        super().__init__("Game data version not found")


class VersionConflict(ApiError):
    """409: the precondition of the write failed; holds the metadata of both states."""

    def __init__(self, current: dict[str, Any] | None, yours: dict[str, Any]) -> None:
        body = {"error": "VERSION_CONFLICT", "message": CONFLICT, "current": current, "yours": yours}
        super().__init__(409, body, stamped=True)


class QuotaExceeded(GenericError):
    """413: the child has too many saves, or the family's saves are too large."""

    def __init__(self) -> None:
        super().__init__(413, QUOTA_EXCEEDED, QUOTA_TEXT)


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        body = {"error": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose}
        super().__init__(403, body, stamped=True)


class Failed(ApiError):
    """A server error, with the route's own message: plain text."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)
