"""What a child reads: its instances of stories, and the history of the finished ones (games contract §5). Pure functions.

An instance is stored as `story_instance:<template id>`; the history as `story_history`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from msgspec import Raw, Struct

from wondernest.stories.merging import united
from wondernest.stories.stored import (
    EMPTY,
    MOST,
    NULL,
    Fields,
    encoded,
    fields_of,
    flag,
    items_of,
    maybe_text,
    moment,
    raw,
    seconds_of,
    text,
    whole,
)

INSTANCE_PREFIX: Final = "story_instance:"
INSTANCE_ID: Final = "instanceId"
HISTORY_KEY: Final = "story_history"
MAX_HISTORY: Final = 1_000
"""Finished stories that the history lists; its totals count all."""
FIRST_PAGE: Final = 1
SELF_PACED: Final = "self_paced"
MAX_FEEDBACK_CHARS: Final = 2_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Status(Enum):
    """Whether a story is still being read."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Instance(Struct, frozen=True, kw_only=True):
    """A child's reading of one story; fields of type Raw are the client's."""

    id: str
    template_id: str
    title: str
    status: Status
    page: int
    pages: int
    customizations: Raw
    mode: str
    audio: bool
    progress: Raw
    vocabulary: Raw
    answers: Raw
    started_at: datetime
    accessed_at: datetime
    completed_at: datetime | None
    time_s: int
    words_per_minute: int
    comprehension: int
    vocabulary_score: int


class Start(Struct, frozen=True, kw_only=True):
    """A child begins to read a story, or goes on."""

    instance_id: UUID
    """For a new instance."""
    template_id: UUID
    title: str
    pages: int
    customizations: Raw
    mode: str
    audio: bool


class Scores(Struct, frozen=True, kw_only=True):
    """What a device measured; None: not now."""

    words_per_minute: int | None = None
    comprehension: int | None = None
    vocabulary: int | None = None

    def fields(self) -> Fields:
        """The measured ones, as they are stored."""
        named = {
            "readingSpeedWpm": self.words_per_minute,
            "comprehensionScore": self.comprehension,
            "vocabularyScore": self.vocabulary,
        }
        return {name: raw(_bounded(value)) for name, value in named.items() if value is not None}


class Progress(Struct, frozen=True, kw_only=True):
    """What a device reports of an instance."""

    page: int
    customizations: Raw
    progress: Raw
    vocabulary: Raw
    answers: Raw
    time_s: int
    scores: Scores
    at: datetime | None = None
    """When the child was on that page; None: now."""


class Completion(Struct, frozen=True, kw_only=True):
    """A child has read a story to its end."""

    time_s: int
    scores: Scores
    rating: int | None = None
    feedback: str | None = None


class Finished(Struct, frozen=True):
    """A story of the history."""

    template_id: str
    time_s: int
    comprehension: int
    words_per_minute: int


class History(Struct, frozen=True):
    """What a child has read to the end."""

    stories: int
    time_s: int
    listed: tuple[Finished, ...] = ()
    """The last ones, newest first."""
    updated_at: datetime | None = None


def instance_key(template_id: UUID) -> str:
    """The key of a child's instance of a template."""
    return f"{INSTANCE_PREFIX}{template_id}"


def instance_of(document: bytes | None) -> Instance | None:
    """The instance in a document; None if it is none."""
    fields = fields_of(document)
    id_, template_id = maybe_text(fields, INSTANCE_ID), maybe_text(fields, "templateId")
    if id_ is None or template_id is None:
        return None
    started, accessed = moment(fields, "startedAt"), moment(fields, "lastAccessedAt")
    completed = text(fields, "status") == Status.COMPLETED.value
    return Instance(
        id=id_,
        template_id=template_id,
        title=text(fields, "templateTitle"),
        status=Status.COMPLETED if completed else Status.IN_PROGRESS,
        page=whole(fields, "currentPage"),
        pages=whole(fields, "totalPages"),
        customizations=fields.get("customizations", EMPTY),
        mode=text(fields, "readingMode", SELF_PACED),
        audio=flag(fields, "audioEnabled", default=True),
        progress=fields.get("progressData", EMPTY),
        vocabulary=fields.get("vocabularyInteractions", EMPTY),
        answers=fields.get("comprehensionAnswers", EMPTY),
        started_at=started or accessed or _EPOCH,
        accessed_at=accessed or started or _EPOCH,
        completed_at=moment(fields, "completedAt"),
        time_s=whole(fields, "totalReadingTime"),
        words_per_minute=whole(fields, "readingSpeedWpm"),
        comprehension=whole(fields, "comprehensionScore"),
        vocabulary_score=whole(fields, "vocabularyScore"),
    )


