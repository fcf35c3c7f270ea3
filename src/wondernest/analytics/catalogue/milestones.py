"""Milestones from two to twelve years, in our own words; docs/analytics.md names the sources. Months are when many children get there.

They are for looking forward together. A child that has not reached one lacks nothing.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from wondernest.analytics.catalogue import Text

LANGUAGE, COGNITIVE, SOCIAL, MATH, READING = "language", "cognitive", "social", "math", "reading"


class MilestoneEntry(Struct, frozen=True):
    """A milestone; `first` and `last`: the age in months between which many children reach it."""

    key: str
    category: str
    first: int
    last: int
    text: Text


CATALOGUE: Final = (
    MilestoneEntry(
        "two_words",
        LANGUAGE,
        24,
        36,
        Text("Puts two words together", "Junta dos palabras", "Verbindet zwei Wörter", "Associe deux mots"),
    ),
    MilestoneEntry(
        "names_pictures",
        LANGUAGE,
        24,
        36,
        Text(
            "Names things in a book",
            "Nombra cosas de un libro",
            "Benennt Dinge in einem Buch",
            "Nomme des choses dans un livre",
        ),
    ),
    MilestoneEntry(
        "pretends",
        COGNITIVE,
        24,
        36,
        Text("Plays pretend", "Juega a imaginar", "Spielt „so tun, als ob“", "Joue à faire semblant"),
    ),
    MilestoneEntry(
        "notices_feelings",
        SOCIAL,
        24,
        36,
        Text(
            "Notices when others are sad",
            "Nota cuando otros están tristes",
            "Merkt, wenn andere traurig sind",
            "Remarque quand les autres sont tristes",
        ),
    ),
    MilestoneEntry(
        "shares",
        SOCIAL,
        30,
        48,
        Text(
            "Shares and takes turns",
            "Comparte y espera su turno",
            "Teilt und wechselt sich ab",
            "Partage et attend son tour",
        ),
    ),
    MilestoneEntry(
        "counts_to_five",
        MATH,
        36,
        48,
        Text("Counts to five", "Cuenta hasta cinco", "Zählt bis fünf", "Compte jusqu'à cinq"),
    ),
    MilestoneEntry(
        "names_colors",
        COGNITIVE,
        36,
        54,
        Text("Names some colors", "Nombra algunos colores", "Kennt einige Farben", "Nomme quelques couleurs"),
    ),
    MilestoneEntry(
        "asks_questions",
        LANGUAGE,
        36,
        48,
        Text(
            "Asks who, what, where and why",
            "Pregunta quién, qué, dónde y por qué",
            "Fragt wer, was, wo und warum",
            "Demande qui, quoi, où et pourquoi",
        ),
    ),
    MilestoneEntry(
        "comforts",
        SOCIAL,
        36,
        60,
        Text("Comforts others", "Consuela a otros", "Tröstet andere", "Console les autres"),
    ),
    MilestoneEntry(
        "retells",
        LANGUAGE,
        48,
        60,
        Text(
            "Tells what happens next in a story",
            "Cuenta qué pasa después en un cuento",
            "Erzählt, wie eine Geschichte weitergeht",
            "Raconte la suite d'une histoire",
        ),
    ),
    MilestoneEntry(
        "counts_to_ten",
        MATH,
        54,
        66,
        Text("Counts to ten", "Cuenta hasta diez", "Zählt bis zehn", "Compte jusqu'à dix"),
    ),
    MilestoneEntry(
        "follows_rules",
        SOCIAL,
        54,
        72,
        Text(
            "Follows the rules of a game",
            "Sigue las reglas de un juego",
            "Hält sich an Spielregeln",
            "Suit les règles d'un jeu",
        ),
    ),
    MilestoneEntry(
        "writes_name",
        READING,
        54,
        72,
        Text(
            "Writes some letters of the own name",
            "Escribe algunas letras de su nombre",
            "Schreibt Buchstaben des eigenen Namens",
            "Écrit quelques lettres de son prénom",
        ),
    ),
    MilestoneEntry(
        "counts_to_hundred",
        MATH,
        66,
        84,
        Text("Can count to 100", "Cuenta hasta 100", "Zählt bis 100", "Compte jusqu'à 100"),
    ),
    MilestoneEntry(
        "sight_words",
        READING,
        66,
        90,
        Text(
            "Recognizes sight words",
            "Reconoce palabras frecuentes",
            "Erkennt häufige Wörter auf einen Blick",
            "Reconnaît des mots fréquents",
        ),
    ),
    MilestoneEntry(
        "adds",
        MATH,
        72,
        96,
        Text(
            "Adds and subtracts small numbers",
            "Suma y resta números pequeños",
            "Rechnet plus und minus mit kleinen Zahlen",
            "Additionne et soustrait de petits nombres",
        ),
    ),
    MilestoneEntry(
        "tells_experiences",
        LANGUAGE,
        72,
        108,
        Text(
            "Tells about the day in order",
            "Cuenta su día en orden",
            "Erzählt den Tag der Reihe nach",
            "Raconte sa journée dans l'ordre",
        ),
    ),
    MilestoneEntry(
        "cooperates",
        SOCIAL,
        72,
        108,
        Text(
            "Works on something with friends",
            "Hace cosas en equipo con amistades",
            "Arbeitet mit Freunden an einer Sache",
            "Réalise quelque chose avec des amis",
        ),
    ),
    MilestoneEntry(
        "reads_alone",
        READING,
        84,
        108,
        Text(
            "Reads a short book alone",
            "Lee un libro corto sin ayuda",
            "Liest ein kurzes Buch allein",
            "Lit seul un livre court",
        ),
    ),
    MilestoneEntry(
        "plans",
        COGNITIVE,
        96,
        132,
        Text(
            "Plans a small project",
            "Planea un pequeño proyecto",
            "Plant ein kleines Vorhaben",
            "Prépare un petit projet",
        ),
    ),
    MilestoneEntry(
        "multiplies",
        MATH,
        96,
        120,
        Text("Multiplies and divides", "Multiplica y divide", "Rechnet mal und geteilt", "Multiplie et divise"),
    ),
    MilestoneEntry(
        "other_views",
        SOCIAL,
        108,
        144,
        Text(
            "Sees things from another's point of view",
            "Entiende el punto de vista de otra persona",
            "Versteht, wie andere etwas sehen",
            "Comprend le point de vue d'une autre personne",
        ),
    ),
    MilestoneEntry(
        "writes_texts",
        READING,
        108,
        144,
        Text(
            "Writes a story of a page",
            "Escribe un cuento de una página",
            "Schreibt eine Geschichte von einer Seite",
            "Écrit une histoire d'une page",
        ),
    ),
    MilestoneEntry(
        "argues",
        LANGUAGE,
        120,
        156,
        Text(
            "Gives reasons for an opinion",
            "Da razones de su opinión",
            "Begründet eine Meinung",
            "Donne les raisons de son avis",
        ),
    ),
)
