"""The check of a storage: it writes, reads and deletes a small blob."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from wondernest.platform.blobs.blobs import DEPENDENCY
from wondernest.platform.checks import TIMEOUT_S, Check, Health, milliseconds_since
from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.ids import new_uuid

if TYPE_CHECKING:
    from wondernest.platform.blobs.blobs import Blobs

FOLDER: Final = "wondernest-probe"
"""A process that is killed during a check leaves a blob here."""
CONTENT: Final = b"a probe of the storage\n"
FRESH_S: Final = 30.0
"""How long a good result counts, while no operation fails: anybody may ask for the state, and each check costs four requests."""


class BlobCheck:
    """Checks a storage."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._good: Health | None = None
        self._good_until = 0.0

    @property
    def check(self) -> Check:
        """The check's declaration."""
        return Check(DEPENDENCY, self.ask)

    async def ask(self) -> Health:
        """The state of the storage; the message says what is wrong, in one line."""
        if self._good is not None and monotonic() < self._good_until and not self._blobs.failing:
            return self._good
        began = monotonic()
        problem = await self._problem()
        took_ms = milliseconds_since(began)
        if problem:
            self._good = None
            return Health(up=False, message=f"{problem}; {self._blobs.advice}", took_ms=took_ms)
        self._good = Health(up=True, message="Connected", took_ms=took_ms)
        self._good_until = monotonic() + FRESH_S
        return self._good

    async def _problem(self) -> str:
        blobs, key, step = self._blobs, f"{FOLDER}/{new_uuid()}.txt", "write"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                blob = await blobs.put(key, _pieces(), len(CONTENT))
                step = "read"
                found = b"".join([piece async for piece in blobs.read(blob)])
                step = "delete"
                await blobs.delete(key)
                left = await blobs.stat(key)
        except DependencyUnavailable as fault:
            return f"cannot {step}: {fault.reason}"
        except TimeoutError:
            return f"cannot {step}: timed out"
        except Exception as error:  # a health check reports, it never raises
            return f"cannot {step}: {type(error).__name__}"
        if found != CONTENT:
            return "reads something else than was written"
        return "does not delete" if left else ""


async def _pieces() -> AsyncGenerator[bytes]:
    yield CONTENT
