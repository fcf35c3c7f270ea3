"""The icons of the categories, drawn as SVG: the rows of every installation name them, and no earlier backend served them."""

from __future__ import annotations

from typing import Final

_FRAME: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<circle cx="24" cy="24" r="23" fill="{colour}"/><g fill="#fff" stroke="none">{shapes}</g></svg>'
)
_SHAPES: Final = {
    "animals": (
        "#4CAF50",
        (
            '<circle cx="14" cy="20" r="4"/><circle cx="21" cy="13" r="4"/><circle cx="29" cy="13" r="4"/>'
            '<circle cx="35" cy="20" r="4"/><ellipse cx="24.5" cy="30" rx="9" ry="7.5"/>'
        ),
    ),
    "fantasy": (
        "#9C27B0",
        '<path d="M10 38l18-18 3 3-18 18z"/><path d="M33 6l2.5 6.5L42 15l-6.5 2.5L33 24l-2.5-6.5L24 15l6.5-2.5z"/>',
    ),
    "transport": (
        "#2196F3",
        '<path d="M8 30v-7l5-1 4-7h13l6 7 5 2v6z"/><circle cx="16" cy="32" r="4.5"/><circle cx="34" cy="32" r="4.5"/>',
    ),
    "space": (
        "#FF9800",
        '<path d="M24 6c6 6 8 13 6 22H18c-2-9 0-16 6-22z"/><path d="M17 22l-6 9 6-1zM31 22l6 9-6-1zM20 30h8l-4 11z"/>',
    ),
    "daily": ("#795548", '<path d="M24 8L7 23h5v16h9V29h6v10h9V23h5z"/>'),
    "sports": (
        "#F44336",
        (
            '<circle cx="24" cy="24" r="13.5" fill="none" stroke="#fff" stroke-width="3"/>'
            '<path d="M24 17l7 5-2.7 8h-8.6L17 22z"/>'
        ),
    ),
    "education": (
        "#673AB7",
        '<path d="M24 11L4 20l20 9 20-9z"/><path d="M13 27v7c6 5 16 5 22 0v-7l-11 5z"/><path d="M40 22h2v11h-2z"/>',
    ),
    "seasonal": (
        "#FF5722",
        (
            '<path d="M23 7h2v34h-2z"/><path d="M7 23h34v2H7z"/><path d="M11.5 13l1.5-1.5 24 24-1.5 1.5z"/>'
            '<path d="M35.5 11.5L37 13 13 37l-1.5-1.5z"/>'
        ),
    ),
}
ICONS: Final = {
    f"{name}.svg": _FRAME.format(colour=colour, shapes=shapes).encode() for name, (colour, shapes) in _SHAPES.items()
}
"""By the last part of their address."""
