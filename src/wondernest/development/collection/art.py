"""Things to draw and to colour."""

from __future__ import annotations

from typing import Final

from wondernest.development.collection import drawings
from wondernest.development.collection.made import Made, told
from wondernest.development.collection.paper import to_colour


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


ART: Final = (
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
        content=told(
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
)
