"""What can go wrong with consent, each with its wire form (auth contract §1.4, §4)."""

from __future__ import annotations

from collections.abc import Mapping

from wondernest.platform.http.errors import STEP_UP_MESSAGE, STEP_UP_REQUIRED, ApiError


class ConsentError(ApiError):
    """The shape `{"message","warning"}` of this room; refusals that the contract does not know have a code as well."""

    def __init__(
        self,
        status: int,
        message: str,
        warning: str | None = None,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body = {"message": message, "warning": warning}
        super().__init__(status, body if code is None else {"error": code, **body}, headers=headers)


class InvalidJson(ConsentError):
    """The body cannot be read."""

    def __init__(self, reason: str) -> None:
        del reason  # the wire format has no reason here
        super().__init__(400, "Invalid JSON format")


class Incomplete(ConsentError):
    """The child or the consent type is blank."""

    def __init__(self) -> None:
        super().__init__(400, "Child ID and consent type are required")


class TypeTooLong(ConsentError):
    """The consent type is longer than its column."""

    def __init__(self, max_chars: int) -> None:
        super().__init__(400, f"Consent type must not exceed {max_chars} characters")


class TooManyPermissions(ConsentError):
    """There are more permissions than are stored, or the name of one is too long."""

    def __init__(self, most: int, max_chars: int) -> None:
        super().__init__(400, f"There must not be more than {most} permissions with names of {max_chars} characters")


class TooOften(ConsentError):
    """429: the consent of this child was granted or changed too often within a day; withdrawing it is always possible."""

    def __init__(self, retry_after_s: int) -> None:
        warning = "Consent can still be revoked"
        super().__init__(
            429, "Consent was changed too often today", warning, headers={"Retry-After": str(retry_after_s)}
        )


class NoFamily(ConsentError):
    """The caller belongs to no family."""

    def __init__(self) -> None:
        super().__init__(400, "No family context in token")


class ForeignChild(ConsentError):
    """The child belongs to another family."""

    def __init__(self) -> None:
        super().__init__(403, "Child does not belong to your family")


class ChildNotFound(ConsentError):
    """No such child."""

    def __init__(self) -> None:
        super().__init__(404, "Child profile not found")


class NoOpenConsent(ConsentError):
    """There is no consent that could be changed."""

    def __init__(self) -> None:
        super().__init__(404, "No open consent for this child")


class NotParent(ConsentError):
    """The caller is a member of the family, but no parent."""

    def __init__(self) -> None:
        super().__init__(403, "Only a parent can give, change or revoke consent", code="access_denied")


class StepUpRequired(ConsentError):
    """The request needs a step-up proof of this session."""

    def __init__(self) -> None:
        super().__init__(403, STEP_UP_MESSAGE, code=STEP_UP_REQUIRED)


class Failed(ConsentError):
    """A server error, with the route's own message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)


class NothingOffered(ConsentError):
    """503: this installation offers no method by which a parent could confirm a consent."""

    def __init__(self) -> None:
        super().__init__(503, "Consent cannot be confirmed here", "No method of verification is set up")


class ReportsOff(ConsentError):
    """404: no verifier is set up."""

    def __init__(self) -> None:
        super().__init__(404, "No verifier reports here")


class BadReportSignature(ConsentError):
    """403: the report is not from the verifier, or too old."""

    def __init__(self) -> None:
        super().__init__(403, "The signature is wrong or too old")


class BadReport(ConsentError):
    """400: a signed report that cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"Not a report: {reason}")


class NoSuchNotice(ConsentError):
    """404: no notice of this version, or none in this language."""

    def __init__(self) -> None:
        super().__init__(404, "No such notice")
