"""The texts of the letter and of its page, in every language: concrete and kind, and about this child alone."""

from __future__ import annotations

from typing import Final

from wondernest.analytics.activities import ART, EDUCATIONAL, GAMES, MUSIC, SCIENCE, STORIES
from wondernest.analytics.catalogue import Text
from wondernest.analytics.catalogue.insights import NAMES

SUBJECT: Final = Text(
    "Your week with WonderNest",
    "Su semana con WonderNest",
    "Ihre Woche mit WonderNest",
    "Votre semaine avec WonderNest",
)
GREETING: Final = Text(
    "This is what happened from {first} to {last}.",
    "Esto es lo que pasó del {first} al {last}.",
    "Das war vom {first} bis zum {last} los.",
    "Voici ce qui s'est passé du {first} au {last}.",
)
TOTAL: Final = Text(
    "{total} on {days} of 7 days",
    "{total} en {days} de 7 días",
    "{total} an {days} von 7 Tagen",
    "{total} sur {days} des 7 jours",
)
MADE: Final = Text("Made", "Creó", "Gestaltet", "Créé")
READ: Final = Text("Read", "Leyó", "Gelesen", "Lu")
PLAYED: Final = Text("Played", "Jugó", "Gespielt", "Joué")
TOLD: Final = {ART: MADE, STORIES: READ}
"""The word for a category; everything else is played."""
FINISHED_ONE: Final = Text(
    "once to the end", "una vez hasta el final", "einmal bis zum Schluss", "une fois jusqu'au bout"
)
FINISHED: Final = Text(
    "{number} times to the end",
    "{number} veces hasta el final",
    "{number}-mal bis zum Schluss",
    "{number} fois jusqu'au bout",
)
QUESTION: Final = Text(
    "A question for {name}", "Una pregunta para {name}", "Eine Frage an {name}", "Une question pour {name}"
)
WHY: Final = Text(
    "You get this letter on Sundays because you chose it in the settings of your family.",
    "Recibe esta carta los domingos porque la eligió en los ajustes de su familia.",
    "Sie bekommen diesen Brief sonntags, weil Sie ihn in den Einstellungen Ihrer Familie gewählt haben.",
    "Vous recevez cette lettre le dimanche parce que vous l'avez choisie dans les réglages de votre famille.",
)
END: Final = Text(
    "End the letter", "No recibir más esta carta", "Den Brief abbestellen", "Ne plus recevoir cette lettre"
)
END_QUESTION: Final = Text(
    "Do you want to get no weekly letter any more?",
    "¿Quiere dejar de recibir la carta semanal?",
    "Möchten Sie keinen Wochenbrief mehr bekommen?",
    "Voulez-vous ne plus recevoir la lettre de la semaine ?",
)
ENDED: Final = Text(
    "You will get no weekly letter any more. You can choose it again in the settings of your family.",
    "Ya no recibirá la carta semanal. Puede volver a elegirla en los ajustes de su familia.",
    "Sie bekommen keinen Wochenbrief mehr. In den Einstellungen Ihrer Familie können Sie ihn wieder wählen.",
    "Vous ne recevrez plus la lettre de la semaine. Vous pouvez la choisir à nouveau dans les réglages de votre famille.",
)
UNKNOWN: Final = Text(
    "This address is not complete. Open it again from the letter.",
    "Esta dirección no está completa. Ábrala de nuevo desde la carta.",
    "Diese Adresse ist nicht vollständig. Öffnen Sie sie noch einmal aus dem Brief.",
    "Cette adresse n'est pas complète. Ouvrez-la à nouveau depuis la lettre.",
)
MONTHS: Final = (
    Text("January", "enero", "Januar", "janvier"),
    Text("February", "febrero", "Februar", "février"),
    Text("March", "marzo", "März", "mars"),
    Text("April", "abril", "April", "avril"),
    Text("May", "mayo", "Mai", "mai"),
    Text("June", "junio", "Juni", "juin"),
    Text("July", "julio", "Juli", "juillet"),
    Text("August", "agosto", "August", "août"),
    Text("September", "septiembre", "September", "septembre"),
    Text("October", "octubre", "Oktober", "octobre"),
    Text("November", "noviembre", "November", "novembre"),
    Text("December", "diciembre", "Dezember", "décembre"),
)
DAY: Final = Text("{month} {day}", "{day} de {month}", "{day}. {month}", "{day} {month}")
QUESTIONS: Final = {
    ART: (
        Text(
            "What is going on in your newest picture?",
            "¿Qué pasa en tu dibujo más nuevo?",
            "Was passiert auf deinem neuesten Bild?",
            "Que se passe-t-il dans ton dernier dessin ?",
        ),
        Text(
            "Which sticker would you be, and where would you live?",
            "¿Qué pegatina serías y dónde vivirías?",
            "Welcher Sticker wärst du, und wo würdest du wohnen?",
            "Quel autocollant serais-tu, et où habiterais-tu ?",
        ),
        Text(
            "Which color did you need most, and what for?",
            "¿Qué color necesitaste más y para qué?",
            "Welche Farbe hast du am meisten gebraucht, und wofür?",
            "De quelle couleur as-tu eu le plus besoin, et pour quoi faire ?",
        ),
    ),
    STORIES: (
        Text(
            "Who in the story would you invite to dinner?",
            "¿A quién del cuento invitarías a cenar?",
            "Wen aus der Geschichte würdest du zum Essen einladen?",
            "Qui de l'histoire inviterais-tu à dîner ?",
        ),
        Text(
            "How would the story go on tomorrow?",
            "¿Cómo seguiría el cuento mañana?",
            "Wie würde die Geschichte morgen weitergehen?",
            "Comment l'histoire continuerait-elle demain ?",
        ),
        Text(
            "Which new word did you meet, and what does it mean?",
            "¿Qué palabra nueva encontraste y qué significa?",
            "Welches neue Wort hast du gefunden, und was heißt es?",
            "Quel mot nouveau as-tu trouvé, et que veut-il dire ?",
        ),
    ),
    GAMES: (
        Text(
            "What is the trick of the game? Can you teach me?",
            "¿Cuál es el truco del juego? ¿Me lo enseñas?",
            "Was ist der Trick bei dem Spiel? Bringst du ihn mir bei?",
            "Quelle est l'astuce du jeu ? Tu me l'apprends ?",
        ),
        Text(
            "What was difficult at first and is easy now?",
            "¿Qué era difícil al principio y ahora es fácil?",
            "Was war am Anfang schwer und ist jetzt leicht?",
            "Qu'est-ce qui était difficile au début et qui est facile maintenant ?",
        ),
    ),
    EDUCATIONAL: (
        Text(
            "What did you find out that I do not know?",
            "¿Qué has descubierto que yo no sepa?",
            "Was hast du herausgefunden, das ich nicht weiß?",
            "Qu'as-tu découvert que je ne sais pas ?",
        ),
        Text(
            "Can you count something here that nobody has counted yet?",
            "¿Puedes contar aquí algo que nadie haya contado todavía?",
            "Kannst du hier etwas zählen, das noch niemand gezählt hat?",
            "Peux-tu compter ici quelque chose que personne n'a encore compté ?",
        ),
    ),
    SCIENCE: (
        Text(
            "What would you like to try out next?",
            "¿Qué te gustaría probar ahora?",
            "Was möchtest du als Nächstes ausprobieren?",
            "Qu'aimerais-tu essayer maintenant ?",
        ),
        Text(
            "Why do you think it is like that?",
            "¿Por qué crees que es así?",
            "Warum, glaubst du, ist das so?",
            "Pourquoi, à ton avis, est-ce comme ça ?",
        ),
    ),
    MUSIC: (
        Text(
            "Which song are you humming today? Will you sing it for me?",
            "¿Qué canción tarareas hoy? ¿Me la cantas?",
            "Welches Lied summst du heute? Singst du es mir vor?",
            "Quelle chanson fredonnes-tu aujourd'hui ? Tu me la chantes ?",
        ),
        Text(
            "What can we use as a drum?",
            "¿Qué podemos usar de tambor?",
            "Was können wir als Trommel nehmen?",
            "Qu'est-ce qui peut nous servir de tambour ?",
        ),
    ),
}
"""For a child, by what it spent most time with; the first for everything else is that of GAMES."""


def category_name(category: str, language: str) -> str:
    """The name of a category; one that is not in the catalogue is its own."""
    return NAMES[category].in_language(language) if category in NAMES else category
