"""The client's address: the peer's, or the one that trusted proxies report."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str | None, forwarded_for: bytes | None, trusted: Sequence[Network]) -> str | None:
    """The address for limits and records; None when the peer has no IP address (a Unix socket).

    X-Forwarded-For is read from the right, up to the first address that is not trusted. From an untrusted peer it is ignored.
    """
    address = _parse(peer)
    if not trusted or not forwarded_for or address is None or not _within(address, trusted):
        return address
    for hop in reversed(forwarded_for.decode("latin-1").split(",")):
        candidate = _parse(hop.strip())
        if candidate is None:
            return address
        address = candidate
        if not _within(candidate, trusted):
            return address
    return address


def _parse(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return str(ip_address(text.split("%")[0]))
    except ValueError:
        return None


def _within(address: str, networks: Sequence[Network]) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in networks)
