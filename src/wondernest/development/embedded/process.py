"""Runs one server process: folder lock, log, end with the parent process, stop with escalating signals."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wondernest.development.embedded.account import Account, identity
from wondernest.development.embedded.errors import EmbeddedError

POLL_S = 0.01
LOCK_WAIT_S = 15.0
KILL_WAIT_S = 10.0
LOG_TAIL_BYTES = 4096
PR_SET_PDEATHSIG = 1
SERVER_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
"""The environment of a server: a PGDATA or PGOPTIONS of the user must not affect it."""


class FolderLock:
    """Reserves a folder for one process; the kernel releases the lock when that process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self, wait_s: float = LOCK_WAIT_S) -> None:
        """Take the lock, waiting up to `wait_s`; raises EmbeddedError with the holder's process id."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
                    os.close(file)
                    raise EmbeddedError(f"{self._path.parent} is in use by process {holder}") from None
                time.sleep(POLL_S)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Release the lock; does nothing when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    stop_signal: signal.Signals,
    account: Account | None = None,
    given: bytes = b"",
    folder: Path = Path("/"),
    environment: Mapping[str, str] = SERVER_ENVIRONMENT,
) -> subprocess.Popen[bytes]:
    """Start a server in its own session, its output appended to a log, `given` on its standard input."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal must reach only this process, which then stops the servers in order
            preexec_fn=_end_with_parent(stop_signal),  # noqa: PLW1509 - one prctl call, takes no lock
            **identity(account),
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(given)
        process.stdin.close()
    return process


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    # The kernel ends the child with the *thread* that started it, so only the main thread may use this.
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Wait until a server is ready (True) or has ended (False); raises EmbeddedError after the timeout."""
    deadline = time.monotonic() + timeout_s
    while process.poll() is None:
        if ready():
            return True
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EmbeddedError(f"{process.args!s} was not ready after {timeout_s:.0f} s")
        time.sleep(POLL_S)
    return False


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal and wait its seconds, until the process has ended; finally send SIGKILL."""
    for number, timeout_s in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout_s)
    if process.poll() is None:
        process.kill()
        process.wait()


def stop_leftover(
    pid_file: Path, folder: Path, names: Sequence[str], steps: Sequence[tuple[signal.Signals, float]]
) -> None:
    """As `stop`, for a server that an earlier run left running on a folder; it is not a child of this process."""
    for number, timeout_s in [*steps, (signal.SIGKILL, KILL_WAIT_S)]:
        pid = _leftover(pid_file, folder, names)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + timeout_s
        while _leftover(pid_file, folder, names) == pid and time.monotonic() < deadline:
            time.sleep(POLL_S)
    if (pid := _leftover(pid_file, folder, names)) is not None:
        raise EmbeddedError(f"process {pid} of an earlier run does not end")


def _leftover(pid_file: Path, folder: Path, names: Sequence[str]) -> int | None:
    """The process in a pid file, if it is alive and a server on that folder."""
    try:
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    place = Path(f"/proc/{pid}")
    if place.exists():
        try:
            ours = (place / "cwd").resolve(strict=True) == folder.resolve() and (
                place / "comm"
            ).read_text().strip() in names
        except OSError:
            return None
        return pid if ours else None
    if shutil.which("ps") is None:
        return None
    shown = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return pid if Path(shown.stdout.strip()).name in names else None


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def log_size(log: Path) -> int:
    """The size of a log in bytes; 0 if there is none."""
    return log.stat().st_size if log.exists() else 0


def log_since(log: Path, start: int) -> str:
    """The last few kilobytes of a log after byte `start`."""
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(start, end - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace").strip()
