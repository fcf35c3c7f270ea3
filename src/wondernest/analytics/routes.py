"""The routes of analytics (games contract §6)."""

from __future__ import annotations

from typing import Final

from wondernest.analytics.errors import TrackingFailed, UnreadableEvent
from wondernest.analytics.service import AnalyticsService, Report
from wondernest.analytics.wire import EventBody, Message, NotFound, Tracked
from wondernest.platform.clock import Clock, epoch_ms
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import MIB, Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json

TAG: Final = "Analytics"
MAX_BODY_BYTES: Final = 10 * MIB
NO_DATA: Final = b"{}"
TRACKED: Final = "Analytics event tracked successfully"


class AnalyticsRoutes:
    """Events in."""

    def __init__(self, service: AnalyticsService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        return [
            Endpoint(
                method="POST",
                path="/analytics/events",
                handler=self.track,
                caller=CallerKind.PARENT,
                body=EventBody,
                bad_body=UnreadableEvent,
                failure=TrackingFailed,
                max_body_bytes=MAX_BODY_BYTES,
                unit=True,
                replies={
                    201: Response(Tracked, "Stored, or stored before"),
                    400: Response(Message, "Not an event, or the caller has no family"),
                    404: Response(NotFound, "Not a child of the caller's"),
                },
                summary="Report what a child did",
                tag=TAG,
            )
        ]

    async def track(self, request: Request[EventBody]) -> Reply:
        """POST /analytics/events."""
        body = request.body
        given = bytes(body.event_data).strip()
        data = NO_DATA if given == b"null" else given
        report = Report(body.event_type, body.child_id, body.content_id, body.duration, data, body.session_id)
        await self._service.track(request.caller, report, request.unit)
        now = str(epoch_ms(self._clock.now()))
        return reply_json(Tracked(TRACKED, f"event_{now}", now), 201)
