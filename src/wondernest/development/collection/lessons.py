"""Books and pages to learn from. Two have the ids, titles and properties of the contract (server contract §1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from wondernest.development.collection import drawings
from wondernest.development.collection.made import Made, told
from wondernest.development.collection.paper import sheet
from wondernest.development.pictures import LEAF, RED, SEA, VIOLET

LESSONS: Final = (
    Made(
        id="content_1",
        title="Learning Colors with Animals",
        description="Fish and ladybirds in eight colours, each with its name.",
        category="educational",
        kind="book",
        ages=(3, 6),
        minutes=10,
        tags=("colors", "animals", "learning"),
        picture=drawings.coloured("fish", "orange"),
        content=told(
            "Learning Colors with Animals",
            *(
                (
                    drawings.coloured("fish" if place % 2 else "ladybird", name),
                    f"This one is {name}. What else is {name}?",
                )
                for place, name in enumerate(drawings.COLOURS)
            ),
        ),
        educational=True,
        featured=True,
        created_at=datetime(2024, 1, 15, 10, tzinfo=UTC),
    ),
    Made(
        id="content_3",
        title="Math Puzzles for Kids",
        description="Small sums with fishes, apples, ladybirds and balloons.",
        category="educational",
        kind="book",
        ages=(6, 9),
        minutes=20,
        tags=("math", "puzzles", "problem-solving"),
        picture=drawings.puzzle("apple", 2, 3),
        content=told(
            "Math Puzzles for Kids",
            *(
                (
                    drawings.puzzle(thing, first, second),
                    f"How many are there together? Count on from {max(first, second)}.",
                )
                for thing, first, second in (
                    ("apple", 2, 3),
                    ("fish", 4, 1),
                    ("balloon", 3, 3),
                    ("ladybird", 5, 2),
                    ("apple", 6, 4),
                    ("fish", 5, 6),
                )
            ),
        ),
        difficulty="medium",
        educational=True,
        created_at=datetime(2024, 1, 17, 9, 15, tzinfo=UTC),
    ),
    Made(
        id="counting-to-ten",
        title="Counting to Ten",
        description="One apple, two apples … ten of them, page by page.",
        category="educational",
        kind="book",
        ages=(3, 6),
        minutes=6,
        tags=("numbers", "counting", "apples"),
        picture=drawings.counted("apple", 5),
        content=told(
            "Counting to Ten",
            *(
                (drawings.counted("apple", number), f"Put your finger on each one and count: {number}.")
                for number in range(1, 11)
            ),
        ),
        featured=True,
    ),
    Made(
        id="letters-a-to-h",
        title="Letters from A to H",
        description="Eight letters, large and small, each with a word to say aloud.",
        category="educational",
        kind="book",
        ages=(4, 7),
        minutes=8,
        tags=("letters", "reading", "alphabet"),
        picture="a b c",
        content=told(
            "Letters from A to H",
            *(
                (drawings.letter(word[0], colour), f"{word[0].upper()} is for {word}. Which words begin like it?")
                for word, colour in zip(
                    ("apple", "boat", "cat", "dinosaur", "elephant", "fish", "garden", "house"),
                    drawings.COLOURS.values(),
                    strict=True,
                )
            ),
        ),
    ),
    Made(
        id="shapes-around-us",
        title="Shapes Around Us",
        description="Circle, triangle, square and more: find them in your room.",
        category="educational",
        kind="book",
        ages=(3, 7),
        minutes=5,
        tags=("shapes", "geometry"),
        picture=drawings.shape("hexagon", VIOLET),
        content=told(
            "Shapes Around Us",
            *(
                (drawings.shape(name, colour), f"A {name}. Can you see one where you are?")
                for name, colour in (
                    ("circle", RED),
                    ("triangle", LEAF),
                    ("square", SEA),
                    ("pentagon", VIOLET),
                    ("hexagon", RED),
                )
            ),
        ),
    ),
    Made(
        id="count-the-ladybirds",
        title="Count the Ladybirds",
        description="A meadow with ladybirds. How many do you find?",
        category="educational",
        kind="page",
        ages=(3, 6),
        minutes=2,
        tags=("counting", "animals", "insects"),
        picture=drawings.counted("ladybird", 7, told=False),
        content=lambda: sheet("How many ladybirds are there?", drawings.counted("ladybird", 7, told=False)),
    ),
)
