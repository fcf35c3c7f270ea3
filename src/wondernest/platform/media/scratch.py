"""Temporary files without a name: the kernel deletes them when the last process that has them open ends or closes them."""

from __future__ import annotations

import os
from typing import IO


def scratch_file(folder: str = "") -> IO[bytes]:
    """A new unnamed file for reading and writing, in `folder` or the system's temporary folder; nothing is left of it in any case.

    On Linux it never has a name (O_TMPFILE). Elsewhere, and on file systems without that, it has one for an instant.
    """
    import tempfile  # a worker without uploads does not load it

    return tempfile.TemporaryFile(dir=folder or None, buffering=0)


def write_all(file: IO[bytes], content: bytes | bytearray) -> None:
    """Write all of the content: a disk that fills up takes a part of it first, without an error. Raises OSError."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def size_of(file: IO[bytes]) -> int:
    """The size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size
