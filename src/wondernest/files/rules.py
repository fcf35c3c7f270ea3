"""The rules of files (server contract §3.0). Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from wondernest.access.consent import Purpose

CATEGORIES: Final = frozenset({"profile_picture", "content", "document", "game_asset", "artwork"})
"""The values that the column allows."""
DEFAULT_CATEGORY: Final = "content"
MAX_NAME_CHARS: Final = 255
DEFAULT_NAME: Final = "file"
MAX_TAG_CHARS: Final = 50
MAX_TAGS: Final = 50
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 500
MAX_OFFSET: Final = 1_000_000
VARIANT_WIDTHS: Final = (160, 320, 640, 1280)
"""In pixels."""
VARIANTS: Final = "variants"
"""The folder of variants: `variants/<key of the original>/<width>.<extension>`. It is served only through the original."""
INLINE: Final = ("image/", "audio/", "video/", "application/pdf")
"""Types that a browser may show in place."""
RECORDED: Final = ("audio/", "video/")
"""How the types of sound and film begin. A silent film counts too: the stored type does not tell whether a voice is in it."""
_TAG_MARKS: Final = frozenset("-_ ")
_UUID_TEXT: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID: Final = re.compile(_UUID_TEXT, re.IGNORECASE)
_OURS: Final = re.compile(
    rf"(?:[0-9]{{9,11}}/{_UUID_TEXT}\.[a-z0-9]{{1,10}}|uploads/{_UUID_TEXT}/[^/]+)(?:/[0-9]+\.[a-z0-9]+)?",
    re.IGNORECASE,
)
"""`<epoch seconds>/<uuid>.<extension>` and `uploads/<user>/<file>`, and variants of them."""
_FILES: Final = b"/files"
_AFTER_FILES: Final = frozenset({b"/", b"\\"})
_SLASHES: Final = re.compile(r"\\+/")
"""Some writers of JSON escape slashes; inside a JSON text the escapes are escaped again."""
_KEY: Final = re.compile(r"/files/([^\s\"'\\?#<>()]{1,1024})")
_TOKEN_CHARS: Final = re.compile(r"[^A-Za-z0-9 !#$&+.^_`|~()\[\]{}=@,-]")
_ATTR_CHARS: Final = "!#$&+-.^_`|~"
"""What an extended parameter may hold unescaped besides letters and digits (RFC 8187 §3.2.1)."""


class BadTag(ValueError):
    """A tag that cannot be stored; the message is for the client."""


class Story(Struct, frozen=True):
    """A story of the site's story builder; each page is its JSON text."""

    title: str
    pages: tuple[bytes, ...]

    def pages_with(self, words: Iterable[bytes]) -> int:
        """On how many pages one of the words stands."""
        words = tuple(words)
        return sum(any(word in page for word in words) for page in self.pages)


def purpose_of(content_type: str) -> Purpose:
    """For what a file of this type about a child is kept: consent to it is needed."""
    return Purpose.RECORDINGS if content_type.startswith(RECORDED) else Purpose.UPLOADS


def category_of(text: str | None) -> str:
    """The category that a client names, in any case; an unknown one is `content`."""
    name = (text or "").strip().lower()
    return name if name in CATEGORIES else DEFAULT_CATEGORY


def tags_of(text: str | None) -> list[str]:
    """The tags of a comma-separated list: lower case, once each, in the order given. Raises BadTag."""
    found: dict[str, None] = {}
    for piece in unicodedata.normalize("NFC", text or "").split(","):
        tag = " ".join(piece.lower().split())
        if not tag:
            continue
        if len(tag) > MAX_TAG_CHARS:
            raise BadTag(f"Tag '{tag}' exceeds {MAX_TAG_CHARS} characters")
        if not all(char.isalnum() or char in _TAG_MARKS for char in tag):
            raise BadTag(f"Tag '{tag}' contains invalid characters")
        found[tag] = None
    if len(found) > MAX_TAGS:
        raise BadTag(f"A file has at most {MAX_TAGS} tags")
    return list(found)


def shown_name(name: str) -> str:
    """A client's file name as it is stored and shown: no control or direction characters, no folder, never empty.

    It is used in headers and on pages only, never in a path.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    if len(kept) > MAX_NAME_CHARS:
        stem, dot, extension = kept.rpartition(".")
        room = MAX_NAME_CHARS - len(dot + extension)
        kept = stem[:room] + dot + extension if stem and room > 0 else kept[:MAX_NAME_CHARS]
    return kept if kept.strip(".") else DEFAULT_NAME


def is_ours(key: str) -> bool:
    """Whether a key has a form that some backend gives to its files: nothing else in a shared storage is ever removed."""
    return _OURS.fullmatch(key.removeprefix(VARIANTS + "/")) is not None


def uuid_in(key: str) -> UUID | None:
    """The last UUID in a key; None if it has none."""
    found = _UUID.findall(key)
    return UUID(found[-1]) if found else None


def variant_key(key: str, width: int, extension: str) -> str:
    """Where a variant of a blob is stored."""
    return f"{variant_folder(key)}{width}.{extension}"


def variant_folder(key: str) -> str:
    """The prefix of all variants of a blob."""
    return f"{VARIANTS}/{key}/"


def original_of(key: str) -> str:
    """The key of the blob that a variant belongs to; any other key is its own original."""
    return key.removeprefix(VARIANTS + "/").rpartition("/")[0] if key.startswith(VARIANTS + "/") else key


def words_for(file_id: UUID, key: str) -> tuple[str, ...]:
    """The texts by which a document names a file: its id, and the UUID of its key."""
    name = uuid_in(key)
    return (str(file_id),) if name is None or name == file_id else (str(file_id), str(name))


class Named(Struct, frozen=True):
    """What in a document may be the ids and the keys of files."""

    ids: frozenset[UUID]
    keys: frozenset[str]


def may_name_files(document: bytes) -> bool:
    """Whether a document holds what looks like an address of a file. One pass: the slash after the word may be escaped."""
    place = document.find(_FILES)
    while place >= 0:
        place += len(_FILES)
        if document[place : place + 1] in _AFTER_FILES:
            return True
        place = document.find(_FILES, place)
    return False


def mentions_in(document: bytes) -> Named:
    """Every UUID and every key after `/files/` in a document: among them those of the files that it shows."""
    text = _SLASHES.sub("/", document.decode(errors="replace"))
    ids = frozenset(UUID(found) for found in _UUID.findall(text))
    return Named(ids, frozenset(unquote(key) for key in _KEY.findall(text)))


class _Content(Struct):
    pages: list[Raw] = []


class _StoryText(Struct):
    title: str = ""
    content: _Content = msgspec.field(default_factory=_Content)


def story_in(document: bytes) -> Story | None:
    """The story in a save of the site's story builder: `data` is its JSON, as text or as it is. None for another document."""
    try:
        outer = msgspec.json.decode(document, type=dict[str, Raw])
        data: bytes | str = bytes(outer["data"])
        if data[:1] == b'"':
            data = msgspec.json.decode(data, type=str)
        story = msgspec.json.decode(data, type=_StoryText)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        return None
    return Story(story.title, tuple(bytes(page) for page in story.content.pages))


def disposition(content_type: str, name: str, *, attachment: bool) -> str:
    """Content-Disposition with `filename` and `filename*` (RFC 6266): inline only for types that browsers show."""
    kind = "inline" if not attachment and content_type.startswith(INLINE) else "attachment"
    plain = _TOKEN_CHARS.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode())
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"
