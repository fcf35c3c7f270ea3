"""Client addresses: every way to write one, which proxies are believed, and which network an address counts as."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.addresses import MAX_HOPS, NO_ADDRESS, Networks, client_address, network_of, networks_of, parse

PROXIES = Networks([ip_network("10.0.0.0/8"), ip_network("::1/128"), ip_network("::ffff:172.16.0.0/108")])
ADDRESSES = st.ip_addresses()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9\t", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8::7:4711", "2001:db8::7:4711"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:4711", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:4711", "fe80::1"),
        ("::ffff:203.0.113.9%3", "203.0.113.9"),
    ],
)
def test_an_address_is_read_in_every_form_that_proxies_and_sockets_write(text: str, address: str) -> None:
    assert parse(text) == ip_address(address)


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "unknown", "_hidden", "203.0.113", "203.0.113.09", "203.0.113.9:", "203.0.113.9:http", "[2001:db8::7",
     "2001:db8::7]", "[]:80", "203.0.113.9:471100", "203.0.113.9 203.0.113.8", "1", "²03.0.113.9", "localhost:80"],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str | None) -> None:
    assert parse(text) is None


@given(ADDRESSES, st.integers(min_value=0, max_value=65535))
def test_an_address_and_its_spelling_with_a_port_are_the_same(address: IPv4Address | IPv6Address, port: int) -> None:
    host = str(address) if address.version == 4 else f"[{address}]"
    assert parse(f"{host}:{port}") == parse(str(address)) is not None


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("10.1.1.1", b"198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", b"198.51.100.1:4711", "198.51.100.1"),
        ("10.1.1.1", b"[2001:db8::7]:4711", "2001:db8::7"),
        ("10.1.1.1", b"::ffff:198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", b"6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", b"198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", b"198.51.100.1,10.2.2.2:80 , ::ffff:10.3.3.3", "198.51.100.1"),
        ("10.1.1.1", b"198.51.100.1, , ", "198.51.100.1"),
        ("10.1.1.1", b"10.9.9.9, 10.2.2.2", "10.9.9.9"),
        ("10.1.1.1", b", ", "10.1.1.1"),
        ("::ffff:10.1.1.1", b"198.51.100.1", "198.51.100.1"),
        ("172.16.1.1", b"198.51.100.1", "198.51.100.1"),
        ("::ffff:172.16.1.1", b"198.51.100.1", "198.51.100.1"),
        ("::1", b"2001:db8::7", "2001:db8::7"),
        ("fe80::1%eth0", b"198.51.100.1", "fe80::1"),
        ("::ffff:203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("testclient", b"198.51.100.1", None),
        (None, b"198.51.100.1", None),
    ],
)
def test_forwarded_addresses_are_accepted_only_from_trusted_proxies(
    peer: str | None, forwarded: bytes | None, address: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


@pytest.mark.parametrize("garbage", [b"nonsense", b"unknown", b"198.51.100.1;proto=https", b"\xff\x00", b'"10.2.2.2"'])
def test_nothing_left_of_an_entry_that_is_no_address_is_believed(garbage: bytes) -> None:
    assert client_address("10.1.1.1", garbage, PROXIES) == "10.1.1.1"
    assert client_address("10.1.1.1", b"198.51.100.1, " + garbage, PROXIES) == "10.1.1.1"
    assert client_address("10.1.1.1", b"198.51.100.1, " + garbage + b", 10.2.2.2", PROXIES) == "10.2.2.2"
    assert client_address("10.1.1.1", garbage + b", 198.51.100.1", PROXIES) == "198.51.100.1"


def test_only_the_last_entries_of_an_endless_list_are_read() -> None:
    line = b"198.51.100.1" + b",10.2.2.2" * (MAX_HOPS - 1)
    assert client_address("10.1.1.1", line, PROXIES) == "198.51.100.1"
    assert client_address("10.1.1.1", b"198.51.100.1" + b",10.2.2.2" * MAX_HOPS, PROXIES) == "10.2.2.2"


@given(st.binary(max_size=80), ADDRESSES)
def test_what_a_client_sends_never_changes_the_address_that_the_proxy_saw(
    sent: bytes, seen: IPv4Address | IPv6Address
) -> None:
    """Our proxy appends the address that it saw, whatever the client wrote before."""
    usual = parse(str(seen))
    if usual not in PROXIES:
        assert client_address("10.1.1.1", sent + b"," + str(seen).encode(), PROXIES) == str(usual)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("64:ff9b::203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        (None, NO_ADDRESS),
        ("nonsense", NO_ADDRESS),
    ],
)
def test_an_ipv6_address_counts_as_its_64_and_an_ipv4_address_alone(address: str | None, network: str) -> None:
    assert network_of(address) == network


@given(st.ip_addresses(v=6), st.integers(min_value=0, max_value=2**64 - 1))
def test_no_choice_of_the_lower_half_of_an_ipv6_address_makes_another_network(low: IPv6Address, host: int) -> None:
    other = IPv6Address(int(low) >> 64 << 64 | host)
    embeds_ipv4 = any(a.ipv4_mapped or a in ip_network("64:ff9b::/96") for a in (low, other))
    assert embeds_ipv4 or network_of(str(low)) == network_of(str(other))


@given(ADDRESSES)
def test_a_stored_address_is_in_a_network_of_its_own_in_each_spelling(address: IPv4Address | IPv6Address) -> None:
    assert any(address in network for network in networks_of(str(address)))


def test_a_client_without_an_address_is_in_no_network() -> None:
    assert networks_of(None) == []
