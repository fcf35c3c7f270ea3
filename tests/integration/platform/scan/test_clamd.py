"""The scanner: verdicts, and every way in which there is none, against a server that speaks clamd's protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fixtures.blobs import each, outages_of, pieces
from tests.fixtures.peers import Handler, peer
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.outages import Outages
from wondernest.platform.scan import ClamdScanner, Clean, Infected, NoScanner
from wondernest.platform.scan.checks import scan_check
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Scan

SIGNATURE = b"a signature that only the tests know"
CLEAN = b"stream: OK\0"
FOUND = b"stream: Tests.Signature-1 FOUND\0"
TOO_LARGE = b"INSTREAM size limit exceeded. ERROR\0"
MIB = 1024 * 1024


class FakeClamd:
    """Speaks PING and INSTREAM: finds SIGNATURE, and refuses more than `limit` bytes as clamd does."""

    def __init__(self, *, limit: int = 100 * MIB, reply: bytes | None = None, hangs: bool = False) -> None:
        self.received: list[bytes] = []
        self.largest_piece = 0
        self._limit = limit
        self._reply = reply
        self._hangs = hangs

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        if self._hangs:
            await reader.read()
        if command == b"zPING\0":
            writer.write(self._reply or b"PONG\0")
        else:
            assert command == b"zINSTREAM\0"
            writer.write(await self._instream(reader))
        await writer.drain()

    async def _instream(self, reader: asyncio.StreamReader) -> bytes:
        content = bytearray()
        while size := int.from_bytes(await reader.readexactly(4)):
            self.largest_piece = max(self.largest_piece, size)
            content += await reader.readexactly(size)
            if len(content) > self._limit:
                return TOO_LARGE
        self.received.append(bytes(content))
        return self._reply or (FOUND if SIGNATURE in content else CLEAN)


@asynccontextmanager
async def scanner(
    handle: Handler, *, timeout_s: float = 20.0, outages: Outages | None = None
) -> AsyncGenerator[ClamdScanner]:
    """A scanner of a server on TCP."""
    async with peer(handle) as port:
        yield scanner_at(f"127.0.0.1:{port}", timeout_s, outages)


def scanner_at(address: str, timeout_s: float = 20.0, outages: Outages | None = None) -> ClamdScanner:
    settings = Scan(address=address, timeout_s=timeout_s)
    return ClamdScanner(settings, outages or outages_of(dependency="scanner"))


async def no_verdict(scan: ClamdScanner, reason: str) -> None:
    with pytest.raises(DependencyUnavailable) as raised:
        await scan.scan(each(bytes(64 * 1024) for _ in range(64)))
    assert raised.value.dependency == "scanner"
    assert raised.value.reason == reason


async def test_clean_content_is_clean_and_arrives_whole() -> None:
    clamd = FakeClamd()
    async with scanner(clamd.handle) as scan:
        assert await scan.scan(pieces(b"", b"a picture", b"", bytes(200_000))) == Clean()
        assert await scan.scan(pieces()) == Clean()
    assert clamd.received == [b"a picture" + bytes(200_000), b""]
    assert clamd.largest_piece <= 64 * 1024


async def test_infected_content_is_named() -> None:
    async with scanner(FakeClamd().handle) as scan:
        assert await scan.scan(pieces(bytes(100_000), SIGNATURE[:10], SIGNATURE[10:])) == Infected("Tests.Signature-1")


async def test_the_name_of_a_signature_is_safe_to_log() -> None:
    async with scanner(FakeClamd(reply=b"stream: a\nb \xff" + b"c" * 200 + b" FOUND\0").handle) as scan:
        found = await scan.scan(pieces(b"x"))
    assert found == Infected("a?b??" + "c" * 95)


async def test_a_unix_socket_is_an_address_too(tmp_path: Path) -> None:
    path = tmp_path / "clamd.ctl"
    async with peer(FakeClamd().handle, path):
        assert await scanner_at(str(path)).scan(pieces(SIGNATURE)) == Infected("Tests.Signature-1")
        assert await scanner_at(str(path)).ping() == ""


async def test_content_larger_than_the_scanner_takes_is_not_clean() -> None:
    async with scanner(FakeClamd(limit=100_000).handle) as scan:
        with pytest.raises(DependencyUnavailable) as raised:
            await scan.scan(each(bytes(64 * 1024) for _ in range(64)))
    assert raised.value.reason in {
        "content is larger than StreamMaxLength",
        "the connection broke",  # clamd closes with content unread: the reply may be lost on the way
    }


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"stream: O", "half a reply"),
        (b"", "the connection ended without a reply"),
        (b"stream: O K\0", "an unknown reply"),
        (b"x" * 100_000, "an unknown reply"),
        (b"stream: lstat() failed: No such file or directory. ERROR\0", "an unknown reply"),
        (b"INSTREAM size limit exceeded. ERROR\0", "content is larger than StreamMaxLength"),
    ],
)
async def test_any_other_reply_is_no_verdict(reply: bytes, reason: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while size := int.from_bytes(await reader.readexactly(4)):
            await reader.readexactly(size)
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with scanner(handle) as scan:
        await no_verdict(scan, reason)


async def test_a_scanner_that_answers_early_is_heard() -> None:
    """clamd may find something before it has read everything; then nothing more is sent."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(FOUND)
        await writer.drain()
        await reader.read()
        writer.close()

    taken = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(64 * 1024)

    async with scanner(handle) as scan:
        assert await scan.scan(endless()) == Infected("Tests.Signature-1")


