"""What can go wrong, each with its wire form."""

from __future__ import annotations

from wondernest.platform.http.errors import STEP_UP_MESSAGE, STEP_UP_REQUIRED, ApiError


class PrivacyError(ApiError):
    """The shape `{"error","message"}` of this room."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"error": code, "message": message})


class InvalidChildId(PrivacyError):
    """The child's id is no UUID."""

    def __init__(self, _: str = "") -> None:
        super().__init__(400, "validation_error", "Invalid child ID")


class ChildNotFound(PrivacyError):
    """No child of the caller's family has this id."""

    def __init__(self) -> None:
        super().__init__(404, "child_not_found", "Child not found")


class NoFamily(PrivacyError):
    """The caller belongs to no family."""

    def __init__(self) -> None:
        super().__init__(404, "family_not_found", "Family not found")


class Begun(PrivacyError):
    """The erasure has begun, so it cannot be taken back."""

    def __init__(self) -> None:
        super().__init__(409, "erasure_begun", "The erasure has begun and cannot be taken back")


class PartOfLarger(PrivacyError):
    """The child is to be erased with its family or with an account: that is what has to be taken back."""

    def __init__(self) -> None:
        super().__init__(409, "part_of_larger_erasure", "Restore the family or the account, not the child alone")


class ExportNotFound(PrivacyError):
    """No such export, or one that is not ready, expired, or whose link was used."""

    def __init__(self) -> None:
        super().__init__(404, "export_not_found", "Export not found")


class TooManyExports(ApiError):
    """The caller asked for too many exports."""

    def __init__(self, retry_after_s: int) -> None:
        body = {"error": "too_many_exports", "message": "Too many exports were asked for today"}
        super().__init__(429, body, headers={"Retry-After": str(retry_after_s)})


class InvalidPlace(PrivacyError):
    """`after` is no place that a page gave."""

    def __init__(self) -> None:
        super().__init__(400, "validation_error", "Invalid place in the list")


class InvalidExportId(PrivacyError):
    """The export's id is no UUID."""

    def __init__(self, _: str = "") -> None:
        super().__init__(400, "validation_error", "Invalid export ID")


class NotParent(PrivacyError):
    """The caller is a member of the family, but no parent."""

    def __init__(self) -> None:
        super().__init__(403, "access_denied", "Only a parent can do this")


class StepUpRequired(PrivacyError):
    """The request carries no valid step-up proof."""

    def __init__(self) -> None:
        super().__init__(403, STEP_UP_REQUIRED, STEP_UP_MESSAGE)


class Failed(PrivacyError):
    """An unexpected error."""

    def __init__(self, message: str) -> None:
        super().__init__(500, "internal_error", message)
