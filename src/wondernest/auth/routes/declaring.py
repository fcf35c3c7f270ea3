"""Parts that the route declarations of this room share."""

from __future__ import annotations

from typing import Final

from wondernest.platform.http.endpoint import V1, V2, Response
from wondernest.platform.http.shapes import Error, Message

TAG: Final = "Accounts"
MOUNTS: Final = (V1, V2)
"""Kotlin mounts every route twice; both mounts share the limits."""
ALL: Final = ("auth",)
CREDENTIALS: Final = ("credentials", "auth")
BAD_REQUEST: Final = Response(Message, "The body is unreadable or breaks a rule: the reasons in one text")
REFUSED: Final = Response(Error, "Refused; `message` holds the reason")
LIMITED: Final = Response(Error, "Too many attempts; see Retry-After")
