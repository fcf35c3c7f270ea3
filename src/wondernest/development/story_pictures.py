"""What the pictures of the demo stories are made of: figures that are drawn at a place, in a size."""

from __future__ import annotations

import math
from typing import Final

from wondernest.development.pictures import (
    BLACK,
    BROWN,
    CREAM,
    GRASS,
    GREY,
    LEAF,
    NIGHT,
    ORANGE,
    PINK,
    RED,
    SEA,
    SKY,
    SUN,
    VIOLET,
    WHITE,
    Canvas,
)

SNOW: Final = "#eef4fb"
STONE: Final = "#7d8794"
DUSK: Final = "#f3b58b"
WALL: Final = "#f6dfb7"
SHELL: Final = "#b5533c"


def meadow() -> Canvas:
    """Green hills under a clear sky."""
    canvas = Canvas(SKY)
    canvas.disc(18, 96, 62, LEAF, height=44)
    canvas.disc(72, 104, 70, GRASS, height=48)
    return canvas


def snowfield() -> Canvas:
    """Snow at night, with stars."""
    canvas = Canvas(NIGHT)
    for place in range(18):
        canvas.disc(place * 41 % 100, place * 23 % 42, 0.5 + place % 3 * 0.2, WHITE)
    canvas.disc(50, 112, 90, SNOW, height=62)
    return canvas


def shore(sky: str = SKY) -> Canvas:
    """The sea, and a strip of sand."""
    canvas = Canvas(sky)
    canvas.box(0, 46, 100, 75, SEA)
    canvas.disc(50, 86, 80, CREAM, height=20)
    for row, shift in ((51, 0), (57, 6)):
        for x in range(-6, 104, 14):
            canvas.bow(x + shift, row, 5, (20, 160), WHITE, 0.6)
    return canvas


def room() -> Canvas:
    """A room with a window and a floor."""
    canvas = Canvas(WALL)
    canvas.box(0, 60, 100, 75, BROWN)
    canvas.box(60, 10, 90, 40, WHITE)
    canvas.box(62, 12, 88, 38, SKY)
    canvas.line((75, 12), (75, 38), colour=WHITE, thickness=1)
    canvas.line((62, 25), (88, 25), colour=WHITE, thickness=1)
    return canvas


def valley(sky: str = SKY) -> Canvas:
    """Mountains, and a river that comes from them."""
    canvas = Canvas(sky)
    for peak, left, right in ((28, 0, 58), (68, 36, 104)):
        canvas.shape((left, 56), (peak, 12), (right, 56), colour=STONE)
        canvas.shape((peak - 7, 22), (peak, 12), (peak + 7, 22), (peak, 26), colour=SNOW)
    canvas.box(0, 54, 100, 75, GRASS)
    canvas.shape((46, 54), (54, 54), (78, 75), (26, 75), colour=SEA)
    return canvas


