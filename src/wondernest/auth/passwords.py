"""bcrypt in a bounded pool of low-priority threads, so that a login storm leaves the event loop its latency."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import bcrypt

from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.settings import Auth

Result = TypeVar("Result")

MAX_BYTES: Final = 72
"""bcrypt looks at no more; the earlier backends cut silently, so do we (auth contract §1.7)."""
THREAD_NICENESS: Final = 10
_HASH: Final = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}", re.ASCII)
"""A cost above 16 would hold a thread for a minute: such a row counts as malformed."""
_UNKNOWN_REST: Final = "yrJrI8jaxWzpPyInDKnRSuOHxBBx4IAQ3Hc2SKa3bRsuQXsVxLDjq"


class PasswordHasher:
    """Hashes and checks passwords and PINs. Raises DependencyUnavailable at once when too many are waiting."""

    def __init__(self, settings: Auth) -> None:
        self._cost = settings.bcrypt_cost
        threads = settings.bcrypt_threads or os.cpu_count() or 1
        self._room = threads + settings.bcrypt_queue
        self._unknown = f"$2b${self._cost:02d}${_UNKNOWN_REST}"
        self._taken = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, "bcrypt", initializer=_step_back)

    def require_room(self) -> None:
        """Raise DependencyUnavailable if a password could not be checked now: asked before costlier steps."""
        if self._taken >= self._room:
            raise DependencyUnavailable("bcrypt", "too many passwords are waiting")

    async def hash(self, password: str) -> str:
        """The hash of a password with the configured cost."""
        salt = bcrypt.gensalt(self._cost)
        return (await self._run(lambda: bcrypt.hashpw(_cut(password), salt))).decode()

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether a password is the stored one. No hash, or a malformed one, takes as long and never matches."""
        known = stored is not None and _HASH.fullmatch(stored) is not None
        candidate = (stored if stored is not None and known else self._unknown).encode()
        return await self._run(lambda: _check(_cut(password), candidate)) and known

    async def close(self) -> None:
        """Let the threads go; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        self.require_room()
        with self._lock:
            self._taken += 1
        future: Future[Result] = self._threads.submit(work)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _: Future[Result]) -> None:
        with self._lock:
            self._taken -= 1


def _cut(password: str) -> bytes:
    return password.encode()[:MAX_BYTES]


def _check(password: bytes, stored: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, stored)
    except ValueError:  # a salt with stray bits: shaped like a hash, but no bcrypt made it
        return False


def _step_back() -> None:
    """Lower this thread's priority; on Linux a thread has its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, max(THREAD_NICENESS, os.getpriority(os.PRIO_PROCESS, me)))
