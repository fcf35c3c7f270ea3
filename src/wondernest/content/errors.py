"""What can go wrong in the content library, each with its wire form (server contract §0, §1)."""

from __future__ import annotations

from collections.abc import Mapping

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import STEP_UP_MESSAGE, STEP_UP_REQUIRED, ApiError


class ContentError(ApiError):
    """The shape `{"message"}` of this room; with a code and a time where the contract has them."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body = {"message": message} if code is None else {"error": code, "message": message}
        super().__init__(status, body, stamped=code is not None, headers=headers)


class NoFamily(ContentError):
    """The caller belongs to no family."""

    def __init__(self) -> None:
        super().__init__(400, "No family context in token")


class Invalid(ContentError):
    """400: the body cannot be read, or a limit cannot be; takes the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, reason, code="VALIDATION_ERROR")


class ChildNotFound(ContentError):
    """No such child, or one of another family."""

    def __init__(self) -> None:
        super().__init__(404, "Child not found", code="NOT_FOUND")


class ContentNotFound(ContentError):
    """No such item, or one that the family or the child may not be shown."""

    def __init__(self) -> None:
        super().__init__(404, "Content not found", code="NOT_FOUND")


class TooOften(ContentError):
    """429: so much of the child was recorded today that no more is kept."""

    def __init__(self, retry_after_s: int) -> None:
        message = "Too much was recorded for this child today"
        super().__init__(429, message, code="RATE_LIMITED", headers={"Retry-After": str(retry_after_s)})


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        body = {"error": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose}
        super().__init__(403, body, stamped=True)


class NotParent(ContentError):
    """403: the caller is a member of the family, but no parent."""

    def __init__(self) -> None:
        super().__init__(403, "Only a parent can change the filter", code="access_denied")


class StepUpRequired(ContentError):
    """403: the request needs a step-up proof of this session."""

    def __init__(self) -> None:
        super().__init__(403, STEP_UP_MESSAGE, code=STEP_UP_REQUIRED)


class Failed(ContentError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)
