"""The routes of figures (games contract §6; additive: `date` of a day and a week, and the activities that explain them)."""

from __future__ import annotations

import re
from contextlib import aclosing
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wondernest.access.accesses import Look
from wondernest.analytics import errors, figures, wire
from wondernest.analytics.days import EARLIEST_DAY, LATEST_DAY
from wondernest.analytics.overview import MAX_DAYS, MAX_EXPORTED_DAYS, OverviewService
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter, uuid_parameter
from wondernest.platform.http.replies import StreamReply
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.json import encode
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


OF_CHILD: Final = "/analytics/children/{childId}"
CHILD: Final = uuid_parameter("childId", lambda _: errors.BadChildId(), person=True)
ANY_CHILD: Final = text_parameter("childId")
ASKED_CHILD: Final = Query("childId", example="{childId}")
TYPE_CSV: Final = "text/csv; charset=utf-8"
ATTACHED: Final = ((b"content-disposition", b'attachment; filename="activities.csv"'),)
ASKED_DAY: Final = Query("date", description="YYYY-MM-DD, a day of the family's zone; today when absent")
FIRST: Final = Query("from", description="YYYY-MM-DD, a day of the family's zone; today when both are absent")
LAST: Final = Query("to", description=f"YYYY-MM-DD; at most {MAX_DAYS} days with both")
INSTEAD: Final = Message("Use /analytics/daily?childId={childId} instead")
GROUP: Final = RouteGroup(
    tag="Analytics",
    caller=CallerKind.USER,
    accesses=Look.FIGURES,
    authority=Authority.MEMBER,
    rules_in_sql=True,
    parameters=(CHILD,),
    failure=errors.Failed,
    replies={
        400: Response(Message, "No child, no id or no date, or the caller has no family"),
        404: Response(Error, "The child does not exist or is not the caller's"),
    },
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PIECE_ROWS: Final = 500
"""Activities that are sent in one piece; a list of more is streamed."""


class FigureRoutes:
    """A child's days and weeks, and what explains them."""

    def __init__(self, service: OverviewService) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/analytics/daily",
        queries=(ASKED_CHILD, ASKED_DAY),
        replies={200: Response(wire.DailyFigures, "Zeros for a day without activity")},
        failure="Failed to generate analytics",
        summary="A child's day",
    )
    async def daily(self, request: Request[None]) -> Reply:
        """GET /analytics/daily."""
        child_id = await self._service.child(request.caller, request.query("childId"))
        day = await self._service.day(request.caller, child_id, _date(request, ASKED_DAY))
        request.concerns([child_id])
        return reply_json(wire.DailyFigures.of(str(child_id), day))

    @GROUP.get(
        OF_CHILD + "/daily",
        unrecorded=Unrecorded.NOBODY,
        parameters=(ANY_CHILD,),
        rules_in_sql=False,
        replies={200: Response(Message)},
        failure="Failed to generate analytics",
        summary="Where a child's day is found",
    )
    async def daily_instead(self, _request: Request[None]) -> Reply:
        """Point to the day; the braces are literal."""
        return reply_json(INSTEAD)

    @GROUP.get(
        "/analytics/weekly",
        queries=(ASKED_CHILD, ASKED_DAY),
        replies={200: Response(wire.WeeklyFigures)},
        failure="Failed to generate weekly overview",
        summary="A child's week",
    )
    async def weekly(self, request: Request[None]) -> Reply:
        """GET /analytics/weekly."""
        child_id = await self._service.child(request.caller, request.query("childId"))
        week = await self._service.week(request.caller, child_id, _date(request, ASKED_DAY))
        request.concerns([child_id])
        return reply_json(wire.WeeklyFigures.of(week))

    @GROUP.get(
        OF_CHILD + "/insights",
        replies={200: Response(wire.InsightsReply)},
        failure="Failed to generate insights",
        summary="What a child's last thirty days say",
    )
    async def insights(self, request: Request[None]) -> Reply:
        """GET …/insights."""
        child_id = request.path(CHILD)
        found = await self._service.insights(request.caller, child_id)
        return reply_json(wire.InsightsReply.of(str(child_id), found))

    @GROUP.get(
        OF_CHILD + "/milestones",
        replies={200: Response(wire.MilestonesReply)},
        failure="Failed to generate milestones",
        summary="A child's milestones",
    )
    async def milestones(self, request: Request[None]) -> Reply:
        """GET …/milestones."""
        child_id = request.path(CHILD)
        found = await self._service.milestones(request.caller, child_id)
        return reply_json(wire.MilestonesReply.of(found))

    @GROUP.get(
        OF_CHILD + "/activities",
        queries=(FIRST, LAST),
        replies={200: Response(wire.Activities)},
        failure="Failed to list activities",
        summary="The activities that make a child's figures",
    )
    async def activities(self, request: Request[None]) -> Reply | StreamReply:
        """GET …/activities; a long list is streamed, in the same bytes."""
        child_id = request.path(CHILD)
        told = await self._service.activities(request.caller, child_id, _date(request, FIRST), _date(request, LAST))
        total = sum(part.seconds for part in told.parts)
        shown = wire.Activities(
            child_id=str(child_id),
            from_=told.first.isoformat(),
            to=told.last.isoformat(),
            time_zone=told.zone,
            total_seconds=total,
            total_screen_time=figures.minutes(total),
            activities=[],
        )
        if len(told.parts) <= PIECE_ROWS:
            shown.activities = [wire.Activity.of(part) for part in told.parts]
            return reply_json(shown)
        return StreamReply(200, _pieces(shown, told.parts))

    @GROUP.get(
        OF_CHILD + "/export.csv",
        queries=(
            Query("from", description="YYYY-MM-DD, a day of the family's zone; a year before `to` when absent"),
            Query("to", description=f"YYYY-MM-DD, at most {MAX_EXPORTED_DAYS} days after `from`; today when absent"),
        ),
        replies={200: Response(None, "A row for each activity and day; no cell is a formula", media=TYPE_CSV)},
        failure="Failed to export activities",
        summary="A child's activities for a spreadsheet",
    )
    async def export(self, request: Request[None]) -> StreamReply:
        """GET …/export.csv."""
        child_id, first, last = request.path(CHILD), _date(request, FIRST), _date(request, LAST)
        rows = await self._service.export(request.caller, child_id, first, last)
        return StreamReply(200, rows, content_type=TYPE_CSV, headers=ATTACHED)

    @GROUP.get(
        OF_CHILD + "/events",
        accesses=Look.SAVES,
        replies={200: Response(wire.SavedGamesReply)},
        failure="Failed to retrieve events",
        summary="A child's saves, as text",
    )
    async def events(self, request: Request[None]) -> Reply | StreamReply:
        """GET …/events: saves, not events; a large list is streamed, in the same bytes."""
        saves = await self._service.saves(request.caller, request.path(CHILD))
        if not isinstance(saves, list):
            return StreamReply(200, _save_pieces(saves))
        return reply_json(wire.SavedGamesReply(wire.SavedGames(game_data=[_saved(*save) for save in saves])))


