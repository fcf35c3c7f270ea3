"""The words that a child met in stories, as stored in `vocabulary_progress` (games contract §5). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.stories.stored import (
    NULL,
    Fields,
    encoded,
    fields_of,
    maybe_text,
    moment,
    raw,
    seconds_of,
    whole,
)

KEY: Final = "vocabulary_progress"
MAX_WORD_CHARS: Final = 100
MAX_WORDS: Final = 3_000
"""Of one child: with these the document is read in a few hundredths of a second."""
MASTERED: Final = 80
LEARNING: Final = 30
"""Levels from which a word counts as mastered, and as being learned."""
PRACTISED_BELOW: Final = 60
ACCURACY_SHARE: Final = 0.7
POINTS_OF_AN_ENCOUNTER: Final = 5
MOST_MASTERY: Final = 100
SHOWN: Final = 5
"""Words in a summary."""
COUNTED: Final = {
    "correct": "correctUses",
    "incorrect": "incorrectUses",
    "definition": "definitionViewedCount",
    "pronunciation": "pronunciationPlayedCount",
}
"""The field that an interaction counts; any other one is only an encounter."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TooManyWords(ValueError):
    """The child has MAX_WORDS, and this is another one."""


class Encounter(Struct, frozen=True):
    """A child met a word in a story. `interaction`: see COUNTED."""

    child_id: UUID
    word: str
    seen_in: str | None
    interaction: str


class Word(Struct, frozen=True):
    """A word and how well the child knows it."""

    word: str
    encounters: int
    correct: int
    incorrect: int
    mastery: int
    """0 to 100."""
    last_seen_in: str | None
    definitions: int
    pronunciations: int
    first_met: datetime
    last_met: datetime
    mastered_at: datetime | None


class Counts(Struct, frozen=True):
    """A vocabulary in numbers."""

    total: int
    mastered: int
    learning: int
    difficult: int
    average: float
    encounters: int


def mastery(correct: int, incorrect: int, encounters: int) -> int:
    """The level of a word: from how often it was used correctly, and how often it was met."""
    used = correct + incorrect
    accuracy = 100 * correct / used if used else 0.0
    return max(0, min(MOST_MASTERY, int(accuracy * ACCURACY_SHARE + encounters * POINTS_OF_AN_ENCOUNTER)))


def words_of(document: bytes | None) -> list[Word]:
    """The words of a document, the last met first."""
    words = [_word(name, fields_of(entry)) for name, entry in fields_of(fields_of(document).get("words")).items()]
    return sorted(words, key=lambda word: (word.last_met, word.word), reverse=True)


def last_updated(document: bytes | None) -> datetime | None:
    """When the vocabulary changed last."""
    return moment(fields_of(document), "lastUpdated")


def counts(words: Iterable[Word]) -> Counts:
    """The numbers of a vocabulary."""
    levels = [(word.mastery, word.encounters) for word in words]
    mastered = sum(level >= MASTERED for level, _ in levels)
    learning = sum(LEARNING <= level < MASTERED for level, _ in levels)
    return Counts(
        total=len(levels),
        mastered=mastered,
        learning=learning,
        difficult=len(levels) - mastered - learning,
        average=sum(level for level, _ in levels) / len(levels) if levels else 0.0,
        encounters=sum(met for _, met in levels),
    )


def recently_mastered(words: Iterable[Word]) -> list[Word]:
    """The words that were mastered last."""
    mastered = [word for word in words if word.mastery >= MASTERED]
    return sorted(mastered, key=lambda word: word.mastered_at or word.last_met, reverse=True)[:SHOWN]


def to_practise(words: Iterable[Word], limit: int) -> list[Word]:
    """The words that need practice, the least known first."""
    weak = (word for word in words if word.mastery < PRACTISED_BELOW)
    return sorted(weak, key=lambda word: (word.mastery, word.word))[:limit]


def started(now: datetime) -> bytes:
    """The document of a child that has met no word."""
    return encoded({"words": {}, **_summary({}, now)})


def met(document: bytes | None, encounter: Encounter, now: datetime) -> tuple[bytes, Word]:
    """The document after one more encounter, and the word. A word keeps the spelling it was first met in. Raises TooManyWords."""
    fields = fields_of(document)
    entries = fields_of(fields.get("words"))
    name = _known(entries, encounter.word)
    if name not in entries and len(entries) >= MAX_WORDS:
        raise TooManyWords
    entry = _after(fields_of(entries.get(name)), name, encounter, now)
    entries[name] = raw(entry)
    changed = {**fields, "words": raw(entries), **_summary(entries, now)}
    return encoded(changed), _word(name, entry)


def _known(entries: Fields, name: str) -> str:
    if name in entries:
        return name
    folded = name.casefold()
    return next((known for known in entries if known.casefold() == folded), name)


def _after(entry: Fields, name: str, encounter: Encounter, now: datetime) -> Fields:
    counted = {field: whole(entry, field) for field in COUNTED.values()}
    field = COUNTED.get(encounter.interaction.strip().lower())
    if field is not None:
        counted[field] += 1
    encounters = whole(entry, "encounters") + 1
    level = mastery(counted["correctUses"], counted["incorrectUses"], encounters)
    mastered_at = moment(entry, "masteredAt") or (now if level >= MASTERED else None)
    values = {
        "childId": str(encounter.child_id),
        "word": name,
        "encounters": encounters,
        **counted,
        "masteryLevel": level,
        "lastEncountered": seconds_of(now),
        "masteredAt": None if mastered_at is None else seconds_of(mastered_at),
        "firstEncountered": seconds_of(moment(entry, "firstEncountered") or now),
    }
    last_seen = raw(encounter.seen_in) if encounter.seen_in is not None else entry.get("lastSeenIn", NULL)
    return {**entry, **{key: raw(value) for key, value in values.items()}, "lastSeenIn": last_seen}


def _summary(entries: Fields, now: datetime) -> Fields:
    levels = [whole(fields_of(entry), "masteryLevel") for entry in entries.values()]
    return {
        "totalWords": raw(len(levels)),
        "masteredWords": raw(sum(level >= MASTERED for level in levels)),
        "averageMasteryLevel": raw(sum(levels) / len(levels) if levels else 0.0),
        "lastUpdated": raw(seconds_of(now)),
    }


def _word(name: str, entry: Fields) -> Word:
    first, last = moment(entry, "firstEncountered"), moment(entry, "lastEncountered")
    return Word(
        word=maybe_text(entry, "word") or name,
        encounters=whole(entry, "encounters"),
        correct=whole(entry, "correctUses"),
        incorrect=whole(entry, "incorrectUses"),
        mastery=max(0, min(MOST_MASTERY, whole(entry, "masteryLevel"))),
        last_seen_in=maybe_text(entry, "lastSeenIn"),
        definitions=whole(entry, "definitionViewedCount"),
        pronunciations=whole(entry, "pronunciationPlayedCount"),
        first_met=first or last or _EPOCH,
        last_met=last or first or _EPOCH,
        mastered_at=moment(entry, "masteredAt"),
    )
