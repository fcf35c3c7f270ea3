"""Who may see what only operators need: metrics, and the version of the service."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.addresses import Networks, parse

if TYPE_CHECKING:
    from wondernest.platform.addresses import Network
    from wondernest.platform.http.request import Request

_BEARER: Final = b"bearer "


class Operators:
    """Admits callers with the operators' token, and callers from their networks."""

    def __init__(self, token: str, networks: Iterable[Network]) -> None:
        self._token = token.encode()
        self._networks = Networks(networks)

    def admit(self, request: Request[Any]) -> bool:
        """Whether this caller is one of them. What an unknown proxy passes on comes from anywhere, so only the token counts."""
        if self._token:
            sent = bearer_token((request.header(b"authorization") or "").encode("latin-1"))
            if sent is not None and hmac.compare_digest(sent, self._token):
                return True
        if request.forwarded_by_stranger:
            return False
        address = parse(request.client_ip)
        if address is None:  # a Unix socket: only this machine
            return bool(self._networks)
        return address in self._networks


def bearer_token(header: bytes | None) -> bytes | None:
    """The token of an Authorization header; None if it holds none (RFC 6750)."""
    if header and header[: len(_BEARER)].lower() == _BEARER:
        return header[len(_BEARER) :].strip()
    return None
