"""Pictures inside PDFs: their files carry metadata of their own, which is taken out of the compressed bytes."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from typing import Any, Final

from pikepdf import Array, Name, Stream

from wondernest.platform.media.worker.faults import require

MAX_STREAM_BYTES: Final = 64 * 1024 * 1024
_JPEG: Final = "/DCTDecode"
_JPEG_2000: Final = "/JPXDecode"
_JP2_SIGNATURE: Final = b"\0\0\0\x0cjP  \r\n\x87\n"
_JP2_BOXES: Final = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})
_NAMES: Final = {"/DCT": _JPEG, "/Fl": "/FlateDecode", "/A85": "/ASCII85Decode", "/AHx": "/ASCIIHexDecode"}
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ADOBE: Final = 0xEE
_APPLICATIONS: Final = range(0xE0, 0xF0)
_COMMENT: Final = 0xFE
_RESTARTS: Final = range(0xD0, 0xD8)


def clean_stream(stream: Stream) -> None:
    """Replace the data of a JPEG or JPEG 2000 stream by the same picture without metadata. Other streams stay as they are."""
    names = _filters(stream)
    if not names or names[-1] not in {_JPEG, _JPEG_2000}:
        return
    data = stream.read_raw_bytes()
    for name in names[:-1]:
        data = _decoded(name, data)
    data = without_segments(data) if names[-1] == _JPEG else _without_boxes(data)
    parameters = _last_parameters(stream)
    if parameters is None:
        stream.write(data, filter=Name(names[-1]))
    else:
        stream.write(data, filter=Name(names[-1]), decode_parms=parameters)


def without_segments(data: bytes) -> bytes:
    """A JPEG file without application data (but Adobe's colour transform), comments, and what stands behind its end."""
    require(data[:2] == b"\xff\xd8")
    made, place = bytearray(data[:2]), 2
    while True:
        require(place + 1 < len(data) and data[place] == 0xFF)
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker == _END:
            return bytes(made) + b"\xff\xd9"
        require(marker not in _RESTARTS and marker not in {0, 1, _START})
        (size,) = struct.unpack_from(">H", data, place + 2)
        segment = data[place : place + 2 + size]
        require(size >= 2 and len(segment) == 2 + size)
        place += len(segment)
        if (marker == _ADOBE and segment[4:9] == b"Adobe" and len(segment) == 16) or (
            marker not in _APPLICATIONS and marker != _COMMENT
        ):
            made += segment
        if marker == _SCAN:
            end = _scan_end(data, place)
            made += data[place:end]
            if end == len(data):  # no end marker: decoders show it all the same
                return bytes(made)
            place = end


def _scan_end(data: bytes, place: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while (place := data.find(b"\xff", place)) >= 0 and place + 1 < len(data):
        following = data[place + 1]
        if following and following not in _RESTARTS and following != 0xFF:
            return place
        place += 1 if following == 0xFF else 2
    return len(data)


def _without_boxes(data: bytes) -> bytes:
    if not data.startswith(_JP2_SIGNATURE):
        return data  # the bare codestream
    made, place = bytearray(), 0
    while place < len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        size = size or len(data) - place
        require(8 <= size <= len(data) - place)
        if name in _JP2_BOXES:
            made += data[place : place + size]
        place += size
    return bytes(made)


def _decoded(name: str, data: bytes) -> bytes:
    if name == "/FlateDecode":
        stream = zlib.decompressobj()
        made = stream.decompress(data, MAX_STREAM_BYTES)
        require(not stream.unconsumed_tail)
        return made
    if name == "/ASCII85Decode":
        return base64.a85decode(data.strip().removeprefix(b"<~").removesuffix(b"~>"))
    require(name == "/ASCIIHexDecode")
    digits = b"".join(data.partition(b">")[0].split())
    return binascii.unhexlify(digits + b"0" * (len(digits) & 1))


def _filters(stream: Stream) -> list[str]:
    found: Any = stream.get("/Filter")
    if found is None:
        return []
    names = [str(name) for name in found] if isinstance(found, Array) else [str(found)]
    return [_NAMES.get(name, name) for name in names]


def _last_parameters(stream: Stream) -> Any:
    found: Any = stream.get("/DecodeParms")
    if isinstance(found, Array):
        return found[-1] if len(found) else None
    return found
