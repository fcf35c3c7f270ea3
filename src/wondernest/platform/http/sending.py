"""Sends replies: common headers, CORS, compression, request id."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wondernest.platform.http.compression import MIN_BYTES, accepts_gzip, gzip_off_loop, worth_compressing
from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.http.exchange import close_stream
from wondernest.platform.http.replies import StreamReply
from wondernest.platform.http.request import Reply
from wondernest.platform.http.streaming import gzipped

if TYPE_CHECKING:
    from wondernest.platform.http.cors import CrossOrigin
    from wondernest.platform.http.exchange import Exchange

_SECURITY_FIELDS: Final = b"x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
_NO_STORE: Final = b"cache-control: no-store\r\n"
_VARIES: Final = b"vary: Accept-Encoding\r\n"
_GZIP: Final = b"content-encoding: gzip\r\n"
_FIELDS: Final = b"%bx-request-id: %b\r\n%bcontent-length: %d\r\n"
_STREAM_FIELDS: Final = b"%bx-request-id: %b\r\n%b"
_LINE_BREAKS: Final = b"\r\n"


class Sender:
    """Sends replies, successful ones and errors alike."""

    def __init__(self, cross_origin: CrossOrigin, *, hsts_s: int = 0) -> None:
        self._cross_origin = cross_origin
        self._hsts = b"strict-transport-security: max-age=%d\r\n" % hsts_s if hsts_s else b""

    def options(self, headers: Mapping[bytes, bytes], allow: str | None) -> Reply:
        """The reply to OPTIONS: the CORS headers for a preflight, otherwise the allowed methods."""
        origin = headers.get(b"origin")
        reply_headers: list[tuple[bytes, bytes]] = []
        if origin is not None and b"access-control-request-method" in headers:
            reply_headers = self._cross_origin.preflight(origin)
        elif allow is not None:
            reply_headers = [(b"allow", allow.encode())]
        return Reply(200, b"", "text/plain; charset=utf-8", tuple(reply_headers))

    async def send(self, exchange: Exchange, reply: Reply | StreamReply, request_id: str) -> None:
        """Send the reply; for HEAD only its headers. Raises what `Exchange.stream` raises."""
        content_type = reply.content_type
        more, cacheable, has_origin = self._hsts, content_type != TYPE_JSON, False
        for name, value in reply.headers:
            more += _field(name, value)
            cacheable = cacheable or name == b"cache-control"
            has_origin = has_origin or name == b"access-control-allow-origin"
        if not cacheable:
            more += _NO_STORE
        if isinstance(reply, StreamReply):
            await self._stream(exchange, reply, more, request_id, has_origin=has_origin)
            return
        content = reply.content
        if len(content) >= MIN_BYTES and worth_compressing(len(content), content_type):
            more += _VARIES
            if accepts_gzip(exchange.headers.get(b"accept-encoding")):
                content = await gzip_off_loop(content)
                more += _GZIP
        origin = exchange.headers.get(b"origin")
        if origin is not None and not has_origin:
            more += self._cross_origin_fields(origin)
        fields = _FIELDS % (_first_fields(content_type), request_id.encode(), more, len(content))
        await exchange.send(reply.status, fields, b"" if exchange.method == "HEAD" else content, close=reply.close)

    async def _stream(
        self, exchange: Exchange, reply: StreamReply, more: bytes, request_id: str, *, has_origin: bool
    ) -> None:
        chunks, length, content_type = reply.chunks, reply.length, reply.content_type
        if reply.compressible and worth_compressing(MIN_BYTES if length is None else length, content_type):
            more += _VARIES
            if accepts_gzip(exchange.headers.get(b"accept-encoding")):
                chunks, length = gzipped(chunks), None
                more += _GZIP
        origin = exchange.headers.get(b"origin")
        if origin is not None and not has_origin:
            more += self._cross_origin_fields(origin)
        fields = _STREAM_FIELDS % (_first_fields(content_type), request_id.encode(), more)
        if exchange.method == "HEAD":
            fields += b"" if length is None else b"content-length: %d\r\n" % length
            await exchange.send(reply.status, fields, b"", close=False)
            await close_stream(chunks)
        else:
            await exchange.stream(reply.status, fields, chunks, length=length, endless=reply.endless)

    def _cross_origin_fields(self, origin: bytes) -> bytes:
        return b"".join(_field(name, value) for name, value in self._cross_origin.headers(origin))


@lru_cache(maxsize=64)
def _first_fields(content_type: str) -> bytes:
    return b"content-type: %b\r\n%b" % (content_type.encode(), _SECURITY_FIELDS)


def _field(name: bytes, value: bytes) -> bytes:
    if b"\n" in value or b"\r" in value:  # a value must not begin another header
        value = value.translate(None, _LINE_BREAKS)
    return b"%b: %b\r\n" % (name, value)
