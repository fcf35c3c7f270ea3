"""Pages: a picture with a text below it, pages to count, pages to colour; several pages are a PDF."""

from __future__ import annotations

import io
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from msgspec import Struct
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from wondernest.development.pictures import BLACK, CREAM, PICTURES, PIXELS, WHITE, Canvas

WIDTH, HEIGHT = PIXELS[0], PIXELS[1] + 232
"""Of a page, pixels: a picture and room for four lines of text."""
LINE_CHARS: Final = 44
TEXT_SIZE: Final = 38
LINE_HEIGHT: Final = 50
FAINT: Final = 25
"""Edges below this brightness, of 256, are no lines."""
RESOLUTION: Final = 100.0
"""Pixels per inch of a PDF's pages."""
NEVER: Final = time.gmtime(0)
"""The date in every PDF: the same pages are the same file."""
_DRAWN: Final = {picture.title: picture.draw for picture in PICTURES}

Draw: TypeAlias = Callable[[], Canvas]


class Page(Struct, frozen=True):
    """A picture by its title, or a drawing, and a text."""

    picture: str | Draw
    text: str


def drawn(picture: str | Draw) -> Image.Image:
    """The picture of a title, or of a drawing."""
    return (_DRAWN[picture] if isinstance(picture, str) else picture)().image


def png(picture: str | Draw) -> bytes:
    """A picture as a file."""
    return _png(drawn(picture))


def book(title: str, pages: Sequence[Page]) -> bytes:
    """A PDF: the title over the first picture, then the pages."""
    images = [
        _page(drawn(pages[0].picture), title, large=True),
        *(_page(drawn(page.picture), page.text) for page in pages),
    ]
    content = io.BytesIO()
    images[0].save(
        content,
        "PDF",
        save_all=True,
        append_images=images[1:],
        resolution=RESOLUTION,
        title=title,
        creationDate=NEVER,
        modDate=NEVER,
    )
    return content.getvalue()


def to_colour(picture: str | Draw) -> bytes:
    """A picture as black lines on white."""
    edges = Image.new("L", PIXELS)
    for band in drawn(picture).split():
        edges = ImageChops.lighter(edges, band.filter(ImageFilter.FIND_EDGES))
    lines = _strong(edges).filter(ImageFilter.MaxFilter(5))
    ImageDraw.Draw(lines).rectangle((0, 0, PIXELS[0] - 1, PIXELS[1] - 1), outline=0, width=8)
    return _png(ImageChops.invert(lines).convert("RGB"))


def _strong(edges: Image.Image) -> Image.Image:
    lines: Image.Image = edges.point([0] * FAINT + [255] * (256 - FAINT))  # pyright: ignore[reportUnknownMemberType]
    return lines


def sheet(title: str, picture: str | Draw) -> bytes:
    """One page as a PNG: a picture with its title below."""
    return _png(_page(drawn(picture), title))


def _page(picture: Image.Image, text: str, *, large: bool = False) -> Image.Image:
    page = Image.new("RGB", (WIDTH, HEIGHT), CREAM if large else WHITE)
    page.paste(picture, (0, 0))
    size = TEXT_SIZE * 3 // 2 if large else TEXT_SIZE
    font = ImageFont.load_default(size)
    lines = textwrap.wrap(text, LINE_CHARS * TEXT_SIZE // size)
    top = PIXELS[1] + (HEIGHT - PIXELS[1] - len(lines) * LINE_HEIGHT * size // TEXT_SIZE) // 2
    for number, line in enumerate(lines):
        y = top + (number + 0.5) * LINE_HEIGHT * size / TEXT_SIZE
        ImageDraw.Draw(page).text((WIDTH / 2, y), line, fill=BLACK, font=font, anchor="mm")
    return page


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()
