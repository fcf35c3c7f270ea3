"""WebP: a new file of the chunks that make the picture, bit for bit. A rotated or colour-managed one is encoded anew."""

from __future__ import annotations

import struct
from typing import IO, Final

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.pictures import (
    UPRIGHT,
    durations_of,
    encode,
    frames_of,
    in_srgb,
    opened,
    orientation,
    require_size,
    srgb_profile,
    upright,
)
from wondernest.platform.media.worker.riff import HEAD_BYTES, chunks, packed, riff

QUALITY: Final = 90
"""Of lossy pictures that are encoded anew; lossless ones stay lossless."""
_ALPHA: Final = 0x10
_ANIMATED: Final = 0x02
_HEAD_BYTES: Final = 10
_FRAME_HEAD_BYTES: Final = 16
_BITSTREAMS: Final = frozenset({b"VP8 ", b"VP8L"})


def clean(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the picture alone. Every frame is decoded once, as a check."""
    content = read_all(given)
    made, lossless = _rebuilt(content)
    picture = opened(content, "WEBP", task)
    frames = getattr(picture, "n_frames", 1)
    require_size(picture.width, picture.height, frames, task)
    turned, profile = orientation(picture), srgb_profile(picture.info.get("icc_profile"))
    if turned == UPRIGHT and profile is None:
        check = opened(made, "WEBP", task)
        for number in range(frames):
            check.seek(number)
            check.load()
        write_all(written, made)
        return Outcome(width=picture.width, height=picture.height, frames=frames)
    encoding = {"lossless": True} if lossless else {"quality": QUALITY}
    if frames == 1:
        return encode(upright(in_srgb(picture, profile), turned), written, "WEBP", **encoding)
    loop, shown = picture.info.get("loop", 0), durations_of(picture)
    first, *others = frames_of(picture, profile, turned)
    return encode(
        first, written, "WEBP", frames, save_all=True, append_images=others, duration=shown, loop=loop, **encoding
    )


def _rebuilt(content: bytearray) -> tuple[bytes, bool]:
    """The new file, and whether its pixels are stored without loss."""
    (size,) = struct.unpack_from("<I", content, 4)
    require(content.startswith(b"RIFF") and bytes(content[8:12]) == b"WEBP" and 4 < size <= len(content) - 8)
    found = list(chunks(content, HEAD_BYTES, 8 + size))
    require(found)
    first, head = found[0]
    if first in _BITSTREAMS:
        return riff(b"WEBP", packed(first, head)), first == b"VP8L"
    require(first == b"VP8X" and len(head) == _HEAD_BYTES)
    flags = head[0] & (_ALPHA | _ANIMATED)
    kept = [packed(b"VP8X", bytes([flags, 0, 0, 0]) + head[4:])]
    if not flags & _ANIMATED:
        picture, lossless = _picture(found[1:])
        return riff(b"WEBP", kept[0] + picture), lossless
    animation = dict(found).get(b"ANIM", b"")
    require(len(animation) == 6)
    kept.append(packed(b"ANIM", animation))
    lossless = True
    for name, body in found:
        if name == b"ANMF":
            picture, exact = _picture(list(chunks(body, _FRAME_HEAD_BYTES, len(body))))
            require(len(body) > _FRAME_HEAD_BYTES)
            kept.append(packed(b"ANMF", body[:_FRAME_HEAD_BYTES] + picture))
            lossless = lossless and exact
    return riff(b"WEBP", b"".join(kept)), lossless


def _picture(found: list[tuple[bytes, bytes]]) -> tuple[bytes, bool]:
    """The one bitstream of a frame, with its alpha channel before it."""
    parts = dict(reversed([chunk for chunk in found if chunk[0] in {b"ALPH", *_BITSTREAMS}]))
    lossless = b"VP8L" in parts
    bitstream = b"VP8L" if lossless else b"VP8 "
    require(bitstream in parts)
    alpha = packed(b"ALPH", parts[b"ALPH"]) if b"ALPH" in parts and not lossless else b""
    return alpha + packed(bitstream, parts[bitstream]), lossless
