"""What a child reads: preferences, report and instances (games contract §5, 6 to 13)."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Purpose
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import KIB, V2, Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.ids import parse_uuid
from wondernest.platform.json import Raw, instant, maybe_instant
from wondernest.platform.recording import Unrecorded
from wondernest.stories import errors, reading, vocabulary, wire
from wondernest.stories.routes import parsing
from wondernest.stories.routes.words import level
from wondernest.stories.service import Chosen

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.stories.report import Report
    from wondernest.stories.service import ReadingService

CHILD: Final = parsing.BASE + "/children/{childId}"
INSTANCES: Final = parsing.BASE + "/instances"
GAME_TYPE: Final = "story-adventure"
MAX_BODY_BYTES: Final = 256 * KIB
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.SAVES,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    mounts=(V2,),
    parameters=(parsing.CHILD, parsing.INSTANCE),
    bad_body=errors.InvalidBody,
    failure=errors.Failed,
    max_body_bytes=MAX_BODY_BYTES,
)


class ReadingRoutes:
    """A child's data, preferences, report and instances."""

    def __init__(self, service: ReadingService) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        CHILD + "/data",
        replies={200: Response(wire.ChildData, "In short"), 404: parsing.NOT_FOUND},
        failure="Failed to fetch child data",
        summary="A child's story adventure in short",
    )
    async def data(self, request: Request[None]) -> Reply:
        """GET …/children/{childId}/data."""
        child_id = request.path(parsing.CHILD)
        found = await self._service.overview(request.caller, child_id)
        numbers = vocabulary.counts(found.words)
        body = wire.ChildData(
            child_id=str(child_id),
            preferences=Raw(found.preferences),
            vocabulary_stats=wire.WordNumbers(total_words=numbers.total, mastered_words=numbers.mastered),
            reading_stats=wire.ReadingNumbers(
                completed_stories=found.history.stories, total_reading_time=found.history.time_s
            ),
            active_story_count=sum(one.status is reading.Status.IN_PROGRESS for one in found.instances),
            last_activity=maybe_instant(found.last_active),
        )
        return reply_json(body)

    @GROUP.post(
        CHILD + "/initialize",
        unit=True,
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={201: Response(wire.Initialized, "What was missing is there"), 404: parsing.NOT_FOUND},
        failure="Failed to initialize Story Adventure",
        summary="Store what a new reader needs; nothing that is there is changed",
    )
    async def initialize(self, request: Request[None]) -> Reply:
        """POST …/children/{childId}/initialize."""
        child_id = request.path(parsing.CHILD)
        now = await self._service.initialize(parsing.by(request), child_id, request.unit)
        begun = wire.Begun(child_id=str(child_id), game_type=GAME_TYPE, initialized_at=instant(now))
        return reply_json(
            wire.Initialized(success=True, message="Story Adventure initialized for child", data=begun), 201
        )

    @GROUP.put(
        CHILD + "/preferences",
        body=Raw,
        example={"autoNarration": False, "narrationSpeed": 1.0},
        max_body_bytes=64 * KIB,
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={200: Response(wire.Preferred, "Stored"), 404: parsing.NOT_FOUND, 413: parsing.QUOTA},
        failure="Failed to update preferences",
        summary="Replace a child's preferences",
    )
    async def prefer(self, request: Request[Raw]) -> Reply:
        """PUT …/children/{childId}/preferences."""
        preferences = bytes(request.body)
        if preferences.lstrip()[:1] != b"{":
            raise errors.InvalidBody("preferences must be an object")
        child_id = request.path(parsing.CHILD)
        await self._service.prefer(parsing.by(request), child_id, preferences, request.optional_unit)
        return reply_json(
            wire.Preferred(success=True, message="Preferences updated successfully", data=Raw(preferences))
        )

    @GROUP.get(
        CHILD + "/progress-report",
        accesses=Look.FIGURES,
        replies={200: Response(wire.Report, "The report"), 404: parsing.NOT_FOUND},
        failure="Failed to generate progress report",
        summary="What a child learned and read",
    )
    async def report(self, request: Request[None]) -> Reply:
        """GET …/children/{childId}/progress-report."""
        child_id = request.path(parsing.CHILD)
        made, now = await self._service.report(request.caller, child_id)
        return reply_json(_report(child_id, made, now))

    @GROUP.get(
        INSTANCES + "/{childId}",
        queries=(Query("status", description="in_progress or completed"), Query("templateId")),
        headers=(parsing.IF_NONE_MATCH,),
        replies={
            200: Response(wire.InstanceList, "The last read first"),
            304: parsing.NOT_MODIFIED,
            404: parsing.NOT_FOUND,
        },
        failure="Failed to fetch story instances",
        summary="The stories that a child reads or has read",
    )
    async def instances(self, request: Request[None]) -> Reply:
        """GET …/instances/{childId}."""
        child_id, template_id = request.path(parsing.CHILD), parse_uuid(request.query("templateId") or "")
        found = await self._service.instances(request.caller, child_id, request.query("status"), template_id)
        return tagged_json(request, wire.InstanceList(instances=[_instance(child_id, one) for one in found]))

    @GROUP.post(
        INSTANCES + "/{childId}/start",
        body=wire.StartForm,
        example={"templateId": "{templateId}", "customizations": {"hero": "Mia"}},
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={
            201: Response(wire.InstanceResult, "Begun, or gone on with"),
            400: parsing.REFUSED,
            404: parsing.NOT_FOUND,
            413: parsing.QUOTA,
        },
        failure="Failed to start story instance",
        summary="Begin to read a story; one that is not finished goes on",
    )
    async def start(self, request: Request[wire.StartForm]) -> Reply:
        """POST …/instances/{childId}/start."""
        child_id, form = request.path(parsing.CHILD), request.body
        chosen = Chosen(customizations=form.customizations, mode=form.reading_mode, audio=form.audio_enabled)
        started = await self._service.start(
            request.caller,
            parsing.by(request),
            child_id,
            parse_uuid(form.template_id),
            chosen,
            request.optional_unit,
        )
        return _result("Story reading session started", child_id, started, 201)

    @GROUP.put(
        INSTANCES + "/{instanceId}/progress",
        body=wire.ProgressForm,
        example={
            "currentPage": 2,
            "customizations": {},
            "progressData": {"seen": [1, 2]},
            "vocabularyInteractions": {"garden": 1},
            "comprehensionAnswers": {},
            "totalReadingTime": 60,
        },
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={200: Response(wire.InstanceResult, "Merged"), 400: parsing.REFUSED, 413: parsing.QUOTA},
        failure="Failed to update story progress",
        summary="Report how far a child has read; reports of two devices are merged",
    )
    async def progress(self, request: Request[wire.ProgressForm]) -> Reply:
        """PUT …/instances/{instanceId}/progress."""
        form = request.body
        told = reading.Progress(
            page=form.current_page,
            customizations=form.customizations,
            progress=form.progress_data,
            vocabulary=form.vocabulary_interactions,
            answers=form.comprehension_answers,
            time_s=form.total_reading_time,
            scores=_scores(form),
            at=_moment(form.last_accessed_at),
        )
        child_id, after = await self._service.progress(
            parsing.by(request), request.path(parsing.INSTANCE), told, request.optional_unit
        )
        return _result("Progress updated successfully", child_id, after)

    @GROUP.post(
        INSTANCES + "/{instanceId}/complete",
        body=wire.CompletionForm,
        example={"totalReadingTime": 300, "comprehensionScore": 90, "rating": 5},
        unit=True,
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={200: Response(wire.InstanceResult, "Completed"), 400: parsing.REFUSED, 413: parsing.QUOTA},
        failure="Failed to complete story",
        summary="A child has read a story to its end; a repeated report counts once",
    )
    async def complete(self, request: Request[wire.CompletionForm]) -> Reply:
        """POST …/instances/{instanceId}/complete."""
        form = request.body
        told = reading.Completion(
            time_s=form.total_reading_time, scores=_scores(form), rating=form.rating, feedback=form.feedback
        )
        child_id, after = await self._service.complete(
            parsing.by(request), request.path(parsing.INSTANCE), told, request.unit
        )
        return _result("Story completed successfully", child_id, after)


