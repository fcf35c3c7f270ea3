"""Identifiers and random secrets."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from asyncpg.pgproto import pgproto

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock

TOKEN_BYTES = 32
DIGEST_BYTES = 12
_DASHED_OR_PLAIN = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")


class Ids(Protocol):
    """Makes unguessable identifiers and secrets."""

    def uuid(self) -> UUID:
        """A random version-4 UUID."""
        ...

    def ordered_uuid(self) -> UUID:
        """A UUID of version 7: milliseconds since 1970, then 74 random bits.

        For tables with many inserts: each new row goes to the end of the primary key's index, not to a random page.
        """
        ...

    def token(self) -> str:
        """32 random bytes as 43 characters of base64url without padding."""
        ...


class RandomIds:
    """Identifiers from the operating system's random generator."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def uuid(self) -> UUID:
        """A random version-4 UUID."""
        return new_uuid()

    def ordered_uuid(self) -> UUID:
        """A UUID of version 7."""
        number = int.from_bytes(os.urandom(10))
        number |= int(self._clock.now().timestamp() * 1000) << 80
        number = number & ~(0xF << 76) | 0x7 << 76
        return pgproto.UUID((number & ~(0x3 << 62) | 0x2 << 62).to_bytes(16))

    def token(self) -> str:
        """32 random bytes as 43 characters of base64url without padding."""
        return secrets.token_urlsafe(TOKEN_BYTES)


class Digests:
    """Makes names for what must not be stored: whoever reads them learns nothing without the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"wondernest names of counters\0", "sha256")

    def __call__(self, *parts: str) -> str:
        """24 hex digits, the same in every process of the installation. Different parts never give the same text."""
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")[:DIGEST_BYTES].hex()


def new_uuid() -> UUID:
    """A random version-4 UUID, for ids that no test needs to control: names of processes and of tokens."""
    return UUID(bytes=os.urandom(16), version=4)


def parse_uuid(text: str) -> UUID | None:
    """A UUID in its canonical form (any case) or as 32 hex digits; None for anything else.

    Returns asyncpg's subclass of UUID: equal to any other UUID, but fifteen times as fast to parse and to send.
    """
    return pgproto.UUID(text) if _DASHED_OR_PLAIN.fullmatch(text) else None


def sha256_hex(text: str) -> str:
    """Lower-case hex SHA-256 of a text. All three backends store token hashes in this form."""
    return hashlib.sha256(text.encode()).hexdigest()
