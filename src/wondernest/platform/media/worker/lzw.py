"""Finds the end of LZW-compressed pixels: what stands behind it in a GIF is not part of the picture."""

from __future__ import annotations

from typing import Final

from wondernest.platform.media.worker.faults import require

_MAX_CODES: Final = 4096
_MAX_BITS: Final = 12


def stream_bytes(packed: bytes, depth: int, pixels: int) -> int:
    """How many bytes the codes of `pixels` pixels take, with the end code if it follows. Refuses codes that mean nothing."""
    clear, end = 1 << depth, (1 << depth) + 1
    lengths = [1] * clear + [0, 0]
    bits, width, have, place, done, last = 0, depth + 1, 0, 0, 0, -1
    total = len(packed)
    while True:
        while have < width:
            if place == total:
                require(done >= pixels)  # some encoders leave the end code out
                return place
            bits |= packed[place] << have
            have += 8
            place += 1
        code = bits & ((1 << width) - 1)
        bits >>= width
        have -= width
        if code == clear:
            del lengths[end + 1 :]
            width, last = depth + 1, -1
        elif code == end or done >= pixels:
            require(done >= pixels)
            return place
        else:
            known = len(lengths)
            require(code < known or (code == known and last >= 0 and known < _MAX_CODES))
            if last >= 0 and known < _MAX_CODES:
                lengths.append(lengths[last] + 1)
                if known + 1 == 1 << width and width < _MAX_BITS:
                    width += 1
            done += lengths[code]
            last = code
