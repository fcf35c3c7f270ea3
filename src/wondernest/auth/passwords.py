"""bcrypt in a bounded pool of low-priority threads, so that many logins at once do not slow down the event loop."""

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
from wondernest.platform.texts import nfc, nfd

if TYPE_CHECKING:
    from wondernest.settings import Auth

Result = TypeVar("Result")

MAX_BYTES: Final = 72
"""bcrypt uses no more; longer passwords are cut, as the earlier backends did (auth contract §1.7)."""
THREAD_NICENESS: Final = 10
_HASH: Final = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}", re.ASCII)
"""A cost above 16 would keep a thread busy for a minute, so such a hash counts as malformed."""
_UNKNOWN_REST: Final = "yrJrI8jaxWzpPyInDKnRSuOHxBBx4IAQ3Hc2SKa3bRsuQXsVxLDjq"


class PasswordHasher:
    """Hashes and checks passwords and PINs. Raises DependencyUnavailable at once when the queue is full."""

    def __init__(self, settings: Auth) -> None:
        self._cost = settings.bcrypt_cost
        threads = settings.bcrypt_threads or os.cpu_count() or 1
        self._room = settings.bcrypt_room
        self._unknown = f"$2b${self._cost:02d}${_UNKNOWN_REST}"
        self._taken = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, "bcrypt", initializer=_lower_priority)

    def require_capacity(self) -> None:
        """Raise DependencyUnavailable if the queue is full; called before more expensive steps."""
        if self._taken >= self._room:
            raise DependencyUnavailable("bcrypt", "too many passwords are waiting")

    async def hash(self, password: str) -> str:
        """The hash of a password, in normal form C, with the configured cost."""
        salt, typed = bcrypt.gensalt(self._cost), _cut(nfc(password))
        return (await self._run(lambda: bcrypt.hashpw(typed, salt))).decode()

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether a password matches the stored hash, in any of its spellings. A missing or malformed hash never matches.

        A password that does not match takes as long with any hash: the number of checks depends on the password alone.
        """
        known = stored is not None and _HASH.fullmatch(stored) is not None
        candidate = (stored if stored is not None and known else self._unknown).encode()
        typed = spellings(password)
        return await self._run(lambda: any(_check(spelling, candidate) for spelling in typed)) and known

    async def close(self) -> None:
        """Stop the threads; waiting work is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        self.require_capacity()
        with self._lock:
            self._taken += 1
        future: Future[Result] = self._threads.submit(work)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _: Future[Result]) -> None:
        with self._lock:
            self._taken -= 1


def spellings(password: str) -> tuple[bytes, ...]:
    """The bytes to compare with a hash: as typed, then in normal forms C and D where they differ; one for a password in ASCII.

    The same key press gives `é` as one character or as two, depending on the device. We store form C; the earlier backends, and
    we before, stored what was typed.
    """
    if password.isascii():
        return (_cut(password),)
    return tuple(dict.fromkeys(_cut(form) for form in (password, nfc(password), nfd(password))))


def _cut(password: str) -> bytes:
    return password.encode()[:MAX_BYTES]


def _check(password: bytes, stored: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, stored)
    except ValueError:  # a salt with stray bits: it has the form of a hash, but bcrypt did not make it
        return False


def _lower_priority() -> None:
    """Lower this thread's priority; on Linux a thread has its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, max(THREAD_NICENESS, os.getpriority(os.PRIO_PROCESS, me)))
