"""The pictures of the demo family: drawn here, so that the repository holds no picture files."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 100.0
HEIGHT: Final = 75.0
"""A canvas, in its own units."""
PIXELS: Final = (1024, 768)
FINER: Final = 2
"""Pictures are drawn so many times larger and made smaller then, so that edges are smooth."""
SCALE: Final = PIXELS[0] * FINER / WIDTH
MEDIA_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_FORMATS: Final = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}

SKY: Final = "#8fd3f5"
NIGHT: Final = "#1d2b53"
SEA: Final = "#2f8fc4"
GRASS: Final = "#7cc36a"
LEAF: Final = "#3f9142"
SUN: Final = "#ffd23f"
ORANGE: Final = "#f59a3c"
RED: Final = "#e4572e"
PINK: Final = "#f48fb1"
VIOLET: Final = "#8e5fb8"
BROWN: Final = "#8a5a34"
CREAM: Final = "#fff3d6"
WHITE: Final = "#ffffff"
GREY: Final = "#b8c0cc"
BLACK: Final = "#2b2b33"

Point: TypeAlias = tuple[float, float]
Extension: TypeAlias = Literal["png", "jpg", "webp"]


class Canvas:
    """A drawing of 100 by 75 units; y grows downwards."""

    def __init__(self, background: str) -> None:
        self._image = Image.new("RGB", (PIXELS[0] * FINER, PIXELS[1] * FINER), background)
        self._draw = ImageDraw.Draw(self._image)

    def disc(self, x: float, y: float, radius: float, colour: str, height: float | None = None) -> None:
        """A disc, or an ellipse of half the height given."""
        tall = radius if height is None else height
        self._draw.ellipse(_scaled(((x - radius, y - tall), (x + radius, y + tall))), fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """A rectangle."""
        self._draw.rectangle(_scaled(((left, top), (right, bottom))), fill=colour)

    def shape(self, *points: Point, colour: str) -> None:
        """A polygon."""
        self._draw.polygon(_scaled(points), fill=colour)

    def line(self, *points: Point, colour: str, thickness: float = 1.0) -> None:
        """A line with round joints."""
        self._draw.line(_scaled(points), fill=colour, width=round(thickness * SCALE), joint="curve")

    def bow(
        self, x: float, y: float, radius: float, angles: tuple[float, float], colour: str, thickness: float
    ) -> None:
        """A part of a circle; angles in degrees, clockwise from the right."""
        box = _scaled(((x - radius, y - radius), (x + radius, y + radius)))
        self._draw.arc(box, *angles, fill=colour, width=round(thickness * SCALE))

    def letter(self, x: float, y: float, text: str, size: float, colour: str) -> None:
        """A text around a point."""
        self._draw.text(
            _scaled(((x, y),))[0], text, fill=colour, font=ImageFont.load_default(size * SCALE), anchor="mm"
        )

    @property
    def image(self) -> Image.Image:
        """The picture, in PIXELS."""
        return self._image.reduce(FINER)

    def encoded(self, extension: Extension) -> bytes:
        """The picture as a file."""
        content = io.BytesIO()
        self.image.save(content, _FORMATS[extension])
        return content.getvalue()


class Picture(Struct, frozen=True):
    """A picture of the demo family, and what its parents say about it."""

    title: str
    category: str
    tags: tuple[str, ...]
    draw: Callable[[], Canvas]
    extension: Extension = "png"

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.title}.{self.extension}"

    @property
    def media_type(self) -> str:
        """Its Content-Type."""
        return MEDIA_TYPES[self.extension]

    def content(self) -> bytes:
        """Its bytes: the same at each call."""
        return self.draw().encoded(self.extension)


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def _around(x: float, y: float, radius: float, number: int, turn: float = 0.0) -> list[Point]:
    """Points on a circle."""
    angles = (turn + 2 * math.pi * place / number for place in range(number))
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _star(canvas: Canvas, x: float, y: float, radius: float, colour: str) -> None:
    outer, inner = _around(x, y, radius, 5, -math.pi / 2), _around(x, y, radius * 0.4, 5, -math.pi * 0.3)
    canvas.shape(*(point for pair in zip(outer, inner, strict=True) for point in pair), colour=colour)


def _cloud(canvas: Canvas, x: float, y: float) -> None:
    for dx, dy, radius in ((-7, 1, 4), (-2, -2, 5.5), (4, -1, 5), (8, 1.5, 3.5)):
        canvas.disc(x + dx, y + dy, radius, WHITE)


def _flower(canvas: Canvas, x: float, y: float, colour: str) -> None:
    canvas.line((x, y), (x, y + 9), colour=LEAF, thickness=0.8)
    for petal in _around(x, y, 2.2, 6):
        canvas.disc(*petal, 1.6, colour)
    canvas.disc(x, y, 1.5, SUN)


def _eye(canvas: Canvas, x: float, y: float, radius: float) -> None:
    canvas.disc(x, y, radius, WHITE)
    canvas.disc(x, y, radius * 0.55, BLACK)
    canvas.disc(x + radius * 0.2, y - radius * 0.2, radius * 0.18, WHITE)


def _meadow() -> Canvas:
    canvas = Canvas(SKY)
    canvas.disc(50, 118, 95, GRASS, height=62)
    return canvas


def _sun() -> Canvas:
    canvas = _meadow()
    for outer in _around(50, 34, 27, 12):
        canvas.line((50, 34), outer, colour=ORANGE, thickness=2)
    canvas.disc(50, 34, 18, SUN)
    for x in (44, 56):
        _eye(canvas, x, 31, 2.6)
        canvas.disc(x + (x - 50) * 0.9, 38, 2.4, ORANGE)
    canvas.bow(50, 35, 8, (25, 155), RED, 1.2)
    return canvas


def _house() -> Canvas:
    canvas = _meadow()
    _cloud(canvas, 20, 15)
    canvas.box(63, 20, 69, 36, BROWN)
    canvas.box(30, 36, 72, 64, CREAM)
    canvas.shape((25, 37), (51, 15), (77, 37), colour=RED)
    canvas.box(46, 47, 57, 64, BROWN)
    canvas.disc(55, 56, 0.8, SUN)
    for left in (34, 61):
        canvas.box(left, 43, left + 8, 51, SKY)
        canvas.line((left + 4, 43), (left + 4, 51), colour=WHITE, thickness=0.6)
        canvas.line((left, 47), (left + 8, 47), colour=WHITE, thickness=0.6)
    for x, colour in ((14, PINK), (22, VIOLET), (82, PINK), (90, RED)):
        _flower(canvas, x, 57, colour)
    return canvas


def _boat() -> Canvas:
    canvas = Canvas(SKY)
    canvas.disc(84, 14, 8, SUN)
    _cloud(canvas, 22, 16)
    canvas.box(0, 50, 100, 75, SEA)
    canvas.line((50, 12), (50, 50), colour=BROWN, thickness=1.4)
    canvas.shape((51.5, 14), (51.5, 44), (74, 44), colour=WHITE)
    canvas.shape((48.5, 18), (48.5, 44), (32, 44), colour=PINK)
    canvas.shape((26, 48), (78, 48), (68, 60), (36, 60), colour=RED)
    for row, shift in ((57, 0), (64, 6), (71, 2)):
        for x in range(-6, 104, 12):
            canvas.bow(x + shift, row, 5, (20, 160), WHITE, 0.7)
    return canvas


def _cat() -> Canvas:
    canvas = Canvas(CREAM)
    canvas.disc(50, 80, 26, ORANGE, height=30)
    for side in (-1, 1):
        canvas.shape((50 + side * 21, 30), (50 + side * 18, 6), (50 + side * 4, 17), colour=ORANGE)
        canvas.shape((50 + side * 18, 25), (50 + side * 16, 12), (50 + side * 8, 18), colour=PINK)
    canvas.disc(50, 35, 23, ORANGE, height=20)
    for side in (-1, 1):
        _eye(canvas, 50 + side * 9, 31, 4.2)
        for y in (38, 41, 44):
            canvas.line((50 + side * 9, 41), (50 + side * 28, y), colour=BLACK, thickness=0.4)
        canvas.bow(50 + side * 3, 42, 3, (20, 160), BLACK, 0.8)
    canvas.shape((47.5, 38), (52.5, 38), (50, 41.5), colour=PINK)
    for x in (44, 50, 56):
        canvas.line((x, 16), (x, 22), colour=BROWN, thickness=1.2)
    return canvas


def _owl() -> Canvas:
    canvas = Canvas(NIGHT)
    canvas.disc(82, 14, 9, CREAM)
    for x, y in ((10, 12), (24, 22), (62, 9), (90, 38), (12, 46)):
        _star(canvas, x, y, 2, SUN)
    canvas.line((0, 68), (100, 64), colour=BROWN, thickness=4)
    canvas.disc(48, 44, 19, BROWN, height=24)
    canvas.disc(48, 51, 12, CREAM, height=15)
    for side in (-1, 1):
        canvas.shape((48 + side * 16, 28), (48 + side * 17, 14), (48 + side * 5, 23), colour=BROWN)
        canvas.disc(48 + side * 7.5, 33, 7.5, CREAM)
        _eye(canvas, 48 + side * 7.5, 33, 5)
        canvas.line((48 + side * 5, 67), (48 + side * 5, 70), colour=ORANGE, thickness=3)
    canvas.shape((45.5, 37), (50.5, 37), (48, 43), colour=ORANGE)
    for row, y in enumerate((47, 52, 57)):
        for x in range(-6 + row, 8 - row, 5):
            canvas.bow(48 + x, y, 2.2, (0, 180), BROWN, 0.7)
    return canvas


def _fish() -> Canvas:
    canvas = Canvas(SEA)
    canvas.box(0, 66, 100, 75, CREAM)
    for x in (12, 20, 86):
        canvas.line((x, 68), (x - 3, 58), (x + 3, 48), (x, 38), colour=LEAF, thickness=1.6)
    for x, y, size, colour in ((46, 30, 15, ORANGE), (68, 54, 9, PINK), (30, 56, 7, SUN)):
        canvas.shape((x + size, y), (x + size * 1.7, y - size * 0.6), (x + size * 1.7, y + size * 0.6), colour=colour)
        canvas.shape((x - 2, y - size * 0.5), (x + size * 0.5, y - size), (x + size * 0.6, y), colour=colour)
        canvas.disc(x, y, size * 1.2, colour, height=size * 0.7)
        _eye(canvas, x - size * 0.7, y - size * 0.15, size * 0.17)
        canvas.bow(x - size * 0.1, y, size * 0.5, (-60, 60), WHITE, size * 0.08)
    for x, y, radius in ((24, 26, 1.6), (20, 18, 2.2), (25, 9, 1.2), (54, 48, 1.2), (57, 42, 0.8)):
        canvas.disc(x, y, radius, SKY)
    return canvas


def _tree() -> Canvas:
    canvas = _meadow()
    canvas.shape((45, 40), (55, 40), (58, 66), (42, 66), colour=BROWN)
    for x, y, radius in ((36, 32, 14), (64, 32, 14), (50, 20, 16), (50, 38, 14)):
        canvas.disc(x, y, radius, LEAF)
    for x, y in ((36, 28), (47, 18), (58, 24), (66, 35), (50, 40), (40, 39)):
        canvas.disc(x, y, 2.4, RED)
    for x, colour in ((16, PINK), (24, SUN), (78, VIOLET), (86, RED)):
        _flower(canvas, x, 56, colour)
    return canvas


def _rainbow() -> Canvas:
    canvas = _meadow()
    for place, colour in enumerate((RED, ORANGE, SUN, GRASS, SEA, VIOLET)):
        canvas.bow(50, 58, 44 - place * 4, (180, 360), colour, 4.2)
    canvas.disc(50, 118, 95, GRASS, height=62)
    _cloud(canvas, 14, 55)
    _cloud(canvas, 84, 55)
    return canvas


def _rocket() -> Canvas:
    canvas = Canvas(NIGHT)
    for place in range(28):
        canvas.disc(place * 37 % 100, place * 53 % 75, 0.4 + place % 3 * 0.25, WHITE)
    canvas.disc(18, 58, 12, VIOLET)
    canvas.bow(18, 58, 17, (-40, 150), PINK, 1.4)
    canvas.shape((43, 57), (57, 57), (50, 73), colour=ORANGE)
    canvas.shape((46, 57), (54, 57), (50, 67), colour=SUN)
    canvas.shape((41, 40), (30, 60), (42, 56), colour=RED)
    canvas.shape((59, 40), (70, 60), (58, 56), colour=RED)
    canvas.disc(50, 34, 10, WHITE, height=27)
    canvas.box(38, 57, 62, 62, NIGHT)
    canvas.shape((44, 56), (56, 56), (54, 60), (46, 60), colour=GREY)
    canvas.shape((43.5, 14), (50, 5), (56.5, 14), colour=RED)
    canvas.disc(50, 29, 5.5, GREY)
    canvas.disc(50, 29, 4.2, SKY)
    return canvas


def _butterfly() -> Canvas:
    canvas = _meadow()
    for side in (-1, 1):
        canvas.disc(50 + side * 16, 25, 14, VIOLET)
        canvas.disc(50 + side * 13, 46, 10, PINK)
        canvas.disc(50 + side * 17, 24, 6, SUN)
        canvas.disc(50 + side * 13, 46, 4, WHITE)
        canvas.line((50, 16), (50 + side * 7, 6), colour=BLACK, thickness=0.7)
        canvas.disc(50 + side * 7, 6, 1.2, BLACK)
    canvas.disc(50, 35, 3, BLACK, height=20)
    for x, colour in ((14, RED), (30, SUN), (72, PINK), (88, ORANGE)):
        _flower(canvas, x, 61, colour)
    return canvas


def _letters() -> Canvas:
    canvas = Canvas(CREAM)
    for x, letter, colour in ((20, "A", RED), (50, "B", SEA), (80, "C", LEAF)):
        canvas.box(x - 13, 18, x + 13, 56, WHITE)
        canvas.letter(x, 37, letter, 32, colour)
    for place, colour in enumerate((ORANGE, PINK, SUN, VIOLET, SKY, GRASS)):
        _star(canvas, 10 + place * 16, 66, 4, colour)
        canvas.disc(10 + place * 16, 9, 3, colour)
    return canvas


def _snail() -> Canvas:
    canvas = _meadow()
    canvas.disc(50, 60, 30, SUN, height=5)
    canvas.shape((72, 60), (76, 38), (82, 38), (80, 62), colour=SUN)
    canvas.disc(79, 38, 5, SUN)
    for x in (76, 83):
        canvas.line((79, 36), (x, 25), colour=SUN, thickness=1)
        _eye(canvas, x, 24, 1.8)
    canvas.disc(47, 42, 19, RED)
    for place, colour in enumerate((CREAM, RED, CREAM, RED)):
        canvas.disc(47 + place, 42 + place, 15 - place * 4, colour)
    canvas.bow(79, 39, 3, (20, 120), BLACK, 0.6)
    return canvas


PICTURES: Final = (
    Picture("sun", "game_asset", ("sky", "happy"), _sun),
    Picture("little house", "game_asset", ("house", "garden"), _house),
    Picture("sailing boat", "game_asset", ("sea", "boat"), _boat, "webp"),
    Picture("orange cat", "game_asset", ("animal", "cat"), _cat),
    Picture("owl at night", "game_asset", ("animal", "night"), _owl),
    Picture("three fishes", "content", ("animal", "sea"), _fish),
    Picture("apple tree", "game_asset", ("garden", "tree"), _tree, "jpg"),
    Picture("rainbow", "content", ("sky", "colours"), _rainbow, "jpg"),
    Picture("Leo's rocket", "artwork", ("space", "leo"), _rocket),
    Picture("Mia's butterfly", "artwork", ("animal", "mia"), _butterfly),
    Picture("a b c", "content", ("letters", "reading"), _letters),
    Picture("snail", "content", ("animal", "garden"), _snail, "webp"),
)
