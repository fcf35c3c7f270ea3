"""The common part of embedded PostgreSQL and Valkey."""

from __future__ import annotations

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from wondernest.development.embedded import process
from wondernest.development.embedded.account import reachable_home


class EmbeddedServer(ABC):
    """A server that keeps its files in one folder; `durable=False` is faster, but a crash loses data: for tests.

    A restarted server keeps its port. If started from the main thread it ends with this process, also if that is killed.
    """

    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]]
    """Signals for a clean shutdown, each with its timeout in seconds."""
    crash_signal: ClassVar[signal.Signals]

    def __init__(self, folder: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self._folder = folder.absolute()
        self._durable = durable
        self._log = (log or self._folder / "log").absolute()
        self._lock = process.FolderLock(self._folder / "lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None

    @property
    def pid(self) -> int:
        """The main process's id; only while it runs."""
        return self._running().pid

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self._log

    @property
    def port(self) -> int:
        """The TCP port on the loopback interface."""
        assert self._port is not None, "not started yet"
        return self._port

    def start(self) -> None:
        """Clean up after a crash, start, and wait until the server answers; raises EmbeddedError."""
        if self._process is not None and self._process.poll() is None:
            return
        home = reachable_home(self._folder)
        self._lock.acquire()
        try:
            self._launch(home)
        except BaseException:
            self._lock.release()
            raise

    def stop(self) -> None:
        """Shut down cleanly; does nothing when not running."""
        if self._process is not None:
            process.stop(self._process, self.stop_steps)
            self._ended()

    def kill(self) -> None:
        """Kill the server, as a crash would (for tests of faults)."""
        self._running().send_signal(self.crash_signal)
        self._running().wait()
        self._ended()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def _launch(self, home: Path) -> None:
        """Start the process with its files under `home`; the folder's lock is held."""

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not running"
        return self._process

    def _ended(self) -> None:
        self._process = None
        self._lock.release()
