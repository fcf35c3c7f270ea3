"""Templates of stories (games contract §5, 1 to 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.access.consent import Exemption
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import KIB, V2, Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.ids import parse_uuid
from wondernest.platform.json import instant, maybe_text
from wondernest.platform.recording import Unrecorded
from wondernest.stories import errors, wire
from wondernest.stories.routes import parsing
from wondernest.stories.rules import (
    DEFAULT_LIMIT,
    MAX_CONTENT_BYTES,
    MAX_LIMIT,
    MAX_OFFSET,
    Draft,
    Template,
    Wanted,
)

if TYPE_CHECKING:
    from wondernest.stories.templates import TemplateService

TEMPLATES: Final = parsing.BASE + "/templates"
ONE: Final = TEMPLATES + "/{templateId}"
MAX_BODY_BYTES: Final = MAX_CONTENT_BYTES + 128 * KIB
"""The content, and four lists of words."""
FOR_CHILD: Final = Query("childId", description="Whose settings the template must suit, besides the family's")
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.NOBODY,
    authority=Authority.OWN,
    exempt=Exemption.ACCOUNT,
    rules_in_sql=True,
    mounts=(V2,),
    parameters=(parsing.TEMPLATE,),
    bad_body=errors.InvalidBody,
    failure=errors.Failed,
    max_body_bytes=MAX_BODY_BYTES,
)
EXAMPLE: Final = {
    "title": "The Snail's Long Way",
    "description": "A snail crosses the garden in one day.",
    "ageGroup": "3-5",
    "difficulty": "emerging",
    "content": {
        "pages": [{"text": "Slowly, slowly.", "vocabularyWords": [{"word": "slowly", "definition": "Not fast."}]}]
    },
    "vocabularyWords": ["slowly"],
    "pageCount": 1,
    "estimatedReadTime": 2,
    "language": "en",
    "version": "1.0.0",
    "isPremium": False,
    "isMarketplace": False,
    "isActive": True,
    "isPrivate": True,
    "educationalGoals": ["vocabulary"],
    "themes": ["animals"],
    "tags": ["snail"],
}


class TemplateRoutes:
    """List, one, create, replace, delete."""

    def __init__(self, templates: TemplateService, public_base_url: str) -> None:
        """public_base_url: stands before the addresses of our files; empty: the origin that a client asks."""
        self._templates = templates
        self._base = public_base_url.rstrip("/")

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        TEMPLATES,
        queries=(
            Query("childId", description="For whom; required", example="{childId}"),
            Query("ageGroup"),
            Query("difficulty"),
            Query("category", description="A theme or a tag"),
            Query("includeMarketplace", bool, "Whether also approved templates of other families"),
            Query("includeFamily", bool, "Whether also the stories that the family published on the site"),
            Query("limit", int, f"1 to {MAX_LIMIT}, {DEFAULT_LIMIT} when absent"),
            Query("offset", int),
        ),
        headers=(parsing.IF_NONE_MATCH,),
        replies={
            200: Response(wire.TemplateList, "The newest first"),
            304: parsing.NOT_MODIFIED,
            400: parsing.NO_CHILD,
            404: parsing.NOT_FOUND,
        },
        failure="Failed to fetch story templates",
        summary="Templates of stories for a child",
    )
    async def find(self, request: Request[None]) -> Reply:
        """GET …/templates."""
        child_id = parse_uuid(request.query("childId") or "")
        if child_id is None:
            raise errors.ChildRequired
        wanted = Wanted(
            age_group=request.query("ageGroup"),
            difficulty=request.query("difficulty"),
            category=request.query("category"),
            marketplace=parsing.flag(request.query("includeMarketplace")),
            family=parsing.flag(request.query("includeFamily")),
            limit=parsing.number(request.query("limit"), DEFAULT_LIMIT, 1, MAX_LIMIT),
            offset=parsing.number(request.query("offset"), 0, 0, MAX_OFFSET),
        )
        shelf = await self._templates.find(request.caller, child_id, wanted)
        base = self._origin(request)
        body = wire.TemplateList(
            templates=[_template(template, base) for template in shelf.templates],
            total_count=shelf.total,
            has_more=wanted.offset + len(shelf.templates) < shelf.total,
        )
        return tagged_json(request, body)

    @GROUP.get(
        ONE,
        queries=(FOR_CHILD,),
        headers=(parsing.IF_NONE_MATCH,),
        replies={
            200: Response(wire.Template, "The template"),
            304: parsing.NOT_MODIFIED,
            400: parsing.NO_CHILD,
            404: parsing.NOT_FOUND,
        },
        failure="Failed to fetch story template",
        summary="One template",
    )
    async def get(self, request: Request[None]) -> Reply:
        """GET …/templates/{templateId}."""
        child = request.query("childId")
        child_id = None if child is None else parse_uuid(child)
        if child is not None and child_id is None:
            raise errors.ChildRequired
        template = await self._templates.get(request.caller, request.path(parsing.TEMPLATE), child_id)
        return tagged_json(request, _template(template, self._origin(request)))

    @GROUP.post(
        TEMPLATES,
        body=wire.TemplateForm,
        example={**EXAMPLE, "creatorId": None},
        replayable=True,
        replies={201: Response(wire.TemplateResult, "Stored"), 400: parsing.REFUSED},
        failure="Failed to create story template",
        summary="Create a template; its author is the caller",
    )
    async def create(self, request: Request[wire.TemplateForm]) -> Reply:
        """POST …/templates."""
        made = await self._templates.create(request.caller, _draft(request.body), request.optional_unit)
        return _result("Story template created successfully", _template(made, self._origin(request)), 201)

    @GROUP.put(
        ONE,
        body=wire.TemplateChange,
        example=EXAMPLE,
        replies={200: Response(wire.TemplateResult, "Replaced"), 400: parsing.REFUSED},
        failure="Failed to update story template",
        summary="Replace a template of one's own",
    )
    async def update(self, request: Request[wire.TemplateChange]) -> Reply:
        """PUT …/templates/{templateId}."""
        template_id = request.path(parsing.TEMPLATE)
        changed = await self._templates.update(request.caller, template_id, _draft(request.body))
        return _result("Story template updated successfully", _template(changed, self._origin(request)))

    @GROUP.delete(
        ONE,
        replies={200: Response(wire.TemplateResult, "Deleted"), 400: parsing.REFUSED},
        failure="Failed to delete story template",
        summary="Delete a template of one's own",
    )
    async def delete(self, request: Request[None]) -> Reply:
        """DELETE …/templates/{templateId}."""
        await self._templates.delete(request.caller, request.path(parsing.TEMPLATE))
        return _result("Story template deleted successfully", None)

    def _origin(self, request: Request[Any]) -> str:
        return self._base or request.origin


def _result(message: str, shown: wire.Template | None, status: int = 200) -> Reply:
    return reply_json(wire.TemplateResult(success=True, message=message, data=shown), status)


def _draft(form: wire.TemplateForm | wire.TemplateChange) -> Draft:
    return Draft(
        title=form.title,
        description=form.description,
        age_group=form.age_group,
        difficulty=form.difficulty,
        content=bytes(form.content),
        words=form.vocabulary_words,
        pages=form.page_count,
        minutes=form.estimated_read_time,
        language=form.language,
        version=form.version,
        premium=form.is_premium,
        marketplace=form.is_marketplace,
        active=form.is_active,
        private=form.is_private,
        goals=form.educational_goals,
        themes=form.themes,
        tags=form.tags,
    )


def _template(template: Template, base: str) -> wire.Template:
    return wire.Template(
        id=str(template.id),
        title=template.title,
        description=template.description,
        creator_id=maybe_text(template.creator_id),
        age_group=template.age_group,
        difficulty=template.difficulty,
        content=wire.addressed(template.content, base),
        vocabulary_words=template.words,
        page_count=template.pages,
        estimated_read_time=template.minutes,
        language=template.language,
        version=template.version,
        is_premium=template.premium,
        is_marketplace=template.marketplace,
        is_active=template.active,
        is_private=template.private,
        educational_goals=template.goals,
        themes=template.themes,
        tags=template.tags,
        created_at=instant(template.created_at),
        updated_at=instant(template.updated_at),
    )
