"""The routes that receive events (games contract §6)."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.analytics import errors
from wondernest.analytics.deliveries import DeliveryService, Outcome
from wondernest.analytics.service import AnalyticsService, Report
from wondernest.analytics.wire import MAX_EVENTS, EventBody, EventResult, EventResults, EventsBody, Tracked
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.clock import Clock, epoch_ms
from wondernest.platform.http.endpoint import MIB, Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.recording import Unrecorded

MAX_BODY_BYTES: Final = 10 * MIB
MAX_BATCH_BYTES: Final = 2 * MIB
"""Of a request with many events; one that carries a whole project is sent alone."""
NO_DATA: Final = b"{}"
TRACKED: Final = "Analytics event tracked successfully"
GROUP: Final = RouteGroup(
    tag="Analytics",
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.ANALYTICS,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    bad_body=errors.UnreadableEvent,
    failure=errors.Failed,
)


class EventRoutes:
    """The routes that receive events."""

    def __init__(self, service: AnalyticsService, deliveries: DeliveryService, clock: Clock) -> None:
        self._service = service
        self._deliveries = deliveries
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
        keyed = request.header(b"idempotency-key") is not None
        await self._service.track(request.caller, _report(request.body), request.unit, within=keyed)
        now = str(epoch_ms(self._clock.now()))
        return reply_json(Tracked(message=TRACKED, event_id=f"event_{now}", timestamp=now), 201)

    @GROUP.post(
        "/analytics/events/batch",
        body=EventsBody,
        example={"events": [{"eventType": "game_progress", "childId": "{childId}", "eventId": "1", "duration": 7}]},
        max_body_bytes=MAX_BATCH_BYTES,
        unit=True,
        replies={
            200: Response(EventResults, "What became of each event; a repeated request changes nothing"),
            400: Response(Message, f"Not a list of events, or more than {MAX_EVENTS}"),
        },
        failure="Failed to track events",
        summary="Report what children did, many events at once",
        note="Each event needs a `timestamp` in its `eventData`, or an `eventId`, by which a repeated delivery is recognised.",
    )
    async def track_many(self, request: Request[EventsBody]) -> Reply:
        """POST /analytics/events/batch."""
        reports = [_report(body) for body in request.body.events]
        outcomes = await self._deliveries.track(request.caller, reports, request.unit)
        results = [_result(outcome) for outcome in outcomes]
        return reply_json(EventResults(success=all(one.refusal is None for one in outcomes), results=results))


def _report(body: EventBody) -> Report:
    given = bytes(body.event_data).strip()
    return Report(
        kind=body.event_type,
        child_id=body.child_id,
        content_id=body.content_id,
        minutes=body.duration,
        data=NO_DATA if given == b"null" else given,
        session_id=body.session_id,
        event_id=body.event_id,
    )


def _result(outcome: Outcome) -> EventResult:
    refusal = outcome.refusal
    if refusal is None:
        return EventResult(status=outcome.status, code=201, message=None)
    body = refusal.body
    message = body if isinstance(body, str) else str(body.get("message", ""))
    return EventResult(status=outcome.status, code=refusal.status, message=message)
