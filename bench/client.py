"""A small HTTP/1.1 client with keep-alive, for scenarios whose requests depend on earlier answers (logins, days)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from httptools import HttpParserError, HttpResponseParser

TIMEOUT_S = 15.0


@dataclass(slots=True)
class Answer:
    """A response; header names in lower case."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict["bytes", "bytes"])
    body: bytes = b""


class Client:
    """One connection, one request at a time; opened when needed and reopened after a loss."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._wire: _Wire | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    async def ask(self, request: bytes, timeout_s: float = TIMEOUT_S) -> Answer:
        """The answer; raises OSError (a time-out is one)."""
        try:
            async with asyncio.timeout(timeout_s):
                if self._wire is None or self._wire.closed:
                    loop = asyncio.get_running_loop()
                    _, self._wire = await loop.create_connection(_Wire, self._host, self._port)
                return await self._wire.ask(request)
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class _Wire(asyncio.Protocol):
    """One open connection."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._pieces: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._parser = HttpResponseParser(self)
        self._answer, self._pieces = Answer(), []
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._fail(ConnectionError(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionResetError("closed by the server"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        self._answer.body = b"".join(self._pieces)
        if not self._parser.should_keep_alive():
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._answer)

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
