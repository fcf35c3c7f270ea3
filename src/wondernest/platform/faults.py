"""What infrastructure raises when it cannot serve: one family, so that the edge answers 503 in one place."""

from __future__ import annotations

RETRY_AFTER_S = 2
"""What a client is told to wait after a 503."""


class DependencyUnavailable(Exception):
    """A dependency is down, too slow, or its queue is full; nothing was acknowledged."""

    def __init__(self, dependency: str, reason: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(f"{dependency}: {reason}")
        self.dependency = dependency
        self.reason = reason
        self.retry_after_s = retry_after_s


MAX_ATTEMPTS = 5
"""How often work that was overtaken is run before it is given up."""


class Overtaken(DependencyUnavailable):
    """The database undid the work in favour of somebody else's (a deadlock); run again, it will very likely succeed."""


class Held(DependencyUnavailable):
    """Somebody else holds the rows this work needs, for longer than it may wait; the dependency itself is well."""
