"""What a child reads, learns and prefers: each change is merged into the child's stored document in one atomic step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Raw, Struct

from wondernest.stories import errors, reading, report, vocabulary
from wondernest.stories.reading import Completion, History, Instance, Progress, Start
from wondernest.stories.stored import encoded
from wondernest.stories.vocabulary import Encounter, TooManyWords, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.stories.ports import By, Document, Documents
    from wondernest.stories.templates import TemplateService

PREFERENCES_KEY: Final = "preferences"
DEFAULT_PREFERENCES: Final = {
    "autoNarration": True,
    "narrationSpeed": 1.0,
    "vocabularyHints": True,
    "comprehensionQuizzes": True,
    "readingTimer": False,
    "difficulty": "adaptive",
    "fontSize": "medium",
    "theme": "default",
    "soundEffects": True,
    "parentalControls": {
        "allowMarketplacePurchases": False,
        "requireParentForNewStories": True,
        "maxDailyReadingTime": 60,
    },
}
"""Games contract §5."""
NO_DATA: Final = "No Story Adventure data found for child"
NO_PROGRESS: Final = "No progress data found for child"
TOO_MANY_WORDS: Final = f"A child's vocabulary has at most {vocabulary.MAX_WORDS} words"


class Overview(Struct, frozen=True, kw_only=True):
    """All that is stored of a child."""

    documents: int
    preferences: bytes
    words: list[Word]
    history: History
    instances: list[Instance]
    last_active: datetime | None


class Chosen(Struct, frozen=True, kw_only=True):
    """How a story is to be read."""

    customizations: Raw
    mode: str
    audio: bool


class ReadingService:
    """A child's documents of story adventure. Raises the room's errors; the child is always checked to be the caller's own."""

    def __init__(self, documents: Documents, templates: TemplateService, ids: Ids, clock: Clock) -> None:
        self._documents = documents
        self._templates = templates
        self._ids = ids
        self._clock = clock

    async def overview(self, caller: Caller, child_id: UUID) -> Overview:
        """All that is stored of a child; raises NotFound if that is nothing."""
        return _overview(await self._all(caller, child_id, NO_DATA))

    async def report(self, caller: Caller, child_id: UUID) -> tuple[report.Report, datetime]:
        """The progress report of a child and the time it was made; raises NotFound if nothing is stored."""
        found = await self._all(caller, child_id, NO_PROGRESS)
        known = _overview(found)
        last_active = known.last_active or max(document.updated_at for document in found)
        made = report.report(known.words, known.history, known.instances, known.documents, last_active)
        return made, self._clock.now()

    async def initialize(self, by: By, child_id: UUID, unit: UnitOfWork) -> datetime:
        """Store what a new reader needs and this one lacks; what is there stays as it is. Returns the time."""
        now = self._clock.now()
        missing = {
            PREFERENCES_KEY: encoded(DEFAULT_PREFERENCES),
            reading.HISTORY_KEY: reading.no_history(now),
            vocabulary.KEY: vocabulary.started(now),
        }
        await self._documents.lock(unit, by.user_id, child_id, list(missing))
        for key, document in missing.items():
            await self._documents.change(by, child_id, key, _only_if_missing(document), unit)
        return now

    async def prefer(self, by: By, child_id: UUID, preferences: bytes, unit: UnitOfWork | None) -> None:
        """Replace a child's preferences, or store its first."""
        await self._documents.change(by, child_id, PREFERENCES_KEY, lambda _: (preferences, None), unit)

    async def instances(
        self, caller: Caller, child_id: UUID, status: str | None, template_id: UUID | None
    ) -> list[Instance]:
        """A child's instances, the last read first."""
        keys = None if template_id is None else [reading.instance_key(template_id)]
        found = _instances(await self._documents.find(caller.user_id, child_id, keys))
        return [instance for instance in found if status is None or instance.status.value == status]

    async def start(
        self, caller: Caller, by: By, child_id: UUID, template_id: UUID | None, chosen: Chosen, unit: UnitOfWork | None
    ) -> Instance:
        """Begin a story that may be shown to the child, or go on with it; raises Refused, ChildNotFound."""
        if template_id is None:
            await self._documents.find(caller.user_id, child_id, [])
            raise errors.Refused(errors.NO_TEMPLATE)
        try:
            template = await self._templates.get(caller, template_id, child_id)
        except errors.ChildNotFound:
            raise
        except errors.NotFound:
            raise errors.Refused(errors.NO_TEMPLATE) from None
        start = Start(
            instance_id=self._ids.uuid(),
            template_id=template_id,
            title=template.title,
            pages=template.pages,
            customizations=chosen.customizations,
            mode=chosen.mode,
            audio=chosen.audio,
        )
        now = self._clock.now()

        def merge(document: bytes | None) -> tuple[bytes, Instance]:
            begun = reading.begun(document, start, now)
            return begun, _instance(begun)

        return await self._documents.change(by, child_id, reading.instance_key(template_id), merge, unit)

    async def progress(
        self, by: By, instance_id: UUID, told: Progress, unit: UnitOfWork | None
    ) -> tuple[UUID, Instance]:
        """Merge a device's report into an instance of one of the caller's own children; raises Refused."""
        child_id, key = await self._locate(by, instance_id)
        now = self._clock.now()

        def merge(document: bytes | None) -> tuple[bytes, Instance]:
            _require(document, instance_id)
            after = reading.progressed(document or b"", told, now)
            return after, _instance(after)

        return child_id, await self._documents.change(by, child_id, key, merge, unit)

    async def complete(self, by: By, instance_id: UUID, told: Completion, unit: UnitOfWork) -> tuple[UUID, Instance]:
        """Complete an instance and add it to the history, both or neither; a repeated report changes nothing. Raises Refused."""
        child_id, key = await self._locate(by, instance_id)
        now = self._clock.now()
        await self._documents.lock(unit, by.user_id, child_id, [key, reading.HISTORY_KEY])

        def finish(document: bytes | None) -> tuple[bytes | None, tuple[bool, Instance]]:
            _require(document, instance_id)
            after = reading.completed(document or b"", told, now)
            return after, (after is not None, _instance(after or document or b""))

        first, instance = await self._documents.change(by, child_id, key, finish, unit)
        if first:
            await self._documents.change(
                by,
                child_id,
                reading.HISTORY_KEY,
                lambda document: (reading.remembered(document, instance), None),
                unit,
            )
        return child_id, instance

    async def encounter(self, by: By, encounter: Encounter, unit: UnitOfWork | None) -> Word:
        """Count one more encounter with a word; raises Refused, ChildNotFound."""
        now = self._clock.now()
        try:
            return await self._documents.change(
                by,
                encounter.child_id,
                vocabulary.KEY,
                lambda document: vocabulary.met(document, encounter, now),
                unit,
            )
        except TooManyWords:
            raise errors.Refused(TOO_MANY_WORDS) from None

    async def words(self, caller: Caller, child_id: UUID) -> list[Word]:
        """The words that a child met, the last met first."""
        found = await self._documents.find(caller.user_id, child_id, [vocabulary.KEY])
        return vocabulary.words_of(found[0].content) if found else []

    async def _all(self, caller: Caller, child_id: UUID, nothing: str) -> Sequence[Document]:
        found = await self._documents.find(caller.user_id, child_id, None)
        if not found:
            raise errors.NotFound(nothing)
        return found

    async def _locate(self, by: By, instance_id: UUID) -> tuple[UUID, str]:
        """The child and the key of an instance; raises Refused."""
        found = await self._documents.locate(
            by.user_id, reading.INSTANCE_PREFIX, (reading.INSTANCE_ID, str(instance_id))
        )
        if found is None:
            raise errors.Refused(errors.NO_INSTANCE)
        return found.child_id, found.data_key


