"""The routes of analytics (games contract §6)."""

from __future__ import annotations

from typing import Final

from wondernest.analytics import errors
from wondernest.analytics.service import AnalyticsService, Report
from wondernest.analytics.wire import EventBody, Tracked
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.clock import Clock, epoch_ms
from wondernest.platform.http.endpoint import MIB, Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message

MAX_BODY_BYTES: Final = 10 * MIB
NO_DATA: Final = b"{}"
TRACKED: Final = "Analytics event tracked successfully"
GROUP: Final = RouteGroup(
    tag="Analytics",
    caller=CallerKind.USER,
    authority=Authority.MEMBER,
    rules_in_sql=True,
    bad_body=errors.UnreadableEvent,
    failure=errors.Failed,
)


class AnalyticsRoutes:
    """The route that receives events."""

    def __init__(self, service: AnalyticsService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/analytics/events",
        body=EventBody,
        example={"eventType": "game_progress", "childId": "{childId}", "eventData": {"level": 1}},
        max_body_bytes=MAX_BODY_BYTES,
        unit=True,
        replayable=True,
        replies={
            201: Response(Tracked, "Stored, or stored before"),
            400: Response(Message, "Not an event, or the caller has no family"),
            404: Response(Error, "The child does not exist or is not the caller's"),
            413: Response(
                Message | Error,
                "Too many events of the child on a day, a project beyond the limits of saves, or a body too large",
            ),
        },
        failure="Failed to track event",
        summary="Report what a child did",
    )
    async def track(self, request: Request[EventBody]) -> Reply:
        """POST /analytics/events."""
        body = request.body
        given = bytes(body.event_data).strip()
        report = Report(
            kind=body.event_type,
            child_id=body.child_id,
            content_id=body.content_id,
            minutes=body.duration,
            data=NO_DATA if given == b"null" else given,
            session_id=body.session_id,
        )
        keyed = request.header(b"idempotency-key") is not None
        await self._service.track(request.caller, report, request.unit, within=keyed)
        now = str(epoch_ms(self._clock.now()))
        return reply_json(Tracked(message=TRACKED, event_id=f"event_{now}", timestamp=now), 201)
