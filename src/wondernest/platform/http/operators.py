"""Who may see what only operators need: metrics, and the version of the service."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wondernest.platform.http.addresses import Network
    from wondernest.platform.http.request import Request

_BEARER: Final = b"bearer "


class Operators:
    """Admits callers with the operators' token, and callers from their networks."""

    def __init__(self, token: str, networks: Sequence[Network]) -> None:
        self._token = token.encode()
        self._networks = networks

    def admit(self, request: Request[Any]) -> bool:
        """Whether this caller is one of them. What an unknown proxy passes on comes from anywhere, so only the token counts."""
        if self._token:
            sent = bearer_token((request.header(b"authorization") or "").encode("latin-1"))
            if sent is not None and hmac.compare_digest(sent, self._token):
                return True
        if request.forwarded_by_stranger:
            return False
        client = request.client_ip
        if client is None:  # a Unix socket: only this machine
            return bool(self._networks)
        address = ip_address(client)
        return any(address in network for network in self._networks)


def bearer_token(header: bytes | None) -> bytes | None:
    """The token of an Authorization header; None if it holds none (RFC 6750)."""
    if header and header[: len(_BEARER)].lower() == _BEARER:
        return header[len(_BEARER) :].strip()
    return None