def _overview(found: Sequence[Document]) -> Overview:
    by_key = {document.data_key: document.content for document in found}
    words = by_key.get(vocabulary.KEY)
    history = reading.history_of(by_key.get(reading.HISTORY_KEY))
    instances = _instances(found)
    return Overview(
        documents=len(found),
        preferences=by_key.get(PREFERENCES_KEY) or b"{}",
        words=vocabulary.words_of(words),
        history=history,
        instances=instances,
        last_active=reading.last_active(instances, history.updated_at, vocabulary.last_updated(words)),
    )


def _instances(found: Sequence[Document]) -> list[Instance]:
    read = [
        reading.instance_of(document.content)
        for document in found
        if document.data_key.startswith(reading.INSTANCE_PREFIX)
    ]
    known = [instance for instance in read if instance is not None]
    return sorted(known, key=lambda instance: instance.accessed_at, reverse=True)


def _instance(document: bytes) -> Instance:
    instance = reading.instance_of(document)
    if instance is None:
        raise errors.Refused(errors.NO_INSTANCE)
    return instance


def _require(document: bytes | None, instance_id: UUID) -> None:
    """Raises Refused unless the document is the instance: it may have been deleted, or begun anew, meanwhile."""
    instance = reading.instance_of(document)
    if instance is None or instance.id.lower() != str(instance_id):
        raise errors.Refused(errors.NO_INSTANCE)


def _only_if_missing(document: bytes) -> Callable[[bytes | None], tuple[bytes | None, None]]:
    return lambda stored: (document if stored is None else None, None)
