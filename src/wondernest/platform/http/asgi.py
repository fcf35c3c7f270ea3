"""Adapts the application to ASGI servers, and to tests in process. Our own server does not use ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from wondernest.platform.http.errors import BodyTimeout, PayloadTooLarge
from wondernest.platform.http.exchange import BrokenStream, ClientDisconnected, Exchange, close_stream
from wondernest.platform.http.fields import add_all

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiExchange(Exchange):
    """An exchange over ASGI messages."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, drain_begun: asyncio.Event) -> None:
        self.method = scope["method"]
        self.path = _path(scope)
        self.query = scope["query_string"]
        self.headers = {}
        add_all(self, scope["headers"])
        client = scope.get("client")
        self.peer = client[0] if client else None
        self._receive = receive
        self._send = send
        self._drain_begun = drain_begun
        self._received = 0
        self._complete = False

    async def read(self, limit: int, timeout_s: float) -> bytes:
        """As Exchange.read."""
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(timeout_s):
                while not self._complete:
                    chunks.append(await self.receive(limit))
        except TimeoutError:
            raise BodyTimeout from None
        return b"".join(chunks)

    async def receive(self, limit: int) -> bytes:
        """As Exchange.receive. Empty pieces, which ASGI allows before the end, are skipped."""
        declared = self.headers.get(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise PayloadTooLarge
        piece = b""
        while not piece and not self._complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            piece = message.get("body", b"")
            self._complete = not message.get("more_body", False)
            self._received += len(piece)
        if self._received > limit:
            raise PayloadTooLarge
        return piece

    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Send the reply in two messages. The server closes the connection if the header says so."""
        await self._start(status, fields, close=close)
        await self._send({"type": "http.response.body", "body": content})

    async def stream(
        self, status: int, fields: bytes, chunks: AsyncIterator[bytes], *, length: int | None, endless: bool
    ) -> None:
        """As Exchange.stream. Framing and back-pressure are the server's task; it also reports a disconnect."""
        del endless
        task = asyncio.current_task()
        assert task is not None
        others = task.cancelling()
        watching = asyncio.create_task(self._cancel_on_disconnect(task))
        try:
            if length is not None:
                fields += b"content-length: %d\r\n" % length
            await self._start(status, fields, close=False)
            missing = length
            async for chunk in chunks:
                if missing is not None:
                    missing -= len(chunk)
                    if missing < 0:
                        raise BrokenStream("more bytes than announced")
                await self._write({"type": "http.response.body", "body": chunk, "more_body": True})
            if missing:
                raise BrokenStream(f"{missing} bytes of {length} are missing")
            watching.cancel()  # after the last message the server may report a disconnect, which is no error then
            await self._write({"type": "http.response.body", "body": b""})
        except asyncio.CancelledError:
            if watching.done() and not watching.cancelled() and task.uncancel() <= others:
                raise ClientDisconnected from None
            raise
        finally:
            watching.cancel()
            await close_stream(chunks)

    @property
    def drain_begun(self) -> asyncio.Event:
        """As Exchange.drain_begun. ASGI has no such event; this one is set when the application stops."""
        return self._drain_begun

    def abort(self) -> None:
        """Raise, so that the ASGI server closes the connection."""
        raise RuntimeError("no reply can be given")

    async def _start(self, status: int, fields: bytes, *, close: bool) -> None:
        lines = [line.partition(b": ") for line in fields.split(b"\r\n") if line]
        headers = [(name, value) for name, _, value in lines]
        if close:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _write(self, message: MutableMapping[str, Any]) -> None:
        try:
            await self._send(message)
        except OSError:  # servers raise this after a disconnect
            raise ClientDisconnected from None

    async def _cancel_on_disconnect(self, task: asyncio.Task[Any]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        task.cancel()


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return scope["path"]
    return raw.partition(b"?")[0].decode("utf-8", "replace")
