"""Server-sent events as bytes: framing, heartbeat, and the end when the server drains."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from wondernest.platform.http.replies import Event

TYPE_EVENTS: Final = "text/event-stream"
HEARTBEAT_S: Final = 15.0
"""Interval of heartbeats: proxies close silent connections, and a disconnect is only noticed on a write."""
_HEARTBEAT: Final = b":\n\n"
_BREAKS: Final = ("\r\n", "\r", "\n")


async def framed(
    events: AsyncIterator[Event], drain_begun: asyncio.Event, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[bytes]:
    """The bytes of the stream. `events` is closed at the end."""
    draining = asyncio.create_task(drain_begun.wait())
    upcoming: asyncio.Task[Event | None] | None = None
    try:
        yield _HEARTBEAT  # opens the stream at the client at once, before the first event
        while not draining.done():
            if upcoming is None:
                upcoming = asyncio.create_task(_next(events))
            await asyncio.wait((upcoming, draining), timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
            if upcoming.done():
                event = await upcoming
                upcoming = None
                if event is None:
                    return
                yield frame(event)
            elif not draining.done():
                yield _HEARTBEAT
    finally:
        draining.cancel()
        if upcoming is not None:
            upcoming.cancel()
            # The stream has ended, so its error is ignored.
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await upcoming
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def frame(event: Event) -> bytes:
    """The bytes of one event."""
    lines = [f"id: {_one_line(event.id)}"] if event.id else []
    if event.name:
        lines.append(f"event: {_one_line(event.name)}")
    text = event.data
    for line_break in _BREAKS[:2]:
        text = text.replace(line_break, "\n")
    lines += [f"data: {line}" for line in text.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _one_line(text: str) -> str:
    """Without line breaks, which would begin another field, and NUL, because of which clients ignore an id."""
    return text.translate({ord("\r"): None, ord("\n"): None, 0: None})


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)
