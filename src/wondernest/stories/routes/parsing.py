"""What the story routes share: paths, queries, the device, lists with an entity tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.http.endpoint import HeaderField, Response
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.shapes import Error
from wondernest.stories import errors, wire
from wondernest.stories.ports import By

if TYPE_CHECKING:
    from wondernest.platform.http.request import Request

TAG: Final = "Stories"
BASE: Final = "/games/story-adventure"
CHILD: Final = uuid_parameter("childId", errors.InvalidChildId, person=True)
TEMPLATE: Final = uuid_parameter("templateId", errors.InvalidTemplateId)
INSTANCE: Final = uuid_parameter("instanceId", errors.InvalidInstanceId)
DEVICE: Final = HeaderField("X-Device-Id", "Names the device; kept with the version that this write replaces")
IF_NONE_MATCH: Final = HeaderField("If-None-Match", "The ETag of the list that the client has")
NOT_FOUND: Final = Response(Error, "It does not exist, belongs to another family, or may not be shown")
REFUSED: Final = Response(wire.Refusal, "Not possible; the message says why. A bad parameter or body is text")
NO_CHILD: Final = Response(None, "childId is missing, or no id", media="text/plain")
NOT_MODIFIED: Final = Response(None, "Not modified")
QUOTA: Final = Response(Error, "The child has too many saves, or the family's saves are too large")
_NUMBER_CHARS: Final = 9


def by(request: Request[Any]) -> By:
    """Who changes a document."""
    return By(request.caller.user_id, request.header(b"x-device-id"), request.header(b"user-agent"))


def number(text: str | None, default: int, least: int, most: int) -> int:
    """A number of a query, within its bounds; the default for another text."""
    digits = (text or "").strip()
    plain = digits.removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _NUMBER_CHARS):
        return default
    return min(max(int(digits), least), most)


def flag(text: str | None) -> bool:
    """Only `true`, in any case, is true."""
    return (text or "").strip().lower() == "true"
