"""The names that a request may use for the server."""

import pytest

from wondernest.platform.http.errors import MisdirectedRequest
from wondernest.platform.http.hosts import AllowedHosts

HOSTS = AllowedHosts(("localhost", "*.localhost", "Workshop"))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8082",
        "localhost.",
        "app.localhost:3000",
        "workshop:8080",
        "127.0.0.1",
        "10.0.2.2:8080",
        "203.0.113.9:80",
        "[::1]:8082",
        "[2001:db8::1]",
    ],
)
def test_names_of_this_machine_and_addresses_are_answered(host: str) -> None:
    HOSTS.check({b"host": host.encode()})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8082",
        "localhost.evil.example",
        "notlocalhost",
        "evil-localhost",
        ".localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "127.1",
        "2130706433",
        "[evil.example]",
        "workshop.evil.example",
        "a.workshop",
        "",
        ":8082",
        "localhost:8082:evil.example",
    ],
)
def test_every_other_name_is_refused(host: str) -> None:
    with pytest.raises(MisdirectedRequest):
        HOSTS.check({b"host": host.encode()})


def test_a_request_without_a_host_is_refused() -> None:
    with pytest.raises(MisdirectedRequest):
        HOSTS.check({})
