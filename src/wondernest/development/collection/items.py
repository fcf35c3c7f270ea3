"""The items of the demo collection. The first three have the ids, titles and properties of the contract (server contract §1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from wondernest.development.collection import drawings, sounds
from wondernest.development.collection.paper import Draw, Page, book, sheet, to_colour
from wondernest.development.pictures import LEAF, RED, SEA, VIOLET

EXTENSIONS: Final = {"story": "pdf", "book": "pdf", "page": "png", "audio": "wav"}
"""Of an item's file, by its type."""


class Made(Struct, frozen=True, kw_only=True):
    """An item of the collection, and how its file and its picture are made."""

    id: str
    title: str
    description: str
    category: str
    kind: str
    ages: tuple[int, int]
    minutes: float
    tags: tuple[str, ...]
    picture: str | Draw
    content: Callable[[], bytes]
    difficulty: str = "easy"
    educational: bool | None = None
    featured: bool = False
    language: str = "en"
    created_at: datetime | None = None


def _told(title: str, *pages: tuple[str | Draw, str]) -> Callable[[], bytes]:
    return lambda: book(title, [Page(picture, text) for picture, text in pages])


def _story(
    id_: str,
    title: str,
    description: str,
    ages: tuple[int, int],
    tags: tuple[str, ...],
    *pages: tuple[str | Draw, str],
    minutes: float = 4,
    featured: bool = False,
    language: str = "en",
) -> Made:
    return Made(
        id=id_,
        title=title,
        description=description,
        category="stories",
        kind="story",
        ages=ages,
        minutes=minutes,
        tags=tags,
        picture=pages[0][0],
        content=_told(title, *pages),
        featured=featured,
        language=language,
    )


def _sound(
    id_: str,
    title: str,
    description: str,
    ages: tuple[int, int],
    tags: tuple[str, ...],
    picture: str | Draw,
    content: Callable[[], bytes],
) -> Made:
    return Made(
        id=id_,
        title=title,
        description=description,
        category="music",
        kind="audio",
        ages=ages,
        minutes=0.5,
        tags=("listening", *tags),
        picture=picture,
        content=content,
    )


def _colouring(id_: str, title: str, tags: tuple[str, ...], picture: str) -> Made:
    return Made(
        id=id_,
        title=title,
        description="A page of lines to print and to colour in.",
        category="art",
        kind="page",
        ages=(3, 10),
        minutes=15,
        tags=("colouring", *tags),
        picture=picture,
        content=lambda: to_colour(picture),
    )


