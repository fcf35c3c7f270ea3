"""PNG and APNG: a new file of the chunks that make the picture, bit for bit. A rotated or colour-managed one is encoded anew."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final

from msgspec import Struct

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

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COLOURS: Final = {b"gAMA": (4,), b"cHRM": (32,), b"sRGB": (1,), b"cICP": (4,), b"sBIT": (1, 2, 3, 4)}
"""Chunks that say how colours are meant, with their sizes in bytes: numbers only."""
_PALETTE: Final = {b"PLTE": range(3, 3 * 256 + 1), b"tRNS": range(1, 257)}
_PERCEPTUAL: Final = b"\0"
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by colour type."""
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column, first row, step to the right, step down."""
_PIECE_BYTES: Final = 1 << 20


class Header(Struct, frozen=True):
    """The fields of IHDR."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


class Frame(Struct):
    """A frame of an animation: its control chunk and the compressed pixels."""

    control: bytes
    pieces: list[bytes]


class Parts(Struct):
    """What is kept of a file."""

    header: Header
    head: bytes
    colours: list[tuple[bytes, bytes]]
    still: list[bytes]
    frames: list[Frame]
    plays: bytes = b""
    first_is_still: bool = False
    """Whether the still picture is also the first frame."""
    tagged: bool = False
    """Whether the file has a colour profile."""


def clean(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the picture alone. Checks every chunk and that every frame has exactly the pixels that it declares."""
    content = read_all(given)
    parts = _parts(content)
    require_size(parts.header.width, parts.header.height, max(1, len(parts.frames)), task)
    compressed = _packed(parts)
    picture = opened(content, "PNG", task)
    turned, profile = orientation(picture), srgb_profile(picture.info.get("icc_profile"))
    picture.load()
    if turned == UPRIGHT:  # an EXIF chunk may stand after the pixels
        turned = orientation(picture)
    if turned == UPRIGHT and profile is None:
        write_all(written, compressed)
        return Outcome(width=parts.header.width, height=parts.header.height, frames=max(1, len(parts.frames)))
    if not parts.frames:
        return encode(upright(in_srgb(picture, profile), turned), written, "PNG")
    shown = durations_of(picture)
    first, *others = frames_of(picture, profile, turned)
    return encode(
        first, written, "PNG", len(shown), save_all=True, append_images=others, duration=shown,
        loop=int.from_bytes(parts.plays), disposal=0, blend=0,
    )  # fmt: skip


def chunks(content: bytes | bytearray) -> Iterator[tuple[bytes, bytes]]:
    """The chunks up to IEND, their checksums verified; what stands behind is ignored. Raises struct.error for a file that is cut off."""
    require(content.startswith(SIGNATURE))
    place = len(SIGNATURE)
    while True:
        size, name = struct.unpack_from(">I4s", content, place)
        body = bytes(content[place + 8 : place + 8 + size])
        (checksum,) = struct.unpack_from(">I", content, place + 8 + size)
        require(len(body) == size and zlib.crc32(name + body) == checksum)
        yield name, body
        if name == b"IEND":
            return
        place += 12 + size


def _parts(content: bytearray) -> Parts:
    found = chunks(content)
    name, head = next(found)
    require(name == b"IHDR" and len(head) == 13)
    width, height, depth, colour, method, filtering, interlace = struct.unpack(">IIBBBBB", head)
    require(depth in _DEPTHS.get(colour, ()) and method == filtering == 0 and interlace in {0, 1})
    parts = Parts(Header(width, height, depth, colour, bool(interlace)), head, [], [], [])
    for name, body in found:
        _take(parts, name, body)
    require(parts.still)
    return parts


def _take(parts: Parts, name: bytes, body: bytes) -> None:
    if name == b"IDAT":
        parts.still.append(body)
        parts.first_is_still = bool(parts.frames)
    elif name == b"fcTL":
        require(len(body) == 26)
        parts.frames.append(Frame(body, []))
    elif name == b"fdAT":
        require(len(body) > 4 and parts.frames)
        parts.frames[-1].pieces.append(body[4:])
    elif name == b"acTL":
        require(len(body) == 8)
        parts.plays = body[4:]
    elif name == b"iCCP":
        parts.tagged = True
    elif not parts.still and (len(body) in _COLOURS.get(name, ()) or len(body) in _PALETTE.get(name, ())):
        require(name not in {kept for kept, _ in parts.colours})
        parts.colours.append((name, body))


def _packed(parts: Parts) -> bytearray:
    header = parts.header
    made = bytearray(SIGNATURE)
    _add(made, b"IHDR", parts.head)
    animated = bool(parts.plays and parts.frames)
    if animated:
        _add(made, b"acTL", struct.pack(">I", len(parts.frames)) + parts.plays)
    else:
        parts.frames.clear()
    if parts.tagged:  # the profile is left out: either it means sRGB, or the picture is encoded anew
        parts.colours = [kept for kept in parts.colours if kept[0] in _PALETTE or kept[0] == b"sBIT"]
        parts.colours.insert(0, (b"sRGB", _PERCEPTUAL))
    for name, body in parts.colours:
        _add(made, name, body)
    pixels = _exactly(parts.still, _filtered_bytes(header, header.width, header.height))
    for number, frame in enumerate(parts.frames):
        if number == 0 and parts.first_is_still:
            continue
        require(frame.pieces)
    sequence = 0
    if animated and parts.first_is_still:
        _control(made, parts.frames[0], 0, header)
        sequence = 1
    _add(made, b"IDAT", pixels)
    for frame in parts.frames[1 if parts.first_is_still else 0 :]:
        width, height = _control(made, frame, sequence, header)
        data = _exactly(frame.pieces, _filtered_bytes(header, width, height))
        _add(made, b"fdAT", struct.pack(">I", sequence + 1) + data)
        sequence += 2
    _add(made, b"IEND", b"")
    return made


def _control(made: bytearray, frame: Frame, sequence: int, header: Header) -> tuple[int, int]:
    """Add a frame's control chunk under its new number; returns width and height of the frame."""
    width, height, left, top = struct.unpack_from(">IIII", frame.control, 4)
    require(width and height and left + width <= header.width and top + height <= header.height)
    require(frame.control[24] <= 2 and frame.control[25] <= 1)
    _add(made, b"fcTL", struct.pack(">I", sequence) + frame.control[4:])
    return width, height


def _add(made: bytearray, name: bytes, body: bytes) -> None:
    made += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _filtered_bytes(header: Header, width: int, height: int) -> int:
    """The size of the decompressed data: rows of packed pixels, one filter byte before each."""
    bits = header.depth * _SAMPLES[header.colour]

    def rows(across: int, down: int) -> int:
        return down * (1 + (across * bits + 7) // 8) if across and down else 0

    if not header.interlaced:
        return rows(width, height)
    return sum(
        rows((width - left + right - 1) // right, (height - top + down - 1) // down)
        for left, top, right, down in _PASSES
        if width > left and height > top
    )


def _exactly(pieces: list[bytes], size: int) -> bytes:
    """The compressed data without what stands behind its end; refuses data of another size than the picture's."""
    stream, packed = zlib.decompressobj(), b"".join(pieces)
    done, rest = 0, packed
    while not stream.eof:
        piece = stream.decompress(rest, _PIECE_BYTES)
        done += len(piece)
        require(done <= size)
        rest = stream.unconsumed_tail
        require(piece or rest or stream.eof)
    require(done == size)
    return packed[: len(packed) - len(stream.unused_data)]
