"""The routes of the content library (server contract §1) and of the parental filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption, Purpose
from wondernest.content import errors, rules, wire
from wondernest.content.model import Wanted
from wondernest.content.service import NOBODY, Report
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import Endpoint, HeaderField, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import PathParameter, text_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.ids import parse_uuid
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.content.filters import FilterService, Limits
    from wondernest.content.service import ContentService
    from wondernest.platform.clock import Clock


def _child_of(text: str) -> UUID:
    return parse_uuid(text.strip()) or NOBODY


CHILD: Final = PathParameter("childId", _child_of, schema=UUID, description="A text that is no id names no child")
CONTENT: Final = text_parameter("contentId", "An id of an item as the lists show it, or its UUID", example="content_1")
OF_CHILD: Final = Query("childId", str, "Show only what this child may be shown")
GROUP: Final = RouteGroup(
    tag="Content",
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.ANALYTICS,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    parameters=(CHILD, CONTENT),
    bad_body=errors.Invalid,
    failure=errors.Failed,
)
NO_FAMILY: Final = Response(Message, "The caller belongs to no family")
NO_CHILD: Final = Response(Error, "No such child, or one of another family")
NOT_FOUND: Final = Response(Error, "No such child; or no such item, or one that may not be shown")
NOT_MODIFIED: Final = Response(None, "The client has this state")
IF_NONE_MATCH: Final = HeaderField("If-None-Match", "Answer 304 if the reply's ETag is one of these")
INSTEAD: Final = Message("Use /content instead of /content/library")
TRACKED: Final = Message("Content engagement tracked")
MILLISECONDS: Final = 1000


class ContentRoutes:
    """The library and its filter."""

    def __init__(self, service: ContentService, filters: FilterService, clock: Clock, public_base_url: str) -> None:
        self._service = service
        self._filters = filters
        self._clock = clock
        self._base = public_base_url.rstrip("/")

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/content",
        queries=(
            Query("category", str, "The id of a category"),
            Query("ageGroup", int, f"Items from at most {rules.AGE_GROUP_SPAN} years above it"),
            Query("page", int, "From 1"),
            Query("limit", int, f"1 to {rules.MAX_LIMIT}, {rules.DEFAULT_LIMIT} when absent"),
            Query(
                "q", str, "Words that the item has in title, tags or description: beginnings of words, without accents"
            ),
            Query("cursor", str, "`nextCursor` of the page before; `page` is ignored then"),
            OF_CHILD,
        ),
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.ContentPage), 304: NOT_MODIFIED, 400: NO_FAMILY, 404: NO_CHILD},
        failure="Failed to retrieve content",
        summary="The content library",
    )
    async def listed(self, request: Request[None]) -> Reply:
        """GET /content."""
        page, limit = rules.page_of(request.query("page")), rules.limit_of(request.query("limit"))
        after = rules.place_of(request.query("cursor"))
        words = request.query("q")
        wanted = Wanted(
            child_id=_asked_child(request),
            category=request.query("category"),
            most_age=rules.most_age(request.query("ageGroup")),
            words=None if words is None or not words.strip() else words[: rules.MAX_WORDS_CHARS],
            limit=limit,
            offset=0 if after is not None else (page - 1) * limit,
            after=after,
        )
        found = await self._service.listed(request.caller, wanted)
        base = self._origin(request)
        shown = wire.ContentPage(
            items=[wire.ContentItem.of(item, base) for item in found.items],
            total_items=found.total,
            current_page=page,
            total_pages=rules.pages(found.total, limit),
            categories=rules.CATEGORIES,
            next_cursor=None if found.next is None else rules.cursor(found.next),
        )
        return tagged_json(request, shown)

    @GROUP.get(
        "/content/library",
        unrecorded=Unrecorded.NOBODY,
        rules_in_sql=False,
        replies={200: Response(Message)},
        failure="Failed to retrieve content",
        summary="Where the library is found",
    )
    async def library(self, _request: Request[None]) -> Reply:
        """GET /content/library."""
        return reply_json(INSTEAD)

    @GROUP.get(
        "/content/recommendations/{childId}",
        purpose=Purpose.RECOMMENDATIONS,
        replies={200: Response(wire.Recommendations), 400: NO_FAMILY, 404: NO_CHILD},
        failure="Failed to generate recommendations",
        summary="Items for a child",
        note="Items for the child's age that its filter allows: about its interests first, those not opened before first.",
    )
    async def recommendations(self, request: Request[None]) -> Reply:
        """GET /content/recommendations/{childId}."""
        child_id = request.path(CHILD)
        picks = await self._service.recommend(request.caller, child_id)
        base = self._origin(request)
        shown = wire.Recommendations(
            str(child_id),
            [wire.ContentItem.of(pick.item, base) for pick in picks.picks],
            rules.reason(picks),
            int(self._clock.now().timestamp() * MILLISECONDS),
        )
        return reply_json(shown)

    @GROUP.post(
        "/content/engagement",
        body=wire.EngagementBody,
        body_optional=True,
        example={"contentId": "content_1", "childId": "{childId}", "engagementType": "view", "duration": 60},
        unit=True,
        replayable=True,
        replies={
            201: Response(Message, "Recorded, now or before; nothing is recorded for an empty body"),
            400: Response(Error | Message, "Unreadable, or the caller has no family"),
            404: NOT_FOUND,
            429: Response(Error, "Too much was recorded for this child today"),
        },
        failure="Failed to track engagement",
        summary="Record what a child did with an item",
    )
    async def engage(self, request: Request[wire.EngagementBody]) -> Reply:
        """POST /content/engagement."""
        body = request.body
        if body != wire.EngagementBody():
            report = Report(
                content_id=body.content_id or "",
                child_id=body.child_id or "",
                kind=body.engagement_type or rules.VIEW,
                duration=body.duration,
                metadata=body.metadata,
                event_id=body.event_id,
            )
            await self._service.engage(request.caller, report, request.unit)
        return reply_json(TRACKED, 201)

    @GROUP.get(
        "/content/filters",
        accesses=Look.FILTERS,
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.FiltersReply), 304: NOT_MODIFIED, 400: NO_FAMILY},
        failure="Failed to retrieve content filters",
        summary="The parental filter, and what each limit hides",
    )
    async def filters(self, request: Request[None]) -> Reply:
        """GET /content/filters."""
        return tagged_json(request, _shown(await self._filters.read(request.caller)))

    @GROUP.put(
        "/content/filters",
        accesses=Look.FILTERS,
        authority=Authority.MANAGER,
        exempt=Exemption.PROFILE,
        body=wire.FilterBody,
        example={"family": {"maxAge": 12}, "children": [{"childId": "{childId}", "blockedKeywords": ["monster"]}]},
        unit=True,
        replies={
            200: Response(wire.FiltersReply, "The filters as they are now"),
            400: Response(Error | Message, "Unreadable, a limit that cannot be, or the caller has no family"),
            403: Response(Error, "The caller is no parent"),
            404: NO_CHILD,
        },
        failure="Failed to update content filters",
        summary="Change the parental filter",
        note="What is missing stays as it is; null or an empty list ends a limit. All changes are made, or none.",
    )
    async def change_filters(self, request: Request[wire.FilterBody]) -> Reply:
        """PUT /content/filters."""
        body = request.body
        limits = await self._filters.change(request.caller, body.family, body.children, request.unit)
        return reply_json(_shown(limits))

    @GROUP.get(
        "/content/{contentId}",
        queries=(OF_CHILD,),
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.ContentItem), 304: NOT_MODIFIED, 400: NO_FAMILY, 404: NOT_FOUND},
        failure="Failed to retrieve content",
        summary="One item",
    )
    async def item(self, request: Request[None]) -> Reply:
        """GET /content/{contentId}."""
        item = await self._service.find(request.caller, _asked_child(request), request.path(CONTENT))
        return tagged_json(request, wire.ContentItem.of(item, self._origin(request)))

    @GROUP.get(
        "/categories",
        unrecorded=Unrecorded.NOBODY,
        rules_in_sql=False,
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.Categories), 304: NOT_MODIFIED},
        failure="Failed to retrieve categories",
        summary="The categories of the library",
    )
    async def categories(self, request: Request[None]) -> Reply:
        """GET /categories."""
        return tagged_json(request, wire.Categories(rules.CATEGORIES))

    def _origin(self, request: Request[Any]) -> str:
        return self._base or request.origin


def _asked_child(request: Request[Any]) -> UUID | None:
    text = request.query("childId")
    return None if text is None else _child_of(text)


def _shown(limits: Limits) -> wire.FiltersReply:
    stored = limits.stored
    family = wire.FamilyFilterShown.of(
        limits.family, educational_only=stored.educational_only, hidden=stored.hidden.get(None)
    )
    children = [
        wire.ChildFilterShown(
            child_id=str(one.child.id),
            name=one.child.name,
            max_age_rating=one.settings.max_age_rating,
            blocked_categories=one.settings.blocked_categories,
            allowed_domains=one.settings.allowed_domains,
            educational_content_only=one.settings.educational_content_only,
            allowed_categories=one.limits.allowed_categories,
            allowed_providers=one.limits.allowed_providers,
            blocked_keywords=one.limits.blocked_keywords,
            max_duration_minutes=one.limits.max_duration_minutes,
            languages=one.limits.languages,
            hidden=wire.HiddenItems.of(stored.hidden.get(one.child.id)),
        )
        for one in limits.children
    ]
    return wire.FiltersReply(wire.Filters(family, children, stored.items))
