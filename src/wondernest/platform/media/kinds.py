"""Types of files: the types that are accepted, their extensions, and how their content begins (files contract §3.0)."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Final

HEAD_BYTES: Final = 1024
"""How much of a file `kind_of` needs."""


class Kind(StrEnum):
    """The accepted types; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    PDF = "application/pdf"
    MP4 = "video/mp4"
    WEBM = "video/webm"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    TEXT = "text/plain"

    @property
    def picture(self) -> bool:
        """Whether variants can be made of it."""
        return self in PICTURES


PICTURES: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP})
EXTENSIONS: Final = {
    Kind.JPEG: ("jpg", "jpeg"),
    Kind.PNG: ("png",),
    Kind.GIF: ("gif",),
    Kind.WEBP: ("webp",),
    Kind.PDF: ("pdf",),
    Kind.MP4: ("mp4",),
    Kind.WEBM: ("webm",),
    Kind.MP3: ("mp3", "mpeg"),
    Kind.WAV: ("wav",),
    Kind.TEXT: ("txt",),
}
"""The allowed extensions; the first is the usual one."""
_ALIASES: Final = {"image/jpg": Kind.JPEG}
_TYPES: Final = {kind.value: kind for kind in Kind}
MAX_TYPE_CHARACTERS: Final = 100
"""The width of the column that stores a type (files contract §3.0)."""

_MAX_FTYP_BYTES: Final = 1024
_PICTURE_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"jxl ", b"crx "}
)
"""Brands of the same container that hold pictures instead of films."""
_EBML: Final = b"\x1a\x45\xdf\xa3"
_DOC_TYPE: Final = re.compile(rb"\x42\x82(?:[\x84\x88]|\x40[\x04\x08]|\x01\0{6}[\x04\x08])(webm|matroska)", re.DOTALL)
_WHITE: Final = b"\t\n\x0c\r "
_MARKUP: Final = re.compile(
    rb"<(?:(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|math|object|embed|img"
    rb"|link|meta|base|form|!doctype svg)(?=[\s>/]|$)|!--|\?xml)",
    re.IGNORECASE,
)
"""How a text begins that a browser takes for HTML (MIME sniffing standard §7.1) or that is SVG, XML or other active markup."""


def normalised(declared: str) -> str:
    """A declared media type without parameters, in lower case, `image/jpg` as `image/jpeg`."""
    bare = declared.partition(";")[0].strip().lower()[:MAX_TYPE_CHARACTERS]
    return str(_ALIASES.get(bare, bare))


def allowed(declared: str) -> Kind | None:
    """The accepted type that a normalised media type names; None: not allowed."""
    return _TYPES.get(declared)


def extension_fits(kind: Kind, name: str) -> bool:
    """Whether the name's extension, in any case, belongs to the type. A name without extension does not fit."""
    return name.rpartition(".")[2].lower() in EXTENSIONS[kind] if "." in name else False


def kind_of(head: bytes) -> Kind | None:
    """The type of a file by the first HEAD_BYTES of its content (fewer only if the file is shorter); None: none that is accepted."""
    for kind, found in (
        (Kind.JPEG, head.startswith(b"\xff\xd8\xff")),
        (Kind.PNG, head.startswith(b"\x89PNG\r\n\x1a\n")),
        (Kind.GIF, head.startswith((b"GIF87a", b"GIF89a"))),
        (Kind.PDF, head.startswith(b"%PDF-")),
        (Kind.WEBP, head.startswith(b"RIFF") and head[8:12] == b"WEBP"),
        (Kind.WAV, head.startswith(b"RIFF") and head[8:12] == b"WAVE"),
        (Kind.MP4, _is_film(head)),
        (Kind.WEBM, head.startswith(_EBML) and _DOC_TYPE.search(head[:64]) is not None),
        (Kind.MP3, _is_mp3(head)),
        (Kind.TEXT, is_text(head)),
    ):
        if found:
            return kind
    return None


def is_text(head: bytes) -> bool:
    """Whether a text begins here: UTF-8 without NUL, and no markup that a browser could run."""
    if not head or b"\0" in head or has_markup(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def has_markup(head: bytes) -> bool:
    """Whether the content begins as HTML, SVG or XML, after white space and a byte order mark."""
    return _MARKUP.match(head.removeprefix(codecs.BOM_UTF8).lstrip(_WHITE)) is not None


def _is_film(head: bytes) -> bool:
    size = int.from_bytes(head[:4])
    return head[4:8] == b"ftyp" and 16 <= size <= _MAX_FTYP_BYTES and head[8:12] not in _PICTURE_BRANDS


def _is_mp3(head: bytes) -> bool:
    if head.startswith(b"ID3"):
        return len(head) >= 10 and head[3] <= 4 and head[4] == 0 and all(byte < 0x80 for byte in head[6:10])
    # Eleven bits of sync, no reserved version, and a layer: layer 0 would be the AAC framing.
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and bool(head[1] & 0x06)
        and head[1] & 0x18 != 0x08
    )