def _date(request: Request[Any], query: Query) -> date | None:
    """The day of a query; raises BadDate."""
    text = request.query(query.name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST_DAY <= day <= LATEST_DAY:
        raise errors.BadDate
    return day


async def _pieces(shown: wire.Activities, parts: list[Any]) -> AsyncGenerator[bytes]:
    """The bytes of `wire.Activities`, some activities at a time."""
    yield encode(shown).removesuffix(b"]}")
    for number in range(0, len(parts), PIECE_ROWS):
        piece = [wire.Activity.of(part) for part in parts[number : number + PIECE_ROWS]]
        yield (b"," if number else b"") + encode(piece)[1:-1]
    yield b"]}"


def _saved(data_key: str, document: bytes) -> wire.SavedGame:
    return wire.SavedGame(data_key=data_key, data_value=msgspec.json.format(document, indent=-1).decode())


async def _save_pieces(pieces: AsyncGenerator[list[tuple[str, bytes]]]) -> AsyncGenerator[bytes]:
    """The bytes of `wire.SavedGamesReply`, with one part in memory at a time."""
    async with aclosing(pieces):
        yield b'{"data":{"gameData":['
        separated = False
        async for saves in pieces:
            content = encode([_saved(*save) for save in saves])[1:-1]
            if content:
                yield (b"," if separated else b"") + content
                separated = True
        yield b"]}}"
