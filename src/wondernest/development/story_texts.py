"""The demo stories: their texts and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.development import story_scenes as scenes
from wondernest.development.pictures import Canvas


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
                scenes.snail_in_the_sun,
            ),
            Page(
                "Drip, drop! It rains. Pip waits under a flower. “Rain makes the path smooth,” says Pip.",
                {"smooth": "Without bumps. You can slide on it."},
                scenes.snail_in_the_rain,
            ),
            Page(
                "Oh! A wall. The beetle turns back. The ant turns back. Pip goes up, slowly, slowly.",
                {"slowly": "Taking a lot of time.", "beetle": "An insect with a hard, shiny back."},
                scenes.snail_at_the_wall,
            ),
            Page(
                "Over the wall there are three red strawberries. Pip is patient, and now Pip is happy.",
                {"patient": "Able to wait without being cross."},
                scenes.snail_at_the_strawberries,
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
                scenes.bear_alone,
            ),
            Page(
                "Who is there in the snow? It is Rabbit. Rabbit shivers from ears to tail.",
                {"shivers": "Shakes a little because of the cold."},
                scenes.rabbit_shivers,
            ),
            Page(
                "“Come under my blanket,” says Bear. Now there are two, and it is warmer than before.",
                {"warmer": "More warm."},
                scenes.both_under_the_blanket,
            ),
            Page(
                "Then Fox comes too. Three friends share one blanket. Good night, Bear. Good night, all.",
                {"share": "To use something together, so that everyone has some of it."},
                scenes.three_asleep,
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
                scenes.lighthouse_by_day,
            ),
            Page(
                "In the afternoon the breeze is strong enough for her kite. It tugs at the line like a dog that wants to run."
                " “Hold on tight,” says Grandfather, “the wind is stronger than it looks.”",
                {"breeze": "A wind that is not very strong.", "tugs": "Pulls with short, quick movements."},
                scenes.kite_rises,
            ),
            Page(
                "That night a thick fog rolls in, and the lamp goes out with a crack. Somewhere out there a boat is coming home,"
                " and its crew cannot see the rocks.",
                {"fog": "A cloud that lies on the ground.", "crew": "The people who work on a boat."},
                scenes.fog,
            ),
            Page(
                "Nora ties the small lantern to her kite and lets it rise, above the fog, above the roof. The boat sees the light"
                " and steers around the rocks. “Ninety-nine steps,” laughs Grandfather, “and you needed none of them.”",
                {"steers": "Makes a boat or a car go where you want.", "lantern": "A lamp that you can carry."},
                scenes.beam_at_night,
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
                scenes.robot_finds_a_seed,
            ),
            Page(
                "Bolt pours a whole bucket of water on the seed. Nothing. It pours another one. The pot becomes a puddle. “Too"
                " much help is no help,” says Mina.",
                {"pours": "Makes water run out of something.", "puddle": "A little pool of water."},
                scenes.robot_waters_too_much,
            ),
            Page(
                "So they try an experiment: one spoon of water each day, a place by the window, and waiting. On the ninth day a"
                " green sprout looks out. Bolt's lights blink all at once.",
                {
                    "experiment": "A test that shows you whether an idea is right.",
                    "sprout": "The first green bit of a new plant.",
                },
                scenes.robot_waits,
            ),
            Page(
                "In summer the plant has five leaves and a blossom as orange as the evening. Bolt writes in its memory: things"
                " that cannot be hurried: 1. And it adds: I like it.",
                {"blossom": "The flower of a plant.", "hurried": "Made to go faster."},
                scenes.robot_and_the_flower,
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
                scenes.tower_in_the_town,
            ),
            Page(
                "Inside the tower the mechanism filled the dark from wall to wall. Ivo lifted his lantern. Every gear turned but"
                " one: a small brass wheel that hesitated, just before midnight, as if something held it by a thread.",
                {
                    "mechanism": "The parts that move together to make a machine work.",
                    "hesitated": "Stopped for a moment before going on.",
                },
                scenes.among_the_gears,
            ),
            Page(
                "It was held by a thread. Somebody had tied it there long ago, and at its other end, rolled tight behind the wheel,"
                " was a map. Each night the ageing thread had slackened, and the roll had slipped a little further into the teeth.",
                {"slackened": "Became looser.", "ageing": "Growing old."},
                scenes.map_unrolled,
            ),
            Page(
                "The map did not lead to gold. It showed the springs under the town, which everyone had forgotten, and which the"
                " dry fields needed more than gold. At midnight the clock struck twelve, to the second. Ivo's aunt pretended"
                " that there was dust in her eye.",
                {
                    "springs": "Places where water comes out of the ground.",
                    "pretended": "Acted as if something were true.",
                },
                scenes.tower_at_midnight,
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
                scenes.river_in_the_morning,
            ),
            Page(
                "Her grandmother knew why. “Water has no voice of its own,” she used to say. “It borrows one from each stone that"
                " it touches. Take away the obstacles, and you take away the song.”",
                {
                    "borrows": "Takes for a while, and gives back.",
                    "obstacles": "Things that are in the way.",
                },
                scenes.stones_in_the_river,
            ),
            Page(
                "One autumn the valley overslept. Upstream, somebody had gathered the stones into a neat dam to make a pond for"
                " ducks. Behind it the water stood still; below it there was only mud, and silence.",
                {"upstream": "In the direction from which a river comes.", "dam": "A wall that holds back water."},
                scenes.silent_river,
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
                scenes.otter_sings,
            ),
        ),
    ),
)
