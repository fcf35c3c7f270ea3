"""Server-sent events as bytes: framing, heartbeat, and the end that a drain brings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from wondernest.platform.http.replies import Event

TYPE_EVENTS: Final = "text/event-stream"
HEARTBEAT_S: Final = 15.0
"""So often something is sent: proxies close connections that are silent, and a client that left is noticed."""
_HEARTBEAT: Final = b":\n\n"
_BREAKS: Final = ("\r\n", "\r", "\n")


async def framed(
    events: AsyncIterator[Event], drain_begun: asyncio.Event, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[bytes]:
    """The stream's bytes; `events` is closed at the end."""
    draining = asyncio.create_task(drain_begun.wait())
    upcoming: asyncio.Task[Event | None] | None = None
    try:
        yield _HEARTBEAT  # opens the stream at the client, whenever its first event comes
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
            with contextlib.suppress(asyncio.CancelledError, Exception):  # its fault came too late to be told
                await upcoming
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def frame(event: Event) -> bytes:
    """One event's bytes."""
    lines = [f"id: {_one_line(event.id)}"] if event.id else []
    if event.name:
        lines.append(f"event: {_one_line(event.name)}")
    text = event.data
    for line_break in _BREAKS[:2]:
        text = text.replace(line_break, "\n")
    lines += [f"data: {line}" for line in text.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _one_line(text: str) -> str:
    """A value that must not begin another field; NUL would make a client ignore an id."""
    return text.translate({ord("\r"): None, ord("\n"): None, 0: None})


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)
