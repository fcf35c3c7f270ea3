"""Parts that the route declarations of this room share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.auth.rules import Client, device_of
from wondernest.platform.http.endpoint import MIB, V1, V2, Response
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.languages import accepted

if TYPE_CHECKING:
    from wondernest.platform.http.request import Request

TAG: Final = "Accounts"
MAX_BODY_BYTES: Final = MIB
"""Auth contract §1.4."""
MOUNTS: Final = (V1, V2)
"""Kotlin mounts every route twice; both mounts share the limits."""
ALL: Final = ("auth",)
CREDENTIALS: Final = ("credentials", "auth")
BAD_REQUEST: Final = Response(Message, "The body is unreadable or breaks a rule: the reasons in one text")
REFUSED: Final = Response(Error, "Refused; `message` holds the reason")
LIMITED: Final = Response(Error, "Too many attempts; see Retry-After")


def client_of(request: Request[Any]) -> Client:
    """Where the request comes from, and in which language it wants to be answered."""
    language = accepted(request.header(b"accept-language"))
    return Client(request.client_ip, device_of(request.header(b"user-agent")), language)
