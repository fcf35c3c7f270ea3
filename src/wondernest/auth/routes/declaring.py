"""What the declarations of this room share."""

from __future__ import annotations

from typing import Final

from wondernest.platform.http.endpoint import V1, V2, Response
from wondernest.platform.http.shapes import Error, Message

TAG: Final = "Accounts"
MOUNTS: Final = (V1, V2)
"""Kotlin mounts the whole tree twice; both share the limits."""
ALL: Final = ("auth",)
CREDENTIALS: Final = ("credentials", "auth")
BAD_REQUEST: Final = Response(Message, "Unreadable body, or rules broken: the reasons in one text")
REFUSED: Final = Response(Error, "Refused; `message` says what")
LIMITED: Final = Response(Error, "Too many attempts; see Retry-After")
