"""The pictures of the demo stories, one function for each page."""

from __future__ import annotations

from wondernest.development import story_pictures as draw
from wondernest.development.pictures import (
    BROWN,
    CREAM,
    GREY,
    NIGHT,
    ORANGE,
    PINK,
    RED,
    SEA,
    SUN,
    VIOLET,
    WHITE,
    Canvas,
)


def snail_in_the_sun() -> Canvas:
    """Snail in the sun."""
    canvas = draw.meadow()
    draw.sun(canvas, 82, 15)
    draw.snail(canvas, 40, 58, 1.1)
    for x, colour in ((10, PINK), (20, VIOLET), (76, RED), (90, PINK)):
        draw.flower(canvas, x, 50, colour)
    return canvas


def snail_in_the_rain() -> Canvas:
    """Snail in the rain."""
    canvas = draw.meadow()
    for x in (18, 50, 82):
        draw.cloud(canvas, x, 16, GREY, rain=True)
    draw.flower(canvas, 62, 30, RED, 2.4)
    draw.snail(canvas, 52, 64, 0.9)
    return canvas


def snail_at_the_wall() -> Canvas:
    """Snail at the wall."""
    canvas = draw.meadow()
    canvas.box(60, 24, 100, 64, GREY)
    for row in range(4):
        for place in range(4):
            canvas.box(
                61 + place * 10 - row % 2 * 4, 26 + row * 10, 69 + place * 10 - row % 2 * 4, 34 + row * 10, BROWN
            )
    draw.snail(canvas, 34, 60)
    draw.cloud(canvas, 22, 16)
    return canvas


def snail_at_the_strawberries() -> Canvas:
    """Snail at the strawberries."""
    canvas = draw.meadow()
    draw.sun(canvas, 18, 16)
    draw.snail(canvas, 30, 60)
    for x, y in ((62, 50), (74, 57), (86, 49)):
        canvas.shape((x - 5, y), (x + 5, y), (x, y + 9), colour=RED)
        canvas.disc(x, y, 5, RED, height=3)
        canvas.shape((x - 4, y - 3), (x, y + 1), (x + 4, y - 3), colour=draw.GRASS)
    return canvas


def bear_alone() -> Canvas:
    """Bear alone."""
    canvas = draw.snowfield()
    draw.moon(canvas, 80, 14)
    draw.tree(canvas, 18, 58, 1.3, snow=True)
    draw.animal(canvas, 56, 64, BROWN)
    draw.blanket(canvas, 44, 50, 68, 66)
    return canvas


def rabbit_shivers() -> Canvas:
    """Rabbit shivers."""
    canvas = draw.snowfield()
    draw.tree(canvas, 82, 58, 1.5, snow=True)
    draw.animal(canvas, 40, 62, WHITE, 0.9, long_ears=True)
    for place in range(20):
        canvas.disc(place * 29 % 100, place * 17 % 70, 0.8, WHITE)
    return canvas


def both_under_the_blanket() -> Canvas:
    """Both under the blanket."""
    canvas = draw.snowfield()
    draw.moon(canvas, 16, 14)
    draw.animal(canvas, 40, 62, BROWN)
    draw.animal(canvas, 63, 62, WHITE, 0.85, long_ears=True)
    draw.blanket(canvas, 26, 48, 78, 66)
    return canvas


def three_asleep() -> Canvas:
    """Three asleep."""
    canvas = draw.snowfield()
    draw.moon(canvas, 84, 13)
    draw.animal(canvas, 28, 62, BROWN)
    draw.animal(canvas, 50, 62, WHITE, 0.85, long_ears=True)
    draw.animal(canvas, 70, 62, ORANGE, 0.75)
    draw.blanket(canvas, 14, 50, 84, 67)
    for place, size in enumerate((2.0, 2.8, 3.6)):
        canvas.letter(40 + place * 5, 16 - place * 4, "z", size * 2, WHITE)
    return canvas


def lighthouse_by_day() -> Canvas:
    """Lighthouse by day."""
    canvas = draw.shore()
    draw.lighthouse(canvas, 76, 62)
    draw.boat(canvas, 26, 52)
    for x, y in ((30, 14), (44, 20), (54, 12)):
        draw.gull(canvas, x, y)
    return canvas


def kite_rises() -> Canvas:
    """Kite rises."""
    canvas = draw.shore()
    draw.lighthouse(canvas, 86, 60)
    draw.kite(canvas, 56, 20, draw.child(canvas, 26, 68, RED))
    draw.cloud(canvas, 20, 14)
    return canvas


