"""Words as clients read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.platform.json import instant, maybe_instant
from wondernest.stories import wire

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.stories.vocabulary import Word


def shown(child_id: UUID, word: Word) -> wire.Word:
    """A word with all its counts."""
    return wire.Word(
        child_id=str(child_id),
        word=word.word,
        encounters=word.encounters,
        correct_uses=word.correct,
        incorrect_uses=word.incorrect,
        mastery_level=word.mastery,
        last_seen_in=word.last_seen_in,
        definition_viewed_count=word.definitions,
        pronunciation_played_count=word.pronunciations,
        first_encountered=instant(word.first_met),
        last_encountered=instant(word.last_met),
        mastered_at=maybe_instant(word.mastered_at),
    )


def level(word: Word) -> wire.WordLevel:
    """A word of a summary."""
    return wire.WordLevel(word=word.word, mastery_level=word.mastery, last_encountered=instant(word.last_met))
