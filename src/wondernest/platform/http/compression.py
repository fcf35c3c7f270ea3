"""gzip of text replies; large ones are compressed in a thread."""

from __future__ import annotations

import asyncio
import zlib

MIN_BYTES = 500
"""Below this a gzip header costs more than it gains (server contract §5.4)."""
THREAD_BYTES = 64 * 1024
"""From this size on compression in the event loop would block the other requests too long."""
LEVEL = 1
"""Level 1 compresses typical documents to a fifth, in a third of the time of level 6."""
GZIP_WINDOW = 31
_TEXTUAL = ("application/json", "text/", "application/yaml", "application/javascript", "image/svg+xml")


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether the client accepts gzip (`gzip;q=0` means that it does not)."""
    if not accept_encoding:
        return False
    for part in accept_encoding.lower().split(b","):
        name, _, weight = part.partition(b";")
        if name.strip() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def worth_compressing(size: int, content_type: str) -> bool:
    """Whether a reply of this size and type is compressed."""
    return size >= MIN_BYTES and content_type.startswith(_TEXTUAL)


def gzip(content: bytes) -> bytes:
    """The content as a gzip member."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_WINDOW)
    return packer.compress(content) + packer.flush()


async def gzip_off_loop(content: bytes) -> bytes:
    """As `gzip`, in a thread when the content is large."""
    return gzip(content) if len(content) < THREAD_BYTES else await asyncio.to_thread(gzip, content)
