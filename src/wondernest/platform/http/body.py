"""Streamed request bodies: their limits, and how a handler reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import monotonic
from wondernest.platform.http.errors import ApiError, BodyTimeout, PayloadTooLarge

if TYPE_CHECKING:
    from wondernest.platform.http.exchange import Exchange

DEFAULT_TOTAL_S: Final = 600.0
DEFAULT_MIN_BYTES_PER_S: Final = 4 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStream:
    """Declares a body that is a stream of bytes: the handler's `request.body` is a `BodyStream`."""

    max_bytes: int
    total_s: float = DEFAULT_TOTAL_S
    """How long the client may take in total. The handler's own time does not count."""
    min_bytes_per_s: int = DEFAULT_MIN_BYTES_PER_S
    """The minimum average rate. It applies once the client has taken longer than `BODY_TIMEOUT_S`."""
    media: str = "application/octet-stream"
    """For the OpenAPI document only: the request's Content-Type is not checked."""
    too_large: Callable[[], ApiError] = PayloadTooLarge
    too_slow: Callable[[], ApiError] = BodyTimeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart(RawStream):
    """Declares a multipart/form-data body: the handler's `request.body` is a `PartStream`."""

    media: str = "multipart/form-data"
    max_parts: int = 20
    max_header_bytes: int = 4 * 1024
    """Limit of one header of a part; a part may have eight headers."""
    max_field_bytes: int = 64 * 1024
    """Limit of `Part.text` and `Part.content`."""
    fields: tuple[str, ...] = ()
    """For the OpenAPI document: names of the text parts."""
    files: tuple[str, ...] = ()
    """For the OpenAPI document: names of the file parts."""


class BodyStream:
    """The pieces of a body as they arrive. With back-pressure: only what is consumed is read from the client.

    Raises the declaration's `too_large` and `too_slow`, and ClientDisconnected.
    """

    __slots__ = ("_exchange", "_idle_s", "_kind", "_limit", "_received", "_waited_s")

    def __init__(self, exchange: Exchange, kind: RawStream, *, idle_s: float, limit: int) -> None:
        """idle_s: the idle timeout; limit: bytes; the smaller of it and the declaration's `max_bytes` applies."""
        self._exchange = exchange
        self._kind = kind
        self._idle_s = idle_s
        self._limit = min(limit, kind.max_bytes)
        self._received = 0
        self._waited_s = 0.0

    def __aiter__(self) -> BodyStream:
        return self

    async def __anext__(self) -> bytes:
        piece = await self.receive()
        if not piece:
            raise StopAsyncIteration
        return piece

    async def receive(self) -> bytes:
        """The next piece, empty at the end."""
        began = monotonic()
        try:
            async with asyncio.timeout(self._timeout_s()):
                piece = await self._exchange.receive(self._limit)
        except TimeoutError:
            raise _closing(self._kind.too_slow()) from None
        except PayloadTooLarge:
            raise _closing(self._kind.too_large()) from None
        self._waited_s += monotonic() - began
        self._received += len(piece)
        return piece

    def _timeout_s(self) -> float:
        """How long to wait for the next piece. The more the client has sent, the more time it has."""
        allowed_s = self._idle_s + self._received / self._kind.min_bytes_per_s
        return max(0.0, min(self._idle_s, min(allowed_s, self._kind.total_s) - self._waited_s))


def _closing(error: ApiError) -> ApiError:
    """Close the connection with this error, because the body was not read completely."""
    error.closes = True
    return error
