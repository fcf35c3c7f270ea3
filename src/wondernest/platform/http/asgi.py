"""The application behind any ASGI server, and in process for the tests. Our own server speaks to it directly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wondernest.platform.http.body import Receive, read_body
from wondernest.platform.http.exchange import Exchange

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiExchange(Exchange):
    """An exchange over ASGI's messages."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method = scope["method"]
        self.path = _path(scope)
        self.query = scope["query_string"]
        self.headers = dict(scope["headers"])
        client = scope.get("client")
        self.peer = client[0] if client else None
        self._receive = receive
        self._send = send

    async def read(self, limit: int, timeout_s: float) -> bytes:
        """As `read_body`."""
        return await read_body(self._receive, self.headers.get(b"content-length"), limit, timeout_s)

    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """The whole reply in two messages; the server closes the connection where the header says so."""
        lines = [line.partition(b": ") for line in fields.split(b"\r\n") if line]
        headers = [(name, value) for name, _, value in lines]
        if close:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": content})

    def abort(self) -> None:
        """What ASGI servers make of an application that fails."""
        raise RuntimeError("no reply can be given")


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return scope["path"]
    return raw.partition(b"?")[0].decode("utf-8", "replace")
