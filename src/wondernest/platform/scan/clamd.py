"""clamd, the daemon of ClamAV: its commands PING and INSTREAM, over TCP or a unix socket.

Our own client: the published one reads files, not streams, and knows no unix socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from wondernest.platform.scan.scanner import CLEAN, Infected, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wondernest.platform.outages import Outages
    from wondernest.settings import Scan

CONNECT_TIMEOUT_S: Final = 2.0
PIECE_BYTES: Final = 64 * 1024
MAX_REPLY_BYTES: Final = 4 * 1024
SCANS_AT_ONCE: Final = 4
"""Of one process: clamd has ten threads by default, and keeps further connections waiting."""
MAX_NAME: Final = 100
_END: Final = b"\0"
_CLEAN: Final = b"stream: OK"
_FOUND: Final = re.compile(rb"stream: (.+) FOUND", re.DOTALL)
_TOO_LARGE: Final = b"size limit exceeded"
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]")


class _Fault(Exception):
    """No verdict; the text says why."""


class ClamdScanner:
    """One connection for each scan. `timeout_s`: the limit of each wait, for a free turn, for the socket and for the verdict."""

    active = True

    def __init__(self, settings: Scan, outages: Outages) -> None:
        self._endpoint = settings.endpoint
        self._timeout_s = settings.timeout_s
        self._required = settings.required
        self._outages = outages
        self._turns = asyncio.Semaphore(SCANS_AT_ONCE)

    @property
    def required(self) -> bool:
        """Whether content must be refused while it cannot be scanned."""
        return self._required

    async def scan(self, content: AsyncIterator[bytes]) -> Verdict:
        """The verdict on some content (see `Scanner.scan`)."""
        try:
            return await self._scan(content)
        except _Fault as fault:
            raise self._outages.failed(str(fault)) from None

    async def ping(self) -> str:
        """Empty, or what is wrong with the scanner, in one line."""
        try:
            async with self._connected() as (reader, writer):
                writer.write(b"zPING\0")
                async with _limit(self._timeout_s):
                    reply = await _read_reply(reader)
            if reply != b"PONG":
                raise _Fault("an unknown reply")
        except _Fault as fault:
            return self._outages.failed(str(fault)).reason
        self._outages.answered()
        return ""

    async def _scan(self, content: AsyncIterator[bytes]) -> Verdict:
        async with self._turn(), self._connected() as (reader, writer):
            reply = asyncio.create_task(_read_reply(reader))  # clamd may answer before it has read everything
            try:
                await self._send(writer, content, reply)
                async with _limit(self._timeout_s):
                    verdict = _verdict(await reply)
            finally:
                reply.cancel()
                with contextlib.suppress(asyncio.CancelledError, _Fault):
                    await reply
        self._outages.answered()
        return verdict

    async def _send(
        self, writer: asyncio.StreamWriter, content: AsyncIterator[bytes], reply: asyncio.Task[bytes]
    ) -> None:
        """Send the content until its end or until the scanner answers or hangs up."""
        writer.write(b"zINSTREAM\0")
        async for piece in content:
            view = memoryview(piece)
            for start in range(0, len(view), PIECE_BYTES):
                part = view[start : start + PIECE_BYTES]
                writer.write(len(part).to_bytes(4))
                writer.write(part)
                if not await self._drained(writer) or reply.done():
                    return
        writer.write(bytes(4))
        await self._drained(writer)

    async def _drained(self, writer: asyncio.StreamWriter) -> bool:
        try:
            async with _limit(self._timeout_s):
                await writer.drain()
        except OSError:  # the reply, or its absence, says why
            return False
        return True

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        async with _limit(self._timeout_s, "too many scans are waiting"):
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        to = self._endpoint
        try:
            async with _limit(min(CONNECT_TIMEOUT_S, self._timeout_s)):
                reader, writer = await (
                    asyncio.open_unix_connection(to.path, limit=MAX_REPLY_BYTES)
                    if to.path
                    else asyncio.open_connection(to.host, to.port, limit=MAX_REPLY_BYTES)
                )
        except OSError:
            raise _Fault("no connection") from None
        try:
            yield reader, writer
        finally:
            writer.transport.abort()  # nothing that is still unsent matters now


@asynccontextmanager
async def _limit(timeout_s: float, reason: str = "timed out") -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        raise _Fault(reason) from None


async def _read_reply(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(_END)).removesuffix(_END)
    except asyncio.IncompleteReadError as error:
        raise _Fault("half a reply" if error.partial else "the connection ended without a reply") from None
    except asyncio.LimitOverrunError:
        raise _Fault("an unknown reply") from None
    except OSError:
        raise _Fault("the connection broke") from None


def _verdict(reply: bytes) -> Verdict:
    """Only the two verdicts count: every other reply means that nobody looked at the whole content."""
    if reply == _CLEAN:
        return CLEAN
    if found := _FOUND.fullmatch(reply):
        return Infected(_UNPRINTABLE.sub("?", found[1].decode("latin-1"))[:MAX_NAME])
    raise _Fault("content is larger than StreamMaxLength" if _TOO_LARGE in reply else "an unknown reply")