async def test_a_slow_scanner_ends_in_a_time_out() -> None:
    async with scanner(FakeClamd(hangs=True).handle, timeout_s=0.2) as scan:
        await no_verdict(scan, "timed out")


async def test_a_scanner_that_reads_nothing_ends_in_a_time_out() -> None:
    async def handle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(5)

    async with scanner(handle, timeout_s=0.2) as scan:
        with pytest.raises(DependencyUnavailable, match="timed out"):
            await scan.scan(each(bytes(MIB) for _ in range(64)))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere/clamd.ctl"])
async def test_a_scanner_that_is_away_is_an_outage(address: str) -> None:
    await no_verdict(scanner_at(address), "no connection")


async def test_a_scanner_that_hangs_up_is_an_outage_and_the_next_scan_works() -> None:
    calls = 0
    clamd = FakeClamd()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            writer.transport.abort()
        else:
            await clamd.handle(reader, writer)

    async with scanner(handle) as scan:
        with pytest.raises(DependencyUnavailable):
            await scan.scan(each(bytes(64 * 1024) for _ in range(64)))
        assert await scan.scan(pieces(b"x")) == Clean()


async def test_more_scans_than_the_scanner_takes_wait_their_turn() -> None:
    running = most = 0
    clamd = FakeClamd()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        await clamd.handle(reader, writer)
        running -= 1

    async with scanner(handle) as scan:
        assert await asyncio.gather(*(scan.scan(pieces(b"x")) for _ in range(20))) == [Clean()] * 20
    assert most <= 4


async def test_scans_that_wait_too_long_for_their_turn_have_no_verdict() -> None:
    async with scanner(FakeClamd(hangs=True).handle, timeout_s=0.3) as scan:
        failed = await asyncio.gather(*(scan.scan(pieces(b"x")) for _ in range(9)), return_exceptions=True)
    reasons = {fault.reason for fault in failed if isinstance(fault, DependencyUnavailable)}
    assert len(failed) == 9
    assert reasons <= {"timed out", "too many scans are waiting"}
    assert "too many scans are waiting" in reasons


async def test_content_that_breaks_off_is_the_callers_error_and_no_outage() -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"x"
        raise ConnectionResetError

    outages = outages_of(dependency="scanner")
    async with scanner(FakeClamd().handle, outages=outages) as scan:
        with pytest.raises(ConnectionResetError):
            await scan.scan(broken())
        assert not outages.failing
        assert await scan.scan(pieces(b"x")) == Clean()


async def test_an_outage_is_logged_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "wondernest")
    metrics = Metrics()
    scan = scanner_at("127.0.0.1:1", outages=outages_of(metrics, "scanner"))
    for _ in range(3):
        await no_verdict(scan, "no connection")
    counted = metrics.registry.get_sample_value("wondernest_dependency_failures_total", {"dependency": "scanner"})
    assert counted == 3
    assert [record.message for record in caplog.records] == ["dependency unavailable"]


async def test_the_check_says_in_one_line_whether_the_scanner_answers() -> None:
    async with scanner(FakeClamd().handle) as scan:
        good = await scan_check(scan).ask()
    assert (good.up, good.message) == (True, "Connected")
    away = await scan_check(scanner_at("127.0.0.1:1")).ask()
    assert not away.up
    assert away.message == "no answer: no connection; check CLAMD_ADDRESS and that clamd runs there"
    async with scanner(FakeClamd(reply=b"UNKNOWN COMMAND\0").handle) as scan:
        strange = await scan_check(scan).ask()
    assert strange.message.startswith("no answer: an unknown reply; ")


async def test_whether_a_verdict_is_needed_is_a_setting() -> None:
    outages = outages_of(dependency="scanner")
    assert not ClamdScanner(Scan(address="a:1"), outages).required
    assert ClamdScanner(Scan(address="a:1", required=True), outages).required
    assert ClamdScanner(Scan(address="a:1"), outages).active


async def test_without_a_scanner_nothing_is_read_and_nothing_claims_to_have_looked() -> None:
    async def never() -> AsyncGenerator[bytes]:
        raise AssertionError
        yield b""

    nothing = NoScanner()
    assert await nothing.scan(never()) == Clean()
    assert (nothing.active, nothing.required, await nothing.ping()) == (False, False, "")
