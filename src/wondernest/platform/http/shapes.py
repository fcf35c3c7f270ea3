"""Bodies that several rooms answer with."""

from __future__ import annotations

from msgspec import Struct


class Error(Struct, kw_only=True):
    """A refusal; `timestamp` in milliseconds since 1970."""

    error: str
    message: str
    timestamp: int


class Message(Struct):
    """A plain acknowledgement, or the reason of a refusal."""

    message: str
