"""Draws a sticker project as SVG, as far as its document allows. Pure functions; whatever is odd in a document is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any, Final, cast

import msgspec

WIDTH, HEIGHT = 800.0, 600.0
"""Of a canvas that does not say its size."""
EMOJI_SIZE: Final = 60.0
FARTHEST: Final = 1e6
MOST_PARTS: Final = 20_000


def drawn(document: bytes) -> list[str]:
    """The pages of a sticker project as SVG; none for any other document."""
    try:
        save = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    project = _part(save, "originalProject") or save
    canvas, book = _part(project, "infiniteCanvas"), _part(project, "flipBook")
    pages = [canvas] if canvas else [_fields(page) for page in _list(book, "pages")]
    return [_page(page) for page in pages if "stickers" in page or "drawings" in page]


def _page(canvas: dict[str, Any]) -> str:
    size = _part(canvas, "canvasSize")
    width, height = _number(size.get("width"), WIDTH), _number(size.get("height"), HEIGHT)
    parts = list(_parts(canvas))[:MOST_PARTS]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _parts(canvas: dict[str, Any]) -> Iterator[str]:
    for stroke in _list(canvas, "drawings"):
        points = " ".join(f"{x:g},{y:g}" for x, y in map(_point, _list(stroke, "points")))
        colour = int(_number(_get(stroke, "color"), 0)) & 0xFFFFFF
        wide = _number(_get(stroke, "strokeWidth"), 4)
        yield f'<polyline points="{points}" fill="none" stroke="#{colour:06x}" stroke-width="{wide:g}" stroke-linecap="round"/>'
    for sticker in sorted(_list(canvas, "stickers"), key=lambda one: _number(_get(one, "zIndex"), 0)):
        emoji = _get(_part(sticker, "sticker"), "emoji") or _get(_part(sticker, "sticker"), "name") or ""
        yield _text(sticker, str(emoji), EMOJI_SIZE * _number(_get(sticker, "scale"), 1))
    for text in _list(canvas, "texts"):
        yield _text(text, str(_get(text, "text") or ""), _number(_get(text, "fontSize"), 24))


def _text(item: Any, text: str, size: float) -> str:
    x, y = _point(_get(item, "position"))
    turn = math.degrees(_number(_get(item, "rotation"), 0))
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" transform="rotate({turn:g} {x:g} {y:g})">{escape(text)}</text>'
    )


def _point(value: Any) -> tuple[float, float]:
    return _number(_get(value, "x"), 0), _number(_get(value, "y"), 0)


def _number(value: Any, other: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST
    return float(value) if fits else float(value & 0xFFFFFFFF) if isinstance(value, int) and value > 0 else other


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _get(value: Any, name: str) -> Any:
    return _fields(value).get(name)


def _part(value: Any, name: str) -> dict[str, Any]:
    return _fields(_get(value, name))


def _list(value: Any, name: str) -> list[Any]:
    part = _get(value, name)
    return cast("list[Any]", part) if isinstance(part, list) else []
