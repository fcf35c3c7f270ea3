"""Key sets of identity providers: from a URL (a server of the test) and from a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fixtures.identities import Signer
from wondernest.auth import jwks
from wondernest.auth.jwks import KeySet
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.metrics import Metrics

TIMEOUT_S = 2.0
HOUR_S = 3600.0


@dataclass
class KeyServer:
    """Serves one document over HTTP and counts its requests."""

    url: str = ""
    content: bytes = b""
    status: int = 200
    headers: bytes = b""
    asked: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await self.held.wait()
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.content)}\r\nConnection: close\r\n"
        writer.write(head.encode() + self.headers + b"\r\n" + self.content)
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    served = KeyServer()
    served.held.set()
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys"
    async with listening:
        yield served


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Fixes the monotonic clock of the key sets; the function yielded advances it."""
    moment = [1000.0]
    monkeypatch.setattr(jwks, "monotonic", lambda: moment[0])

    def forward(seconds: float) -> None:
        moment[0] += seconds

    return forward


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("one")


def key_set(source: str, timeout_s: float = TIMEOUT_S) -> KeySet:
    return KeySet(source, HOUR_S, timeout_s, Metrics())


async def test_keys_are_fetched_once_and_then_cached(server: KeyServer, signer: Signer) -> None:
    server.content = signer.document()
    keys = key_set(server.url)
    found = await asyncio.gather(*(keys.key("one") for _ in range(20)))
    assert all(key is not None and key.key_id == "one" for key in found)
    assert server.asked == 1


async def test_both_kinds_of_key_are_bound_to_their_own_algorithm(server: KeyServer, signer: Signer) -> None:
    elliptic = Signer("two", elliptic=True)
    server.content = json.dumps({"keys": [signer.entry(), elliptic.entry()]}).encode()
    keys = key_set(server.url)
    algorithms = [key.algorithm_name for name in ("one", "two") if (key := await keys.key(name)) is not None]
    assert algorithms == ["RS256", "ES256"]


async def test_keys_for_encryption_of_other_algorithms_and_secrets_are_skipped(
    server: KeyServer, signer: Signer
) -> None:
    entries = [
        signer.entry(kid="enc", use="enc"),
        signer.entry(kid="alg", alg="RS512"),
        {"kty": "oct", "kid": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": 7, "kid": "odd"},
        signer.entry(),
    ]
    server.content = json.dumps({"keys": entries}).encode()
    keys = key_set(server.url)
    assert await keys.key("one") is not None
    for name in ("enc", "alg", "oct", "broken", "odd"):
        assert await keys.key(name) is None


async def test_an_unknown_id_fetches_again_but_not_too_often(
    server: KeyServer, signer: Signer, now: Callable[[float], None]
) -> None:
    server.content = signer.document()
    keys = key_set(server.url)
    assert await keys.key("one") is not None
    server.content = Signer("new").document()
    for _ in range(10):
        assert await keys.key("new") is None
    assert server.asked == 1
    now(jwks.REFETCH_PAUSE_S + 1)
    assert await keys.key("new") is not None
    assert server.asked == 2


async def test_cached_keys_survive_an_outage_of_the_provider(
    server: KeyServer, signer: Signer, now: Callable[[float], None]
) -> None:
    server.content = signer.document()
    keys = key_set(server.url)
    await keys.key("one")
    server.status = 500
    now(HOUR_S + 1)
    for _ in range(3):
        assert await keys.key("one") is not None
    assert server.asked == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"no json", b"[]", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[1]}', b"\xff", b"[" * 100_000, b" " * 300_000],
)
async def test_a_document_that_is_no_key_set_is_a_fault_of_the_provider(server: KeyServer, content: bytes) -> None:
    server.content = content
    with pytest.raises(DependencyUnavailable):
        await key_set(server.url).key("one")


async def test_a_redirect_is_not_followed(server: KeyServer) -> None:
    server.status, server.headers = 302, b"Location: http://127.0.0.1:1/\r\n"
    with pytest.raises(DependencyUnavailable):
        await key_set(server.url).key("one")


async def test_a_slow_provider_times_out(server: KeyServer) -> None:
    server.held.clear()
    with pytest.raises(DependencyUnavailable):
        await key_set(server.url, timeout_s=0.05).key("one")
    server.held.set()


async def test_after_a_fault_the_provider_is_not_asked_for_a_while(
    server: KeyServer, signer: Signer, now: Callable[[float], None]
) -> None:
    server.status = 503
    keys = key_set(server.url)
    for _ in range(5):
        with pytest.raises(DependencyUnavailable):
            await keys.key("one")
    assert server.asked == 1
    server.status, server.content = 200, signer.document()
    now(jwks.FAILURE_PAUSE_S + 1)
    assert await keys.key("one") is not None


async def test_keys_are_read_from_a_file(tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(signer.document())
    assert await key_set(str(path)).key("one") is not None


async def test_a_missing_or_oversized_file_is_a_fault(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (jwks.MAX_BYTES + 1))
    for path in (large, tmp_path / "none.json"):
        with pytest.raises(DependencyUnavailable):
            await key_set(str(path)).key("one")
