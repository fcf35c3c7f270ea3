"""Behaviour that only raw bytes on a connection show (server contract §5.1-§5.6)."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from tests.fixtures.auth import sign_up
from tests.fixtures.processes import LiveServer, server_of_a_module
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.http.endpoint import MIB

LOGIN = "/api/v1/auth/login"
READ_TIMEOUT_S = 30.0


@pytest.fixture(scope="module")
def server(
    pg_server: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """One server for the whole module; each test has its own connection."""
    with server_of_a_module(pg_server, migrated_template, tmp_path_factory, BODY_TIMEOUT_S="0.5") as server:
        yield server


class Wire:
    """One connection."""

    def __init__(self, server: LiveServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), READ_TIMEOUT_S)
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def send(self, *lines: str, body: bytes = b"") -> None:
        self.socket.sendall("\r\n".join([lines[0], "host: test", *lines[1:], "", ""]).encode() + body)

    def head(self) -> tuple[int, dict[str, str]]:
        status = int(self.file.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self.file.readline().rstrip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        status, headers = self.head()
        return status, headers, self.file.read(int(headers["content-length"]))

    def closed(self) -> bool:
        return self.file.read(1) == b""


@pytest.fixture
def wire(server: LiveServer) -> Iterator[Wire]:
    with closing(Wire(server)) as connection:
        yield connection


def test_head_sends_the_length_and_no_body(wire: Wire) -> None:
    wire.send("HEAD /health HTTP/1.1")
    status, headers = wire.head()
    assert (status, headers["content-length"]) == (200, "15")
    wire.send("GET /health HTTP/1.1")
    assert wire.reply()[2] == b'{"status":"UP"}'


def test_a_connection_serves_one_request_after_another(wire: Wire) -> None:
    for _ in range(3):
        wire.send("GET /nowhere HTTP/1.1")
        assert wire.reply()[0] == 404


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    wire.send("GET /health HTTP/1.1")
    wire.send("GET /nowhere HTTP/1.1")
    wire.send("GET /health/live HTTP/1.1")
    assert [wire.reply()[0] for _ in range(3)] == [200, 404, 200]


def test_a_chunked_body_is_read(wire: Wire) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", "transfer-encoding: chunked")
    for part in (b'{"email":"a@exam', b'ple.com","passwo', b'rd":"Sunflower7"}'):
        wire.socket.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    wire.socket.sendall(b"0\r\n\r\n")
    assert wire.reply()[0] == 401


def test_a_body_announced_too_large_is_refused_before_it_is_sent(wire: Wire) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", f"content-length: {100 * MIB}")
    status, headers, body = wire.reply()
    assert (status, headers["connection"]) == (413, "close")
    assert b'"error":"PAYLOAD_TOO_LARGE","message":"Request body too large"' in body
    assert wire.closed()


def test_a_413_can_be_read_by_a_client_that_sends_all_of_its_body_first(wire: Wire) -> None:
    body = b"[" + b" " * (20 * MIB) + b"]"
    wire.send(f"POST {LOGIN} HTTP/1.1", f"content-length: {len(body)}", body=body)
    status, headers, reply = wire.reply()
    assert (status, headers["connection"]) == (413, "close")
    assert b'"error":"PAYLOAD_TOO_LARGE"' in reply
    assert wire.closed()


def test_a_chunked_body_is_refused_as_soon_as_it_passes_the_limit(wire: Wire) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", "transfer-encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    try:
        while sent < 100 * MIB:
            wire.socket.sendall(chunk)
            sent += 0x10000
    except OSError:
        pass  # the server closed the connection, as expected
    assert sent < 100 * MIB


def test_a_client_that_expects_100_continue_gets_it(wire: Wire) -> None:
    body = b'{"refreshToken":"x"}'
    wire.send("POST /api/v1/auth/refresh HTTP/1.1", f"content-length: {len(body)}", "expect: 100-continue")
    assert wire.head()[0] == 100
    wire.socket.sendall(body)
    assert wire.reply()[0] == 401


def test_a_client_that_expects_100_continue_gets_413_for_a_large_body(wire: Wire) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", f"content-length: {100 * MIB}", "expect: 100-continue")
    assert wire.reply()[0] == 413


def test_a_body_that_does_not_arrive_times_out(wire: Wire) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", "content-length: 100", body=b'{"email":')
    status, headers, body = wire.reply()
    assert (status, headers["connection"]) == (408, "close")
    assert b'"error":"REQUEST_TIMEOUT"' in body


def test_a_client_that_leaves_half_way_does_not_disturb_others(server: LiveServer) -> None:
    for _ in range(5):
        with closing(Wire(server)) as leaver:
            leaver.send(f"POST {LOGIN} HTTP/1.1", "content-length: 100", body=b'{"email":')
    with closing(Wire(server)) as stayer:
        stayer.send("GET /health HTTP/1.1")
        assert stayer.reply()[0] == 200
    assert '"level": "error"' not in server.log_text()


def test_an_unread_body_does_not_disturb_the_next_request(wire: Wire) -> None:
    wire.send("GET /health HTTP/1.1", "content-type: application/json", "content-length: 7", body=b"{broken")
    assert wire.reply()[0] == 200
    wire.send("GET /health HTTP/1.1")
    assert wire.reply()[0] == 200


def test_a_refused_request_with_a_body_does_not_disturb_the_next_one(wire: Wire) -> None:
    wire.send("POST /nowhere HTTP/1.1", "content-length: 20", body=b"GET /health HTTP/1.1")
    assert wire.reply()[0] == 404
    wire.send("GET /health HTTP/1.1")
    assert wire.reply()[0] == 200


def test_a_large_reply_is_compressed_on_the_wire(wire: Wire) -> None:
    wire.send("GET /openapi.json HTTP/1.1", "accept-encoding: gzip")
    status, headers, body = wire.reply()
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body).startswith(b'{\n  "openapi": "3.1.0"')


PROFILE = "/api/v1/family/profile"


@pytest.mark.parametrize("second", ["authorization: Bearer {token}", "authorization:", "Authorization: Basic eDp5"])
def test_two_authorization_headers_are_no_authorization(server: LiveServer, second: str) -> None:
    token = register(server)
    with closing(Wire(server)) as wire:
        wire.send(f"GET {PROFILE} HTTP/1.1", f"authorization: Bearer {token}")
        assert wire.reply()[0] == 200
        wire.send(f"GET {PROFILE} HTTP/1.1", f"authorization: Bearer {token}", second.format(token=token))
        status, headers, body = wire.reply()
        assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="WonderNest API"')
        assert b'"error":"UNAUTHORIZED","message":"Authentication required"' in body
        wire.send("GET /health HTTP/1.1", f"authorization: Bearer {token}", second.format(token=token))
        assert wire.reply()[0] == 200


def register(server: LiveServer) -> str:
    reply = httpx2.post(f"{server.base_url}/api/v1/auth/parent/register", json=sign_up(), timeout=READ_TIMEOUT_S)
    return reply.json()["data"]["accessToken"]


@pytest.mark.parametrize(
    "name",
    [
        "content-type",
        "idempotency-key",
        "if-modified-since",
        "if-range",
        "last-event-id",
        "origin",
        "range",
        "x-device-id",
    ],
)
def test_a_header_of_one_value_must_not_be_sent_twice(wire: Wire, name: str) -> None:
    wire.send("GET /health HTTP/1.1", f"{name}: a", f"{name}: a")
    status, headers, body = wire.reply()
    assert (status, headers["content-type"]) == (400, "application/json")
    assert f'"error":"VALIDATION_ERROR","message":"The header {name} was sent more than once"'.encode() in body
    wire.send("GET /health HTTP/1.1", f"{name}: a")
    assert wire.reply()[0] == 200


def test_lists_on_two_lines_are_one_list(wire: Wire) -> None:
    wire.send("GET /openapi.json HTTP/1.1", "accept-encoding: br", "accept-encoding: gzip")
    assert wire.reply()[1]["content-encoding"] == "gzip"
    wire.send("GET /openapi.json HTTP/1.1", "accept-encoding: gzip", "accept-encoding: br")
    assert wire.reply()[1]["content-encoding"] == "gzip"
    wire.send("GET /health HTTP/1.1", "x-request-id: one", "x-request-id: two")
    assert wire.reply()[1]["x-request-id"] not in {"one", "two", "one, two"}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x", "gzip, identity", "identity, gzip"])
def test_a_coded_body_is_refused_before_it_is_read(wire: Wire, coding: str) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", f"content-encoding: {coding}", "content-length: 1000")
    status, headers, body = wire.reply()
    assert (status, headers["connection"], headers["accept-encoding"]) == (415, "close", "identity")
    assert b'"error":"UNSUPPORTED_MEDIA_TYPE","message":"Content-Encoding is not supported"' in body
    assert wire.closed()


@pytest.mark.parametrize("coding", ["identity", "Identity", "", "identity, identity"])
def test_a_body_as_it_is_may_say_so(wire: Wire, coding: str) -> None:
    wire.send(f"POST {LOGIN} HTTP/1.1", f"content-encoding: {coding}", "content-length: 2", body=b"{}")
    assert wire.reply()[0] == 400


def test_a_coding_without_a_body_to_read_is_ignored(wire: Wire) -> None:
    wire.send("GET /health HTTP/1.1", "content-encoding: gzip")
    assert wire.reply()[0] == 200


@pytest.mark.parametrize("line", ["GARBAGE", "GET /health HTTP/9.9", "GET  HTTP/1.1"])
def test_bytes_that_are_not_http_get_no_traceback(server: LiveServer, line: str) -> None:
    with closing(Wire(server)) as wire:
        wire.send(line)
        answer = wire.file.read(4096)
    assert b"Traceback" not in answer
    with closing(Wire(server)) as wire:
        wire.send("GET /health HTTP/1.1")
        assert wire.reply()[0] == 200
    assert "Traceback" not in server.log_text()
