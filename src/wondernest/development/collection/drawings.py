"""Drawings of the demo collection, besides those of the demo family."""

from __future__ import annotations

import math
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

COLOURS: Final = {
    "red": RED,
    "orange": ORANGE,
    "yellow": SUN,
    "green": LEAF,
    "blue": SEA,
    "violet": VIOLET,
    "pink": PINK,
    "brown": BROWN,
}
SHAPES: Final = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}


def fish(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A fish that swims to the left."""
    canvas.shape((x + size, y), (x + size * 1.8, y - size * 0.7), (x + size * 1.8, y + size * 0.7), colour=colour)
    canvas.disc(x, y, size * 1.3, colour, height=size * 0.8)
    canvas.disc(x - size * 0.7, y - size * 0.2, size * 0.22, WHITE)
    canvas.disc(x - size * 0.75, y - size * 0.2, size * 0.1, BLACK)


def apple(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    """An apple with a leaf."""
    for side in (-1, 1):
        canvas.disc(x + side * size * 0.35, y, size * 0.75, colour, height=size * 0.9)
    canvas.line((x, y - size * 0.7), (x + size * 0.1, y - size * 1.3), colour=BROWN, thickness=size * 0.15)
    canvas.disc(x + size * 0.45, y - size * 1.1, size * 0.35, LEAF, height=size * 0.18)


def ladybird(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A ladybird, seen from above."""
    canvas.disc(x - size, y, size * 0.5, BLACK)
    canvas.disc(x, y, size, colour, height=size * 0.8)
    canvas.line((x - size, y), (x + size, y), colour=BLACK, thickness=size * 0.1)
    for dx, dy in ((-0.4, -0.4), (0.3, -0.35), (-0.2, 0.4), (0.5, 0.35)):
        canvas.disc(x + dx * size, y + dy * size, size * 0.16, BLACK)


def balloon(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A balloon on a string."""
    canvas.line((x, y + size), (x + size * 0.2, y + size * 2), (x, y + size * 2.6), colour=BLACK, thickness=size * 0.08)
    canvas.shape((x - size * 0.2, y + size * 1.3), (x + size * 0.2, y + size * 1.3), (x, y + size), colour=colour)
    canvas.disc(x, y, size * 0.9, colour, height=size * 1.1)
    canvas.disc(x - size * 0.3, y - size * 0.4, size * 0.18, WHITE)


THINGS: Final = {"fish": fish, "apple": apple, "ladybird": ladybird, "balloon": balloon}
GROUNDS: Final = {"fish": SKY, "apple": CREAM, "ladybird": GRASS, "balloon": SKY}


def counted(thing: str, number: int, colour: str = RED, *, told: bool = True) -> Callable[[], Canvas]:
    """A drawing of so many things in rows; `told`: with the number."""

    def draw() -> Canvas:
        canvas = _some(thing, number, colour, 62 if told else 96)
        if told:
            canvas.letter(85, 38, str(number), 30, BLACK)
        return canvas

    return draw


def puzzle(thing: str, first: int, second: int) -> Callable[[], Canvas]:
    """A drawing of a sum: two rows of things, and a question."""

    def draw() -> Canvas:
        canvas = Canvas(GROUNDS[thing])
        for place in range(first):
            THINGS[thing](canvas, 9 + place * 13, 20, 4, RED)
        for place in range(second):
            THINGS[thing](canvas, 9 + place * 13, 42, 4, ORANGE)
        canvas.letter(50, 64, f"{first} + {second} = ?", 14, BLACK)
        return canvas

    return draw


def coloured(thing: str, name: str) -> Callable[[], Canvas]:
    """A drawing of one thing in a colour, with the colour's name."""

    def draw() -> Canvas:
        canvas = Canvas(WHITE)
        canvas.box(0, 60, 100, 75, COLOURS[name])
        THINGS[thing](canvas, 48, 32, 15, COLOURS[name])
        canvas.letter(50, 67.5, name, 9, WHITE)
        return canvas

    return draw


def shape(name: str, colour: str) -> Callable[[], Canvas]:
    """A drawing of a shape with its name."""

    def draw() -> Canvas:
        canvas = Canvas(CREAM)
        if name in SHAPES:
            corners, turn = SHAPES[name], -math.pi / 2 + (math.pi / 4 if name == "square" else 0)
            points = [
                (
                    50 + 25 * math.cos(turn + 2 * math.pi * place / corners),
                    33 + 25 * math.sin(turn + 2 * math.pi * place / corners),
                )
                for place in range(corners)
            ]
            canvas.shape(*points, colour=colour)
        else:
            canvas.disc(50, 33, 24, colour)
        canvas.letter(50, 67, name, 9, BLACK)
        return canvas

    return draw


def letter(sign: str, colour: str) -> Callable[[], Canvas]:
    """A drawing of a letter, large and small."""

    def draw() -> Canvas:
        canvas = Canvas(CREAM)
        canvas.box(10, 10, 90, 65, WHITE)
        canvas.letter(35, 37, sign.upper(), 40, colour)
        canvas.letter(68, 40, sign.lower(), 34, colour)
        return canvas

    return draw


def moon(part: float) -> Callable[[], Canvas]:
    """A drawing of the night sky; `part` of the moon, from 0 to 1, is bright."""

    def draw() -> Canvas:
        canvas = Canvas(NIGHT)
        for place in range(30):
            canvas.disc(place * 41 % 100, place * 29 % 75, 0.3 + place % 3 * 0.2, WHITE)
        canvas.disc(50, 36, 22, CREAM)
        if part < 1:
            canvas.disc(50 - 44 * part, 36, 22.4, NIGHT)
        return canvas

    return draw


def plant(height: float, *, flowers: bool = False) -> Callable[[], Canvas]:
    """A drawing of a plant that has grown so far, from 0 to 1."""

    def draw() -> Canvas:
        canvas = Canvas(SKY)
        canvas.disc(84, 14, 9, SUN)
        canvas.box(0, 58, 100, 75, BROWN)
        top = 58 - 44 * height
        canvas.disc(50, 63, 3, CREAM, height=2)
        if height:
            canvas.line((50, 62), (50, top), colour=LEAF, thickness=1.6)
            for step in range(1, int(height * 5) + 1):
                for side in (-1, 1):
                    canvas.disc(50 + side * 6, 58 - step * 8, 5, GRASS, height=2)
        if flowers:
            for place in range(8):
                angle = place * math.pi / 4
                canvas.disc(50 + 7 * math.cos(angle), top + 7 * math.sin(angle), 4, PINK)
            canvas.disc(50, top, 5, SUN)
        return canvas

    return draw


def floating(thing: str, colour: str, *, floats: bool) -> Callable[[], Canvas]:
    """A drawing of a bowl of water with a thing that floats or has sunk."""

    def draw() -> Canvas:
        canvas = Canvas(CREAM)
        canvas.box(20, 32, 80, 66, SEA)
        canvas.line((19, 18), (19, 67), (81, 67), (81, 18), colour=BLACK, thickness=1.4)
        THINGS[thing](canvas, 48, 32 if floats else 60, 5, colour)
        return canvas

    return draw


def steps(number: int) -> Callable[[], Canvas]:
    """A snail, drawn in so many of five steps."""

    def draw() -> Canvas:
        canvas = Canvas(WHITE)
        if number >= 1:
            canvas.disc(46, 40, 20, ORANGE)
        if number >= 2:
            canvas.disc(47, 41, 14, CREAM)
            canvas.disc(48, 42, 8, ORANGE)
        if number >= 3:
            canvas.disc(52, 60, 32, SUN, height=5)
        if number >= 4:
            canvas.shape((76, 61), (78, 38), (85, 38), (84, 62), colour=SUN)
            canvas.disc(81.5, 37, 5, SUN)
        if number >= 5:
            for x in (79, 86):
                canvas.line((82, 35), (x, 24), colour=SUN, thickness=1)
                canvas.disc(x, 23, 1.8, BLACK)
            canvas.bow(82, 38, 2.5, (20, 140), BLACK, 0.6)
        return canvas

    return draw


def _some(thing: str, number: int, colour: str, width: float) -> Canvas:
    canvas = Canvas(GROUNDS[thing])
    columns = math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    size = min(width / columns, 70 / rows) * 0.28
    for place in range(number):
        x = (place % columns + 0.5) * width / columns + 2
        y = (place // columns + 0.5) * 75 / rows
        THINGS[thing](canvas, x, y, size, colour)
    return canvas
