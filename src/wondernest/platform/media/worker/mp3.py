"""MP3: a new file of the audio frames; tags before, between and behind them (ID3, APE, Lyrics3) are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from msgspec import Struct

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all

_BIT_RATES: Final = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by index; keys are the header's bits for the version (3: MPEG-1, 2: MPEG-2 and 2.5) and the layer (3: I, 2: II, 1: III)."""
_SAMPLE_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_1: Final = 3
_LAYER_3: Final = 1
_RESERVED: Final = 1
_HEAD_BYTES: Final = 4
_MIN_FRAMES: Final = 3
"""Fewer in a row are chance, not audio."""
_FIELDS: Final = {0x1: 4, 0x2: 4, 0x4: 100, 0x8: 4}
"""Sizes of the optional fields of the seek table in the first frame, by flag."""
_ENCODER_BYTES: Final = 9
_ENCODERS: Final = frozenset({b"LAME", b"Lavf", b"Lavc"})
"""Players read how much silence to skip only behind one of these names; the version after it is not needed."""
_LAME_BYTES: Final = 36


class Frame(Struct, frozen=True):
    """A frame by its header. `stream`: what all frames of one stream share."""

    size: int
    stream: tuple[int, int, int]
    side_bytes: int
    """Size of header and side information of a layer III frame."""


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Write the frames alone, without decoding them."""
    content = read_all(given)
    made, count = bytearray(), 0
    for place, frame in _frames(content):
        piece = content[place : place + frame.size]
        made += _without_encoder(piece, frame) if not count else piece
        count += 1
    require(count >= _MIN_FRAMES)
    write_all(written, made)
    return Outcome()


def _frames(content: bytearray) -> Iterator[tuple[int, Frame]]:
    """The frames in order. After a tag or junk the next one must be followed by another of the same stream, or end the file."""
    place, stream, in_step = 0, None, False
    while (frame_at := content.find(b"\xff", place)) >= 0:
        if not in_step or frame_at != place:
            in_step = False
            if skipped := _tag_bytes(content, place):
                place += skipped
                continue
        frame = _frame(content, frame_at)
        if frame is None or frame_at + frame.size > len(content) or stream not in {None, frame.stream}:
            place, in_step = frame_at + 1, False
            continue
        if not in_step and not _followed(content, frame_at, frame):
            place = frame_at + 1
            continue
        yield frame_at, frame
        place, stream, in_step = frame_at + frame.size, frame.stream, True


def _tag_bytes(content: bytearray, place: int) -> int:
    """The size of an ID3v2 or APE tag that begins here; 0: none."""
    if content.startswith(b"ID3", place) and len(content) >= place + 10:
        size = 0
        for byte in content[place + 6 : place + 10]:
            size = size << 7 | byte & 0x7F
        return 10 + size
    if content.startswith(b"APETAGEX", place):
        return 32 + int.from_bytes(content[place + 12 : place + 16], "little")
    return 0


def _followed(content: bytearray, place: int, frame: Frame) -> bool:
    for _ in range(_MIN_FRAMES - 1):
        place += frame.size
        following = _frame(content, place)
        if following is None or following.stream != frame.stream:
            return False
        frame = following
    return place + frame.size <= len(content)


def _frame(content: bytearray, place: int) -> Frame | None:
    if place + _HEAD_BYTES > len(content) or content[place] != 0xFF or content[place + 1] & 0xE0 != 0xE0:
        return None
    second, third, fourth = content[place + 1 : place + _HEAD_BYTES]
    version, layer = second >> 3 & 3, second >> 1 & 3
    index, rate, padding = third >> 4, third >> 2 & 3, third >> 1 & 1
    if version == _RESERVED or not layer or index in {0, 15} or rate == 3:
        return None
    kbits = _BIT_RATES[3 if version == 3 else 2, layer][index]
    hertz = _SAMPLE_RATES[version][rate]
    if layer == _LAYER_1:
        size = (12_000 * kbits // hertz + padding) * 4
    else:
        size = (72_000 if layer == _LAYER_3 and version != 3 else 144_000) * kbits // hertz + padding
    mono = fourth >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return Frame(size, (version, layer, rate), _HEAD_BYTES + side)


def _without_encoder(piece: bytearray, frame: Frame) -> bytearray:
    """The first frame; if it is the seek table, without the encoder's version and without what stands behind the table."""
    place = frame.side_bytes
    if bytes(piece[place : place + 4]) not in {b"Xing", b"Info"}:
        return piece
    flags = int.from_bytes(piece[place + 4 : place + 8])
    place += 8 + sum(size for flag, size in _FIELDS.items() if flags & flag)
    encoder = bytes(piece[place : place + _ENCODER_BYTES])
    known = encoder[:4] if encoder[:4] in _ENCODERS else b""
    piece[place : place + len(encoder)] = known.ljust(len(encoder), b"\0")
    rest = place + _LAME_BYTES
    piece[rest:] = bytes(len(piece[rest:]))
    return piece
