"""What goes wrong with a file, as exceptions of the worker."""

from __future__ import annotations

import errno
import struct
import zlib
from typing import Final

from wondernest.platform.media.refusals import Reason


class Refusal(Exception):
    """The file is refused."""

    def __init__(self, reason: Reason = Reason.WRONG_CONTENT) -> None:
        super().__init__(reason)
        self.reason = reason


MALFORMED: Final = (
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RecursionError,
    SyntaxError,
    UnicodeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What decoders raise on broken files, and on files that need more than a helper may have. Pillow raises SyntaxError too."""


def require(condition: object, reason: Reason = Reason.WRONG_CONTENT) -> None:
    """Raise Refusal unless the condition holds."""
    if not condition:
        raise Refusal(reason)


STORAGE_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
"""The system's error numbers that say nothing about the file: the temporary folder fails."""
