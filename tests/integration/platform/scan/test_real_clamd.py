"""The scanner against the real clamd, with a database of one signature; skipped where clamd is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.blobs import each, outages_of, pieces
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.scan import ClamdScanner, Clean, Infected
from wondernest.settings import Scan

SIGNATURE = b"a signature that only the tests know"
CLAMD = shutil.which("clamd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
START_S = 60.0
MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(CLAMD is None, reason="clamd is not installed (Debian: clamav-daemon)")


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """The socket of a running clamd that knows SIGNATURE and takes at most 2 MiB."""
    assert CLAMD is not None
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        socket = folder / "clamd.ctl"
        (folder / "database").mkdir()
        (folder / "database" / "tests.ndb").write_text(f"Tests.Signature-1:0:*:{SIGNATURE.hex()}\n")
        settings = (
            f"LocalSocket {socket}",
            f"DatabaseDirectory {folder / 'database'}",
            f"LogFile {folder / 'clamd.log'}",
            f"TemporaryDirectory {folder}",
            "Foreground yes",
            "StreamMaxLength 2M",
        )
        (folder / "clamd.conf").write_text("\n".join([*settings, ""]))
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [CLAMD, f"--config-file={folder / 'clamd.conf'}"], stdout=output, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + START_S
            while not socket.exists():
                assert process.poll() is None, (folder / "output").read_text()
                assert time.monotonic() < deadline, "clamd never listened"
                time.sleep(0.05)
            yield str(socket)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def scanner(clamd: str) -> ClamdScanner:
    return ClamdScanner(Scan(address=clamd), outages_of(dependency="scanner"))


async def test_the_real_scanner_tells_infected_from_clean(scanner: ClamdScanner) -> None:
    assert await scanner.ping() == ""
    assert await scanner.scan(pieces(b"a picture")) == Clean()
    assert await scanner.scan(pieces()) == Clean()
    found = await scanner.scan(pieces(bytes(100_000), SIGNATURE[:7], SIGNATURE[7:], bytes(1000)))
    assert isinstance(found, Infected)
    assert found.name.startswith("Tests.Signature-1")


async def test_the_real_scanner_has_no_verdict_on_more_than_it_takes(scanner: ClamdScanner) -> None:
    with pytest.raises(DependencyUnavailable) as raised:
        await scanner.scan(each(bytes(64 * 1024) for _ in range(160)))
    assert raised.value.reason in {"content is larger than StreamMaxLength", "the connection broke"}
    assert await scanner.scan(each(bytes(64 * 1024) for _ in range(16))) == Clean()
