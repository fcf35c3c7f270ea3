"""RIFF, the container of WebP and WAV: chunks of a name, a size and content, padded to even sizes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from wondernest.platform.media.worker.faults import require

HEAD_BYTES = 12


def chunks(
    content: bytes | bytearray, start: int, end: int, *, tolerant: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """The chunks between two places. `tolerant`: the last one may announce more than there is, as recorders leave it."""
    place = start
    while place + 8 <= end:
        name, size = struct.unpack_from("<4sI", content, place)
        body = bytes(content[place + 8 : min(place + 8 + size, end)])
        require(len(body) == size or tolerant)
        yield name, body
        place += 8 + size + (size & 1)


def packed(name: bytes, body: bytes) -> bytes:
    """A chunk as it is stored."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def riff(form: bytes, body: bytes) -> bytes:
    """A whole file."""
    return packed(b"RIFF", form + body)
