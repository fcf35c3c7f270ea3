"""Signed addresses of files, as the later Rust backend makes them (server contract §3.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

VIEW: Final = "view"


class Fault(Enum):
    """Why a signed address is refused."""

    FORMAT = "format"
    OTHER_FILE = "other file"
    SIGNATURE = "signature"
    EXPIRED = "expired"


class Grant(Struct, frozen=True):
    """What a signed address allows: that its bearer reads one file until a time."""

    file_id: UUID
    user_id: UUID
    expires_at: datetime
    action: str = VIEW


class UrlSigner:
    """Makes and checks signatures: HMAC-SHA256 over the payload's text, both as base64url without padding."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, grant: Grant) -> tuple[str, str]:
        """Payload and signature for the query."""
        payload = _encoded(msgspec.json.encode(grant))
        return payload, self._signature(payload)

    def check(self, file_id: UUID, payload: str, signature: str, now: datetime) -> Grant | Fault:
        """What the address allows now, or why it is refused. The signature is compared before anything is read."""
        if not hmac.compare_digest(self._signature(payload).encode(), signature.encode()):
            return Fault.SIGNATURE
        try:
            grant = msgspec.json.decode(_decoded(payload), type=Grant)
        except (msgspec.MsgspecError, binascii.Error, ValueError):
            return Fault.FORMAT
        if grant.file_id != file_id or grant.action != VIEW:
            return Fault.OTHER_FILE
        expires_at = grant.expires_at if grant.expires_at.tzinfo else grant.expires_at.replace(tzinfo=UTC)
        return Fault.EXPIRED if expires_at <= now else grant

    def _signature(self, payload: str) -> str:
        return _encoded(hmac.digest(self._secret, payload.encode(), hashlib.sha256))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
