"""Checks the Host header against the allowed names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from wondernest.platform.addresses import parse
from wondernest.platform.http.errors import MisdirectedRequest

_PORT: Final = re.compile(r":\d*$")
_ANY_BELOW: Final = "*."


class AllowedHosts:
    """Refuses a Host that is neither an IP address nor one of the names; `*.name` means every subdomain.

    This stops DNS rebinding: another site can point its own name at our address, and browsers then send that name as Host.
    It cannot make a browser send an IP address, or a name that is not its own.
    """

    def __init__(self, names: Iterable[str]) -> None:
        lowered = {name.lower() for name in names}
        self._names = frozenset(name for name in lowered if not name.startswith(_ANY_BELOW))
        self._endings = tuple(name[1:] for name in lowered if name.startswith(_ANY_BELOW))

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Raises MisdirectedRequest for a Host that is not allowed."""
        if not self._allows(headers.get(b"host", b"").decode("latin-1")):
            raise MisdirectedRequest

    def _allows(self, header: str) -> bool:
        host = _PORT.sub("", header.strip().lower())
        if host.startswith("[") and host.endswith("]"):
            return parse(host[1:-1]) is not None
        name = host.removesuffix(".")
        return name in self._names or name.endswith(self._endings) or parse(host) is not None
