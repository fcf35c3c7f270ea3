"""Picture stories. The first has the id, title and properties of the contract (server contract §1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from wondernest.development.collection import drawings
from wondernest.development.collection.made import Made, told
from wondernest.development.collection.paper import Draw

ISLAND: Final = "Adventure Island Stories"
OWL: Final = "The Owl Who Could Not Sleep"


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
        content=told(title, *pages),
        featured=featured,
        language=language,
    )


TALES: Final = (
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
        content=told(
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
)
