"""Signatures of what other services report to us: `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of t, a dot and the body>`."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Final

SIGNATURE_LIFE_S: Final = 300
"""An event is accepted so long after, or before, the moment in its signature; its sender signs each delivery anew."""
MAX_DIGITS: Final = 12
_PART: Final = re.compile(r"(t|v1)=([0-9a-f]+)")


def signature_of(secret: str, body: bytes, at: int) -> str:
    """The signature header of an event that is signed at a moment (seconds since 1970)."""
    return f"t={at},v1={_digest(secret, body, str(at))}"


def verified(secret: str, body: bytes, signature: str, now: datetime) -> bool:
    """Whether one of the signatures of the header is right and not too old. Several are sent while a secret is replaced."""
    parts = _PART.findall(signature)
    moments = [text for name, text in parts if name == "t"]
    if len(moments) != 1 or not moments[0].isdigit() or len(moments[0]) > MAX_DIGITS:
        return False
    if abs(now.timestamp() - int(moments[0])) > SIGNATURE_LIFE_S:
        return False
    right = _digest(secret, body, moments[0])
    return any(hmac.compare_digest(right, text) for name, text in parts if name == "v1")


def _digest(secret: str, body: bytes, moment: str) -> str:
    return hmac.digest(secret.encode(), moment.encode() + b"." + body, "sha256").hex()
