"""Reads a request's body in the form that its endpoint declares."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.http import errors
from wondernest.platform.http.body import BodyStream, Multipart, RawStream
from wondernest.platform.http.decoding import BadBody, BodyDecoder
from wondernest.platform.http.parts import PartStream
from wondernest.platform.large_work import Steps, at_once

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.exchange import Exchange

_PLAIN: Final = frozenset({b"", b"identity"})


def refuse_coded(codings: bytes | None) -> None:
    """Raises UnsupportedCoding for a Content-Encoding other than identity (server contract §5.4)."""
    if codings is not None and any(coding.strip().lower() not in _PLAIN for coding in codings.split(b",")):
        raise errors.UnsupportedCoding


async def whole_body(exchange: Exchange, limit: int, timeout_s: float) -> bytes:
    """The whole body. Most bodies have already arrived with the head."""
    raw = exchange.body
    if raw is None:
        return await exchange.read(limit, timeout_s)
    if len(raw) > limit:
        raise errors.PayloadTooLarge
    return raw


def decoded(endpoint: Endpoint, decoder: BodyDecoder, raw: bytes) -> Any:
    """The decoded small body; raises the endpoint's `bad_body`."""
    if raw:
        with contextlib.suppress(BadBody):
            return decoder.decode(raw)
    return at_once(decoding(endpoint, decoder, raw))


def decoding(endpoint: Endpoint, decoder: BodyDecoder, raw: bytes) -> Steps[Any]:
    """The decoded body, in steps; raises the endpoint's `bad_body`."""
    if endpoint.body_optional and not raw.strip():
        raw = b"{}"
    try:
        return (yield from decoder.steps(raw))
    except BadBody as error:
        if endpoint.repair_body is not None:
            with contextlib.suppress(BadBody):
                return (yield from decoder.steps(endpoint.repair_body(raw)))
        raise endpoint.bad_body(str(error)) from None


def streamed_body(
    exchange: Exchange, endpoint: Endpoint, kind: RawStream, limit: int, idle_s: float
) -> BodyStream | PartStream:
    """A body that the handler reads; raises the endpoint's `bad_body`."""
    body = BodyStream(exchange, kind, idle_s=idle_s, limit=limit)
    if not isinstance(kind, Multipart):
        return body
    content_type = exchange.headers.get(b"content-type", b"").decode("latin-1")
    return PartStream(body, kind, content_type, endpoint.bad_body)