ISLAND: Final = "Adventure Island Stories"
OWL: Final = "The Owl Who Could Not Sleep"
ITEMS: Final = (
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
        content=_told(
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
        id="content_2",
        title=ISLAND,
        description="A red boat, an island nobody knows, and a tree full of surprises.",
        category="stories",
        kind="story",
        ages=(5, 10),
        minutes=15,
        tags=("adventure", "story", "imagination"),
        picture="sailing boat",
        content=_told(
            ISLAND,
            (
                "sailing boat",
                "Nora and Sam found a red boat at the beach. Nobody was in it but a paper: “Sail to the island!”",
            ),
            ("three fishes", "Three fishes swam in front. “Follow us,” they seemed to say, and the boat followed."),
            ("apple tree", "On the island stood one tree. It had apples, and in the apples there were tiny doors."),
            ("snail", "A snail came out of the first door. “You are early,” it said. “The party begins at noon.”"),
            (
                "Mia's butterfly",
                "Then came the butterfly with the music, and everybody danced, even the snail, slowly.",
            ),
            ("rainbow", "When the rain had passed, a rainbow showed them the way home. They have kept the paper."),
        ),
        difficulty="medium",
        educational=False,
        created_at=datetime(2024, 1, 16, 14, 30, tzinfo=UTC),
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
        content=_told(
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
        content=_told(
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
        content=_told(
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
        content=_told(
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
    _story(
        "owl-who-could-not-sleep",
        OWL,
        "A bedtime story with a cat, a boat and the sun.",
        (4, 8),
        ("bedtime", "owl", "animals", "night"),
        ("owl at night", "The little owl sat on her branch. The moon was bright, and she could not sleep."),
        ("little house", "In the little house a cat was still awake. “Come and play!” said the cat."),
        ("sailing boat", "They sailed away in a red boat, until the sun came up."),
        ("apple tree", "Under the apple tree they were tired at last. Good night, little owl!"),
        featured=True,
    ),
    _story(
        "snail-and-the-rainbow",
        "The Snail and the Rainbow",
        "A snail wants to touch the rainbow, and takes its time.",
        (3, 7),
        ("snail", "rainbow", "weather", "patience"),
        ("snail", "After the rain a snail looked up. “I want to touch that,” it said."),
        ("rainbow", "It crept and crept. Each time it looked, the rainbow was just as far away."),
        ("Mia's butterfly", "“Nobody can touch it,” said the butterfly. “But you can stand in its light.”"),
        ("snail", "The snail looked at its shell. It shone red, yellow and violet. It was enough."),
    ),
    _story(
        "rocket-to-the-moon",
        "A Rocket Made of Boxes",
        "Leo builds a rocket, and the garden becomes the moon.",
        (5, 9),
        ("space", "rocket", "moon", "building"),
        ("Leo's rocket", "Leo had four boxes, glue and a plan. By noon he had a rocket."),
        (drawings.moon(1), "He counted: five, four, three, two, one! The moon came closer."),
        (drawings.moon(0.5), "Up there it was very quiet. He could hear himself think."),
        ("little house", "Then he smelled pancakes. The best thing about the moon was coming home."),
    ),
    _story(
        "three-fishes",
        "Three Fishes and a Bubble",
        "A bubble is too pretty to share, or is it?",
        (3, 6),
        ("fish", "sea", "sharing", "friends"),
        ("three fishes", "Three fishes found a bubble. “Mine!” said the first. “Mine!” said the second."),
        (drawings.counted("fish", 3), "The third fish said nothing and blew another one. And another."),
        (drawings.counted("fish", 6), "Soon other fishes came, and there were bubbles for all of them."),
    ),
    _story(
        "kleine-schnecke",
        "Die kleine Schnecke",
        "Eine Schnecke sucht den schönsten Platz im Garten.",
        (3, 7),
        ("Schnecke", "Garten", "Tiere"),
        ("snail", "Eine kleine Schnecke suchte den schönsten Platz im Garten."),
        ("apple tree", "Unter dem Apfelbaum war es schattig, aber die Äpfel fielen herunter."),
        ("little house", "Vor dem Häuschen war es warm. Hier blieb sie und zog sich zurück."),
        language="de",
    ),
    _story(
        "gato-naranja",
        "El gato naranja",
        "Un gato busca a alguien con quien jugar.",
        (3, 7),
        ("gato", "amigos", "animales"),
        ("orange cat", "El gato naranja quería jugar. ¿Con quién?"),
        ("owl at night", "La lechuza dormía de día. «Más tarde», dijo con un ojo abierto."),
        ("Mia's butterfly", "La mariposa volaba demasiado alto. El gato saltó y saltó."),
        ("little house", "Al final jugó con su sombra, y los dos ganaron."),
        language="es",
    ),
    _sound(
        "first-scale",
        "Up and Down the Scale",
        "Eight notes up, eight notes down. Sing along.",
        (3, 8),
        ("notes", "singing"),
        "sun",
        lambda: sounds.tune("c d e f g a b c' c' b a g f e d c"),
    ),
    _sound(
        "clap-along",
        "Clap Along",
        "A rhythm of hands and a drum, to copy.",
        (2, 7),
        ("rhythm", "clapping"),
        drawings.counted("balloon", 4),
        lambda: sounds.clapping("o.x.o.xxo.x.oxx." * 3),
    ),
    _sound(
        "evening-song",
        "Evening Song",
        "A slow tune of our own for the end of the day.",
        (2, 8),
        ("lullaby", "bedtime"),
        "owl at night",
        lambda: sounds.tune("e2 g c'2 b a2 g e2 d c2 e g2 a g4 - e2 d c4", 0.35),
    ),
    _sound(
        "rain-on-the-roof",
        "Rain on the Roof",
        "Fifteen seconds of rain. What do you hear?",
        (2, 10),
        ("weather", "nature"),
        "rainbow",
        lambda: sounds.rain(15),
    ),
    _sound(
        "waves-at-the-beach",
        "Waves at the Beach",
        "The sea comes and goes. Breathe with it.",
        (2, 10),
        ("sea", "nature", "calm"),
        "sailing boat",
        lambda: sounds.waves(16),
    ),
    _sound(
        "birds-in-the-morning",
        "Birds in the Morning",
        "How many different birds can you tell apart?",
        (2, 10),
        ("birds", "animals", "nature"),
        "apple tree",
        lambda: sounds.birds(12),
    ),
    _colouring("colour-a-cat", "Colour a Cat", ("cat", "animals"), "orange cat"),
    _colouring("colour-a-house", "Colour a House", ("house", "garden"), "little house"),
    _colouring("colour-a-butterfly", "Colour a Butterfly", ("butterfly", "animals"), "Mia's butterfly"),
    _colouring("colour-a-rocket", "Colour a Rocket", ("rocket", "space"), "Leo's rocket"),
    Made(
        id="draw-a-snail",
        title="Draw a Snail in Five Steps",
        description="One step on each page. Take a pencil and follow.",
        category="art",
        kind="book",
        ages=(5, 12),
        minutes=12,
        tags=("drawing", "snail", "step by step"),
        picture=drawings.steps(5),
        content=_told(
            "Draw a Snail in Five Steps",
            *(
                (drawings.steps(number), text)
                for number, text in enumerate(
                    (
                        "Begin with a large circle for the shell.",
                        "Draw two smaller circles in it.",
                        "Add a long, flat foot under the shell.",
                        "Draw the neck and a round head.",
                        "Two feelers, two eyes and a smile: ready!",
                    ),
                    1,
                )
            ),
        ),
        difficulty="medium",
    ),
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
        content=_told(
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
        content=_told(
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
        content=_told(
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
        content=_told(
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
