"""Puts a reply on the wire: standing headers, CORS, compression, request id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.http.compression import accepts_gzip, gzip_off_loop, worth_compressing
from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.http.request import Reply

if TYPE_CHECKING:
    from wondernest.platform.http.cors import CrossOrigin

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_STANDING: Final = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_NO_STORE: Final = (b"cache-control", b"no-store")


class Sender:
    """Sends replies, the same way for success and refusal."""

    def __init__(self, cross_origin: CrossOrigin) -> None:
        self._cross_origin = cross_origin

    def options(self, headers: Mapping[bytes, bytes], allow: str | None) -> Reply:
        """The answer to OPTIONS: a preflight where the browser asks one, the allowed methods otherwise."""
        origin = headers.get(b"origin")
        reply_headers: list[tuple[bytes, bytes]] = []
        if origin is not None and b"access-control-request-method" in headers:
            reply_headers = self._cross_origin.preflight(origin)
        elif allow is not None:
            reply_headers = [(b"allow", allow.encode())]
        return Reply(200, b"", "text/plain; charset=utf-8", tuple(reply_headers))

    async def send(
        self, send: Send, reply: Reply, headers: Mapping[bytes, bytes], request_id: str, *, head: bool
    ) -> None:
        """The whole reply in two messages."""
        content = reply.content
        content_type = reply.content_type
        out = [
            (b"content-type", content_type.encode()),
            (b"x-request-id", request_id.encode()),
            *_STANDING,
            *reply.headers,
        ]
        if content_type == TYPE_JSON and not any(name == b"cache-control" for name, _ in reply.headers):
            out.append(_NO_STORE)
        if worth_compressing(len(content), content_type):
            out.append((b"vary", b"Accept-Encoding"))
            if accepts_gzip(headers.get(b"accept-encoding")):
                content = await gzip_off_loop(content)
                out.append((b"content-encoding", b"gzip"))
        origin = headers.get(b"origin")
        if origin is not None and not any(name == b"access-control-allow-origin" for name, _ in reply.headers):
            out.extend(self._cross_origin.headers(origin))
        out.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": out})
        await send({"type": "http.response.body", "body": b"" if head else content})
