"""Errors of infrastructure that cannot serve, with a base class, so that 503 is answered in one place; and refused callers."""

from __future__ import annotations

from enum import Enum

RETRY_AFTER_S = 2
"""The Retry-After of a 503."""


class DependencyUnavailable(Exception):
    """A dependency is down, too slow, or its queue is full. The caller must not report success."""

    def __init__(self, dependency: str, reason: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(f"{dependency}: {reason}")
        self.dependency = dependency
        self.reason = reason
        self.retry_after_s = retry_after_s


MAX_ATTEMPTS = 5
"""How often work is run in total when it ends in TransactionConflict."""


class TransactionConflict(DependencyUnavailable):
    """The database rolled the transaction back because of another one (a deadlock). A retry very likely succeeds."""


class Held(DependencyUnavailable):
    """The rows are locked by another transaction for longer than this work may wait; the database itself is healthy."""


class Refusal(Enum):
    """Why a caller with a valid token is refused. The value is the SQLSTATE with which a statement says so."""

    ACCOUNT = "WN401"
    """The account is deactivated."""
    AUTHORITY = "WN403"
    """The caller's role does not allow it."""
    PROOF = "WN428"
    """The request needs a step-up proof of this session."""
    PURPOSE = "WN451"
    """Data of a person would be collected or used for a purpose that nobody permitted."""


REFUSALS = {refusal.value: refusal for refusal in Refusal}


class CallerRefused(Exception):
    """The caller may not do this. Raised by access checks, and for a statement that ended with the SQLSTATE of a refusal."""

    def __init__(self, why: Refusal, purpose: str = "", about: str = "") -> None:
        super().__init__(why.name)
        self.why = why
        self.purpose = purpose
        """Of a PURPOSE: which one."""
        self.about = about
        """Of a PURPOSE: the id of the person that the data is about."""
