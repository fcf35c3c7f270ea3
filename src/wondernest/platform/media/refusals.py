"""Why a file is refused. The values go to the caller, who turns them into a reply."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """The reasons, in the order in which they are checked. The first four are the contract's (files contract §3.0)."""

    TOO_LARGE = "too_large"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    WRONG_EXTENSION = "wrong_extension"
    WRONG_CONTENT = "wrong_content"
    """The bytes are of another type than declared, or are no complete file of it."""
    ACTIVE_CONTENT = "active_content"
    """A document with scripts, launch actions, forms that send, or embedded files."""
    TOO_MANY_PIXELS = "too_many_pixels"


class Refused(Struct, frozen=True):
    """A file is refused. `message` is for the person who sent it."""

    reason: Reason
    message: str


def refusal(reason: Reason, *, max_bytes: int = 0, declared: str = "") -> Refused:
    """The refusal with its message. `max_bytes` and `declared` (the normalised type) appear in the messages that need them."""
    texts = {
        Reason.TOO_LARGE: f"File size exceeds maximum allowed size of {max_bytes // (1024 * 1024)}MB",
        Reason.TYPE_NOT_ALLOWED: f"File type '{declared}' is not allowed",
        Reason.WRONG_EXTENSION: "File extension does not match content type",
        Reason.WRONG_CONTENT: "File content does not match declared content type",
        Reason.ACTIVE_CONTENT: "File contains active content",
        Reason.TOO_MANY_PIXELS: "Picture has too many pixels",
    }
    return Refused(reason, texts[reason])


class NotAccepted(Exception):
    """A file is not accepted; the message says why. For callers that are no routes."""
