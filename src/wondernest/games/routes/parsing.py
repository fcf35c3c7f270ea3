"""What all games routes read from a request, and what they declare alike."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from wondernest.games import errors
from wondernest.games.rules import (
    MAX_DATA_KEY_CHARS,
    MAX_GAME_TYPE_CHARS,
    Precondition,
    SaveKey,
    device_name,
    precondition,
)
from wondernest.games.service import Intent
from wondernest.games.wire import Conflict, Missing
from wondernest.platform.http.endpoint import HeaderField, Response
from wondernest.platform.http.request import Request
from wondernest.platform.ids import parse_uuid

TAG: Final = "Games"
TEXT: Final = "text/plain; charset=utf-8"
NOT_FOUND: Final = Response(Missing, "Missing, or of another family's child")
BAD_REQUEST: Final = Response(None, "Plain text that says why", TEXT)
FAILED: Final = Response(None, "Plain text", TEXT)
CONFLICT: Final = Response(Conflict, "The save is not in the state that If-Match asks for")
IF_MATCH: Final = HeaderField(
    "If-Match", "Write only if the save's current ETag is one of these; `*`: only if there is one"
)
IF_NONE_MATCH: Final = HeaderField("If-None-Match", "`*`: write only if there is no save yet")
DEVICE: Final = HeaderField("X-Device-Id", "Names the device; kept with the version that this write replaces")


def child_id(request: Request[Any]) -> UUID:
    """The path's child, as precheck of these routes: handlers read it from `request.found`. Raises InvalidChildId."""
    parsed = parse_uuid(request.params["childId"])
    if parsed is None:
        raise errors.InvalidChildId
    return parsed


def path_key(request: Request[Any]) -> SaveKey:
    """The save that the path names."""
    return SaveKey(request.params["gameType"], request.params["dataKey"])


def intent(request: Request[Any]) -> Intent:
    """How the write wants to be made, from its headers."""
    return Intent(condition(request), device_name(request.header(b"x-device-id")))


def condition(request: Request[Any]) -> Precondition:
    """The precondition of a write, from its headers."""
    return precondition(request.header(b"if-match"), request.header(b"if-none-match"))


def form_key(game_type: str | None, game_key: str | None, data_key: str) -> SaveKey:
    """The key of a body in either dialect; raises InvalidBody or KeyRequired."""
    chosen = game_type if game_type is not None else game_key
    if chosen is None:
        raise errors.InvalidBody("gameType is required")
    key = SaveKey(chosen, data_key)
    if not key.fits:
        limits = f"gameType has at most {MAX_GAME_TYPE_CHARS} characters, dataKey {MAX_DATA_KEY_CHARS}"
        raise errors.InvalidBody(limits)
    if not key.complete:
        raise errors.KeyRequired
    return key
