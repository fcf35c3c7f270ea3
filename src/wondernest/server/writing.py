"""Writes the bodies of streamed replies: pieces with back-pressure, and files copied into the socket past the transport."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING

from wondernest.platform.http.exchange import ClientDisconnected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wondernest.platform.http.exchange import CopiedSource


class ReplyWriter:
    """The streamed replies of one connection, one after another."""

    __slots__ = ("_copying", "_loop", "_sent", "_streamed", "_transport", "_writable", "ended", "paused")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.paused = False
        """Whether the write buffer is full."""
        self.ended = False
        """Whether the connection is closed or closing: nothing may be written any more."""
        self._writable: asyncio.Future[None] | None = None
        self._streamed = 0
        """Bytes handed to the transport or to the socket."""
        self._copying = False
        """Whether a file is being copied into the socket, and the socket takes no more."""
        self._sent = 0
        """`_streamed` minus the write buffer at the last check. If it does not change, the client reads nothing."""

    def resume(self) -> bool:
        """The write buffer has space again; whether a piece was waiting for it."""
        self.paused = False
        if self._writable is None:
            return False
        if not self._writable.done():
            self._writable.set_result(None)
        return True

    async def write_piece(self, parts: Sequence[bytes | memoryview], size: int) -> None:
        """Write a piece of a streamed body; returns when the write buffer has space for the next one."""
        if self.ended:
            raise ClientDisconnected
        self._transport.writelines(parts)
        self._streamed += size
        if self.paused:
            self._writable = self._loop.create_future()
            try:
                await self._writable
            finally:
                self._writable = None
        else:
            await asyncio.sleep(0)  # let other tasks run between two pieces, however fast the client reads

    async def copy(self, source: CopiedSource, size: int) -> int:
        """As `Wire.copy`. It writes past the transport, whose buffer must be empty; else, or without a socket, it copies nothing."""
        await asyncio.sleep(0)  # the transport writes the head
        if self.ended:
            raise ClientDisconnected
        its = self._transport.get_extra_info("socket")
        if its is None or self._transport.get_write_buffer_size():
            return 0
        if self._transport.is_closing():  # then the number of its descriptor may soon be another connection's
            raise ClientDisconnected
        copied = 0
        # A copy of the descriptor: the loop allows no other writer on its own.
        with socket.socket(fileno=os.dup(its.fileno())) as sink:
            try:
                while copied < size:
                    count = await source.copy_to(sink.fileno())
                    if self.ended:
                        raise ClientDisconnected
                    if count is None:
                        break
                    if count:
                        copied += count
                        self._streamed += count
                    else:
                        await self._takes_more(sink)
            except BaseException:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)  # a step that is under way has the connection too
                raise
        return copied

    @property
    def waits_for_client(self) -> bool:
        """Whether something written has not left yet."""
        return self._copying or bool(self._transport.get_write_buffer_size())

    def client_read_nothing(self) -> bool:
        """Whether the client has read nothing of its reply since this was last called."""
        sent = self._streamed - self._transport.get_write_buffer_size()
        same = sent == self._sent
        self._sent = sent
        return same

    async def _takes_more(self, sink: socket.socket) -> None:
        """Wait until the socket takes more."""
        writable = self._loop.create_future()
        self._loop.add_writer(sink, lambda: writable.done() or writable.set_result(None))
        self._copying = True
        try:
            await writable
        finally:
            self._copying = False
            self._loop.remove_writer(sink)
