"""The routes of screen time (additive)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.family import errors
from wondernest.family.wire import Refusal
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.recording import Unrecorded
from wondernest.screentime import wire

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.screentime.model import ScreenTime
    from wondernest.screentime.service import ScreenTimeService

CHILD: Final = uuid_parameter("childId", errors.InvalidChildId, person=True)
OF_CHILD: Final = "/family/children/{childId}/screen-time"
EXTRA: Final = "/family/children/{childId}/extra-time"
GROUP: Final = RouteGroup(
    tag="Family",
    caller=CallerKind.USER,
    accesses=Look.SCREEN_TIME,
    authority=Authority.MANAGER,
    exempt=Exemption.PROFILE,
    rules_in_sql=True,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    parameters=(CHILD,),
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
    replies={
        200: Response(wire.ScreenTimeReply),
        400: Response(Refusal, "Unreadable, or a rule is broken"),
        403: Response(Refusal, "A child of another family, or the caller is no parent"),
        404: Response(Refusal, "No such child, or an archived one"),
    },
)


class ScreenTimeRoutes:
    """How long and when a child may play."""

    def __init__(self, service: ScreenTimeService) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        OF_CHILD,
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={},
        failure="Failed to retrieve screen time",
        summary="How long and when a child may play, and what is left of today",
    )
    async def show(self, request: Request[None]) -> Reply:
        """GET …/screen-time."""
        return _shown(await self._service.of_child(request.caller, request.path(CHILD)))

    @GROUP.put(
        OF_CHILD,
        body=wire.ScreenTimeBody,
        example={"minutesByDay": {"saturday": 90}, "quietHours": {"enabled": True, "start": "19:30", "end": "07:00"}},
        unit=True,
        replies={},
        failure="Failed to update screen time",
        summary="Set a child's minutes by day of the week, and quiet hours",
        note="The same values are the `timeRestrictions` of the child's profile; what all days have in common is `dailyScreenTimeMinutes`.",
    )
    async def change(self, request: Request[wire.ScreenTimeBody]) -> Reply:
        """PUT …/screen-time."""
        wanted = request.body.wanted()
        return _shown(await self._service.change(request.caller, request.path(CHILD), wanted, request.unit))

    @GROUP.post(
        EXTRA,
        body=wire.ExtraTimeBody,
        body_optional=True,
        example={"minutes": 15},
        unit=True,
        replayable=True,
        replies={},
        failure="Failed to add extra time",
        summary="Add minutes to a child's today",
        note="Quiet hours still hold. With an `Idempotency-Key` a repeated request adds nothing.",
    )
    async def add(self, request: Request[wire.ExtraTimeBody]) -> Reply:
        """POST …/extra-time."""
        child_id, minutes = request.path(CHILD), request.body.minutes
        return _shown(await self._service.add_extra(request.caller, child_id, minutes, request.unit))


def _shown(found: ScreenTime) -> Reply:
    return reply_json(wire.ScreenTimeReply(wire.ScreenTimeShown.of(found)))
