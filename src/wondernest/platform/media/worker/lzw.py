"""Finds the end of LZW-compressed pixels: what stands behind it in a GIF is not part of the picture."""

from __future__ import annotations

from typing import Final

from wondernest.platform.media.worker.faults import require

_MAX_BITS: Final = 12
_AT_ONCE: Final = 64
"""Codes that are looked at together: their number is read as one integer."""


def stream_bytes(packed: bytes, depth: int) -> int:
    """How many bytes the codes take up to the end code; all when there is none. Refuses data that is too short for any code.

    The width of a code depends on how many codes came since the last clear code, not on what they mean, so nothing is decoded.
    """
    clear, end = 1 << depth, (1 << depth) + 1
    first = depth + 1
    place, width, size = 0, first, clear + 1  # in bits; of the next code; of the table after it
    total = 8 * len(packed)
    require(total >= first)
    while True:
        left = (1 << width) - size if width < _MAX_BITS else _AT_ONCE
        count = min(_AT_ONCE, left, (total - place) // width)
        if count <= 0:
            return len(packed)
        start = place >> 3
        bits = int.from_bytes(packed[start : start + (count * width >> 3) + 2], "little") >> (place & 7)
        mask = (1 << width) - 1
        codes = [bits >> shift & mask for shift in range(0, count * width, width)]
        stops = [codes.index(code) for code in (clear, end) if code in codes]
        if stops:
            stop = min(stops)
            place += (stop + 1) * width
            if codes[stop] == end:
                return (place + 7) >> 3
            width, size = first, clear + 1
            continue
        place += count * width
        size += count
        if size >= 1 << width and width < _MAX_BITS:
            width += 1
