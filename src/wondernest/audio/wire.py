"""Request and reply bodies of the audio routes (games contract §7)."""

from __future__ import annotations

from msgspec import Raw, Struct


class SessionBody(Struct, rename="camel"):
    """A session to begin."""

    child_id: str | None = None
    session_type: str | None = None
    metadata: Raw = Raw(b"null")
    """Only rules.Circumstances are read."""


class MetricsBody(Struct, rename="camel"):
    """What was measured in a part of a session. Other fields, such as `metadata`, are not read."""

    session_id: str | None = None
    child_id: str | None = None
    speech_clarity: float | None = None
    """0 to 1."""
    vocabulary_used: list[str] | None = None
    """Counted and forgotten."""
    session_duration: int | None = None
    """Seconds."""
    engagement_level: float | None = None
    """0 to 1."""


class SessionReply(Struct, kw_only=True, rename="camel"):
    """A session; `status`: active, ended or failed."""

    session_id: str
    child_id: str
    session_type: str
    status: str
    start_time: str
    end_time: str | None
