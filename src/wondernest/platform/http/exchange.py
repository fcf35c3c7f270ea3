"""One request on the wire and the way back for its reply: what a server hands to the application."""

from __future__ import annotations

from abc import ABC, abstractmethod


class ClientDisconnected(Exception):
    """The client went away before its body was complete; nobody is left to answer."""


class Exchange(ABC):
    """A request whose head has arrived. Servers fill it in; the application reads it and sends one reply."""

    method = ""
    path = ""
    """Still percent-encoded, without the query."""
    query = b""
    headers: dict[bytes, bytes]
    """By lower-case name; of a repeated header the last one."""
    peer: str | None = None
    """The address at the other end of the connection."""
    body: bytes | None = None
    """The whole body where it has arrived already; None: `read` waits for it."""

    @abstractmethod
    async def read(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; never holds much beyond `limit`."""

    @abstractmethod
    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """The reply. fields: header lines, each with its CR LF; close: whether the connection ends with it."""

    @abstractmethod
    def abort(self) -> None:
        """Break the connection off: no reply can be given."""
