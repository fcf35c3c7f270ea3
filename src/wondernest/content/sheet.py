"""A collection as a sheet (CSV): one line an item. Pure functions; docs/content.md describes the columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from wondernest.content.model import NewItem
from wondernest.content.rules import CATEGORIES, HIGHEST_AGE, LANGUAGE
from wondernest.platform.json import instant
from wondernest.platform.texts import is_blank, nfc

COLUMNS: Final = (
    "id",
    "title",
    "description",
    "category",
    "type",
    "ageMin",
    "ageMax",
    "ageRating",
    "durationSeconds",
    "language",
    "tags",
    "difficulty",
    "educational",
    "featured",
    "active",
    "createdAt",
    "provider",
    "thumbnail",
    "content",
)
REQUIRED: Final = ("id", "title", "category", "type", "ageMin", "ageMax", "content")
DEFAULT_PROVIDER: Final = "operator"
MAX_LINES: Final = 100_000
MAX_TITLE_CHARS: Final = 255
MAX_DESCRIPTION_CHARS: Final = 5_000
MAX_ID_CHARS: Final = 255
MAX_TYPE_CHARS: Final = 50
MAX_PROVIDER_CHARS: Final = 50
MAX_TAGS: Final = 50
MAX_TAG_CHARS: Final = 50
MAX_URL_CHARS: Final = 2_000
MAX_SECONDS: Final = 24 * 3600
DIFFICULTIES: Final = ("easy", "medium", "hard")
TAG_MARK: Final = ";"
FILES: Final = "files"
"""The key of the digests of an item's files in its metadata."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_TRUE: Final = frozenset({"true", "yes", "1"})
_FALSE: Final = frozenset({"false", "no", "0"})


class Unusable(ValueError):
    """A line or a sheet that cannot be used; the message says why."""


class Entry(Struct, frozen=True):
    """A usable line: the item without its addresses, and where its files are: an https address, or a path below the sheet."""

    line: int
    item: NewItem
    thumbnail: str
    content: str


class Refusal(Struct, frozen=True):
    """A line that is not used. Line 0: the whole sheet."""

    line: int
    id: str
    reason: str


def read(text: str) -> Iterator[Entry | Refusal]:
    """The lines of a sheet, each usable or refused; the second of two lines with one id is refused."""
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", strict=True)
    known: set[tuple[str, str]] = set()
    try:
        head = [(name or "").strip() for name in lines.fieldnames or ()]
        if problem := _head_problem(head):
            yield Refusal(0, "", problem)
            return
        lines.fieldnames = head
        for number, fields in enumerate(lines, 1):
            if number > MAX_LINES:
                yield Refusal(0, "", f"a sheet has at most {MAX_LINES} lines")
                return
            entry = _entry(lines.line_num, fields)
            if isinstance(entry, Entry):
                key = (entry.item.provider, entry.item.provider_id)
                if key in known:
                    entry = Refusal(entry.line, entry.item.provider_id, "another line has this id")
                known.add(key)
            yield entry
    except csv.Error as error:
        yield Refusal(lines.line_num, "", f"cannot be read as CSV: {error}")


def write(items: Iterable[tuple[NewItem, str, str]]) -> str:
    """A sheet of items, each with the places of its thumbnail and its content; `read` gives the same items."""
    written = io.StringIO()
    names: list[str] = list(COLUMNS)
    lines = csv.DictWriter(written, names, lineterminator="\n")
    lines.writeheader()
    for item, thumbnail, content in items:
        lines.writerow(_fields(item, thumbnail, content))
    return written.getvalue()


def is_address(place: str) -> bool:
    """Whether the place of a file is an address of another host."""
    return "://" in place


def _head_problem(head: list[str]) -> str | None:
    if missing := [name for name in REQUIRED if name not in head]:
        return f"the first line lacks {', '.join(missing)}"
    if unknown := [name for name in head if name not in COLUMNS]:
        return f"the first line names unknown columns: {', '.join(map(repr, unknown))}"
    return "the first line names a column twice" if len(set(head)) < len(head) else None


def _entry(line: int, fields: Mapping[str, Any]) -> Entry | Refusal:
    named = str(fields.get("id") or "").strip()
    try:
        if "" in fields:
            raise Unusable("more fields than the first line")
        texts = {name: nfc(str(fields.get(name) or "").strip()) for name in COLUMNS}
        if any("\x00" in text for text in texts.values()):
            raise Unusable("contains a character that cannot be stored")
        return Entry(line, _item(texts), _place("thumbnail", texts), _place("content", texts))
    except Unusable as problem:
        return Refusal(line, named[:MAX_ID_CHARS], str(problem))


