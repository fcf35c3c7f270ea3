"""What a process says on stdout, written by a thread of its own: a reader that has stopped reading holds up no request."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

MAX_WAITING_BYTES: Final = 8 * 1024 * 1024
"""What may wait to be read; lines beyond it are dropped and counted."""
LAST_WORDS_S: Final = 1.0
"""How long the end of a process waits for what is still to be written."""
RETRY_S: Final = 0.05
"""A pipe that was set not to block has nothing to wait on from here."""
_STDOUT_FD: Final = 1


class Outlet:
    """Takes lines at once and writes them in their order. The thread begins with the first of them."""

    def __init__(self, write: Callable[[bytes], None], most_bytes: int = MAX_WAITING_BYTES) -> None:
        self._write = write
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Lines that nobody will read."""

    def say(self, lines: str) -> None:
        """Have lines written, each ended by a line feed. Never waits, never raises."""
        data = lines.encode(errors="backslashreplace")
        with self._changed:
            if self._waiting_bytes + len(data) > self._most_bytes:
                self.dropped += lines.count("\n")
                return
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drain(self, seconds: float = LAST_WORDS_S) -> bool:
        """Wait until all is written, or so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting_bytes, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                data = b"".join(self._waiting)
                self._waiting.clear()
            try:
                self._write(data)
            except OSError:  # closed: nobody will ever read it
                lost = data.count(b"\n")
            else:
                lost = 0
            with self._changed:
                self.dropped += lost
                self._waiting_bytes -= len(data)
                self._changed.notify_all()


def _to_stdout(data: bytes) -> None:
    """Past Python's own buffer, whose lock this thread must not hold while the interpreter ends."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(_STDOUT_FD, rest) :]
        except BlockingIOError:
            time.sleep(RETRY_S)


STDOUT: Final = Outlet(_to_stdout)
"""A process has one stdout, so it has one of these."""
atexit.register(STDOUT.drain)
