"""Writes to stdout in a separate thread, so that a blocked pipe never blocks a request."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

MAX_WAITING_BYTES: Final = 8 * 1024 * 1024
"""The bound of the buffer; lines beyond it are dropped and counted."""
EXIT_DRAIN_S: Final = 1.0
"""How long the process waits at its end for the buffer to be written."""
RETRY_S: Final = 0.05
"""Pause before the next write to a non-blocking pipe that is full."""
_STDOUT_FD: Final = 1


class StdoutWriter:
    """Buffers lines and writes them in order. The thread starts with the first line."""

    def __init__(self, sink: Callable[[bytes], None], max_bytes: int = MAX_WAITING_BYTES) -> None:
        self._sink = sink
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Number of lines that were not written."""

    def write(self, lines: str) -> None:
        """Add lines, each ended by a line feed. Never blocks, never raises."""
        data = lines.encode(errors="backslashreplace")
        with self._changed:
            if self._waiting_bytes + len(data) > self._max_bytes:
                self.dropped += lines.count("\n")
                return
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drain(self, seconds: float = EXIT_DRAIN_S) -> bool:
        """Wait until the buffer is empty, at most so long; returns whether it is empty."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting_bytes, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                data = b"".join(self._waiting)
                self._waiting.clear()
            try:
                self._sink(data)
            except OSError:  # stdout is closed
                lost = data.count(b"\n")
            else:
                lost = 0
            with self._changed:
                self.dropped += lost
                self._waiting_bytes -= len(data)
                self._changed.notify_all()


def _to_stdout(data: bytes) -> None:
    """Write without Python's own buffer: this thread must not hold its lock while the interpreter ends."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(_STDOUT_FD, rest) :]
        except BlockingIOError:
            time.sleep(RETRY_S)


STDOUT: Final = StdoutWriter(_to_stdout)
"""The writer of this process's stdout."""
atexit.register(STDOUT.drain)
