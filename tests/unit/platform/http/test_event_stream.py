"""Server-sent events as bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from wondernest.platform.http.event_stream import frame, framed
from wondernest.platform.http.replies import Event


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (Event("x"), b"data: x\n\n"),
        (Event(""), b"data: \n\n"),
        (Event("a\r\nb\rc\n", "n", "7"), b"id: 7\nevent: n\ndata: a\ndata: b\ndata: c\ndata: \n\n"),
        (Event("x", "a\ndata: y", "1\r\n2\0"), b"id: 12\nevent: adata: y\ndata: x\n\n"),
    ],
)
def test_no_value_can_start_another_field(event: Event, sent: bytes) -> None:
    assert frame(event) == sent


async def silence(closed: list[bool]) -> AsyncGenerator[Event]:
    try:
        await asyncio.Event().wait()
        yield Event("never")
    finally:
        closed.append(True)


async def test_a_silent_stream_has_a_heartbeat_and_ends_with_the_drain() -> None:
    closed: list[bool] = []
    drain = asyncio.Event()
    stream = framed(silence(closed), drain, heartbeat_s=0.001)
    assert [await anext(stream) for _ in range(3)] == [b":\n\n"] * 3
    drain.set()
    assert [piece async for piece in stream] == []
    assert closed == [True]


async def test_closing_a_stream_closes_its_events() -> None:
    closed: list[bool] = []
    stream = framed(silence(closed), asyncio.Event(), heartbeat_s=0.001)
    assert await anext(stream) == await anext(stream) == b":\n\n"
    await stream.aclose()
    assert closed == [True]


async def test_a_fault_of_the_events_is_raised() -> None:
    async def faulty() -> AsyncGenerator[Event]:
        yield Event("one")
        raise ZeroDivisionError

    stream = framed(faulty(), asyncio.Event())
    assert [await anext(stream), await anext(stream)] == [b":\n\n", b"data: one\n\n"]
    with pytest.raises(ZeroDivisionError):
        await anext(stream)
