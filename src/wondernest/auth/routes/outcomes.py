"""Counts the outcomes of the account routes by operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Protocol, TypeVar

from wondernest.auth.metrics import AccountMetrics, Operation
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.request import Reply, Request

Body = TypeVar("Body")


class Counting(Protocol):
    """A class whose handlers are counted."""

    metrics: AccountMetrics


Routes = TypeVar("Routes", bound=Counting)


def counted(
    operation: Operation,
) -> Callable[
    [Callable[[Routes, Request[Body]], Awaitable[Reply]]], Callable[[Routes, Request[Body]], Awaitable[Reply]]
]:
    """Count a handler's replies and refusals. Server errors are only counted by status, as on every route."""

    def decorate(
        handler: Callable[[Routes, Request[Body]], Awaitable[Reply]],
    ) -> Callable[[Routes, Request[Body]], Awaitable[Reply]]:
        @wraps(handler)
        async def count(self: Routes, request: Request[Body]) -> Reply:
            try:
                reply = await handler(self, request)
            except ApiError:
                self.metrics.failed(operation)
                raise
            self.metrics.succeeded(operation)
            return reply

        return count

    return decorate
