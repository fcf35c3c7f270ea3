"""How well a child knows the words of its stories, for other rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.stories import vocabulary

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.stories.ports import Documents


class VocabularyMastery:
    """Reads the vocabularies of the caller's children."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def average(self, caller: Caller, child_id: UUID) -> float | None:
        """The average mastery of the words that a child met, from 0 to 100; None if it met none, or is not the caller's."""
        found = await self._documents.find(caller.user_id, child_id, [vocabulary.KEY])
        words = vocabulary.words_of(found[0].content) if found else []
        return vocabulary.counts(words).average if words else None
