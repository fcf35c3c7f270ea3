"""The address of a client behind a proxy, as a real server on a real socket sees and stores it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.fixtures.auth import PASSWORD, value

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer


def has_ipv6() -> bool:
    """Whether this machine can listen on IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", pytest.param("::", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine"))],
)
async def test_rows_hold_the_address_that_the_proxy_saw_whatever_its_lines_look_like(
    live_server: StartServer, database_url: str, host: str
) -> None:
    """On a socket of IPv6, the proxy's own address arrives as `::ffff:127.0.0.1`."""
    server = live_server(SERVER_HOST=host, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8")
    async with httpx2.AsyncClient(base_url=server.base_url) as client:
        for number, (lines, seen) in enumerate(
            [
                (["198.51.100.1, 203.0.113.9:4711"], "203.0.113.9"),
                (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
                (["198.51.100.1", "[2001:db8::7]:4711", "10.1.1.1"], "2001:db8::7"),
                (["203.0.113.9", "unknown"], "127.0.0.1"),
                ([], "127.0.0.1"),
            ]
        ):
            headers = [("X-Forwarded-For", line) for line in lines]
            form = {"email": f"ann{number}@example.com", "password": PASSWORD, "name": "Ann Lee"}
            answer = await client.post("/api/v1/auth/parent/register", json=form, headers=headers)
            assert answer.status_code == 201
            stored = "select host(ip_address) from core.refresh_tokens where user_id = $1"
            session = answer.json()["data"]
            assert await value(database_url, stored, session["userId"]) == seen
            headers.append(("Authorization", f"Bearer {session['accessToken']}"))
            child = {"name": "Mia", "birthDate": "2019-03-15"}
            made = await client.post("/api/v1/family/children", json=child, headers=headers)
            consent = {
                "childId": made.json()["data"]["id"],
                "consentType": "full",
                "permissions": {"dataCollection": True},
                "verificationMethod": "credit_card",
                "verificationData": {"parentSignature": "Ann Lee"},
            }
            given = await client.post("/api/v1/coppa/consent", json=consent, headers=headers)
            assert given.status_code == 201, given.text
            stored = "select host(ip_address) from compliance.coppa_consent where parent_id = $1"
            assert await value(database_url, stored, session["userId"]) == seen
