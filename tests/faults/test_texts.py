"""NUL, lone surrogates and invalid UTF-8 in bodies, paths, queries and headers: never a 5xx."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.faults.household import Household, register_household, save
from tests.fixtures.auth import PASSWORD
from tests.fixtures.processes import server_of_a_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.processes import LiveServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

ODD_JSON = {
    "escaped NUL": rb"a\u0000b",
    "raw NUL": b"a\x00b",
    "lone high surrogate": rb"a\ud800b",
    "lone low surrogate": rb"a\udc00b",
    "surrogates the wrong way round": rb"a\udc00\ud800b",
    "half an escape": rb"a\ud8",
    "no UTF-8": b"a\xff\xfeb",
    "surrogate in UTF-8": b"a\xed\xa0\x80b",
    "overlong NUL": b"a\xc0\x80b",
    "raw control character": b"a\x01b",
}
BODIES = {
    ("POST", "/api/v1/auth/parent/register"): b'{"email":"%s@example.com","password":"Sunflower7","name":"%s"}',
    ("POST", "/api/v1/auth/parent/login"): b'{"email":"x%s@example.com","password":"%s"}',
    ("POST", "/api/v1/auth/password-reset"): b'{"email":"%s"}',
    ("POST", "/api/v1/auth/session/refresh"): b'{"refreshToken":"%s"}',
    ("POST", "/api/v1/auth/parent/verify-pin"): b'{"pin":"%s"}',
    ("POST", "/api/v1/family/children"): b'{"name":"%s","birthDate":"2020-01-15","interests":["%s"]}',
    ("PUT", "/api/v1/family/children/{child}"): b'{"name":"%s","avatar":"%s"}',
    ("PUT", "/api/v2/games/children/{child}/data"): b'{"gameType":"%s","dataKey":"%s","dataValue":{"a":1}}',
    ("PUT", "/api/v1/games/children/{child}/data"): b'{"gameType":"t","dataKey":"k","dataValue":{"%s":"%s"}}',
    ("POST", "/api/v2/games/children/{child}/data/batch"): (
        b'{"operations":[{"op":"put","gameType":"t","dataKey":"%s","dataValue":{"a":"%s"}}]}'
    ),
    ("POST", "/api/v1/analytics/events"): b'{"eventType":"%s","childId":"{child}","eventData":{"a":"%s"}}',
    ("POST", "/api/v1/coppa/consent"): (
        b'{"childId":"{child}","consentType":"%s","permissions":{"%s":true},"verificationMethod":"credit_card"}'
    ),
}
ODD_SEGMENTS = (
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%c0%80",
    "%",
    "%zz",
    "%2e%2e",
    "..",
    "%0d%0a",
    "\x7f",
    "é",
    "a" * 5000,
)
PATHS = (
    "/{odd}",
    "/api/v1/{odd}",
    "/api/v2/games/children/{odd}/data",
    "/api/v2/games/children/{child}/data/{odd}/k",
    "/api/v2/games/children/{child}/data/t/{odd}",
    "/api/v2/games/children/{child}/data?gameType={odd}&dataKey={odd}",
    "/api/v2/games/children/{child}/history?before={odd}&limit={odd}",
    "/api/v1/family/children/{odd}",
    "/api/v1/family/profile?{odd}={odd}",
    "/mail/{odd}",
    "/swagger/{odd}",
    "/openapi.yaml?version={odd}",
)
ODD_HEADERS = (
    b"Authorization: Bearer %s",
    b"X-Request-ID: %s",
    b"Idempotency-Key: %s",
    b"If-Match: %s",
    b"If-None-Match: %s",
    b"X-Device-Id: %s",
    b"X-Forwarded-For: %s",
    b"Content-Type: %s",
    b"Content-Length: %s",
    b"Accept-Encoding: %s",
    b"Origin: %s",
    b"Expect: %s",
    b"Host: %s",
)
ODD_VALUES = (
    b"",
    b"\x00",
    b"a\xff\xfe",
    b"\xed\xa0\x80",
    b"a\x01",
    b"-1",
    b"1e9",
    b"9" * 40,
    b"a" * 5000,
    b"%00",
    b"\t",
)


@pytest.fixture(scope="module")
def server(
    pg_server: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """One server for the whole module: odd texts leave it as it was."""
    with server_of_a_module(pg_server, migrated_template, tmp_path_factory) as server:
        yield server


@pytest.fixture
def household(server: LiveServer) -> Household:
    return register_household(server.base_url)


def test_odd_texts_in_bodies_are_refused_or_kept_and_never_fail(household: Household, server: LiveServer) -> None:
    with household.client() as client:
        for (method, path), template in BODIES.items():
            for name, odd in ODD_JSON.items():
                content = template.replace(b"%s", odd).replace(b"{child}", household.child_id.encode())
                answer = client.request(method, path.replace("{child}", household.child_id), content=content)
                assert answer.status_code < 500, (method, path, name, answer.text, server.log_text())
        assert save(client, household, "after", {}).status_code == 200
    assert "request failed" not in server.log_text()


def test_odd_paths_and_queries_are_answered(household: Household, server: LiveServer) -> None:
    for path in PATHS:
        for odd in ODD_SEGMENTS:
            target = path.replace("{odd}", odd).replace("{child}", household.child_id).encode()
            lines = [b"GET " + target + b" HTTP/1.1", b"Authorization: " + household.bearer["Authorization"].encode()]
            assert status_of(server, lines) in {200, 400, 404, 414}, target
    assert "request failed" not in server.log_text()


def test_odd_headers_are_answered(household: Household, server: LiveServer) -> None:
    content = b'{"gameType":"t","dataKey":"k","dataValue":{}}'
    for header in ODD_HEADERS:
        for value in ODD_VALUES:
            lines = [f"PUT {household.saves} HTTP/1.1".encode(), header.replace(b"%s", value)]
            if not header.startswith(b"Authorization"):
                lines.append(b"Authorization: " + household.bearer["Authorization"].encode())
            if not header.startswith(b"Content-Length"):
                lines.append(b"Content-Length: %d" % len(content))
            status = status_of(server, lines, content)
            assert status in {200, 400, 401, 408, 409, 413, 417, 431}, (header, value)
    with httpx2.Client(base_url=server.base_url) as client:
        assert client.get("/health").status_code == 200
    assert "request failed" not in server.log_text()


def test_an_odd_password_is_kept_whole_or_refused(server: LiveServer) -> None:
    with httpx2.Client(base_url=server.base_url) as client:
        for number, tail in enumerate(("\x7f", "\U0001f984", "é", "\u202e", "\ufeff")):
            form = {"email": f"odd{number}@example.com", "password": PASSWORD + tail, "name": "Ann Lee"}
            answer = client.post("/api/v1/auth/parent/register", json=form)
            assert answer.status_code in {201, 400}, answer.text
            if answer.status_code == 201:
                assert client.post("/api/v1/auth/parent/login", json=form).status_code == 200
                form["password"] = PASSWORD
                assert client.post("/api/v1/auth/parent/login", json=form).status_code == 401


def status_of(server: LiveServer, lines: list[bytes], content: bytes = b"") -> int:
    """The status of a request of raw lines, on a new connection."""
    has_host = any(line.startswith(b"Host:") for line in lines)
    own = [] if has_host else [b"Host: x"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"\r\n".join([*lines, *own, b"Connection: close", b"", b""]) + content)
        received = connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 "), (lines, received)
    return int(received.split(b" ", 2)[1])
