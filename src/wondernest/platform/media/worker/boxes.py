"""Boxes of the ISO base media file format (ISO/IEC 14496-12): walking over them, and blanking them in place."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from wondernest.platform.media.worker.faults import require

FREE: Final = b"free"
_WIDE_SIZE: Final = 1
_TO_THE_END: Final = 0


class Box(Struct, frozen=True):
    """A box: its name, where it starts, where its content starts, and where it ends."""

    name: bytes
    start: int
    body: int
    end: int


def boxes(content: bytearray, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places. Refuses one that is larger than what contains it, and what is left over."""
    place = start
    while place < end:
        require(end - place >= 8)
        size, name = struct.unpack_from(">I4s", content, place)
        body = place + 8
        if size == _WIDE_SIZE:
            require(end - place >= 16)
            (size,) = struct.unpack_from(">Q", content, body)
            body += 8
        elif size == _TO_THE_END:
            size = end - place
        require(body - place <= size <= end - place)
        yield Box(name, place, body, place + size)
        place += size


def blank(content: bytearray, box: Box) -> None:
    """Make the box free space of the same size, filled with zeros: nothing behind it moves."""
    content[box.start + 4 : box.start + 8] = FREE
    zero(content, box.body, box.end)


def zero(content: bytearray, start: int, end: int) -> None:
    """Overwrite with zeros."""
    content[start:end] = bytes(end - start)


def keep(content: bytearray, outer: Box, names: frozenset[bytes]) -> dict[bytes, list[Box]]:
    """Blank every box in `outer` that is not named; returns the others by name."""
    found: dict[bytes, list[Box]] = {}
    for box in boxes(content, outer.body, outer.end):
        if box.name in names:
            found.setdefault(box.name, []).append(box)
        else:
            blank(content, box)
    return found


def one(found: dict[bytes, list[Box]], name: bytes) -> Box:
    """The only box of a name; refuses none and several."""
    matches = found.get(name, [])
    require(len(matches) == 1)
    return matches[0]
