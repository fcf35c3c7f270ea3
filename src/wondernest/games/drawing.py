"""Draws a sticker project as SVG, as far as its document allows. Pure functions; whatever is odd in a document is left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, Final, cast

import msgspec

WIDTH, HEIGHT = 800.0, 600.0
"""Of a canvas that does not say its size."""
EMOJI_SIZE: Final = 60.0
FARTHEST: Final = 1e6
MOST_CANVASES: Final = 4
"""How far beyond the canvas, in its sizes, something still makes the picture larger: a canvas has no end, a picture has."""
TRANSLUCENT: Final = 0x01010101
"""All channels of a colour that the app packed from parts of 0 to 1 (games contract §8): white."""
MOST_PARTS: Final = 20_000


def drawn(document: bytes, label: Callable[[int], str] = str) -> list[str]:
    """The pages of a sticker project as SVG; none for any other document. `label`: what a page is called, by its number from 1."""
    try:
        save = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    project = _part(save, "originalProject") or save
    canvas, book = _part(project, "infiniteCanvas"), _part(project, "flipBook")
    pages = [canvas] if canvas else [_fields(page) for page in _list(book, "pages")]
    shown = [page for page in pages if "stickers" in page or "drawings" in page]
    return [_page(page, label(number)) for number, page in enumerate(shown, 1)]


def _page(canvas: dict[str, Any], label: str) -> str:
    x, y, width, height = _frame(canvas)
    box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    parts = list(_parts(canvas))[:MOST_PARTS]
    colour = _colour(_get(_part(canvas, "background"), "backgroundColor"), 0xFFFFFF)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x:g} {y:g} {width:g} {height:g}" role="img"'
        f' aria-label="{escape(label)}"><rect {box} fill="{colour}"/>{"".join(parts)}</svg>'
    )


def _frame(canvas: dict[str, Any]) -> tuple[float, float, float, float]:
    """Left, top, width and height of the picture: the canvas, and what lies beside it."""
    size = _part(canvas, "canvasSize")
    width, height = _number(size.get("width"), WIDTH), _number(size.get("height"), HEIGHT)
    width, height = width if width > 0 else WIDTH, height if height > 0 else HEIGHT
    points = [_point(point) for stroke in _list(canvas, "drawings") for point in _list(stroke, "points")]
    points += [_point(_get(item, "position")) for item in (*_list(canvas, "stickers"), *_list(canvas, "texts"))]
    near = [(x, y) for x, y in points if abs(x) <= MOST_CANVASES * width and abs(y) <= MOST_CANVASES * height]
    left, right = _around(width, [x for x, _ in near])
    top, bottom = _around(height, [y for _, y in near])
    return left, top, right - left, bottom - top


def _around(size: float, places: Sequence[float]) -> tuple[float, float]:
    """From where to where a picture goes: from 0 to its size, or further to show what lies beside it."""
    first, last = min(places, default=0), max(places, default=0)
    return first - EMOJI_SIZE if first < 0 else 0, last + EMOJI_SIZE if last > size else size


def _parts(canvas: dict[str, Any]) -> Iterator[str]:
    for stroke in _list(canvas, "drawings"):
        points = " ".join(f"{x:g},{y:g}" for x, y in map(_point, _list(stroke, "points")))
        wide = _number(_get(stroke, "strokeWidth"), 4)
        yield (
            f'<polyline points="{points}" fill="none" stroke="{_colour(_get(stroke, "color"), 0)}"'
            f' stroke-width="{wide:g}" stroke-linecap="round"/>'
        )
    for sticker in sorted(_list(canvas, "stickers"), key=lambda one: _number(_get(one, "zIndex"), 0)):
        emoji = _get(_part(sticker, "sticker"), "emoji") or _get(_part(sticker, "sticker"), "name") or ""
        yield _text(sticker, str(emoji), EMOJI_SIZE * _number(_get(sticker, "scale"), 1), 0)
    for text in _list(canvas, "texts"):
        colour = _get(text, "color")
        yield _text(text, str(_get(text, "text") or ""), _number(_get(text, "fontSize"), 24), colour)


def _text(item: Any, text: str, size: float, colour: Any) -> str:
    x, y = _point(_get(item, "position"))
    turn = math.degrees(_number(_get(item, "rotation"), 0))
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{_colour(colour, 0)}"'
        f' transform="rotate({turn:g} {x:g} {y:g})">{escape(text)}</text>'
    )


def _colour(value: Any, other: int) -> str:
    """A colour of the app, with its transparency left out; `other` for anything else."""
    packed = int(_number(value, other))
    if packed == packed & TRANSLUCENT and packed >> 24:  # of parts of 0 to 1
        packed *= 0xFF
    return f"#{packed & 0xFFFFFF:06x}"


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