def snail(canvas: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """A snail that goes to the right."""
    canvas.disc(x, y, 15 * size, SUN, height=2.6 * size)
    canvas.disc(x + 13 * size, y - 6 * size, 3 * size, SUN, height=7 * size)
    for side in (-1, 1):
        tip = x + (13 + side * 2.4) * size, y - 17 * size
        canvas.line((x + 13 * size, y - 11 * size), tip, colour=SUN, thickness=0.8)
        canvas.disc(*tip, 1.1 * size, BLACK)
    for place, colour in enumerate((SHELL, CREAM, SHELL, CREAM)):
        canvas.disc(x - 2 * size + place * 0.6, y - 9 * size + place * 0.4, (9.5 - place * 2.4) * size, colour)


def flower(canvas: Canvas, x: float, y: float, colour: str, size: float = 1.0) -> None:
    """A flower on its stem; the place is that of the bloom."""
    canvas.line((x, y), (x, y + 12 * size), colour=LEAF, thickness=0.9 * size)
    canvas.disc(x + 2.4 * size, y + 8 * size, 2.4 * size, LEAF, height=1.1 * size)
    for petal in range(6):
        angle = petal * math.pi / 3
        canvas.disc(x + 2.8 * size * math.cos(angle), y + 2.8 * size * math.sin(angle), 2 * size, colour)
    canvas.disc(x, y, 1.9 * size, SUN)


def cloud(canvas: Canvas, x: float, y: float, colour: str = WHITE, *, rain: bool = False) -> None:
    """A cloud, with or without rain."""
    if rain:
        for drop in range(9):
            left, top = x - 10 + drop * 2.6, y + 6 + drop * 5 % 7
            canvas.line((left, top), (left - 1.6, top + 5), colour=SEA, thickness=0.6)
    for dx, dy, radius in ((-8, 1, 4.5), (-2, -2, 6), (5, -1, 5.5), (9, 1.5, 4)):
        canvas.disc(x + dx, y + dy, radius, colour)


def sun(canvas: Canvas, x: float, y: float, radius: float = 7.0) -> None:
    """The sun with its rays."""
    for ray in range(12):
        angle = ray * math.pi / 6
        tip = x + radius * 1.6 * math.cos(angle), y + radius * 1.6 * math.sin(angle)
        canvas.line((x, y), tip, colour=ORANGE, thickness=0.9)
    canvas.disc(x, y, radius, SUN)


def moon(canvas: Canvas, x: float, y: float, radius: float = 8.0, sky: str = NIGHT) -> None:
    """A crescent."""
    canvas.disc(x, y, radius, CREAM)
    canvas.disc(x + radius * 0.45, y - radius * 0.25, radius * 0.85, sky)


def animal(canvas: Canvas, x: float, y: float, fur: str, size: float = 1.0, *, long_ears: bool = False) -> None:
    """A sitting bear, or with long ears a rabbit; the place is that of its feet."""
    canvas.disc(x, y - 11 * size, 10 * size, fur, height=12 * size)
    canvas.disc(x, y - 9 * size, 5.5 * size, CREAM, height=7.5 * size)
    for side in (-1, 1):
        ear = 9 if long_ears else 3.4
        top = y - (40 if long_ears else 34) * size
        canvas.disc(x + side * 5.5 * size, top, 3 * size, fur, height=ear * size)
        canvas.disc(x + side * 5.5 * size, top, 1.5 * size, PINK, height=ear * 0.6 * size)
        canvas.disc(x + side * 6 * size, y, 4.5 * size, fur, height=2.6 * size)
    canvas.disc(x, y - 27 * size, 9 * size, fur, height=8 * size)
    canvas.disc(x, y - 24.5 * size, 4 * size, CREAM, height=3.2 * size)
    canvas.disc(x, y - 26 * size, 1.4 * size, BLACK, height=1 * size)
    for side in (-1, 1):
        canvas.disc(x + side * 3.6 * size, y - 29 * size, 1.1 * size, BLACK)
    canvas.bow(x, y - 25 * size, 2.2 * size, (20, 160), BLACK, 0.5)


def blanket(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> None:
    """A blanket with stripes."""
    canvas.box(left, top, right, bottom, RED)
    step = (right - left) / 7
    for stripe in range(1, 7, 2):
        canvas.box(left + stripe * step, top, left + (stripe + 1) * step, bottom, SUN)


def tree(canvas: Canvas, x: float, y: float, size: float = 1.0, *, snow: bool = False) -> None:
    """A fir; the place is that of its foot."""
    canvas.box(x - 1.5 * size, y - 5 * size, x + 1.5 * size, y, BROWN)
    for step in range(3):
        top, half = y - (24 - step * 7) * size, (5 + step * 2.2) * size
        canvas.shape((x, top), (x - half, top + 10 * size), (x + half, top + 10 * size), colour=LEAF)
        if snow:
            canvas.shape((x, top), (x - half * 0.4, top + 4 * size), (x + half * 0.4, top + 4 * size), colour=SNOW)


def lighthouse(canvas: Canvas, x: float, y: float, *, lit: bool = False) -> None:
    """A lighthouse with red bands; the place is that of its foot."""
    if lit:
        canvas.shape((x, y - 48), (x - 60, y - 60), (x - 60, y - 36), colour=SUN)
    for band in range(5):
        low, high = y - band * 8, y - (band + 1) * 8
        canvas.shape(
            (x - 8 + band, low), (x + 8 - band, low), (x + 7 - band, high), (x - 7 + band, high),
            colour=RED if band % 2 else WHITE,
        )  # fmt: skip
    canvas.box(x - 5, y - 44, x + 5, y - 40, STONE)
    canvas.box(x - 3, y - 51, x + 3, y - 44, SUN if lit else SKY)
    canvas.shape((x - 5, y - 51), (x, y - 57), (x + 5, y - 51), colour=RED)
    canvas.box(x - 2.2, y - 6, x + 2.2, y, BROWN)


def kite(canvas: Canvas, x: float, y: float, hand: tuple[float, float], size: float = 1.0) -> None:
    """A kite on its line, which somebody holds."""
    canvas.line((x, y + 10 * size), hand, colour=BLACK, thickness=0.3)
    canvas.shape((x, y - 11 * size), (x + 8 * size, y), (x, y + 12 * size), (x - 8 * size, y), colour=VIOLET)
    canvas.shape((x, y - 11 * size), (x + 8 * size, y), (x, y), colour=PINK)
    canvas.shape((x, y), (x - 8 * size, y), (x, y + 12 * size), colour=SUN)
    for knot in range(3):
        canvas.disc(x + (2 + knot * 2.4) * size, y + (14 + knot * 4) * size, 1.4 * size, RED, height=0.9 * size)


def boat(canvas: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """A small boat with a sail; the place is that of its water line."""
    canvas.line((x, y - 24 * size), (x, y - 3 * size), colour=BROWN, thickness=0.8)
    canvas.shape((x + 1, y - 23 * size), (x + 1, y - 5 * size), (x + 12 * size, y - 5 * size), colour=WHITE)
    left, right = x - 13 * size, x + 14 * size
    canvas.shape(
        (left, y - 4 * size),
        (right, y - 4 * size),
        (x + 9 * size, y + 3 * size),
        (x - 9 * size, y + 3 * size),
        colour=RED,
    )


def gull(canvas: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """A gull far away."""
    for side in (-1, 1):
        canvas.bow(x + side * 3.4 * size, y, 3.4 * size, (200, 340), WHITE, 0.8)


def robot(canvas: Canvas, x: float, y: float, size: float = 1.0, *, glad: bool = True) -> None:
    """A robot; the place is that of its wheels."""
    for side in (-1, 1):
        canvas.disc(x + side * 6 * size, y - 2 * size, 3 * size, BLACK)
        canvas.line(
            (x + side * 8 * size, y - 18 * size), (x + side * 16 * size, y - 12 * size), colour=GREY, thickness=1.6
        )
        canvas.disc(x + side * 16 * size, y - 12 * size, 1.8 * size, STONE)
    canvas.box(x - 9 * size, y - 22 * size, x + 9 * size, y - 4 * size, GREY)
    canvas.disc(x, y - 13 * size, 3 * size, RED if not glad else GRASS)
    canvas.box(x - 7 * size, y - 37 * size, x + 7 * size, y - 24 * size, STONE)
    canvas.line((x, y - 37 * size), (x, y - 42 * size), colour=STONE, thickness=0.7)
    canvas.disc(x, y - 43 * size, 1.4 * size, RED)
    for side in (-1, 1):
        canvas.disc(x + side * 3 * size, y - 32 * size, 1.8 * size, SUN)
    canvas.bow(x, y - (29 if glad else 25) * size, 2.6 * size, (20, 160) if glad else (200, 340), WHITE, 0.7)


def pot(canvas: Canvas, x: float, y: float, leaves: int, *, bloom: bool = False) -> None:
    """A flower pot with a plant of so many leaves; the place is that of its foot."""
    height = 4 + leaves * 4
    canvas.line((x, y - 9), (x, y - 9 - height), colour=LEAF, thickness=0.9)
    for leaf in range(leaves):
        side = -1 if leaf % 2 else 1
        canvas.disc(x + side * 3, y - 13 - leaf * 4, 3, LEAF, height=1.3)
    if bloom:
        for petal in range(8):
            angle = petal * math.pi / 4
            canvas.disc(x + 4 * math.cos(angle), y - 11 - height + 4 * math.sin(angle), 2.4, ORANGE)
        canvas.disc(x, y - 11 - height, 2.8, BROWN)
    canvas.shape((x - 7, y - 10), (x + 7, y - 10), (x + 5, y), (x - 5, y), colour=SHELL)
    canvas.box(x - 8, y - 11, x + 8, y - 8, SHELL)


def gear(canvas: Canvas, x: float, y: float, radius: float, colour: str, hole: str = NIGHT) -> None:
    """A gear with ten teeth."""
    for tooth in range(10):
        angle = tooth * math.pi / 5
        tip = x + radius * 1.22 * math.cos(angle), y + radius * 1.22 * math.sin(angle)
        canvas.line((x, y), tip, colour=colour, thickness=radius * 0.3)
    canvas.disc(x, y, radius, colour)
    canvas.disc(x, y, radius * 0.35, hole)


def tower(canvas: Canvas, x: float, y: float, hands: tuple[float, float]) -> None:
    """A clock tower; `hands`: the angles of both hands, in degrees from the right."""
    canvas.box(x - 11, y - 46, x + 11, y, STONE)
    canvas.shape((x - 14, y - 46), (x, y - 62), (x + 14, y - 46), colour=RED)
    canvas.disc(x, y - 36, 8, CREAM)
    for angle, length in zip(hands, (6.0, 4.0), strict=True):
        turned = math.radians(angle)
        tip = x + length * math.cos(turned), y - 36 + length * math.sin(turned)
        canvas.line((x, y - 36), tip, colour=BLACK, thickness=0.9)
    canvas.box(x - 3, y - 9, x + 3, y, BROWN)


def chart(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> None:
    """A map with a path and a cross."""
    canvas.box(left, top, right, bottom, CREAM)
    wide, high = right - left, bottom - top
    points = [
        (left + wide * part, top + high * (0.75 - 0.45 * (place % 2)))
        for place, part in enumerate((0.12, 0.35, 0.55, 0.78))
    ]
    canvas.line(*points, colour=BROWN, thickness=1)
    canvas.disc(left + wide * 0.3, top + high * 0.72, wide * 0.06, SEA)
    x, y = points[-1]
    for side in (-1, 1):
        canvas.line((x - 2.5, y - 2.5 * side), (x + 2.5, y + 2.5 * side), colour=RED, thickness=1)


def lantern(canvas: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """A lantern that is lit; the place is its middle."""
    canvas.disc(x, y, 9 * size, "#4a4a6a")
    canvas.bow(x, y - 5 * size, 3.4 * size, (180, 360), BLACK, 0.7)
    canvas.box(x - 3.4 * size, y - 5 * size, x + 3.4 * size, y + 5 * size, SUN)
    canvas.box(x - 4.2 * size, y + 5 * size, x + 4.2 * size, y + 6.6 * size, BLACK)


def otter(canvas: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """An otter that lies on its back in the water."""
    canvas.disc(x, y, 16 * size, BROWN, height=5 * size)
    canvas.disc(x + 1 * size, y - 1.4 * size, 11 * size, CREAM, height=3 * size)
    canvas.disc(x - 15 * size, y - 3 * size, 5.4 * size, BROWN)
    for dx in (-17, -13):
        canvas.disc(x + dx * size, y - 4.4 * size, 0.8 * size, BLACK)
    canvas.disc(x - 15 * size, y - 2.4 * size, 1 * size, BLACK)
    canvas.shape(
        (x + 14 * size, y - 2 * size), (x + 26 * size, y - 5 * size), (x + 15 * size, y + 3 * size), colour=BROWN
    )


def stones(canvas: Canvas, *places: tuple[float, float, float]) -> None:
    """Round stones: x, y and radius of each."""
    for x, y, radius in places:
        canvas.disc(x, y, radius, STONE, height=radius * 0.65)
        canvas.disc(x - radius * 0.25, y - radius * 0.2, radius * 0.5, GREY, height=radius * 0.25)


def note(canvas: Canvas, x: float, y: float, colour: str, size: float = 1.0) -> None:
    """A note of music."""
    canvas.disc(x, y, 2.6 * size, colour, height=1.9 * size)
    canvas.line((x + 2.2 * size, y), (x + 2.2 * size, y - 10 * size), colour=colour, thickness=0.8)
    canvas.line((x + 2.2 * size, y - 10 * size), (x + 6 * size, y - 7.5 * size), colour=colour, thickness=1.2)


def child(canvas: Canvas, x: float, y: float, coat: str, size: float = 1.0) -> tuple[float, float]:
    """A child in a coat; the place is that of its feet. Returns where its raised hand is."""
    hand = x + 9 * size, y - 20 * size
    canvas.line((x + 2 * size, y - 14 * size), hand, colour=coat, thickness=2.2 * size)
    canvas.line((x - 2 * size, y - 14 * size), (x - 8 * size, y - 8 * size), colour=coat, thickness=2.2 * size)
    for side in (-1, 1):
        canvas.line((x + side * 2.4 * size, y - 6 * size), (x + side * 2.4 * size, y), colour=NIGHT, thickness=2 * size)
    canvas.shape(
        (x - 3 * size, y - 17 * size),
        (x + 3 * size, y - 17 * size),
        (x + 6 * size, y - 4 * size),
        (x - 6 * size, y - 4 * size),
        colour=coat,
    )
    canvas.disc(x, y - 21 * size, 5 * size, "#e8b48c")
    canvas.disc(x, y - 24 * size, 5.2 * size, BROWN, height=2.8 * size)
    for side in (-1, 1):
        canvas.disc(x + side * 1.8 * size, y - 20.6 * size, 0.6 * size, BLACK)
    canvas.bow(x, y - 19.6 * size, 1.8 * size, (20, 160), RED, 0.4)
    return hand
