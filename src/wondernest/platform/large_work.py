"""Work on large documents in short steps, one document at a time, so that no request keeps the event loop busy.

A thread would not help: JSON decoding and `re` hold the interpreter's lock for the whole call, and several such threads
delay the loop by the sum of their calls.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Generator
from typing import Final, TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Work that yields between steps. A step takes at most a few dozen milliseconds for 10 MiB."""

LARGE_BYTES: Final = 64 * 1024
"""From this size on a document is large: below it, any work that is linear in it takes a few milliseconds."""


def at_once(steps: Steps[Result]) -> Result:
    """The result of work on a small document, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


async def sha256(*parts: bytes) -> bytes:
    """The digest of the parts together; in a thread when they are large, because hashing releases the interpreter's lock."""
    if sum(map(len, parts)) < LARGE_BYTES:
        return _digest(parts)
    return await asyncio.to_thread(_digest, parts)


def _digest(parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


class LargeWork:
    """Runs one step of one document in each iteration of the event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def run(self, steps: Steps[Result], size: int) -> Result:
        """The result of the steps; at once if the document of this size in bytes is small. Raises what the steps raise."""
        if size < LARGE_BYTES:
            return at_once(steps)
        async with self._turn:
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    result: Result = end.value
                    break
                await asyncio.sleep(0)
        await asyncio.sleep(0)  # what follows is a step of its own
        return result
