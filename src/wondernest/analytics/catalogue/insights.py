"""Texts of insights: ways of learning, names of categories, things to do together, guidance."""

from __future__ import annotations

from typing import Final

from wondernest.analytics.activities import ART, EDUCATIONAL, GAMES, MUSIC, SCIENCE, STORIES
from wondernest.analytics.catalogue import Text

NOT_ENOUGH: Final = Text(
    "Not enough data yet", "Aún no hay suficientes datos", "Noch nicht genug Daten", "Pas encore assez de données"
)
_VISUAL: Final = Text(
    "Visual and Interactive", "Visual e interactivo", "Mit den Augen und zum Mitmachen", "Visuel et interactif"
)
_READING: Final = Text(
    "Reading and Storytelling", "Lectura y cuentos", "Lesen und Geschichten erzählen", "Lecture et histoires"
)
_MUSICAL: Final = Text(
    "Auditory and Musical", "Auditivo y musical", "Mit den Ohren und mit Musik", "Par l'écoute et la musique"
)
_HANDS_ON: Final = Text(
    "Exploratory and Hands-on", "Explorar y experimentar", "Entdecken und Ausprobieren", "Explorer et expérimenter"
)
STYLES: Final = {
    ART: _VISUAL,
    GAMES: _VISUAL,
    STORIES: _READING,
    MUSIC: _MUSICAL,
    EDUCATIONAL: _HANDS_ON,
    SCIENCE: _HANDS_ON,
}
"""The way of learning to which a category belongs."""
NAMES: Final = {
    ART: Text("Art", "Arte", "Malen und Gestalten", "Dessin et création"),
    GAMES: Text("Games", "Juegos", "Spiele", "Jeux"),
    STORIES: Text("Stories", "Cuentos", "Geschichten", "Histoires"),
    MUSIC: Text("Music", "Música", "Musik", "Musique"),
    EDUCATIONAL: Text("Learning games", "Juegos educativos", "Lernspiele", "Jeux éducatifs"),
    SCIENCE: Text("Science", "Ciencia", "Natur und Technik", "Sciences"),
}
VOCABULARY: Final = "vocabulary"
"""An area to improve that is no category: the words of stories."""
WORDS: Final = Text("Vocabulary", "Vocabulario", "Wortschatz", "Vocabulaire")
"""The name of that area."""
SCHOOL_AGE: Final = 6
"""Years from which the second of two ideas suits better."""
IDEAS: Final = {
    ART: (
        Text(
            "Draw a picture together with big crayons and name the colors",
            "Dibujen juntos con ceras grandes y nombren los colores",
            "Malt zusammen mit dicken Wachsmalstiften und nennt die Farben",
            "Dessinez ensemble avec de gros crayons et nommez les couleurs",
        ),
        Text(
            "Fold a little book of paper and let your child fill its pages",
            "Doblen un librito de papel y deje que su peque llene las páginas",
            "Faltet ein kleines Buch aus Papier, und Ihr Kind füllt die Seiten",
            "Pliez un petit livre en papier et laissez votre enfant remplir les pages",
        ),
    ),
    GAMES: (
        Text(
            "Lay out five things, cover one, and guess which one is gone",
            "Pongan cinco cosas, tapen una y adivinen cuál falta",
            "Legt fünf Dinge hin, deckt eines zu und ratet, welches fehlt",
            "Posez cinq objets, cachez-en un et devinez lequel manque",
        ),
        Text(
            "Play a board game in which everybody explains one rule",
            "Jueguen a un juego de mesa en el que cada uno explica una regla",
            "Spielt ein Brettspiel, bei dem jeder eine Regel erklärt",
            "Jouez à un jeu de société où chacun explique une règle",
        ),
    ),
    STORIES: (
        Text(
            "Look at a picture book and ask what happens next",
            "Miren un libro de imágenes y pregunten qué pasa después",
            "Schaut ein Bilderbuch an und fragt, wie es weitergeht",
            "Regardez un livre d'images et demandez ce qui se passe ensuite",
        ),
        Text(
            "Take turns reading a page aloud, and invent another ending",
            "Lean una página cada uno en voz alta e inventen otro final",
            "Lest abwechselnd eine Seite vor und erfindet ein anderes Ende",
            "Lisez une page à tour de rôle et inventez une autre fin",
        ),
    ),
    MUSIC: (
        Text(
            "Sing a song with movements, once slowly and once fast",
            "Canten una canción con gestos, una vez despacio y otra deprisa",
            "Singt ein Lied mit Bewegungen, einmal langsam und einmal schnell",
            "Chantez une chanson à gestes, une fois lentement, une fois vite",
        ),
        Text(
            "Clap a rhythm and let your child clap it back, then swap",
            "Den palmadas con un ritmo, su peque lo repite, y luego al revés",
            "Klatscht einen Rhythmus vor, Ihr Kind klatscht ihn nach, dann umgekehrt",
            "Frappez un rythme, votre enfant le répète, puis échangez",
        ),
    ),
    EDUCATIONAL: (
        Text(
            "Count the stairs, the spoons or the steps to the door",
            "Cuenten los escalones, las cucharas o los pasos hasta la puerta",
            "Zählt die Treppenstufen, die Löffel oder die Schritte zur Tür",
            "Comptez les marches, les cuillères ou les pas jusqu'à la porte",
        ),
        Text(
            "Cook something simple and let your child measure and calculate",
            "Cocinen algo sencillo y deje que su peque mida y calcule",
            "Kocht etwas Einfaches, und Ihr Kind misst und rechnet",
            "Cuisinez quelque chose de simple et laissez votre enfant mesurer et calculer",
        ),
    ),
    SCIENCE: (
        Text(
            "Try in the bath what floats and what sinks",
            "Prueben en el baño qué flota y qué se hunde",
            "Probiert in der Badewanne aus, was schwimmt und was sinkt",
            "Essayez dans le bain ce qui flotte et ce qui coule",
        ),
        Text(
            "Watch a plant for a week and draw how it changes",
            "Observen una planta durante una semana y dibujen cómo cambia",
            "Beobachtet eine Woche lang eine Pflanze und zeichnet, was sich ändert",
            "Observez une plante pendant une semaine et dessinez ce qui change",
        ),
    ),
    VOCABULARY: (
        Text(
            "Name what you see on the way home, and ask for the funniest word",
            "Nombren lo que ven camino a casa y pregunte por la palabra más graciosa",
            "Nennt auf dem Heimweg, was ihr seht, und fragt nach dem lustigsten Wort",
            "Nommez ce que vous voyez en rentrant et demandez le mot le plus drôle",
        ),
        Text(
            "Choose a new word at breakfast and use it three times until the evening",
            "Elijan una palabra nueva en el desayuno y úsenla tres veces hasta la noche",
            "Sucht beim Frühstück ein neues Wort aus und benutzt es bis zum Abend dreimal",
            "Choisissez un mot nouveau au petit-déjeuner et utilisez-le trois fois d'ici le soir",
        ),
    ),
}
"""For each category, and for words, an idea for younger children and one from SCHOOL_AGE on."""
LONG_DAYS: Final = Text(
    "On the days with play it was more than an hour. A break outside after half an hour does everybody good.",
    "En los días con juego fue más de una hora. Una pausa al aire libre cada media hora sienta bien a todos.",
    "An den Tagen mit Spiel war es mehr als eine Stunde. Eine Pause an der Luft nach einer halben Stunde tut allen gut.",
    "Les jours de jeu, cela a duré plus d'une heure. Une pause dehors après une demi-heure fait du bien à tout le monde.",
)
FINISHES: Final = Text(
    "Your child often plays {category} to the end. Ask to be shown the favorite one.",
    "Su peque suele terminar lo que empieza en: {category}. Pídale que le enseñe lo que más le gusta.",
    "Ihr Kind spielt hier oft bis zum Schluss: {category}. Lassen Sie sich das Liebste davon zeigen.",
    "Votre enfant va souvent jusqu'au bout : {category}. Demandez-lui de vous montrer ce qu'il préfère.",
)
STARTS: Final = Text(
    "Your child likes to start here and stops early: {category}. Trying it together may be fun.",
    "Aquí su peque empieza con gusto y termina pronto: {category}. Probarlo juntos puede ser divertido.",
    "Hier fängt Ihr Kind gern an und hört früh auf: {category}. Gemeinsam macht es vielleicht mehr Spaß.",
    "Ici, votre enfant commence volontiers et s'arrête tôt : {category}. L'essayer ensemble peut être amusant.",
)
READ_TOGETHER: Final = Text(
    "There were no stories in the last weeks. Ten minutes of reading together before bed are a good start.",
    "En las últimas semanas no hubo cuentos. Diez minutos de lectura juntos antes de dormir son un buen comienzo.",
    "In den letzten Wochen gab es keine Geschichten. Zehn Minuten Vorlesen vor dem Schlafen sind ein guter Anfang.",
    "Il n'y a pas eu d'histoires ces dernières semaines. Dix minutes de lecture ensemble avant le coucher sont un bon début.",
)
CLEARER: Final = Text(
    "The games understood your child more clearly in the last two weeks than in the two before.",
    "En las dos últimas semanas los juegos entendieron a su peque con más claridad que en las dos anteriores.",
    "In den letzten zwei Wochen haben die Spiele Ihr Kind deutlicher verstanden als in den zwei davor.",
    "Ces deux dernières semaines, les jeux ont compris votre enfant plus clairement que les deux précédentes.",
)
LESS_CLEAR: Final = Text(
    "The games heard less clearly in the last two weeks. A quieter place, or a device that is nearer, may help.",
    "En las dos últimas semanas los juegos oyeron con menos claridad. Un lugar más tranquilo o un aparato más cerca puede ayudar.",
    "In den letzten zwei Wochen haben die Spiele undeutlicher gehört. Ein ruhigerer Ort oder ein näheres Gerät kann helfen.",
    "Ces deux dernières semaines, les jeux ont entendu moins clairement. Un endroit plus calme ou un appareil plus proche peut aider.",
)
ASK: Final = Text(
    "Ask your child what was the funniest thing today.",
    "Pregunte a su peque qué fue lo más divertido de hoy.",
    "Fragen Sie Ihr Kind, was heute am lustigsten war.",
    "Demandez à votre enfant ce qui était le plus drôle aujourd'hui.",
)
