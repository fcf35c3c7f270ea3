"""Request and reply bodies of the events route."""

from __future__ import annotations

from msgspec import Raw, Struct


class EventBody(Struct, rename="camel"):
    """One event; `duration` in minutes, `eventData` an object."""

    event_type: str
    child_id: str
    content_id: str | None = None
    duration: int | None = None
    event_data: Raw = Raw(b"{}")
    session_id: str | None = None


class Tracked(Struct, kw_only=True, rename="camel"):
    """The event was stored, now or before; `timestamp` in milliseconds since 1970, as text."""

    message: str
    event_id: str
    timestamp: str
