"""A temporary file that cannot be written or read: an honest 503, counted, logged once, and never a file without a scan."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Any, cast

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import register, rows
from tests.fixtures.files import UPLOAD, drawing
from tests.fixtures.peers import peer
from tests.integration.platform.scan.test_clamd import FakeClamd
from wondernest.app import create_app
from wondernest.platform.media import inspector
from wondernest.settings import Settings

UNAVAILABLE = {
    "success": False,
    "error": {"code": "SERVICE_UNAVAILABLE", "message": "Service temporarily unavailable"},
}
FAILURES = 'wondernest_dependency_failures_total{dependency="media"}'
STATE = 'wondernest_dependency_up{dependency="media"}'
UNSCANNED = "wondernest_unscanned_uploads_total"
FAULTS = [("write", errno.ENOSPC), ("write", errno.EIO), ("read", errno.EIO)]
"""What fails: a file that arrives is written, its cleaned copy is read to be scanned and stored."""


class Broken(io.FileIO):
    """A file of which one operation fails."""

    fails = ""
    error = 0

    def write(self, content: Any) -> int:
        self._fail("write")
        return super().write(content)

    def read(self, size: int | None = -1) -> bytes:
        self._fail("read")
        return super().read(size) or b""

    def _fail(self, what: str) -> None:
        if what == self.fails:
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
async def client(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with peer(FakeClamd().handle) as port:
        settings = make_settings(RATE_LIMIT_UPLOAD="0", CLAMD_ADDRESS=f"127.0.0.1:{port}")
        async with running(create_app(settings)) as started:
            yield started


def broken_files(folder: Path, what: str, error: int) -> Callable[..., IO[bytes]]:
    """Makes temporary files of which one operation fails."""

    def scratch(_folder: str = "") -> IO[bytes]:
        file = Broken(os.open(folder, os.O_TMPFILE | os.O_RDWR), "r+b")
        file.fails, file.error = what, error
        return cast("IO[bytes]", file)

    return scratch


async def metric(client: httpx2.AsyncClient, name: str) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    [line] = [line for line in lines if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


@pytest.mark.parametrize(("what", "error"), FAULTS)
async def test_a_temporary_file_that_fails_is_an_honest_503_and_no_fault_of_the_scanner(
    client: httpx2.AsyncClient,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    what: str,
    error: int,
) -> None:
    ann = await register(client)
    form = {"file": ("cat.png", drawing(), "image/png")}
    with monkeypatch.context() as broken:
        broken.setattr(inspector, "scratch_file", broken_files(tmp_path, what, error))
        for _ in range(2):
            answer = await client.post(UPLOAD, files=form, headers=ann.bearer)
            assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)
            assert answer.headers["retry-after"]
    assert await metric(client, FAILURES) == 2
    assert await metric(client, STATE) == 0
    assert await metric(client, UNSCANNED) == 0
    assert [record.message for record in caplog.records].count("dependency unavailable") == 1
    assert not await rows(database_url, "select from core.uploaded_files")
    assert (await client.post(UPLOAD, files=form, headers=ann.bearer)).status_code == 201
