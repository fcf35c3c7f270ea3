"""The vehicles of the demo packs. Development only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from wondernest.development.pictures import (
    BLACK,
    BROWN,
    GREY,
    LEAF,
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
from wondernest.development.stickers import Sticker


def _wheels(canvas: Canvas, *places: float, radius: float = 7.0) -> None:
    for x in places:
        canvas.disc(x, 60, radius, BLACK)
        canvas.disc(x, 60, radius * 0.45, GREY)


def _car(colour: str, sign: str | None = None) -> Sticker:
    canvas = Sticker()
    canvas.shape((28, 42), (36, 28), (62, 28), (72, 42), colour=colour)
    canvas.shape((33, 41), (38, 31), (48, 31), (48, 41), colour=SKY)
    canvas.shape((51, 41), (51, 31), (60, 31), (67, 41), colour=SKY)
    canvas.box(16, 41, 84, 58, colour)
    canvas.disc(82, 47, 2.5, SUN)
    if sign:
        canvas.box(44, 22, 56, 28, sign)
    _wheels(canvas, 31, 69)
    return canvas


def _long(colour: str, windows: int, top: str | None = None) -> Sticker:
    canvas = Sticker()
    canvas.box(10, 22, 90, 58, colour)
    for place in range(windows):
        left = 14 + place * 72 / windows
        canvas.box(left, 28, left + 60 / windows, 40, SKY)
    if top:
        canvas.line((16, 20), (78, 12), colour=top, thickness=2.5)
        canvas.disc(84, 20, 3, SEA)
    canvas.disc(88, 50, 2.5, SUN)
    _wheels(canvas, 27, 73)
    return canvas


def _lorry() -> Sticker:
    canvas = Sticker()
    canvas.box(8, 18, 62, 56, VIOLET)
    canvas.box(64, 30, 90, 56, ORANGE)
    canvas.box(74, 34, 87, 44, SKY)
    _wheels(canvas, 22, 48, 78)
    return canvas


def _tractor() -> Sticker:
    canvas = Sticker()
    canvas.box(34, 18, 58, 44, LEAF)
    canvas.box(38, 22, 54, 36, SKY)
    canvas.box(30, 40, 86, 54, LEAF)
    canvas.box(76, 26, 79, 40, BLACK)
    _wheels(canvas, 40, radius=13)
    _wheels(canvas, 78)
    return canvas


def _train() -> Sticker:
    canvas = Sticker()
    canvas.box(12, 24, 40, 56, RED)
    canvas.box(17, 29, 35, 40, SKY)
    canvas.box(40, 36, 86, 56, LEAF)
    canvas.box(72, 22, 79, 36, BLACK)
    for x, y, radius in ((76, 15, 4), (68, 9, 5), (58, 6, 4)):
        canvas.disc(x, y, radius, GREY)
    _wheels(canvas, 22, 40, 58, 76, radius=5)
    canvas.shape((86, 56), (94, 62), (86, 62), colour=BLACK)
    return canvas


def _ship(sail: bool) -> Sticker:
    canvas = Sticker()
    if sail:
        canvas.line((50, 8), (50, 50), colour=BROWN, thickness=1.6)
        canvas.shape((52, 10), (52, 44), (78, 44), colour=WHITE)
        canvas.shape((48, 16), (48, 44), (28, 44), colour=PINK)
    else:
        canvas.box(30, 34, 72, 50, WHITE)
        for x in (36, 48, 60):
            canvas.disc(x + 3, 42, 3, SEA)
        for x in (40, 54):
            canvas.box(x, 18, x + 8, 34, RED)
    canvas.shape((14, 49), (88, 49), (76, 66), (26, 66), colour=SEA if not sail else RED)
    return canvas


def _aeroplane() -> Sticker:
    canvas = Sticker()
    canvas.disc(50, 38, 38, WHITE, height=10)
    canvas.shape((42, 40), (60, 40), (40, 66), (30, 66), colour=SEA)
    canvas.shape((12, 36), (24, 34), (14, 16), (8, 16), colour=RED)
    for x in range(34, 78, 8):
        canvas.disc(x, 35, 2, SKY)
    return canvas


VEHICLES: Final[dict[str, Callable[[], Sticker]]] = {
    "car": partial(_car, RED),
    "taxi": partial(_car, SUN, BLACK),
    "police car": partial(_car, SEA, RED),
    "bus": partial(_long, ORANGE, 5),
    "school bus": partial(_long, SUN, 4),
    "fire engine": partial(_long, RED, 3, GREY),
    "lorry": _lorry,
    "tractor": _tractor,
    "train": _train,
    "sailing boat": partial(_ship, True),
    "steamer": partial(_ship, False),
    "aeroplane": _aeroplane,
}
