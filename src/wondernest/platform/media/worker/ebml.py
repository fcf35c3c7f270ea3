"""EBML elements (RFC 8794): walking over them, and blanking them in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from wondernest.platform.media.worker.faults import require

_VOID: Final = 0xEC
_MAX_ID_BYTES: Final = 4
_MAX_SIZE_BYTES: Final = 8


class Element(Struct, frozen=True):
    """An element: its id with the marker bits, where it starts, where its content starts, and where it ends."""

    id: int
    start: int
    body: int
    end: int
    unknown: bool = False
    """Whether the file does not say its size; `end` is then that of what contains it."""


def number(content: bytearray, place: int, longest: int, *, marked: bool) -> tuple[int, int]:
    """A number of variable length and the place behind it; `marked`: with its length marker, as in ids."""
    first = content[place]
    width = 9 - first.bit_length()
    require(width <= longest and place + width <= len(content))
    value = int.from_bytes(content[place : place + width])
    return (value if marked else value & (1 << 7 * width) - 1), place + width


def elements(content: bytearray, start: int, end: int, ends_before: frozenset[int] = frozenset()) -> Iterator[Element]:
    """The elements between two places, up to one in `ends_before`. Refuses an element larger than what contains it."""
    place = start
    while place < end:
        name, after = number(content, place, _MAX_ID_BYTES, marked=True)
        if name in ends_before:
            return
        size, body = number(content, after, _MAX_SIZE_BYTES, marked=False)
        unknown = size == (1 << 7 * (body - after)) - 1
        stop = end if unknown else body + size
        require(body <= end and stop <= end)
        yield Element(name, place, body, stop, unknown)
        place = stop


def blank(content: bytearray, element: Element) -> None:
    """Make it a Void element of the same size, filled with zeros: nothing behind it moves."""
    total = element.end - element.start
    width = 1 if total - 2 < 0x7F else _MAX_SIZE_BYTES
    require(not element.unknown and total >= 2)
    size = (total - 1 - width) | 1 << 7 * width
    head = bytes([_VOID]) + size.to_bytes(width)
    content[element.start : element.end] = head + bytes(total - len(head))


def zero(content: bytearray, element: Element) -> None:
    """Overwrite the content with zeros: an empty text."""
    content[element.body : element.end] = bytes(element.end - element.body)


def keep(content: bytearray, outer: Element, ids: frozenset[int]) -> list[Element]:
    """Blank every element in `outer` that is not named; returns the others."""
    kept: list[Element] = []
    for element in elements(content, outer.body, outer.end):
        if element.id in ids:
            kept.append(element)
        else:
            blank(content, element)
    return kept


def unsigned(content: bytearray, element: Element) -> int:
    """The content as a number."""
    return int.from_bytes(content[element.body : element.end])
