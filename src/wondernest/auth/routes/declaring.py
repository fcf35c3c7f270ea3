"""What the declarations of this room share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from wondernest.auth import wire
from wondernest.platform.http.endpoint import V1, V2, Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics

Handler: TypeAlias = Callable[[Request[Any]], Awaitable[Reply]]

MOUNTS: Final = (V1, V2)
"""Kotlin mounts the whole tree twice; both share the limits."""
ALL: Final = ("auth",)
CREDENTIALS: Final = ("credentials", "auth")
TAG: Final = "Accounts"
BAD_REQUEST: Final = Response(wire.Message, "Unreadable body, or rules broken: the reasons in one text")
REFUSED: Final = Response(wire.Refusal, "Refused; `message` says what")
LIMITED: Final = Response(wire.Refusal, "Too many attempts; see Retry-After")


def counted(metrics: AccountMetrics, operation: str, handler: Handler) -> Handler:
    """The handler, its outcomes counted."""
    success, failure = metrics.outcomes(operation)

    async def count(request: Request[Any]) -> Reply:
        try:
            reply = await handler(request)
        except ApiError:
            failure.inc()
            raise
        success.inc()
        return reply

    return count
