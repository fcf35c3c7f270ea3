"""Books about nature and the sky."""

from __future__ import annotations

from typing import Final

from wondernest.development.collection import drawings
from wondernest.development.collection.made import Made, told
from wondernest.development.collection.paper import sheet
from wondernest.development.pictures import LEAF, RED, SEA, VIOLET

SCIENCE: Final = (
    Made(
        id="faces-of-the-moon",
        title="The Faces of the Moon",
        description="Why the moon is sometimes round and sometimes a slice.",
        category="science",
        kind="book",
        ages=(5, 10),
        minutes=6,
        tags=("moon", "space", "night"),
        picture=drawings.moon(0.5),
        content=told(
            "The Faces of the Moon",
            (
                drawings.moon(0.15),
                "The sun shines on one side of the moon. Sometimes we see only a thin slice of that side.",
            ),
            (drawings.moon(0.5), "A week later we see half of the bright side."),
            (drawings.moon(0.8), "Some days more, and it is nearly round."),
            (drawings.moon(1), "Full moon! Now the whole side that we see is bright. Then it becomes smaller again."),
        ),
        difficulty="medium",
        featured=True,
    ),
    Made(
        id="from-seed-to-flower",
        title="From Seed to Flower",
        description="What a seed needs, and what becomes of it.",
        category="science",
        kind="book",
        ages=(5, 9),
        minutes=6,
        tags=("plants", "garden", "growing"),
        picture=drawings.plant(1, flowers=True),
        content=told(
            "From Seed to Flower",
            (drawings.plant(0), "A seed lies in the earth. It needs water and warmth."),
            (drawings.plant(0.3), "A root grows down and a stem grows up, towards the light."),
            (drawings.plant(0.7), "Leaves catch the light of the sun. The plant makes its food from it."),
            (drawings.plant(1, flowers=True), "At last it blossoms. In the flower new seeds are made."),
        ),
    ),
    Made(
        id="float-or-sink",
        title="Does It Float?",
        description="An experiment with a bowl of water: guess first, then try.",
        category="science",
        kind="book",
        ages=(5, 10),
        minutes=10,
        tags=("experiment", "water", "guessing"),
        picture=drawings.floating("apple", RED, floats=True),
        content=told(
            "Does It Float?",
            (drawings.floating("apple", RED, floats=True), "An apple floats: a quarter of it is air. Try other fruit!"),
            (drawings.floating("ladybird", VIOLET, floats=False), "A toy of metal sinks. What about one of wood?"),
            (
                drawings.floating("balloon", SEA, floats=True),
                "A balloon hardly touches the water. Push it down: it comes back.",
            ),
        ),
        difficulty="medium",
    ),
    Made(
        id="a-sky-full-of-stars",
        title="A Sky Full of Stars",
        description="A page about the night sky, for stargazers.",
        category="science",
        kind="page",
        ages=(5, 12),
        minutes=3,
        tags=("stars", "space", "night"),
        picture=drawings.moon(0.15),
        content=lambda: sheet("On a dark night you can see about two thousand stars.", drawings.moon(0.15)),
    ),
    Made(
        id="time-of-the-dinosaurs",
        title="In the Time of the Dinosaurs",
        description="How long ago dinosaurs lived, told with a garden path.",
        category="science",
        kind="book",
        ages=(6, 11),
        minutes=5,
        tags=("dinosaurs", "animals", "long ago"),
        picture=drawings.letter("d", LEAF),
        content=told(
            "In the Time of the Dinosaurs",
            ("little house", "Think of a path in the garden. Each step you take is one million years."),
            (
                drawings.plant(0.7),
                "After sixty-six steps you meet the last large dinosaurs. There are flowers already.",
            ),
            (
                drawings.counted("fish", 8, LEAF),
                "Two hundred steps further there are the first of them. The sea is full of fishes.",
            ),
            ("owl at night", "Birds are relatives of the dinosaurs. So one of them may be in your tree tonight."),
        ),
        difficulty="medium",
    ),
)
