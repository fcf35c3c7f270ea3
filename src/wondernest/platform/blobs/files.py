"""Files of a local storage: what its threads do. Everything here blocks."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wondernest.platform.blobs.blobs import Blob, BlobMissing, Unfinished
from wondernest.platform.blobs.keys import DRAFTS, SIDECAR, is_key

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
"""Only the user of the process may read what people uploaded."""
RENAME_ATTEMPTS: Final = 5
"""A folder that becomes empty is removed, perhaps between its creation and the rename into it."""


class Abandoned(Exception):
    """The caller gave the file up before this step began."""


class Draft:
    """A file that is written under a temporary name, and then moved to its final one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / DRAFTS / secrets.token_hex(16)
        self._file = -1
        self._abandoned = False
        self._lock = threading.Lock()

    def write(self, chunk: bytes | memoryview) -> None:
        """Append to the file, which the first call creates."""
        with self._lock:
            self._require_open()
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._file, view) :]

    def finish(self, key: str) -> Blob:
        """Move the complete file to its final name; both are on the disk when it returns."""
        with self._lock:
            self._require_open()
            os.fsync(self._file)
            found = os.fstat(self._file)
            if self._abandoned:  # while the disk was slow
                raise Abandoned
            target = self._root / key
            self._move(target)
            _sync_folders(target.parent, self._root)
            self._close()
        return described(key, found)

    def abandon(self) -> None:
        """Delete the temporary file. Nothing is created after it, also if a step still waits for its thread."""
        self._abandoned = True
        with self._lock:
            if self._file >= 0:
                self._close()
                self._temporary.unlink(missing_ok=True)

    def _require_open(self) -> None:
        if self._abandoned:
            raise Abandoned
        if self._file < 0:
            self._temporary.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
            self._file = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)

    def _move(self, target: Path) -> None:
        for attempt in range(RENAME_ATTEMPTS):
            _make_folders(target.parent, self._root)
            try:
                self._temporary.replace(target)
            except FileNotFoundError:
                if attempt == RENAME_ATTEMPTS - 1:
                    raise
            else:
                return

    def _close(self) -> None:
        file, self._file = self._file, -1
        os.close(file)


class OpenFile:
    """A file that is being read; the first step opens it. Every step raises BlobMissing if it is not there."""

    def __init__(self, root: Path, key: str, etag: str) -> None:
        """etag: of the file that is meant; empty: any."""
        self._root = root
        self._key = key
        self._etag = etag
        self._lock = threading.Lock()
        self._file = -1
        self._sink = -1
        self._abandoned = False

    def read(self, position: int, size: int) -> bytes:
        """At most `size` bytes from a position."""
        with self._lock:
            self._require_open()
            return os.pread(self._file, size, position)

    def copy_to(self, sink: int, position: int, size: int) -> int | None:
        """As `read`, into a socket that does not block: how many bytes; 0 if it takes none now; None if they must be read.

        A fault of the disk or of the socket is found again by who reads and writes the bytes, and told apart there.
        """
        with self._lock:
            self._require_open()
            if self._sink < 0:
                # The caller may close its own while the disk is slow, and the number may be used again.
                self._sink = os.dup(sink)
            try:
                return os.sendfile(self._sink, self._file, position, size) or None
            except BlockingIOError:
                return 0
            except OSError:
                return None

    def abandon(self) -> None:
        """Begin no step any more. The socket is closed at once, unless a step is under way: then `close` does it."""
        self._abandoned = True
        if self._lock.acquire(blocking=False):
            try:
                self._close_sink()
            finally:
                self._lock.release()

    def close(self) -> None:
        """Close it, after the step that is under way."""
        with self._lock:
            self._abandoned = True
            self._close_sink()
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _require_open(self) -> None:
        if self._abandoned:
            raise Abandoned
        if self._file >= 0:
            return
        try:
            file = os.open(self._root / self._key, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            self._root.stat()
            raise BlobMissing from None
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or (self._etag and etag_of(found) != self._etag):
            os.close(file)
            raise BlobMissing
        self._file = file

    def _close_sink(self) -> None:
        if self._sink >= 0:
            os.close(self._sink)
            self._sink = -1


def describe(root: Path, key: str) -> Blob | None:
    """The file of a key; None if there is none. Raises FileNotFoundError when the storage itself is not there."""
    try:
        found = (root / key).stat()
    except (FileNotFoundError, NotADirectoryError):
        root.stat()
        return None
    return described(key, found) if stat.S_ISREG(found.st_mode) else None


def described(key: str, found: os.stat_result) -> Blob:
    """A file as a blob."""
    return Blob(key=key, size=found.st_size, etag=etag_of(found), modified=_moment(found))


def etag_of(found: os.stat_result) -> str:
    """A strong ETag: a file is never changed, only replaced by another one."""
    return f'"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}"'


def remove(root: Path, key: str) -> None:
    """Delete the file of a key and what an earlier backend wrote beside it, and folders that are empty then."""
    path = root / key
    for name in (path, path.with_name(path.name + SIDECAR)):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            name.unlink()
    root.stat()
    for folder in path.parents:
        if folder == root:
            return
        try:
            folder.rmdir()
        except OSError:  # not empty, or not there
            return


def walk(root: Path, prefix: str) -> Iterator[Blob]:
    """Every file below a folder whose path is a valid key. Raises OSError when a folder cannot be read."""
    folders = [root / prefix if prefix else root]
    root.stat()
    while folders:
        folder = folders.pop()
        try:
            entries = os.scandir(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        with entries:
            for entry in entries:
                key = os.path.relpath(entry.path, root)
                if not is_key(key):
                    continue
                if entry.is_dir():
                    folders.append(Path(entry.path))
                    continue
                with contextlib.suppress(FileNotFoundError):
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode):
                        yield described(key, found)


def unfinished(root: Path, before: datetime) -> list[Unfinished]:
    """Temporary files that were last written before a moment."""
    root.stat()
    try:
        entries = list((root / DRAFTS).iterdir())
    except FileNotFoundError:
        return []
    left: list[Unfinished] = []
    for path in entries:
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            if _moment(found) < before:
                left.append(Unfinished(path.name, found.st_size, _moment(found)))
    return left


def discard(root: Path, name: str) -> None:
    """Delete a temporary file."""
    (root / DRAFTS / Path(name).name).unlink(missing_ok=True)


def _moment(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _make_folders(folder: Path, root: Path) -> None:
    """Create a folder and those above it, but not the root: a disk that is not mounted must not be replaced."""
    root.stat()
    for step in reversed([folder, *folder.parents][: len(folder.parts) - len(root.parts)]):
        step.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _sync_folders(folder: Path, root: Path) -> None:
    """Store the entries of the folder, and of those above it up to the root, on the disk."""
    for step in [folder, *folder.parents][: len(folder.parts) - len(root.parts) + 1]:
        handle = os.open(step, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
