"""What can go wrong in a family, each with its wire form (auth contract §1.3, §3)."""

from __future__ import annotations

from wondernest.platform.http.errors import STEP_UP_MESSAGE, STEP_UP_REQUIRED, ApiError


class FamilyError(ApiError):
    """The shape `{"error","message"}` of this room; a 404 holds a timestamp as well."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"error": code, "message": message}, stamped=status == 404)


class ValidationFailed(FamilyError):
    """A rule was broken."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "validation_error", message)


class TooManyChildren(ValidationFailed):
    """The family has as many children as it may have; `with_archived`: archived ones included."""

    def __init__(self, most: int, with_archived: int) -> None:
        super().__init__(f"A family can have at most {most} children, or {with_archived} together with archived ones")


class InvalidJson(ValidationFailed):
    """The body cannot be read."""

    def __init__(self, reason: str) -> None:
        del reason  # the wire format has no reason here
        super().__init__("Invalid JSON format")


class NoFamily(FamilyError):
    """The caller belongs to no family."""

    def __init__(self) -> None:
        super().__init__(400, "auth_error", "No family context in token")


class InvalidFamilyId(FamilyError):
    """The `familyId` of the token is no UUID."""

    def __init__(self, claim: str) -> None:
        super().__init__(400, "invalid_family_id", f"Invalid UUID string: {claim}")


class FamilyNotFound(FamilyError):
    """The family does not exist."""

    def __init__(self) -> None:
        super().__init__(404, "family_not_found", "Family not found")


class InvalidChildId(FamilyError):
    """The child's id is no UUID."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "invalid_child_id", "Invalid child ID format")


class NoUuid(ValidationFailed):
    """As InvalidChildId, on the route that changes a child."""

    def __init__(self, text: str) -> None:
        super().__init__(f"Invalid UUID string: {text}")


class ChildNotFound(FamilyError):
    """No such child, or an archived one."""

    def __init__(self) -> None:
        super().__init__(404, "child_not_found", "Child profile not found")


class ForeignChild(FamilyError):
    """The child belongs to another family."""

    def __init__(self) -> None:
        super().__init__(403, "access_denied", "Child does not belong to your family")


class NotParent(FamilyError):
    """The caller is a member of the family, but no parent."""

    def __init__(self) -> None:
        super().__init__(403, "access_denied", "Only a parent can change the family")


class StepUpRequired(FamilyError):
    """The request needs a step-up proof of this session."""

    def __init__(self) -> None:
        super().__init__(403, STEP_UP_REQUIRED, STEP_UP_MESSAGE)


class Failed(FamilyError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, "server_error", message)
