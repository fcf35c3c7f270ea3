"""Reads what people wrote in a save: its title, and the texts of a story of the site's story builder. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

TEXTS: Final = frozenset({"text", "content", "title", "caption"})
"""Names of members that hold what is written on a page (games contract §8)."""
DEEPEST: Final = 8
"""Levels of a page that are read."""


class Told(Struct, frozen=True):
    """What a save says. `pages`: the texts of each page of a story; None for any other save."""

    title: str = ""
    description: str = ""
    pages: list[list[str]] | None = None


def told(document: bytes) -> Told:
    """What the document of a save says."""
    save = _fields(_decoded(document))
    whole = save.get("data")
    work = _fields(_decoded(whole.encode()) if isinstance(whole, str) else whole) or save
    project = _fields(work.get("originalProject"))
    title = _text(work, "title") or _text(work, "name") or _text(project, "name")
    content = _fields(work.get("content"))
    pages = content.get("pages")
    if not isinstance(pages, list):
        return Told(title, _text(work, "description"))
    texts = [list(_texts(page, DEEPEST)) for page in cast("list[Any]", pages)]
    return Told(title, _text(work, "description"), texts)


def _texts(value: Any, levels: int) -> Iterator[str]:
    if not levels:
        return
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _texts(one, levels - 1)
    for name, member in _fields(value).items():
        if isinstance(member, str):
            if name in TEXTS and member.strip():
                yield member
        else:
            yield from _texts(member, levels - 1)


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def _decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
