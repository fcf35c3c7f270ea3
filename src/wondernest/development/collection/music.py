"""Sounds to listen to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wondernest.development.collection import drawings, sounds
from wondernest.development.collection.made import Made
from wondernest.development.collection.paper import Draw


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


SOUNDS: Final = (
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
)