def _item(texts: Mapping[str, str]) -> NewItem:
    if texts["category"] not in {category.id for category in CATEGORIES}:
        raise Unusable(f"category must be one of {', '.join(category.id for category in CATEGORIES)}")
    age_min, age_max = _number("ageMin", texts, HIGHEST_AGE), _number("ageMax", texts, HIGHEST_AGE)
    if age_min is None or age_max is None or age_min > age_max:
        raise Unusable("ageMin must not be above ageMax")
    language = texts["language"] or "en"
    if not LANGUAGE.fullmatch(language) or len(language) > 10:
        raise Unusable("language must be a code such as en or pt-BR")
    return NewItem(
        provider=_name("provider", texts["provider"] or DEFAULT_PROVIDER, MAX_PROVIDER_CHARS),
        provider_id=_name("id", texts["id"], MAX_ID_CHARS),
        title=_text("title", texts["title"], MAX_TITLE_CHARS),
        description=_short("description", texts["description"], MAX_DESCRIPTION_CHARS),
        kind=_name("type", texts["type"], MAX_TYPE_CHARS),
        category=texts["category"],
        url="",
        thumbnail_url="",
        duration_s=_number("durationSeconds", texts, MAX_SECONDS),
        age_min=age_min,
        age_max=age_max,
        language=language,
        tags=_tags(texts["tags"]),
        featured=_flag("featured", texts, default=False),
        active=_flag("active", texts, default=True),
        created_at=_moment(texts["createdAt"]),
        metadata=_metadata(texts),
    )


def _metadata(texts: Mapping[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if texts["difficulty"]:
        if texts["difficulty"] not in DIFFICULTIES:
            raise Unusable(f"difficulty must be one of {', '.join(DIFFICULTIES)}")
        metadata["difficulty"] = texts["difficulty"]
    if texts["educational"]:
        metadata["isEducational"] = _flag("educational", texts, default=False)
    rating = _number("ageRating", texts, HIGHEST_AGE)
    return metadata if rating is None else {**metadata, "ageRating": rating}


def _place(name: str, texts: Mapping[str, str]) -> str:
    place = texts[name]
    if not place:
        if name in REQUIRED:
            raise Unusable(f"{name} is required")
        return ""
    if is_address(_short(name, place, MAX_URL_CHARS)):
        _check_address(name, place)
    return place


def _check_address(name: str, place: str) -> None:
    try:
        parts = urlsplit(place)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username or any(char.isspace() for char in place):
        raise Unusable(f"{name} must be an https address or a path below the sheet")


def _text(name: str, text: str, most: int) -> str:
    if is_blank(text):
        raise Unusable(f"{name} is required")
    return _short(name, text, most)


def _name(name: str, text: str, most: int) -> str:
    if not _NAME.fullmatch(_text(name, text, most)):
        raise Unusable(f"{name} may hold letters, digits, '.', '_' and '-'")
    return text


def _short(name: str, text: str, most: int) -> str:
    if len(text) > most:
        raise Unusable(f"{name} has at most {most} characters")
    return text


def _number(name: str, texts: Mapping[str, str], most: int) -> int | None:
    text = texts[name]
    if not text:
        if name in REQUIRED:
            raise Unusable(f"{name} is required")
        return None
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise Unusable(f"{name} must be a whole number from 0 to {most}")
    return int(text)


def _flag(name: str, texts: Mapping[str, str], *, default: bool) -> bool:
    text = texts[name].lower()
    if not text:
        return default
    if text not in _TRUE | _FALSE:
        raise Unusable(f"{name} must be true or false")
    return text in _TRUE


def _tags(text: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(tag for piece in text.split(TAG_MARK) if (tag := " ".join(piece.split()))))
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARS for tag in tags):
        raise Unusable(f"there are at most {MAX_TAGS} tags of {MAX_TAG_CHARS} characters")
    return tags


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable("createdAt must be a time such as 2024-01-15T10:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _fields(item: NewItem, thumbnail: str, content: str) -> dict[str, str]:
    metadata = item.metadata
    educational = metadata.get("isEducational")
    return {
        "id": item.provider_id,
        "title": item.title,
        "description": item.description,
        "category": item.category,
        "type": item.kind,
        "ageMin": str(item.age_min),
        "ageMax": str(item.age_max),
        "ageRating": str(metadata.get("ageRating", "")),
        "durationSeconds": "" if item.duration_s is None else str(item.duration_s),
        "language": item.language,
        "tags": TAG_MARK.join(item.tags),
        "difficulty": str(metadata.get("difficulty", "")),
        "educational": str(educational).lower() if isinstance(educational, bool) else "",
        "featured": str(item.featured).lower(),
        "active": str(item.active).lower(),
        "createdAt": "" if item.created_at is None else instant(item.created_at),
        "provider": item.provider,
        "thumbnail": thumbnail,
        "content": content,
    }