def fog() -> Canvas:
    """Fog."""
    canvas = draw.shore(GREY)
    draw.lighthouse(canvas, 76, 62)
    draw.boat(canvas, 24, 54, 0.8)
    for x, y, wide in ((20, 40, 40), (70, 30, 36), (40, 56, 44), (90, 50, 30)):
        canvas.disc(x, y, wide, "#d5dbe2", height=3.4)
    return canvas


def beam_at_night() -> Canvas:
    """Beam at night."""
    canvas = draw.shore(NIGHT)
    draw.lighthouse(canvas, 80, 62, lit=True)
    draw.boat(canvas, 30, 53)
    draw.kite(canvas, 52, 20, (78, 14), 0.7)
    return canvas


def robot_finds_a_seed() -> Canvas:
    """Robot finds a seed."""
    canvas = draw.room()
    draw.robot(canvas, 34, 66)
    canvas.disc(62, 64, 2.2, "#5a3c22", height=3)
    return canvas


def robot_waters_too_much() -> Canvas:
    """Robot waters too much."""
    canvas = draw.room()
    draw.pot(canvas, 66, 64, 0)
    canvas.disc(66, 66, 15, SEA, height=2.6)
    draw.robot(canvas, 32, 66, glad=False)
    return canvas


def robot_waits() -> Canvas:
    """Robot waits."""
    canvas = draw.room()
    draw.sun(canvas, 80, 20, 4)
    draw.pot(canvas, 72, 60, 2)
    draw.robot(canvas, 30, 66)
    return canvas


def robot_and_the_flower() -> Canvas:
    """Robot and the flower."""
    canvas = draw.room()
    draw.pot(canvas, 70, 62, 5, bloom=True)
    draw.robot(canvas, 26, 66)
    canvas.letter(46, 22, "!", 12, RED)
    return canvas


def tower_in_the_town() -> Canvas:
    """Tower in the town."""
    canvas = Canvas(draw.DUSK)
    for left, top, colour in ((4, 42, RED), (20, 48, CREAM), (66, 40, CREAM), (82, 50, RED)):
        canvas.box(left, top, left + 15, 75, colour)
        canvas.shape((left - 2, top), (left + 7.5, top - 9), (left + 17, top), colour=BROWN)
    draw.tower(canvas, 50, 75, (30, 200))
    return canvas


def among_the_gears() -> Canvas:
    """Among the gears."""
    canvas = Canvas(NIGHT)
    for x, y, radius, colour in ((24, 26, 14, SUN), (50, 40, 11, GREY), (76, 24, 16, ORANGE), (74, 60, 9, CREAM)):
        draw.gear(canvas, x, y, radius, colour)
    draw.child(canvas, 24, 72, VIOLET)
    draw.lantern(canvas, 44, 62)
    return canvas


def map_unrolled() -> Canvas:
    """Map unrolled."""
    canvas = Canvas(BROWN)
    draw.chart(canvas, 12, 14, 76, 60)
    draw.lantern(canvas, 88, 40, 1.2)
    return canvas


def tower_at_midnight() -> Canvas:
    """Tower at midnight."""
    canvas = Canvas(NIGHT)
    draw.moon(canvas, 18, 14)
    for place in range(14):
        canvas.disc(place * 43 % 100, place * 19 % 40, 0.6, WHITE)
    canvas.box(0, 66, 100, 75, draw.LEAF)
    draw.tower(canvas, 66, 68, (270, 268))
    draw.child(canvas, 30, 70, RED)
    return canvas


def river_in_the_morning() -> Canvas:
    """River in the morning."""
    canvas = draw.valley()
    draw.sun(canvas, 50, 12, 6)
    draw.tree(canvas, 12, 66, 0.9)
    draw.tree(canvas, 90, 64, 1.1)
    return canvas


def stones_in_the_river() -> Canvas:
    """Stones in the river."""
    canvas = draw.valley()
    draw.stones(canvas, (40, 68, 6), (55, 63, 4), (64, 71, 7))
    for x, y, colour in ((30, 40, VIOLET), (46, 32, RED), (66, 42, SUN)):
        draw.note(canvas, x, y, colour)
    return canvas


def silent_river() -> Canvas:
    """Silent river."""
    canvas = draw.valley(draw.DUSK)
    draw.stones(canvas, (38, 62, 5), (46, 62, 5), (54, 62, 5), (62, 62, 5), (50, 57, 5))
    canvas.shape((30, 66), (70, 66), (78, 75), (26, 75), colour="#c9b48a")
    draw.child(canvas, 16, 70, SEA)
    return canvas


def otter_sings() -> Canvas:
    """Otter sings."""
    canvas = draw.shore()
    draw.otter(canvas, 52, 56, 1.4)
    for x, y, colour in ((24, 30, VIOLET), (44, 20, RED), (68, 26, SUN), (84, 36, WHITE)):
        draw.note(canvas, x, y, colour, 1.2)
    return canvas
