"""Everything about a client's network address: how it is written, which proxies may report it, and which network it counts as."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NO_ADDRESS: Final = "unknown"
"""Stands for the network of every client without an IP address; they share their limits."""
IPV6_NETWORK_BITS: Final = 64
"""One customer of a provider has at least this network, and may use any address in it (auth contract §1.9)."""
_HOST_BITS: Final = 128 - IPV6_NETWORK_BITS
MAX_HOPS: Final = 32
"""How many entries of X-Forwarded-For are read, from the right."""
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
"""IPv4 addresses as a socket that listens on IPv6 shows them."""
_MAPPED_BITS: Final = int(_MAPPED.network_address)
_TRANSLATED_BITS: Final = int(IPv6Address("64:ff9b::"))
"""A /96 of IPv4 clients of a server that has IPv6 only, behind a translator (RFC 6052)."""
_WITH_PORT: Final = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def parse(text: str | None) -> Address | None:
    """An address: `a.b.c.d`, `v6`, either with a port (`a.b.c.d:port`, `[v6]:port`), v6 with a zone id; None for anything else.

    An IPv4-mapped address is its IPv4 address; zone ids are dropped, because they mean nothing outside the machine.
    """
    if not text:
        return None
    match = _WITH_PORT.fullmatch(text := text.strip())
    host: str = match[match.lastindex or 0] if match else text
    try:
        address = ip_address(host.split("%", 1)[0])
    except ValueError:
        return None
    return address if address.version == 4 else address.ipv4_mapped or address


def network_of(address: str | None) -> str:
    """The network that limits count: an IPv4 address alone, the /64 of an IPv6 address, NO_ADDRESS without an address."""
    found = _network(parse(address))
    if found is None:
        return NO_ADDRESS
    first, bits = found
    return str(first) if first.version == 4 else f"{first}/{bits}"


def networks_of(address: str | None) -> list[Network]:
    """The same network in each form in which a database may hold its addresses; empty without an address."""
    found = _network(parse(address))
    if found is None:
        return []
    first, bits = found
    if first.version == 6:
        return [IPv6Network((int(first), bits))]
    embedded = (IPv6Network((block | int(first), 128)) for block in (_MAPPED_BITS, _TRANSLATED_BITS))
    return [IPv4Network(int(first)), *embedded]


class Networks:
    """A set of networks. An IPv4-mapped network is its IPv4 network."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(_unmapped(network) for network in networks)

    def __contains__(self, address: object) -> bool:
        """Whether one of them holds the address."""
        return any(address in network for network in self._networks)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._networks)


def client_address(peer: str | None, forwarded_for: bytes | None, proxies: Networks) -> str | None:
    """The client's address in its usual form, for limits and records; None when the peer has no IP address (a Unix socket).

    From a trusted proxy, X-Forwarded-For is read from the right, where our own proxies append, up to the first address that is
    none of theirs. An entry that is no address ends the search at the proxy that wrote it: what is left of it may be the
    client's own invention. Then all clients of that proxy share their limits, and no client can choose an address.
    """
    address = parse(peer)
    if address is None:
        return None
    if forwarded_for and proxies and address in proxies:
        for hop in reversed(forwarded_for.decode("latin-1").rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
            if not hop.strip():
                continue  # an empty element of a list means nothing (RFC 9110 §5.6.1)
            reported = parse(hop)
            if reported is None:
                break
            address = reported
            if reported not in proxies:
                break
    return str(address)


def _network(address: Address | None) -> tuple[Address, int] | None:
    """The first address of the network that an address counts as, and its prefix length."""
    if not isinstance(address, IPv6Address):
        return None if address is None else (address, 32)
    number = int(address)
    if number >> 32 == _TRANSLATED_BITS >> 32:
        return IPv4Address(number & 0xFFFFFFFF), 32
    return IPv6Address(number >> _HOST_BITS << _HOST_BITS), IPV6_NETWORK_BITS


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) & 0xFFFFFFFF
        return IPv4Network((low, network.prefixlen - _MAPPED.prefixlen))
    return network
