"""The routes of audio (games contract §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import Exemption, Purpose
from wondernest.audio import errors, rules, wire
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.json import instant, maybe_instant
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.audio.rules import AudioSession
    from wondernest.audio.service import AudioService
    from wondernest.platform.clock import Clock


def _no_session(_: str) -> errors.SessionNotFound:
    return errors.SessionNotFound()


SESSION: Final = uuid_parameter("audioSessionId", _no_session)
NO_SESSION: Final = {404: Response(Error, "The session does not exist, or its child is not the caller's")}
FULL: Final = {413: Response(Message | Error, "As many as there may be, or a body too large")}
GROUP: Final = RouteGroup(
    tag="Audio",
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.AUDIO_METRICS,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    parameters=(SESSION,),
    bad_body=errors.Unreadable,
    failure=errors.Failed,
)


class AudioRoutes:
    """Begin and end a session, read its status, report what was measured."""

    def __init__(self, service: AudioService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/audio/sessions",
        body=wire.SessionBody,
        example={"childId": "{childId}", "sessionType": "story", "metadata": {"appVersion": "2.1.0"}},
        unit=True,
        replayable=True,
        replies={
            201: Response(wire.SessionReply, "Begun; it ends by itself after an hour"),
            400: Response(Message, "Not a session"),
            404: Response(Error, "The child does not exist or is not the caller's"),
            **FULL,
        },
        failure="Failed to create audio session",
        summary="Begin an audio session",
    )
    async def begin(self, request: Request[wire.SessionBody]) -> Reply:
        """Begin a session."""
        body = request.body
        session = await self._service.begin(
            request.unit, request.caller, body.child_id, body.session_type, bytes(body.metadata)
        )
        return reply_json(self._shown(session), 201)

    @GROUP.post(
        "/audio/sessions/{audioSessionId}/end",
        exempt=Exemption.ENDING,
        unit=True,
        replies={200: Response(Message, "Ended, now or before"), **NO_SESSION},
        failure="Failed to end audio session",
        summary="End an audio session",
    )
    async def end(self, request: Request[None]) -> Reply:
        """End a session."""
        session_id = request.path(SESSION)
        await self._service.end(request.unit, request.caller, session_id)
        return reply_json(Message(f"Audio session {session_id} ended successfully"))

    @GROUP.get(
        "/audio/sessions/{audioSessionId}/status",
        replies={200: Response(wire.SessionReply), **NO_SESSION},
        failure="Failed to get audio session status",
        summary="The status of an audio session",
    )
    async def status(self, request: Request[None]) -> Reply:
        """Read a session."""
        session = await self._service.find(request.caller, request.path(SESSION))
        return reply_json(self._shown(session))

    @GROUP.post(
        "/audio/metrics",
        body=wire.MetricsBody,
        example={"sessionId": "{audioSessionId}", "childId": "{childId}", "speechClarity": 0.8},
        unit=True,
        replayable=True,
        replies={
            201: Response(Message, "Stored: numbers only, no words"),
            400: Response(Message, "Incomplete, or a number is out of its range"),
            **NO_SESSION,
            **FULL,
        },
        failure="Failed to upload audio metrics",
        summary="Report what was measured in a session",
    )
    async def measure(self, request: Request[wire.MetricsBody]) -> Reply:
        """Store metrics."""
        body = request.body
        measured = rules.metrics(
            body.speech_clarity, body.vocabulary_used, body.session_duration, body.engagement_level
        )
        await self._service.measure(request.unit, request.caller, body.session_id, body.child_id, measured)
        return reply_json(Message("Audio metrics uploaded successfully"), 201)

    def _shown(self, session: AudioSession) -> wire.SessionReply:
        status, ended_at = session.shown(self._clock.now())
        return wire.SessionReply(
            session_id=str(session.id),
            child_id=str(session.child_id),
            session_type=session.kind,
            status=status.value,
            start_time=instant(session.started_at),
            end_time=maybe_instant(ended_at),
        )
