"""A ZIP file that is written in parts: where one ends, another process may go on, without what came before.

The parts, one behind the other, are the file (PKWARE APPNOTE 6.3.10). Entries are deflated; their sizes follow their content.
"""

from __future__ import annotations

import asyncio
import re
import struct
import unicodedata
import zlib
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

DEFLATED_AT_ONCE: Final = 128 * 1024
"""Bytes that wait in memory until a thread compresses them."""
VERSION: Final = 45
"""Needed to read sizes of 8 bytes (APPNOTE 4.4.3)."""
MADE_ON_UNIX: Final = 3 << 8
SIZES_BEHIND: Final = 1 << 3
UTF_8: Final = 1 << 11
FLAGS: Final = SIZES_BEHIND | UTF_8
DEFLATE: Final = 8
OWNER_READS: Final = 0o600 << 16
MOST_16: Final = 0xFFFF
MOST_32: Final = 0xFFFFFFFF
"""A field with its largest value means that the real one is in the extra field, or in the record of 8-byte fields."""
FIRST_YEAR: Final = 1980
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_EXTRA_OF_LOCAL: Final = struct.Struct("<2H2Q")
_BEHIND: Final = struct.Struct("<4sL2Q")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END: Final = struct.Struct("<4s4H2LH")

MOST_NAME_CHARS: Final = 60
"""Of a name that a person chose: a path of a few of them fits what Windows takes (260)."""
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*.]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)


class Entry(Struct, frozen=True):
    """A file in the ZIP."""

    name: str
    content: AsyncGenerator[bytes]
    mark: str = ""
    """Who makes entries goes on behind this one when it is given its mark."""
    title: str = ""
    """What a page with all entries calls this one; empty: it is linked from another page."""
    dense: bool = False
    """Whether compression would not make it smaller."""


class Written(Struct, frozen=True):
    """An entry as far as it is written. `offset`: of its header in the whole file."""

    name: str
    at: datetime
    offset: int
    crc: int = 0
    size: int = 0
    packed: int = 0
    """Bytes after compression."""


class ZipStream:
    """Writes entries one after another; each method returns the bytes that come next. `offset`: how many came before this part."""

    def __init__(self, offset: int = 0, opened: Written | None = None) -> None:
        """opened: the entry in which the part before ended."""
        self.offset = offset
        """Bytes of the whole file so far."""
        self._opened = opened
        self._deflater = _deflater()
        self._waiting = bytearray()
        self.finished: list[Written] = []
        """Of this part."""
        self.taken = 0
        """Bytes of content in this part, before compression."""

    @property
    def opened(self) -> Written | None:
        """The entry that is begun and not ended."""
        return self._opened

    def begin(self, name: str, at: datetime, *, dense: bool = False) -> bytes:
        """Begin an entry."""
        assert self._opened is None
        self._opened = Written(name, at, self.offset)
        self._deflater = _deflater(0 if dense else zlib.Z_DEFAULT_COMPRESSION)
        path, extra = name.encode(), _EXTRA_OF_LOCAL.pack(1, 16, 0, 0)
        when = _dos(at)
        head = _LOCAL.pack(
            b"PK\3\4", VERSION, FLAGS, DEFLATE, *when, 0, MOST_32, MOST_32, len(path), _EXTRA_OF_LOCAL.size
        )
        return self._passed(head + path + extra)

    async def write(self, content: bytes) -> bytes:
        """More content of the entry."""
        self.taken += len(content)
        self._waiting += content
        return await self._deflate() if len(self._waiting) >= DEFLATED_AT_ONCE else b""

    async def end(self) -> bytes:
        """End the entry."""
        last = await self._deflate(zlib.Z_FINISH)
        done = self._opened
        assert done is not None
        self.finished.append(done)
        self._opened = None
        return last + self._passed(_BEHIND.pack(b"PK\7\x08", done.crc, done.packed, done.size))

    async def pause(self) -> bytes:
        """End the part: another one goes on with `opened`. The compressed content ends at a whole byte and refers to nothing before."""
        return await self._deflate(zlib.Z_FULL_FLUSH) if self._opened is not None else b""

    async def _deflate(self, flush: int = zlib.Z_NO_FLUSH) -> bytes:
        content, self._waiting = bytes(self._waiting), bytearray()
        opened = self._opened
        assert opened is not None
        packed, crc = await asyncio.to_thread(_deflated, self._deflater, content, flush, opened.crc)
        self._opened = structs.replace(
            opened, crc=crc, size=opened.size + len(content), packed=opened.packed + len(packed)
        )
        return self._passed(packed)

    def _passed(self, piece: bytes) -> bytes:
        self.offset += len(piece)
        return piece


def directory(entries: Sequence[Written], offset: int) -> bytes:
    """What ends the file: its table of contents. `offset`: how many bytes came before."""
    table = b"".join(map(_listed, entries))
    number, size = len(entries), len(table)
    more = b""
    if number >= MOST_16 or size >= MOST_32 or offset >= MOST_32:
        rest = _END_64.size - 12  # without signature and this field
        more = _END_64.pack(b"PK\6\6", rest, VERSION | MADE_ON_UNIX, VERSION, 0, 0, number, number, size, offset)
        more += _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    number_16 = min(number, MOST_16)
    end = _END.pack(b"PK\5\6", 0, 0, number_16, number_16, min(size, MOST_32), min(offset, MOST_32), 0)
    return table + more + end


def safe_name(text: str, other: str = "_") -> str:
    """A name that a person chose as a part of a file's name, on every system; `other` if nothing of it can be used.

    It holds no folder, dot, control or direction character, is no name of a device on Windows, and ends in no space.
    """
    normal = unicodedata.normalize("NFC", text)
    kept = _FORBIDDEN.sub("_", "".join(char for char in normal if unicodedata.category(char)[0] != "C"))
    name = " ".join(kept.split())[:MOST_NAME_CHARS].strip()
    if _RESERVED.fullmatch(name):
        return f"_{name}"
    return name if name.strip("_ ") else other


def _listed(entry: Written) -> bytes:
    path, extra = entry.name.encode(), b""
    wide = [value for value in (entry.size, entry.packed, entry.offset) if value >= MOST_32]
    if wide:
        extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide)
    return (
        _CENTRAL.pack(
            b"PK\1\2",
            VERSION | MADE_ON_UNIX,
            VERSION,
            FLAGS,
            DEFLATE,
            *_dos(entry.at),
            entry.crc,
            min(entry.packed, MOST_32),
            min(entry.size, MOST_32),
            len(path),
            len(extra),
            0,
            0,
            0,
            OWNER_READS,
            min(entry.offset, MOST_32),
        )
        + path
        + extra
    )


def _deflater(level: int = zlib.Z_DEFAULT_COMPRESSION) -> zlib._Compress:  # pyright: ignore[reportPrivateUsage] - has no other name
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)


def _deflated(
    deflater: zlib._Compress,  # pyright: ignore[reportPrivateUsage] - has no other name
    content: bytes,
    flush: int,
    crc: int,
) -> tuple[bytes, int]:
    packed = deflater.compress(content)
    if flush != zlib.Z_NO_FLUSH:
        packed += deflater.flush(flush)
    return packed, zlib.crc32(content, crc)


def _dos(at: datetime) -> tuple[int, int]:
    """Time and date in MS-DOS format: two seconds, no zone."""
    year = max(at.year, FIRST_YEAR) - FIRST_YEAR
    return at.hour << 11 | at.minute << 5 | at.second // 2, year << 9 | at.month << 5 | at.day
