"""The route that shows a family what it uses."""

from __future__ import annotations

from typing import Final

from wondernest.access.accesses import Look
from wondernest.access.people import CHILD, FAMILY
from wondernest.family import errors
from wondernest.family.wire import Refusal
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.personal_data import USER
from wondernest.usage import wire
from wondernest.usage.service import UsageService

GROUP: Final = RouteGroup(tag="Family", caller=CallerKind.USER, accesses=Look.SUMMARY, failure=errors.Failed)


class UsageRoutes:
    """GET of what a family uses."""

    def __init__(self, service: UsageService) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/family/usage",
        replies={
            200: Response(wire.UsageReply, "More lines may come"),
            400: Response(Refusal, "The caller has no family"),
        },
        failure="Failed to retrieve usage",
        summary="What the family uses, and the limits",
    )
    async def find(self, request: Request[None]) -> Reply:
        """GET /family/usage."""
        used, lines = await self._service.find(request.caller), self._service.lines
        request.concerns([child.child_id for child in used.children])
        shown = wire.FamilyUsage(
            family_id=str(used.family_id),
            user=wire.Line.all(lines(USER), used.user),
            family=wire.Line.all(lines(FAMILY), used.family),
            children=[
                wire.ChildUsage(child_id=str(child.child_id), usage=wire.Line.all(lines(CHILD), child.numbers))
                for child in used.children
            ],
        )
        return reply_json(wire.UsageReply(shown))
