"""What can go wrong with stories, each with its wire form (games contract §5)."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import ApiError, GenericError

NO_TEMPLATE: Final = "Story template not found"
NO_INSTANCE: Final = "Story instance not found"


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        body = {"error": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose}
        super().__init__(403, body, stamped=True)


class ChildRequired(ApiError):
    """The query names no child, or none that can exist: plain text."""

    def __init__(self) -> None:
        super().__init__(400, "Missing or invalid childId parameter")


class InvalidChildId(ApiError):
    """The path's child id is no UUID: plain text."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "Invalid child ID")


class InvalidTemplateId(ApiError):
    """The path's template id is no UUID: plain text."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "Invalid template ID")


class InvalidInstanceId(ApiError):
    """The path's instance id is no UUID: plain text."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "Invalid instance ID")


class InvalidBody(ApiError):
    """The body cannot be read: plain text, without a reason."""

    def __init__(self, reason: str) -> None:
        del reason  # the wire has none
        super().__init__(400, "Invalid request body")


class Refused(ApiError):
    """400 in the form of a result: what was asked is not possible."""

    def __init__(self, message: str) -> None:
        super().__init__(400, {"success": False, "message": message, "data": None})


class NotFound(GenericError):
    """404 with the route's own message; also for what belongs to another family, or may not be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(404, "NOT_FOUND", message)


class ChildNotFound(NotFound):
    """The child does not exist or is not the caller's."""

    def __init__(self) -> None:
        super().__init__("Child not found")


class Failed(ApiError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, {"error": message})
