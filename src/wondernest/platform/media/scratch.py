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


def size_of(file: IO[bytes]) -> int:
    """The size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size
