"""State that all connections of one server share."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wondernest.platform.http.exchange import Exchange
    from wondernest.server.connection import Connection


class ServesExchanges(Protocol):
    """The application, as the server calls it."""

    async def serve(self, exchange: Exchange, /) -> None:
        """Answer one request."""
        ...


class ServerState:
    """The application, the open connections, and whether the server is draining."""

    def __init__(self, application: ServesExchanges, max_connections: int) -> None:
        self.application = application
        self.max_connections = max_connections
        self.connections: set[Connection] = set()
        self.draining = False
        """Whether the server is draining: each reply then closes its connection."""
        self.drain_begun = asyncio.Event()
        """Set with `draining`: endless replies (event streams) wait for it and end."""
        self._second = 0
        self._date = b""

    def begin_drain(self) -> None:
        """From now on each connection is closed after its current reply."""
        self.draining = True
        self.drain_begun.set()

    def date_line(self) -> bytes:
        """The Date header line; formatted once per second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = b"date: %b\r\n" % formatdate(second, usegmt=True).encode()
        return self._date
