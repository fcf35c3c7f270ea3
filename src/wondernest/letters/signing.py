"""The token that ends an account's letters: for this purpose alone, and for ever, as a letter may be read late."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final
from uuid import UUID

_PURPOSE: Final = b"wondernest ends weekly letters\0"
"""Separates this key from everything else that is derived from the same secret."""
ID_BYTES: Final = 16
MAC_BYTES: Final = 16
TOKEN_CHARS: Final = 43
"""Base64url of both, without padding."""


class EndTokens:
    """Makes and checks tokens: the account's id, and an HMAC-SHA256 of it cut to 128 bits."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def token(self, user_id: UUID) -> str:
        """The token of an account."""
        return base64.urlsafe_b64encode(user_id.bytes + self._mac(user_id.bytes)).rstrip(b"=").decode()

    def user_of(self, token: str) -> UUID | None:
        """The account of a token; None for one that we did not make."""
        if len(token) != TOKEN_CHARS or not token.isascii():
            return None
        try:
            content = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        user, mac = content[:ID_BYTES], content[ID_BYTES:]
        return UUID(bytes=user) if hmac.compare_digest(mac, self._mac(user)) else None

    def _mac(self, user: bytes) -> bytes:
        return hmac.digest(self._key, user, "sha256")[:MAC_BYTES]
