"""One-time tokens of letters' links: the family's id and a secret part, which is derived from the job that sends the letter.

So a letter that is written again after a kill has the same link; and the database knows only the digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final
from uuid import UUID

from msgspec import Struct

_PURPOSE: Final = b"wondernest consent link\0"
"""Separates these tokens from everything else that is derived from the same secret."""
_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{64}", re.ASCII)
_ID_BYTES: Final = 16


class Token(Struct, frozen=True):
    """A token that was read: whose it is, and the digest by which it is found."""

    family_id: UUID
    digest: bytes


def made(secret: str, reference: str, family_id: UUID) -> str:
    """The token of the letter that the job with this reference sends: 64 characters."""
    hidden = hmac.digest(secret.encode(), _PURPOSE + reference.encode(), "sha256")
    return base64.urlsafe_b64encode(family_id.bytes + hidden).decode()


def bound(token: str, address: str) -> bytes:
    """The digest of a token that is of use only while it is this address (an e-mail address or a telephone number) that is the parent's."""
    return hashlib.sha256(digest(token) + address.encode()).digest()


def digest(token: str) -> bytes:
    """The digest of a token."""
    return hashlib.sha256(token.encode()).digest()


def read(text: str) -> Token | None:
    """The token of a link; None for a text that is none."""
    if not _TEXT.fullmatch(text):
        return None
    try:
        content = base64.urlsafe_b64decode(text)
    except binascii.Error:
        return None
    return Token(UUID(bytes=content[:_ID_BYTES]), digest(text))
