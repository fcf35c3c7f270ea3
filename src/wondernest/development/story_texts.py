"""The demo stories: their texts, words and pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from msgspec import Struct

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


class Page(Struct, frozen=True):
    """A page: its text, its new words with what they mean, and its picture."""

    text: str
    words: dict[str, str]
    draw: Callable[[], Canvas]

    def picture(self) -> bytes:
        """Its picture as a JPEG file: the same at each call."""
        return self.draw().encoded("jpg")


class Story(Struct, frozen=True, kw_only=True):
    """A story that the house gives to all children."""

    id: UUID
    slug: str
    """Begins the names of its pictures."""
    title: str
    description: str
    age_group: str
    difficulty: str
    minutes: int
    goals: tuple[str, ...]
    themes: tuple[str, ...]
    tags: tuple[str, ...]
    pages: tuple[Page, ...]

    @property
    def words(self) -> list[str]:
        """Its new words, in the order of the pages."""
        return [word for page in self.pages for word in page.words]


def _snail_in_the_sun() -> Canvas:
    canvas = draw.meadow()
    draw.sun(canvas, 82, 15)
    draw.snail(canvas, 40, 58, 1.1)
    for x, colour in ((10, PINK), (20, VIOLET), (76, RED), (90, PINK)):
        draw.flower(canvas, x, 50, colour)
    return canvas


def _snail_in_the_rain() -> Canvas:
    canvas = draw.meadow()
    for x in (18, 50, 82):
        draw.cloud(canvas, x, 16, GREY, rain=True)
    draw.flower(canvas, 62, 30, RED, 2.4)
    draw.snail(canvas, 52, 64, 0.9)
    return canvas


def _snail_and_ladder() -> Canvas:
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


def _snail_at_the_strawberries() -> Canvas:
    canvas = draw.meadow()
    draw.sun(canvas, 18, 16)
    draw.snail(canvas, 30, 60)
    for x, y in ((62, 50), (74, 57), (86, 49)):
        canvas.shape((x - 5, y), (x + 5, y), (x, y + 9), colour=RED)
        canvas.disc(x, y, 5, RED, height=3)
        canvas.shape((x - 4, y - 3), (x, y + 1), (x + 4, y - 3), colour=draw.GRASS)
    return canvas


def _bear_alone() -> Canvas:
    canvas = draw.snowfield()
    draw.moon(canvas, 80, 14)
    draw.tree(canvas, 18, 58, 1.3, snow=True)
    draw.animal(canvas, 56, 64, BROWN)
    draw.blanket(canvas, 44, 50, 68, 66)
    return canvas


def _rabbit_shivers() -> Canvas:
    canvas = draw.snowfield()
    draw.tree(canvas, 82, 58, 1.5, snow=True)
    draw.animal(canvas, 40, 62, WHITE, 0.9, long_ears=True)
    for place in range(20):
        canvas.disc(place * 29 % 100, place * 17 % 70, 0.8, WHITE)
    return canvas


def _both_under_the_blanket() -> Canvas:
    canvas = draw.snowfield()
    draw.moon(canvas, 16, 14)
    draw.animal(canvas, 40, 62, BROWN)
    draw.animal(canvas, 63, 62, WHITE, 0.85, long_ears=True)
    draw.blanket(canvas, 26, 48, 78, 66)
    return canvas


def _three_asleep() -> Canvas:
    canvas = draw.snowfield()
    draw.moon(canvas, 84, 13)
    draw.animal(canvas, 28, 62, BROWN)
    draw.animal(canvas, 50, 62, WHITE, 0.85, long_ears=True)
    draw.animal(canvas, 70, 62, ORANGE, 0.75)
    draw.blanket(canvas, 14, 50, 84, 67)
    for place, size in enumerate((2.0, 2.8, 3.6)):
        canvas.letter(40 + place * 5, 16 - place * 4, "z", size * 2, WHITE)
    return canvas


def _lighthouse_by_day() -> Canvas:
    canvas = draw.shore()
    draw.lighthouse(canvas, 76, 62)
    draw.boat(canvas, 26, 52)
    for x, y in ((30, 14), (44, 20), (54, 12)):
        draw.gull(canvas, x, y)
    return canvas


def _kite_rises() -> Canvas:
    canvas = draw.shore()
    draw.lighthouse(canvas, 86, 60)
    draw.kite(canvas, 56, 20, draw.child(canvas, 26, 68, RED))
    draw.cloud(canvas, 20, 14)
    return canvas


def _fog() -> Canvas:
    canvas = draw.shore(GREY)
    draw.lighthouse(canvas, 76, 62)
    draw.boat(canvas, 24, 54, 0.8)
    for x, y, wide in ((20, 40, 40), (70, 30, 36), (40, 56, 44), (90, 50, 30)):
        canvas.disc(x, y, wide, "#d5dbe2", height=3.4)
    return canvas


def _beam_at_night() -> Canvas:
    canvas = draw.shore(NIGHT)
    draw.lighthouse(canvas, 80, 62, lit=True)
    draw.boat(canvas, 30, 53)
    draw.kite(canvas, 52, 20, (78, 14), 0.7)
    return canvas


def _robot_finds_a_seed() -> Canvas:
    canvas = draw.room()
    draw.robot(canvas, 34, 66)
    canvas.disc(62, 64, 2.2, "#5a3c22", height=3)
    return canvas


def _robot_waters_too_much() -> Canvas:
    canvas = draw.room()
    draw.pot(canvas, 66, 64, 0)
    canvas.disc(66, 66, 15, SEA, height=2.6)
    draw.robot(canvas, 32, 66, glad=False)
    return canvas


def _robot_waits() -> Canvas:
    canvas = draw.room()
    draw.sun(canvas, 80, 20, 4)
    draw.pot(canvas, 72, 60, 2)
    draw.robot(canvas, 30, 66)
    return canvas


def _robot_and_the_flower() -> Canvas:
    canvas = draw.room()
    draw.pot(canvas, 70, 62, 5, bloom=True)
    draw.robot(canvas, 26, 66)
    canvas.letter(46, 22, "!", 12, RED)
    return canvas


def _tower_in_the_town() -> Canvas:
    canvas = Canvas(draw.DUSK)
    for left, top, colour in ((4, 42, RED), (20, 48, CREAM), (66, 40, CREAM), (82, 50, RED)):
        canvas.box(left, top, left + 15, 75, colour)
        canvas.shape((left - 2, top), (left + 7.5, top - 9), (left + 17, top), colour=BROWN)
    draw.tower(canvas, 50, 75, (30, 200))
    return canvas


def _among_the_gears() -> Canvas:
    canvas = Canvas(NIGHT)
    for x, y, radius, colour in ((24, 26, 14, SUN), (50, 40, 11, GREY), (76, 24, 16, ORANGE), (74, 60, 9, CREAM)):
        draw.gear(canvas, x, y, radius, colour)
    draw.child(canvas, 24, 72, VIOLET)
    draw.lantern(canvas, 44, 62)
    return canvas


def _map_unrolled() -> Canvas:
    canvas = Canvas(BROWN)
    draw.chart(canvas, 12, 14, 76, 60)
    draw.lantern(canvas, 88, 40, 1.2)
    return canvas


def _tower_at_midnight() -> Canvas:
    canvas = Canvas(NIGHT)
    draw.moon(canvas, 18, 14)
    for place in range(14):
        canvas.disc(place * 43 % 100, place * 19 % 40, 0.6, WHITE)
    canvas.box(0, 66, 100, 75, draw.LEAF)
    draw.tower(canvas, 66, 68, (270, 268))
    draw.child(canvas, 30, 70, RED)
    return canvas


def _river_in_the_morning() -> Canvas:
    canvas = draw.valley()
    draw.sun(canvas, 50, 12, 6)
    draw.tree(canvas, 12, 66, 0.9)
    draw.tree(canvas, 90, 64, 1.1)
    return canvas


def _stones_in_the_river() -> Canvas:
    canvas = draw.valley()
    draw.stones(canvas, (40, 68, 6), (55, 63, 4), (64, 71, 7))
    for x, y, colour in ((30, 40, VIOLET), (46, 32, RED), (66, 42, SUN)):
        draw.note(canvas, x, y, colour)
    return canvas


def _silent_river() -> Canvas:
    canvas = draw.valley(draw.DUSK)
    draw.stones(canvas, (38, 62, 5), (46, 62, 5), (54, 62, 5), (62, 62, 5), (50, 57, 5))
    canvas.shape((30, 66), (70, 66), (78, 75), (26, 75), colour="#c9b48a")
    draw.child(canvas, 16, 70, SEA)
    return canvas


def _otter_sings() -> Canvas:
    canvas = draw.shore()
    draw.otter(canvas, 52, 56, 1.4)
    for x, y, colour in ((24, 30, VIOLET), (44, 20, RED), (68, 26, SUN), (84, 36, WHITE)):
        draw.note(canvas, x, y, colour, 1.2)
    return canvas


STORIES: Final = (
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0001"),
        slug="patient-snail",
        title="Pip, the Patient Snail",
        description="A snail is the last to arrive, and finds the best of all.",
        age_group="3-5",
        difficulty="emerging",
        minutes=3,
        goals=("vocabulary", "patience"),
        themes=("animals", "garden"),
        tags=("snail", "slow", "beginner"),
        pages=(
            Page(
                "Pip the snail wakes up. The sun is warm. “Today I will go to the strawberries,” says Pip.",
                {"snail": "A small, slow animal that carries its house on its back."},
                _snail_in_the_sun,
            ),
            Page(
                "Drip, drop! It rains. Pip waits under a flower. “Rain makes the path smooth,” says Pip.",
                {"smooth": "Without bumps. You can slide on it."},
                _snail_in_the_rain,
            ),
            Page(
                "Oh! A wall. The beetle turns back. The ant turns back. Pip goes up, slowly, slowly.",
                {"slowly": "Taking a lot of time.", "beetle": "An insect with a hard, shiny back."},
                _snail_and_ladder,
            ),
            Page(
                "Over the wall there are three red strawberries. Pip is patient, and now Pip is happy.",
                {"patient": "Able to wait without being cross."},
                _snail_at_the_strawberries,
            ),
        ),
    ),
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0002"),
        slug="one-blanket",
        title="One Blanket for Everyone",
        description="A bear has a warm blanket and a cold night.",
        age_group="3-5",
        difficulty="emerging",
        minutes=3,
        goals=("vocabulary", "sharing"),
        themes=("animals", "winter", "friendship"),
        tags=("bear", "rabbit", "bedtime"),
        pages=(
            Page(
                "It is a cold night. Bear has a blanket. It is red and yellow, and it is all for Bear.",
                {"blanket": "A soft, warm cloth that covers you."},
                _bear_alone,
            ),
            Page(
                "Who is there in the snow? It is Rabbit. Rabbit shivers from ears to tail.",
                {"shivers": "Shakes a little because of the cold."},
                _rabbit_shivers,
            ),
            Page(
                "“Come under my blanket,” says Bear. Now there are two, and it is warmer than before.",
                {"warmer": "More warm."},
                _both_under_the_blanket,
            ),
            Page(
                "Then Fox comes too. Three friends share one blanket. Good night, Bear. Good night, all.",
                {"share": "To use something together, so that everyone has some of it."},
                _three_asleep,
            ),
        ),
    ),
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0003"),
        slug="keepers-kite",
        title="The Lighthouse Keeper's Kite",
        description="When the lamp breaks in the fog, Nora has an idea that flies.",
        age_group="6-8",
        difficulty="developing",
        minutes=6,
        goals=("vocabulary", "problem solving", "reading comprehension"),
        themes=("sea", "invention"),
        tags=("lighthouse", "kite", "weather"),
        pages=(
            Page(
                "Nora lives where the land ends. Her grandfather is the keeper of the lighthouse, and every evening he climbs"
                " ninety-nine steps to light the lamp for the boats in the harbour.",
                {
                    "keeper": "Someone whose job is to look after something.",
                    "harbour": "A safe place for boats near the land.",
                },
                _lighthouse_by_day,
            ),
            Page(
                "In the afternoon the breeze is strong enough for her kite. It tugs at the line like a dog that wants to run."
                " “Hold on tight,” says Grandfather, “the wind is stronger than it looks.”",
                {"breeze": "A wind that is not very strong.", "tugs": "Pulls with short, quick movements."},
                _kite_rises,
            ),
            Page(
                "That night a thick fog rolls in, and the lamp goes out with a crack. Somewhere out there a boat is coming home,"
                " and its crew cannot see the rocks.",
                {"fog": "A cloud that lies on the ground.", "crew": "The people who work on a boat."},
                _fog,
            ),
            Page(
                "Nora ties the small lantern to her kite and lets it rise, above the fog, above the roof. The boat sees the light"
                " and steers around the rocks. “Ninety-nine steps,” laughs Grandfather, “and you needed none of them.”",
                {"steers": "Makes a boat or a car go where you want.", "lantern": "A lamp that you can carry."},
                _beam_at_night,
            ),
        ),
    ),
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0004"),
        slug="robot-gardener",
        title="Bolt Learns to Grow Things",
        description="A robot that is fast at everything meets a seed, which is not.",
        age_group="6-8",
        difficulty="developing",
        minutes=5,
        goals=("vocabulary", "science", "patience"),
        themes=("robots", "plants", "science"),
        tags=("robot", "seed", "experiment"),
        pages=(
            Page(
                "Bolt can count to a million before breakfast. But one morning it finds something on the floor that it cannot"
                " measure: a seed. “What does it do?” asks Bolt. “It grows,” says Mina, “if you let it.”",
                {"seed": "The small thing from which a plant grows.", "measure": "To find out how big something is."},
                _robot_finds_a_seed,
            ),
            Page(
                "Bolt pours a whole bucket of water on the seed. Nothing. It pours another one. The pot becomes a puddle. “Too"
                " much help is no help,” says Mina.",
                {"pours": "Makes water run out of something.", "puddle": "A little pool of water."},
                _robot_waters_too_much,
            ),
            Page(
                "So they try an experiment: one spoon of water each day, a place by the window, and waiting. On the ninth day a"
                " green sprout looks out. Bolt's lights blink all at once.",
                {
                    "experiment": "A test that shows you whether an idea is right.",
                    "sprout": "The first green bit of a new plant.",
                },
                _robot_waits,
            ),
            Page(
                "In summer the plant has five leaves and a blossom as orange as the evening. Bolt writes in its memory: things"
                " that cannot be hurried: 1. And it adds: I like it.",
                {"blossom": "The flower of a plant.", "hurried": "Made to go faster."},
                _robot_and_the_flower,
            ),
        ),
    ),
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0005"),
        slug="clock-tower",
        title="The Map Inside the Clock Tower",
        description="The town's clock loses a minute each night, and Ivo wants to know where they go.",
        age_group="9-12",
        difficulty="fluent",
        minutes=9,
        goals=("vocabulary", "inference", "reading comprehension"),
        themes=("mystery", "town", "mechanics"),
        tags=("clock", "map", "mystery"),
        pages=(
            Page(
                "For a hundred years the clock of Halmer had been punctual. Then it began to lose exactly one minute every night."
                " The mayor blamed the pigeons, the baker blamed the mayor, and Ivo, whose aunt wound the clock, decided to"
                " investigate.",
                {
                    "punctual": "Never late and never early.",
                    "investigate": "To look carefully for the reason of something.",
                },
                _tower_in_the_town,
            ),
            Page(
                "Inside the tower the mechanism filled the dark from wall to wall. Ivo lifted his lantern. Every gear turned but"
                " one: a small brass wheel that hesitated, just before midnight, as if something held it by a thread.",
                {
                    "mechanism": "The parts that move together to make a machine work.",
                    "hesitated": "Stopped for a moment before going on.",
                },
                _among_the_gears,
            ),
            Page(
                "It was held by a thread. Somebody had tied it there long ago, and at its other end, rolled tight behind the wheel,"
                " was a map. Each night the ageing thread had slackened, and the roll had slipped a little further into the teeth.",
                {"slackened": "Became looser.", "ageing": "Growing old."},
                _map_unrolled,
            ),
            Page(
                "The map did not lead to gold. It showed the springs under the town, which everyone had forgotten, and which the"
                " dry fields needed more than gold. At midnight the clock struck twelve, to the second. Ivo's aunt pretended"
                " that there was dust in her eye.",
                {
                    "springs": "Places where water comes out of the ground.",
                    "pretended": "Acted as if something were true.",
                },
                _tower_at_midnight,
            ),
        ),
    ),
    Story(
        id=UUID("5d2f0c1a-7f1b-4c7e-9d0a-1c5a3e0b0006"),
        slug="river-music",
        title="Where the River Keeps Its Music",
        description="When the river falls silent, Sela follows it to find out who stopped the song.",
        age_group="9-12",
        difficulty="fluent",
        minutes=8,
        goals=("vocabulary", "nature awareness", "reading comprehension"),
        themes=("nature", "music", "river"),
        tags=("river", "otter", "environment"),
        pages=(
            Page(
                "Where Sela lived, nobody needed an alarm clock. At dawn the river came down from the glacier with a murmur that"
                " grew into a melody, and the whole valley woke up in tune.",
                {"glacier": "A huge, slow river of ice.", "murmur": "A low sound that goes on and on."},
                _river_in_the_morning,
            ),
            Page(
                "Her grandmother knew why. “Water has no voice of its own,” she used to say. “It borrows one from each stone that"
                " it touches. Take away the obstacles, and you take away the song.”",
                {
                    "borrows": "Takes for a while, and gives back.",
                    "obstacles": "Things that are in the way.",
                },
                _stones_in_the_river,
            ),
            Page(
                "One autumn the valley overslept. Upstream, somebody had gathered the stones into a neat dam to make a pond for"
                " ducks. Behind it the water stood still; below it there was only mud, and silence.",
                {"upstream": "In the direction from which a river comes.", "dam": "A wall that holds back water."},
                _silent_river,
            ),
            Page(
                "Sela did not tear down the dam. She persuaded its builders to open three gaps, one for the fish, one for the"
                " otters and one for the song. Next morning the river was hoarse, but it sang, and on its back in the current"
                " an otter beat time.",
                {
                    "persuaded": "Got someone to agree by giving good reasons.",
                    "hoarse": "With a rough voice, as after a cold.",
                    "current": "Water that moves in one direction.",
                },
                _otter_sings,
            ),
        ),
    ),
)
