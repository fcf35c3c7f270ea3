"""Request parsing and declarations that the games routes share."""

from __future__ import annotations

from typing import Any, Final

from wondernest.games import errors
from wondernest.games.rules import (
    MAX_DATA_KEY_CHARS,
    MAX_GAME_TYPE_CHARS,
    Precondition,
    SaveKey,
    device_name,
    precondition,
    writer,
)
from wondernest.games.service import Intent
from wondernest.games.wire import Conflict
from wondernest.platform.http.endpoint import HeaderField, Response
from wondernest.platform.http.paths import text_parameter, uuid_parameter
from wondernest.platform.http.request import Request
from wondernest.platform.http.shapes import Error

TAG: Final = "Games"
CHILD: Final = uuid_parameter("childId", errors.InvalidChildId, person=True)
GAME_TYPE: Final = text_parameter("gameType", example="sticker_book")
DATA_KEY: Final = text_parameter("dataKey", example="sticker_project_1")
GAME_KEY: Final = text_parameter("gameKey", example="sticker_book")
NOT_FOUND: Final = Response(Error, "It does not exist, or belongs to a child of another family")
CONFLICT: Final = Response(Conflict, "The save is not in the state that If-Match asks for")
QUOTA: Final = Response(Error, "The child has too many saves, or the family's saves are too large")
IF_MATCH: Final = HeaderField(
    "If-Match", "Write only if the save's current ETag is one of these; `*`: only if there is one"
)
IF_NONE_MATCH: Final = HeaderField("If-None-Match", "`*`: write only if there is no save yet")
DEVICE: Final = HeaderField("X-Device-Id", "Names the device; kept with the version that this write replaces")


def path_key(request: Request[None]) -> SaveKey:
    """The key of the save in the path."""
    return SaveKey(request.path(GAME_TYPE), request.path(DATA_KEY))


def intent(request: Request[Any]) -> Intent:
    """The precondition and device of a write, from its headers."""
    named = device(request)
    return Intent(condition(request), named, writer(request.caller.user_id, named, request.header(b"user-agent")))


def condition(request: Request[Any]) -> Precondition:
    """The precondition of a write, from its headers."""
    return precondition(request.header(b"if-match"), request.header(b"if-none-match"))


def device(request: Request[Any]) -> str | None:
    """The name that the writing device sends."""
    return device_name(request.header(b"x-device-id"))


def form_key(game_type: str | None, game_key: str | None, data_key: str) -> SaveKey:
    """The key of a body in either dialect; raises InvalidBody or KeyRequired."""
    chosen = game_type if game_type is not None else game_key
    if chosen is None:
        raise errors.InvalidBody("gameType is required")
    key = SaveKey(chosen, data_key)
    if not key.fits:
        limits = f"gameType has at most {MAX_GAME_TYPE_CHARS} characters, dataKey {MAX_DATA_KEY_CHARS}"
        raise errors.InvalidBody(limits)
    if not key.addressable:
        raise errors.InvalidBody("gameType and dataKey must not be . or ..")
    if not key.complete:
        raise errors.KeyRequired
    return key
