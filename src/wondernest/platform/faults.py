"""Errors of infrastructure that cannot serve. They share a base class, so that 503 is answered in one place."""

from __future__ import annotations

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
