"""Keys of blobs: which are valid, and how new ones look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

MAX_KEY_BYTES: Final = 1024
"""The limit of S3."""
MAX_SEGMENT_BYTES: Final = 255
"""The limit of a file name."""
DRAFTS: Final = ".unfinished"
"""The folder of a local storage where blobs are written; no key is in it."""
SIDECAR: Final = ".metadata"
"""What an earlier backend wrote beside its files: the owner's id, so it is never served."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,10}")


class InvalidKey(ValueError):
    """The text is not the key of a blob."""


def require_key(key: str) -> str:
    """The key itself; raises InvalidKey for a text that is no key or could name anything outside the storage.

    Accepted are the keys of all backends (files contract §3.0, "Storage"): `<epoch seconds>/<uuid>.<ext>` and `uploads/<user>/<file>`.
    """
    try:
        encoded = key.encode()
    except UnicodeEncodeError:  # a lone surrogate
        raise InvalidKey from None
    segments = encoded.split(b"/")
    if (
        len(encoded) > MAX_KEY_BYTES
        or any(segment in {b"", b".", b".."} or len(segment) > MAX_SEGMENT_BYTES for segment in segments)
        or _CONTROL.search(key)
        or segments[0] == DRAFTS.encode()
        or key.lower().endswith(SIDECAR)
    ):
        raise InvalidKey
    return key


def is_key(text: str) -> bool:
    """Whether a text is a valid key."""
    try:
        require_key(text)
    except InvalidKey:
        return False
    return True


def new_key(now: datetime, random_id: UUID, extension: str) -> str:
    """A key in the form `<epoch seconds>/<uuid>.<extension>`. Raises InvalidKey unless the extension is like `jpeg`."""
    if not _EXTENSION.fullmatch(extension):
        raise InvalidKey
    return f"{int(now.timestamp())}/{random_id}.{extension}"
