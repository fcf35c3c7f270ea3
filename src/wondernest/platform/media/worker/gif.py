"""GIF: a new file of the blocks that make the frames, bit for bit; comments, texts and unknown extensions are left out."""

from __future__ import annotations

import struct
from typing import IO, Final

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.lzw import stream_bytes
from wondernest.platform.media.worker.pictures import opened, require_size

_TRAILER: Final = 0x3B
_EXTENSION: Final = 0x21
_PICTURE: Final = 0x2C
_CONTROL: Final = 0xF9
_APPLICATION: Final = 0xFF
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_HEAD_BYTES: Final = 13
_MAX_BLOCK_BYTES: Final = 255


class _Reader:
    """Walks over the blocks of a file. Raises IndexError or Refusal at its end."""

    def __init__(self, content: bytes | bytearray, place: int) -> None:
        self._content = content
        self._place = place

    def take(self, size: int) -> bytes:
        piece = bytes(self._content[self._place : self._place + size])
        require(len(piece) == size)
        self._place += size
        return piece

    def table(self, flags: int) -> bytes:
        """A colour table, when the flags announce one."""
        return self.take(3 << ((flags & 7) + 1)) if flags & 0x80 else b""

    def blocks(self) -> list[bytes]:
        """Data in blocks of at most 255 bytes, up to the empty one."""
        found: list[bytes] = []
        while size := self.take(1)[0]:
            found.append(self.take(size))
        return found


def clean(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the frames alone. Every frame is decoded once, as a check."""
    content = read_all(given)
    made, frames = _rebuilt(content)
    width, height = struct.unpack_from("<HH", made, 6)
    require_size(width, height, frames, task)
    picture = opened(made, "GIF", task)
    for number in range(frames):
        picture.seek(number)
        picture.load()
    write_all(written, made)
    return Outcome(width=width, height=height, frames=frames)


def _rebuilt(content: bytearray) -> tuple[bytearray, int]:
    reader = _Reader(content, 0)
    head = reader.take(_HEAD_BYTES)
    require(head.startswith((b"GIF87a", b"GIF89a")))
    made = bytearray(head) + reader.table(head[10])
    control, frames = b"", 0
    while (introducer := reader.take(1)[0]) != _TRAILER:
        if introducer == _PICTURE:
            made += control + b"\x2c" + _frame(reader)
            control, frames = b"", frames + 1
            continue
        require(introducer == _EXTENSION)
        label, blocks = reader.take(1)[0], reader.blocks()
        if label == _CONTROL:
            require(len(blocks) == 1 and len(blocks[0]) == 4)
            control = b"\x21\xf9\x04" + blocks[0] + b"\0"
        elif label == _APPLICATION and blocks and blocks[0] in _LOOPS and not frames:
            loops = next((block[1:3] for block in blocks[1:] if len(block) == 3 and block[0] == 1), None)
            made += b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + loops + b"\0" if loops else b""
    require(frames)
    return made + bytes([_TRAILER]), frames


def _frame(reader: _Reader) -> bytes:
    place = reader.take(9)
    table, depth = reader.table(place[8]), reader.take(1)
    width, height = struct.unpack_from("<HH", place, 4)
    require(width and height and 2 <= depth[0] <= 8)
    packed = b"".join(reader.blocks())
    packed = packed[: stream_bytes(packed, depth[0])]
    blocks = (packed[start : start + _MAX_BLOCK_BYTES] for start in range(0, len(packed), _MAX_BLOCK_BYTES))
    return place + table + depth + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