def begun(document: bytes | None, start: Start, now: datetime) -> bytes:
    """The document of a child that begins to read. A story that it has not finished goes on: same instance, page and words."""
    fields, known = fields_of(document), instance_of(document)
    chosen = {
        "templateTitle": start.title,
        "totalPages": start.pages,
        "customizations": start.customizations,
        "readingMode": start.mode,
        "audioEnabled": start.audio,
        "lastAccessedAt": seconds_of(now),
    }
    if known is not None and known.status is Status.IN_PROGRESS:
        return encoded({**fields, **_stored(chosen)})
    fresh: dict[str, Any] = {
        INSTANCE_ID: str(start.instance_id),
        "templateId": str(start.template_id),
        "status": Status.IN_PROGRESS.value,
        "currentPage": FIRST_PAGE,
        "progressData": {},
        "vocabularyInteractions": {},
        "comprehensionAnswers": {},
        "startedAt": seconds_of(now),
        "completedAt": None,
        "totalReadingTime": 0,
        "readingSpeedWpm": 0,
        "comprehensionScore": 0,
        "vocabularyScore": 0,
        **chosen,
    }
    return encoded(_stored(fresh))


def progressed(document: bytes, told: Progress, now: datetime) -> bytes:
    """The document after a report. Words, answers and times are united; the page is that of the latest moment."""
    fields = fields_of(document)
    at = min(told.at or now, now)
    known = moment(fields, "lastAccessedAt")
    latest = known is None or seconds_of(at) >= seconds_of(known)
    changed: dict[str, Any] = {
        "vocabularyInteractions": _united(fields, "vocabularyInteractions", told.vocabulary, latest=latest),
        "comprehensionAnswers": _united(fields, "comprehensionAnswers", told.answers, latest=latest),
        "totalReadingTime": max(whole(fields, "totalReadingTime"), _bounded(told.time_s)),
    }
    if latest:
        changed |= {
            "currentPage": _page(told.page, whole(fields, "totalPages")),
            "customizations": told.customizations,
            "progressData": told.progress,
            "lastAccessedAt": seconds_of(at),
            **told.scores.fields(),
        }
    return encoded({**fields, **_stored(changed)})


def completed(document: bytes, told: Completion, now: datetime) -> bytes | None:
    """The document of a story read to its end; None if it is already: a report that arrives twice counts once."""
    fields, known = fields_of(document), instance_of(document)
    if known is not None and known.status is Status.COMPLETED:
        return None
    pages = whole(fields, "totalPages")
    changed: dict[str, Any] = {
        "status": Status.COMPLETED.value,
        "currentPage": pages or whole(fields, "currentPage"),
        "completedAt": seconds_of(now),
        "lastAccessedAt": seconds_of(now),
        "totalReadingTime": max(whole(fields, "totalReadingTime"), _bounded(told.time_s)),
        **told.scores.fields(),
    }
    if told.rating is not None:
        changed["rating"] = told.rating
    if told.feedback is not None:
        changed["feedback"] = told.feedback[:MAX_FEEDBACK_CHARS]
    return encoded({**fields, **_stored(changed)})


def history_of(document: bytes | None) -> History:
    """The history in a document."""
    fields = fields_of(document)
    listed = tuple(_finished(fields_of(entry)) for entry in items_of(fields.get("completedStories")))
    return History(
        stories=max(whole(fields, "totalCompletedStories"), len(listed)),
        time_s=whole(fields, "totalReadingTime", sum(story.time_s for story in listed)),
        listed=listed,
        updated_at=moment(fields, "lastUpdated"),
    )


def no_history(now: datetime) -> bytes:
    """The document of a child that has finished no story."""
    return encoded({"completedStories": [], "totalCompletedStories": 0, "totalReadingTime": 0, **_updated(now)})


def remembered(document: bytes | None, instance: Instance) -> bytes:
    """The history with one more finished story: its time is added to the total (games contract §5, defect 6)."""
    fields, known = fields_of(document), history_of(document)
    completed_at = instance.completed_at or instance.accessed_at
    entry = {
        "templateId": instance.template_id,
        "completedAt": seconds_of(completed_at),
        "totalReadingTime": instance.time_s,
        "comprehensionScore": instance.comprehension,
        "vocabularyScore": instance.vocabulary_score,
        "readingSpeedWpm": instance.words_per_minute,
    }
    listed = [raw(entry), *items_of(fields.get("completedStories"))][:MAX_HISTORY]
    changed = {
        "completedStories": listed,
        "totalCompletedStories": known.stories + 1,
        "totalReadingTime": _bounded(known.time_s + instance.time_s),
        **_updated(completed_at),
    }
    return encoded({**fields, **_stored(changed)})


def last_active(instances: Sequence[Instance], *others: datetime | None) -> datetime | None:
    """The latest moment at which the child did something."""
    moments = [*(instance.accessed_at for instance in instances), *(moment for moment in others if moment is not None)]
    return max(moments, default=None)


def _united(fields: Fields, name: str, told: Raw, *, latest: bool) -> Raw:
    known = fields.get(name, NULL)
    return united(known, told) if latest else united(told, known)


def _stored(values: dict[str, Any]) -> Fields:
    return {name: value if isinstance(value, Raw) else raw(value) for name, value in values.items()}


def _updated(now: datetime) -> dict[str, int]:
    return {"lastUpdated": seconds_of(now)}


def _page(page: int, pages: int) -> int:
    return max(0, min(page, pages or MOST))


def _bounded(number: int) -> int:
    return max(0, min(number, MOST))


def _finished(fields: Fields) -> Finished:
    return Finished(
        text(fields, "templateId"),
        whole(fields, "totalReadingTime"),
        whole(fields, "comprehensionScore"),
        whole(fields, "readingSpeedWpm"),
    )