def _scores(form: wire.ProgressForm | wire.CompletionForm) -> reading.Scores:
    return reading.Scores(
        words_per_minute=form.reading_speed_wpm,
        comprehension=form.comprehension_score,
        vocabulary=form.vocabulary_score,
    )


def _moment(text: str | None) -> datetime | None:
    """A time with its zone; a time that cannot be read counts as now."""
    if text is not None:
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo is not None else None
    return None


def _result(message: str, child_id: UUID, instance: reading.Instance, status: int = 200) -> Reply:
    shown = _instance(child_id, instance)
    return reply_json(wire.InstanceResult(success=True, message=message, data=shown), status)


def _instance(child_id: UUID, instance: reading.Instance) -> wire.Instance:
    return wire.Instance(
        id=instance.id,
        child_id=str(child_id),
        template_id=instance.template_id,
        template_title=instance.title,
        status=instance.status.value,
        current_page=instance.page,
        total_pages=instance.pages,
        customizations=instance.customizations,
        reading_mode=instance.mode,
        audio_enabled=instance.audio,
        progress_data=instance.progress,
        vocabulary_interactions=instance.vocabulary,
        comprehension_answers=instance.answers,
        started_at=instant(instance.started_at),
        last_accessed_at=instant(instance.accessed_at),
        completed_at=maybe_instant(instance.completed_at),
        total_reading_time=instance.time_s,
        reading_speed_wpm=instance.words_per_minute,
        comprehension_score=instance.comprehension,
        vocabulary_score=instance.vocabulary_score,
    )


def _report(child_id: UUID, made: Report, now: datetime) -> wire.Report:
    return wire.Report(
        child_id=str(child_id),
        generated_at=instant(now),
        vocabulary_progress=wire.VocabularyProgress(
            total_words=made.words.total,
            mastered_words=made.words.mastered,
            learning_words=made.words.learning,
            difficult_words=made.words.difficult,
            average_mastery=made.words.average,
            recently_mastered=[level(word) for word in made.recently_mastered],
        ),
        reading_progress=wire.ReadingProgress(
            stories_completed=made.completed,
            stories_in_progress=made.in_progress,
            total_reading_time=made.time_s,
            average_comprehension=made.comprehension,
            average_reading_speed=made.words_per_minute,
            reading_level_progression=list(made.levels),
        ),
        engagement_metrics=wire.Engagement(
            total_sessions=made.sessions,
            last_active=instant(made.last_active),
            engagement_score=made.engagement,
        ),
        achievement_recommendations=list(made.achievements),
        parent_recommendations=list(made.advice),
    )
