"""Blobs one behind the other are read as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from wondernest.platform.blobs import Blob, MemoryBlobs
from wondernest.platform.blobs.joined import JoinedBlobs
from wondernest.platform.clock import SystemClock

WHOLE = bytes(range(200))


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content


@pytest.mark.parametrize(("start", "end"), [(0, 200), (0, 1), (69, 71), (70, 130), (70, 70), (10, 190), (199, 200)])
async def test_a_range_goes_over_the_ends_of_blobs(start: int, end: int) -> None:
    blobs, parts = MemoryBlobs(SystemClock()), list[Blob]()
    for number, (first, last) in enumerate([(0, 70), (70, 70), (70, 130), (130, 200)]):
        parts.append(await blobs.put(f"part/{number}", _once(WHOLE[first:last]), 1000))
    joined = JoinedBlobs(blobs, parts, '"e"')
    assert joined.size == len(WHOLE)
    assert b"".join([piece async for piece in joined.read(start, end)]) == WHOLE[start:end]
