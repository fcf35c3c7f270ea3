"""Headers that a request has more than once (RFC 9110 §5.3): lists are joined, other headers that we read are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wondernest.platform.http.exchange import Exchange

SINGLE: Final = frozenset(
    {
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-modified-since",
        b"if-range",
        b"last-event-id",
        b"origin",
        b"range",
        b"x-device-id",
    }
)
"""Headers that we read and that have one value: with two, a proxy and we could act on different ones. `X-Request-ID` is not
among them, because a wrong one is replaced anyway, and `Authorization` is not, because its refusal is 401: two joined values
are no token."""


def repeated(exchange: Exchange, name: bytes, value: bytes) -> None:
    """Add a header that the request already has. One of SINGLE marks the request as refused; others are joined."""
    if name in SINGLE:
        exchange.repeated = name
    else:
        exchange.headers[name] += b", " + value


def add_all(exchange: Exchange, fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Add headers, with lower-case names, in their order."""
    for name, value in fields:
        if name in exchange.headers:
            repeated(exchange, name, value)
        else:
            exchange.headers[name] = value
