"""The places of the demo packs: in and around a castle, at three hours. Development only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wondernest.development.pictures import (
    BLACK,
    BROWN,
    CREAM,
    GRASS,
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
from wondernest.development.stickers import SAND, SHADE, STONE

DUSK: Final = "#f7b267"
LIGHTS: Final = {"by day": (SKY, SUN), "at dusk": (DUSK, RED), "at night": (NIGHT, CREAM)}
"""The sky, and what shines in it."""


def _outside(light: str) -> Canvas:
    sky, shine = LIGHTS[light]
    canvas = Canvas(sky)
    canvas.disc(84, 14, 8, shine)
    if light == "at night":
        for place in range(24):
            canvas.disc(place * 37 % 100, place * 23 % 45, 0.5, WHITE)
    canvas.disc(50, 118, 95, GRASS if light == "by day" else LEAF, height=62)
    return canvas


def _inside(light: str) -> Canvas:
    canvas = Canvas(SHADE)
    for row in range(0, 60, 8):
        canvas.line((0, row), (100, row), colour=STONE, thickness=0.4)
        for column in range(0, 100, 14):
            canvas.line((column + row % 16 / 2, row), (column + row % 16 / 2, row + 8), colour=STONE, thickness=0.4)
    canvas.box(0, 58, 100, 75, BROWN)
    sky, shine = LIGHTS[light]
    for x in (22, 78):
        canvas.box(x - 7, 16, x + 7, 40, sky)
        canvas.disc(x, 16, 7, sky)
        canvas.disc(x + 3, 20, 2, shine)
    return canvas


def _tower(canvas: Canvas, x: float, top: float, width: float, roof: str) -> None:
    canvas.box(x - width, top, x + width, 62, STONE)
    canvas.shape((x - width - 2, top), (x, top - 14), (x + width + 2, top), colour=roof)
    canvas.box(x - 1.6, top + 6, x + 1.6, top + 12, NIGHT)
    canvas.line((x, top - 14), (x, top - 20), colour=BROWN, thickness=0.6)
    canvas.shape((x, top - 20), (x + 6, top - 18), (x, top - 16), colour=RED)


def _castle(light: str) -> Canvas:
    canvas = _outside(light)
    _tower(canvas, 32, 34, 7, VIOLET)
    _tower(canvas, 68, 34, 7, VIOLET)
    canvas.box(32, 40, 68, 62, STONE)
    for x in range(34, 68, 6):
        canvas.box(x, 37, x + 3, 40, STONE)
    _tower(canvas, 50, 28, 6, PINK)
    canvas.box(45, 50, 55, 62, BROWN)
    canvas.disc(50, 50, 5, BROWN)
    return canvas


def _hall(light: str) -> Canvas:
    canvas = _inside(light)
    canvas.shape((38, 75), (62, 75), (56, 58), (44, 58), colour=RED)
    canvas.box(43, 30, 57, 58, SUN)
    canvas.disc(50, 30, 7, SUN)
    canvas.box(45, 36, 55, 54, RED)
    return canvas


def _chamber(light: str) -> Canvas:
    canvas = _inside(light)
    canvas.box(34, 46, 74, 64, BROWN)
    canvas.box(36, 44, 72, 54, VIOLET)
    canvas.box(36, 42, 46, 50, WHITE)
    canvas.shape((32, 22), (54, 10), (76, 22), colour=PINK)
    return canvas


def _garden(light: str) -> Canvas:
    canvas = _outside(light)
    canvas.shape((42, 75), (58, 75), (52, 56), (48, 56), colour=CREAM)
    for x in (10, 26, 74, 90):
        canvas.disc(x, 50, 8, LEAF)
        for dx, dy, colour in ((-3, -2, RED), (3, 0, PINK), (0, 4, SUN)):
            canvas.disc(x + dx, 50 + dy, 1.6, colour)
    canvas.box(46, 44, 54, 56, STONE)
    canvas.disc(50, 44, 9, STONE, height=3)
    canvas.disc(50, 43, 7, SEA, height=2)
    return canvas


def _forest(light: str) -> Canvas:
    canvas = _outside(light)
    canvas.shape((36, 75), (64, 75), (53, 56), (47, 56), colour=SAND)
    for x, size in ((8, 1.2), (24, 0.9), (36, 0.6), (66, 0.6), (78, 0.9), (93, 1.2)):
        canvas.box(x - 2 * size, 44, x + 2 * size, 66, BROWN)
        canvas.disc(x, 34, 12 * size, LEAF, height=17 * size)
    return canvas


def _lake(light: str) -> Canvas:
    canvas = _outside(light)
    canvas.disc(50, 66, 44, SEA, height=9)
    for x, y in ((30, 64), (55, 68), (70, 63)):
        canvas.bow(x, y, 4, (200, 340), WHITE, 0.6)
    canvas.disc(46, 60, 5, WHITE, height=3)
    canvas.line((50, 60), (52, 53), (54, 52), colour=WHITE, thickness=1.6)
    canvas.shape((54, 51), (57, 52), (54, 53), colour=ORANGE)
    return canvas


def _cave(light: str) -> Canvas:
    canvas = _outside(light)
    canvas.shape((4, 66), (30, 12), (56, 6), (84, 22), (98, 66), colour=SHADE)
    canvas.disc(52, 62, 22, NIGHT, height=26)
    canvas.box(20, 64, 90, 75, GRASS if light == "by day" else LEAF)
    for x in (44, 60):
        canvas.disc(x, 48, 3.4, SUN)
        canvas.disc(x, 48, 1.2, BLACK, height=3)
    return canvas


def _village(light: str) -> Canvas:
    canvas = _outside(light)
    for x, colour in ((16, CREAM), (40, PINK), (64, CREAM), (86, SKY)):
        canvas.box(x - 9, 44, x + 9, 64, colour)
        canvas.shape((x - 11, 44), (x, 32), (x + 11, 44), colour=RED)
        canvas.box(x - 2.5, 54, x + 2.5, 64, BROWN)
        canvas.box(x + 3.5, 48, x + 7, 52, SUN if light != "by day" else SEA)
    return canvas


PLACES: Final[dict[str, Callable[[str], Canvas]]] = {
    "castle": _castle,
    "throne hall": _hall,
    "tower room": _chamber,
    "rose garden": _garden,
    "enchanted wood": _forest,
    "swan lake": _lake,
    "dragon cave": _cave,
    "village": _village,
}
