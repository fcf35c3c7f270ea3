"""A child's vocabulary (games contract §5, 14 to 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Purpose
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import V2, Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.recording import Unrecorded
from wondernest.stories import errors, vocabulary, wire
from wondernest.stories.routes import parsing
from wondernest.stories.routes.words import level, shown
from wondernest.stories.rules import DEFAULT_PRACTICE, DEFAULT_WORDS, MAX_OFFSET, MAX_TEXT_CHARS, MAX_WORDS

if TYPE_CHECKING:
    from wondernest.stories.service import ReadingService

WORDS: Final = parsing.BASE + "/vocabulary/{childId}"
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.SAVES,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    mounts=(V2,),
    parameters=(parsing.CHILD,),
    bad_body=errors.InvalidBody,
    failure=errors.Failed,
)


class VocabularyRoutes:
    """Encounters with words, and what a child knows of them."""

    def __init__(self, service: ReadingService) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        WORDS + "/encounter",
        body=wire.EncounterForm,
        example={"word": "garden", "templateId": None, "interactionType": "correct"},
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={
            200: Response(wire.WordResult, "Counted"),
            400: parsing.REFUSED,
            404: parsing.NOT_FOUND,
            413: parsing.QUOTA,
        },
        failure="Failed to record vocabulary encounter",
        summary="Count an encounter with a word: correct, incorrect, definition, pronunciation, or any other",
    )
    async def encounter(self, request: Request[wire.EncounterForm]) -> Reply:
        """POST …/vocabulary/{childId}/encounter."""
        child_id, form = request.path(parsing.CHILD), request.body
        word, seen_in = form.word.strip(), form.template_id
        if not 0 < len(word) <= vocabulary.MAX_WORD_CHARS:
            raise errors.Refused(f"Word must have 1 to {vocabulary.MAX_WORD_CHARS} characters")
        if seen_in is not None and len(seen_in) > MAX_TEXT_CHARS:
            raise errors.Refused(f"Template ID must have at most {MAX_TEXT_CHARS} characters")
        encounter = vocabulary.Encounter(child_id, word, seen_in, form.interaction_type)
        after = await self._service.encounter(parsing.by(request), encounter, request.optional_unit)
        body = wire.WordResult(success=True, message="Vocabulary encounter recorded", data=shown(child_id, after))
        return reply_json(body)

    @GROUP.get(
        WORDS + "/progress",
        queries=(
            Query("masteryLevel", int, "The lowest level that is listed"),
            Query("limit", int, f"1 to {MAX_WORDS}, {DEFAULT_WORDS} when absent"),
            Query("offset", int),
        ),
        headers=(parsing.IF_NONE_MATCH,),
        replies={
            200: Response(wire.Vocabulary, "The last met first"),
            304: parsing.NOT_MODIFIED,
            404: parsing.NOT_FOUND,
        },
        failure="Failed to fetch vocabulary progress",
        summary="The words that a child met",
    )
    async def progress(self, request: Request[None]) -> Reply:
        """GET …/vocabulary/{childId}/progress."""
        child_id = request.path(parsing.CHILD)
        least = parsing.number(request.query("masteryLevel"), 0, 0, vocabulary.MOST_MASTERY)
        limit = parsing.number(request.query("limit"), DEFAULT_WORDS, 1, MAX_WORDS)
        offset = parsing.number(request.query("offset"), 0, 0, MAX_OFFSET)
        words = [word for word in await self._service.words(request.caller, child_id) if word.mastery >= least]
        page = [shown(child_id, word) for word in words[offset : offset + limit]]
        return tagged_json(request, wire.Vocabulary(vocabulary=page))

    @GROUP.get(
        WORDS + "/stats",
        accesses=Look.FIGURES,
        replies={200: Response(wire.VocabularyNumbers, "In numbers"), 404: parsing.NOT_FOUND},
        failure="Failed to fetch vocabulary stats",
        summary="A child's vocabulary in numbers",
    )
    async def stats(self, request: Request[None]) -> Reply:
        """GET …/vocabulary/{childId}/stats."""
        words = await self._service.words(request.caller, request.path(parsing.CHILD))
        numbers = vocabulary.counts(words)
        body = wire.VocabularyNumbers(
            total_words=numbers.total,
            mastered_words=numbers.mastered,
            learning_words=numbers.learning,
            difficult_words=numbers.difficult,
            average_mastery=numbers.average,
            total_encounters=numbers.encounters,
            recent_words=[level(word) for word in words[: vocabulary.SHOWN]],
        )
        return reply_json(body)

    @GROUP.get(
        WORDS + "/practice",
        queries=(Query("limit", int, f"1 to {MAX_WORDS}, {DEFAULT_PRACTICE} when absent"),),
        headers=(parsing.IF_NONE_MATCH,),
        replies={
            200: Response(wire.Practice, "The least known first"),
            304: parsing.NOT_MODIFIED,
            404: parsing.NOT_FOUND,
        },
        failure="Failed to fetch words needing practice",
        summary="Words that need practice",
    )
    async def practice(self, request: Request[None]) -> Reply:
        """GET …/vocabulary/{childId}/practice."""
        child_id = request.path(parsing.CHILD)
        limit = parsing.number(request.query("limit"), DEFAULT_PRACTICE, 1, MAX_WORDS)
        words = vocabulary.to_practise(await self._service.words(request.caller, child_id), limit)
        return tagged_json(request, wire.Practice(words=[shown(child_id, word) for word in words]))
