"""The animals of the demo packs. Development only."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from wondernest.development.pictures import (
    BLACK,
    BROWN,
    CREAM,
    GREY,
    LEAF,
    ORANGE,
    PINK,
    RED,
    SEA,
    SUN,
    VIOLET,
    WHITE,
    Canvas,
)
from wondernest.development.stickers import SAND, SHADE, STONE, Sticker


class Animal(Struct, frozen=True, kw_only=True):
    """How an animal looks, from the front."""

    colour: str
    muzzle: str = CREAM
    ears: str = "round"
    """`round`, `pointed`, `long`, `wide` or `none`."""
    mane: str | None = None
    spots: str | None = None
    stripes: str | None = None
    horns: str | None = None
    """`curved`, `straight`, `nose` or `knobs`."""
    mouth: str = "muzzle"
    """`muzzle`, `trunk`, `beak`, `snout` or `tusks`."""
    neck: bool = False
    small: bool = False


ANIMALS: Final = {
    "lion": Animal(colour=SAND, mane=BROWN),
    "lioness": Animal(colour=SAND),
    "lion cub": Animal(colour=SAND, spots=BROWN, small=True),
    "elephant": Animal(colour=STONE, muzzle=STONE, ears="wide", mouth="trunk"),
    "giraffe": Animal(colour=SUN, spots=BROWN, horns="knobs", ears="long", neck=True),
    "zebra": Animal(colour=WHITE, muzzle=GREY, stripes=BLACK, ears="long"),
    "hippo": Animal(colour=VIOLET, muzzle=PINK, mouth="snout"),
    "rhino": Animal(colour=GREY, muzzle=STONE, horns="nose", ears="pointed"),
    "monkey": Animal(colour=BROWN, ears="wide"),
    "gorilla": Animal(colour=BLACK, muzzle=SHADE),
    "leopard": Animal(colour=ORANGE, spots=BLACK),
    "cheetah": Animal(colour=SUN, spots=BLACK, ears="round", small=True),
    "antelope": Animal(colour=ORANGE, horns="straight", ears="long"),
    "buffalo": Animal(colour=SHADE, muzzle=STONE, horns="curved", ears="long"),
    "warthog": Animal(colour=BROWN, muzzle=SAND, mouth="tusks", ears="pointed", mane=RED),
    "meerkat": Animal(colour=SAND, ears="round", neck=True, small=True),
    "ostrich": Animal(colour=SHADE, muzzle=BLACK, mouth="beak", ears="none", neck=True),
    "flamingo": Animal(colour=PINK, mouth="beak", ears="none", neck=True),
    "tortoise": Animal(colour=LEAF, muzzle=SAND, ears="none", spots=BROWN, small=True),
    "parrot": Animal(colour=RED, mouth="beak", ears="none", mane=SEA),
}


def animal(looks: Animal) -> Sticker:
    """Body, neck, head and face of an animal."""
    canvas = Sticker()
    size = 0.8 if looks.small else 1.0
    y = 24.0 if looks.neck else 32.0
    radius = 17.0 * size
    body = 60.0 if looks.neck else y + radius * 0.9 + 11 * size
    canvas.disc(50, body, 22 * size, looks.colour, height=14 * size)
    canvas.disc(50, body + 2, 12 * size, looks.muzzle, height=10 * size)
    if looks.neck:
        canvas.box(44, y, 56, 56, looks.colour)
    for side in (-1, 1):
        canvas.disc(50 + side * 11 * size, body + 12 * size, 6 * size, looks.colour, height=3 * size)
    if looks.mane:
        canvas.disc(50, y, radius * 1.4, looks.mane, height=radius * 1.25)
    _ears(canvas, looks, y, radius)
    canvas.disc(50, y, radius, looks.colour, height=radius * 0.92)
    _coat(canvas, looks, y, radius)
    _face(canvas, looks, y, radius)
    return canvas


def _ears(canvas: Canvas, looks: Animal, y: float, radius: float) -> None:
    for side in (-1, 1):
        x = 50 + side * radius * 0.8
        match looks.ears:
            case "round":
                canvas.disc(x, y - radius * 0.7, radius * 0.32, looks.colour)
                canvas.disc(x, y - radius * 0.7, radius * 0.18, looks.muzzle)
            case "wide":
                canvas.disc(50 + side * radius * 1.2, y, radius * 0.6, looks.colour, height=radius * 0.8)
                canvas.disc(50 + side * radius * 1.2, y, radius * 0.35, PINK, height=radius * 0.5)
            case "long":
                canvas.disc(50 + side * radius * 1.1, y - radius * 0.4, radius * 0.5, looks.colour, height=radius * 0.2)
            case "pointed":
                top, foot = y - radius * 1.3, y - radius * 0.4
                canvas.shape((x - 3, foot), (x + side * 3, top), (x + 4, foot), colour=looks.colour)
            case _:
                pass
        if looks.horns == "straight":
            canvas.line((50 + side * 4, y - radius * 0.8), (50 + side * 9, y - radius * 1.9), colour=BROWN, thickness=2)
        elif looks.horns == "knobs":
            canvas.line((50 + side * 6, y - radius * 0.7), (50 + side * 7, y - radius * 1.3), colour=BROWN, thickness=2)
            canvas.disc(50 + side * 7, y - radius * 1.35, 2, BROWN)
        elif looks.horns == "curved":
            canvas.bow(
                50 + side * radius * 0.75,
                y - radius * 0.9,
                radius * 0.5,
                (90, 270) if side < 0 else (-90, 90),
                CREAM,
                2.5,
            )


def _coat(canvas: Canvas, looks: Animal, y: float, radius: float) -> None:
    if looks.spots:
        for place in range(14):
            angle, way = place * 2.4, 0.35 + place % 3 * 0.2
            canvas.disc(50 + radius * way * math.cos(angle), y - 2 + radius * way * math.sin(angle), 1.3, looks.spots)
    if looks.stripes:
        for place in range(-2, 3):
            canvas.line(
                (50 + place * 5, y - radius * 0.8),
                (50 + place * 4, y - radius * 0.4),
                colour=looks.stripes,
                thickness=1.4,
            )
            if place:
                canvas.line((50 + place * 9, 50), (50 + place * 8, 66), colour=looks.stripes, thickness=1.6)


def _face(canvas: Canvas, looks: Animal, y: float, radius: float) -> None:
    for side in (-1, 1):
        x = 50 + side * radius * 0.42
        canvas.disc(x, y - radius * 0.15, radius * 0.2, WHITE)
        canvas.disc(x, y - radius * 0.12, radius * 0.11, BLACK)
    low = y + radius * 0.45
    match looks.mouth:
        case "trunk":
            canvas.line((50, y + 4), (50, low + 8), (55, low + 17), (61, low + 15), colour=SHADE, thickness=6)
        case "beak":
            canvas.shape((44, low - 5), (56, low - 5), (50, low + 6), colour=ORANGE)
        case "snout":
            canvas.disc(50, low, radius * 0.75, looks.muzzle, height=radius * 0.45)
            for side in (-1, 1):
                canvas.disc(50 + side * 5, low - 2, 1.6, SHADE)
        case _:
            canvas.disc(50, low, radius * 0.5, looks.muzzle, height=radius * 0.36)
            canvas.disc(50, low - radius * 0.18, radius * 0.14, BLACK, height=radius * 0.1)
            canvas.bow(50, low - 1, radius * 0.22, (20, 160), BLACK, 0.8)
    if looks.mouth == "tusks":
        for side in (-1, 1):
            canvas.shape((50 + side * 6, low + 3), (50 + side * 10, low - 4), (50 + side * 8, low + 5), colour=WHITE)
    if looks.horns == "nose":
        canvas.shape((46, low - 3), (54, low - 3), (50, low - 15), colour=CREAM)
