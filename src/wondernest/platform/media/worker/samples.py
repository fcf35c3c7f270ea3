"""Where the samples of a track are in an MP4 file, by its sample tables (ISO/IEC 14496-12 §8.7)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from wondernest.platform.media.worker.boxes import Box, one
from wondernest.platform.media.worker.faults import require


def sample_ranges(content: bytearray, tables: dict[bytes, list[Box]]) -> Iterator[tuple[int, int]]:
    """The first byte and the one behind the last of each chunk of samples. Refuses tables that contradict each other or the file."""
    sizes = _sizes(content, tables)
    runs = _runs(content, one(tables, b"stsc"))
    number, run = 0, 0
    for chunk, start in enumerate(_offsets(content, tables), start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= chunk:
            run += 1
        require(runs)
        count = min(runs[run][1], len(sizes) - number)
        end = start + sum(sizes[number : number + count])
        require(end <= len(content))
        number += count
        yield start, end
    require(number == len(sizes))


def _table(content: bytearray, box: Box, code: str, *, skip: int = 4) -> list[int]:
    """The numbers of a table; its count stands `skip` bytes behind the start of the content."""
    (count,) = struct.unpack_from(">I", content, box.body + skip)
    width = struct.calcsize(f">{code}")
    first = box.body + skip + 4
    require(first + count * width <= box.end)
    return list(struct.unpack_from(f">{count}{code}", content, first))


def _offsets(content: bytearray, tables: dict[bytes, list[Box]]) -> list[int]:
    if b"co64" in tables:
        return _table(content, one(tables, b"co64"), "Q")
    return _table(content, one(tables, b"stco"), "I")


def _runs(content: bytearray, box: Box) -> list[tuple[int, int]]:
    """From which chunk on a chunk has how many samples."""
    (count,) = struct.unpack_from(">I", content, box.body + 4)
    require(box.body + 8 + 12 * count <= box.end)
    flat = struct.unpack_from(f">{3 * count}I", content, box.body + 8)
    return list(zip(flat[::3], flat[1::3], strict=True))


def _sizes(content: bytearray, tables: dict[bytes, list[Box]]) -> list[int]:
    if b"stz2" in tables:
        box = one(tables, b"stz2")
        bits = content[box.body + 7]
        require(bits in {8, 16})  # 4 bits: no known encoder
        return _table(content, box, "B" if bits == 8 else "H", skip=8)
    box = one(tables, b"stsz")
    common, count = struct.unpack_from(">II", content, box.body + 4)
    if not common:
        return _table(content, box, "I", skip=8)
    require(common * count <= len(content))
    return [common] * count
