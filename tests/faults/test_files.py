"""Uploads and downloads on bad days: nothing half-done is ever visible, and after the jobs nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.faults.household import Household, register_household, save
from tests.faults.test_streams import memory
from tests.faults.uploads import (
    BOUNDARY,
    END,
    PICTURE,
    UPLOAD,
    Shelf,
    is_outage,
    message_of,
    noise,
    part,
    path_of,
    received,
    refusal,
    sending,
    upload,
)
from tests.fixtures.bad_days import traces
from tests.fixtures.media import foreign_profile, slow_gif
from tests.fixtures.processes import children, wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

MIB = 1024 * 1024
TOO_LARGE = "File size exceeds maximum allowed size of 10MB"
WORKER_GROWTH_BYTES = 64 * MIB
"""How much more memory a worker may need for any number of uploads."""
UNLIMITED = {"RATE_LIMIT_UPLOAD": "0"}
FULL_BYTES = 128 * 1024


@pytest.fixture
def shelf(tmp_path: Path, database_url: str) -> Shelf:
    """The storage of the servers that `live_server` starts."""
    return Shelf(tmp_path / "uploads", database_url)


@pytest.fixture
def background() -> Generator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(60) as threads:
        yield threads


def counted(server: LiveServer, name: str, **labels: str) -> float:
    """A counter of the server's only worker."""
    shown = "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}" if labels else ""
    text = httpx2.get(f"{server.base_url}/metrics", timeout=30).text
    found = re.search(rf"^wondernest_{name}_total{re.escape(shown)} ([0-9.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def worker_of(server: LiveServer) -> int:
    (worker,) = server.workers()
    return worker


def shown(household: Household) -> list[dict[str, Any]]:
    """The files that the household sees."""
    with household.client() as client:
        return client.get("/api/v1/files").raise_for_status().json()["data"]


@contextlib.contextmanager
def away(folder: Path) -> Generator[None]:
    """Take a folder away."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(folder)


@contextlib.contextmanager
def not_writable(folder: Path) -> Generator[None]:
    """Nothing new can be written; what is there can be read. Rights alone would not stop root."""
    drafts = folder / ".unfinished"
    drafts.rmdir()
    drafts.touch()
    try:
        yield
    finally:
        drafts.unlink()


@pytest.mark.parametrize(("fault", "reads"), [(away, 503), (not_writable, 200)])
def test_a_storage_that_fails_is_an_honest_503_and_heals_by_itself(
    live_server: StartServer, shelf: Shelf, bad_day: BadDay, fault: Any, reads: int
) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    with household.client() as client:
        kept = upload(client).raise_for_status().json()["data"]
        with fault(shelf.folder):
            answers = [upload(client) for _ in range(3)]
            assert all(is_outage(answer) for answer in answers), [answer.text for answer in answers]
            assert client.get(path_of(kept["url"])).status_code == reads
            assert client.get(f"/api/v1/files/{kept['id']}/download").status_code == reads
            assert save(client, household, "story", {"page": 1}).status_code == 200
            assert client.get("/health/ready").status_code == 200
        assert upload(client).status_code == 201
        assert client.get(path_of(kept["url"])).status_code == 200
    assert len(shown(household)) == len(shelf.files()) == len(shelf.rows()) == 2
    found = bad_day.record(f"file storage: {fault.__name__}", server, saw=[answer.status_code for answer in answers])
    assert 0 < found.logged["dependency unavailable"] <= 2  # once for reads, once for writes
    assert found.failures["storage"] >= len(answers)
    assert not found.logged["request failed"]


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="limits the files of another process with prlimit (Linux)")
def test_a_full_disk_refuses_uploads_and_nothing_else(live_server: StartServer, shelf: Shelf, bad_day: BadDay) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    small_that_grows = noise(640, 480, "WEBP", quality=1, icc_profile=foreign_profile())
    assert len(small_that_grows) < FULL_BYTES
    with household.client() as client:
        kept = upload(client).raise_for_status().json()["data"]
        words = ["prlimit", f"--pid={worker_of(server)}"]
        subprocess.run([*words, f"--fsize={FULL_BYTES}:"], check=True)
        in_temporary_folder = upload(client, noise(640, 480))
        in_storage = upload(client, small_that_grows, "cat.webp", "image/webp")
        assert client.get(path_of(kept["url"])).status_code == 200
        assert upload(client).status_code == 201
        subprocess.run([*words, "--fsize=unlimited:"], check=True)
        assert upload(client, noise(640, 480)).status_code == 201
        assert upload(client, small_that_grows, "cat.webp", "image/webp").status_code == 201
    assert is_outage(in_temporary_folder), in_temporary_folder.text
    assert is_outage(in_storage), in_storage.text
    assert len(shelf.files()) == len(shelf.rows()) == 4
    saw = [in_temporary_folder.status_code, in_storage.status_code]
    found = bad_day.record("the disks of temporary files and of the storage full", server, saw=saw)
    assert found.failures == {"media": 1, "storage": 1}
    assert found.logged["dependency unavailable"] == 2
    assert not found.logged["request failed"]


def test_a_blob_deleted_behind_our_back_is_404_logged_once_and_counted(live_server: StartServer, shelf: Shelf) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    with household.client() as client:
        data = upload(client).raise_for_status().json()["data"]
        shelf.wait_for_blob().unlink()
        path = path_of(data["url"])
        for target in (path, path, f"{path}?w=160"):
            answer = client.get(target)
            assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")
        answer = client.get(f"/api/v1/files/{data['id']}/download")
        assert (answer.status_code, answer.json()) == (404, refusal("FILE_NOT_FOUND", "File not found"))
        assert client.head(path).status_code == 404
        assert client.get(f"/api/v1/files/{data['id']}").status_code == 200
    assert counted(server, "missing_blobs") == 5
    assert traces(server).logged["the content of a file is gone"] == 1


def test_kill_9_while_a_file_arrives_leaves_nothing(
    live_server: StartServer, shelf: Shelf, tmp_path: Path, bad_day: BadDay
) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    worker = worker_of(server)
    size = 8 * MIB
    with sending(household, f"Content-Length: {size}") as connection:
        connection.sendall(part(noise(1200, 900)))
        opened = Path(f"/proc/{worker}/fd")
        wait_for(lambda: any("(deleted)" in _target(file) for file in opened.iterdir()), "the file arrives")
        os.kill(worker, signal.SIGKILL)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    wait_for(lambda: server.workers() - {worker} and server.healthy(), "another worker")
    assert shelf.left() == []
    assert shown(household) == []
    with household.client() as client:
        assert upload(client).status_code == 201
    bad_day.record("a worker killed with -9 while a file arrives", server, saw=[None, 201])


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):
        return str(link.readlink())
    return ""


def test_kill_9_between_blob_and_row_shows_nothing_and_after_the_jobs_nothing_is_left(
    live_server: StartServer, shelf: Shelf, background: ThreadPoolExecutor, bad_day: BadDay
) -> None:
    server = live_server(JOBS_PROCESSES="1", JOBS_LEASE_S="1", **UNLIMITED)
    household = register_household(server.base_url)
    worker = worker_of(server)
    with household.client() as client:
        with shelf.rows_held():
            waiting = background.submit(upload, client)
            key = str(shelf.wait_for_blob().relative_to(shelf.folder))
            os.kill(worker, signal.SIGKILL)
            assert isinstance(waiting.exception(), httpx2.TransportError)
        wait_for(lambda: server.workers() - {worker} and server.healthy(), "another worker")
        drafts = shelf.folder / ".unfinished"
        (drafts / "left-by-a-killed-process").write_bytes(PICTURE)
        assert client.get(f"/files/{key}").status_code == 404
        assert shown(household) == shelf.rows() == []
        shelf.run_jobs()
        assert len(shelf.files()) == 2  # an upload that may still run is left alone
        shelf.let_time_pass()
        shelf.run_jobs()
        assert shelf.left() == []
        kept = upload(client).raise_for_status().json()["data"]
        shelf.let_time_pass()
        shelf.run_jobs()
        assert client.get(path_of(kept["url"])).status_code == 200
    bad_day.record("a worker killed with -9 between a blob and its row", server, saw=[None, 404, 201])


def test_a_database_that_goes_away_during_an_upload_leaves_nothing(
    live_server: StartServer,
    tmp_path: Path,
    fragile_postgres: EmbeddedPostgres,
    fragile_database: str,
    background: ThreadPoolExecutor,
    bad_day: BadDay,
) -> None:
    shelf = Shelf(tmp_path / "uploads", fragile_database)
    server = live_server(DATABASE_URL=fragile_database, JOBS_PROCESSES="1", JOBS_LEASE_S="1", **UNLIMITED)
    household = register_household(server.base_url)
    with household.client() as client:
        with shelf.rows_held():
            waiting = background.submit(upload, client)
            shelf.wait_for_blob()
            fragile_postgres.kill()
            during = waiting.result()
        while_away = upload(client)
        fragile_postgres.start()
        assert is_outage(during), during.text
        assert is_outage(while_away), while_away.text
        wait_for(lambda: client.get("/api/v1/files").status_code == 200, "the database is used again")
        assert shown(household) == shelf.rows() == []
        assert len(shelf.files()) == 1
        shelf.let_time_pass()
        shelf.run_jobs()
        assert shelf.left() == []
        assert upload(client).status_code == 201
    bad_day.record("PostgreSQL killed during an upload", server, saw=[during.status_code, while_away.status_code])


def helpers_of(worker: int) -> tuple[int, int] | None:
    """The process that starts helpers, and the helper at work."""
    for server in children(worker):
        for helper in children(server):
            return server, helper
    return None


@pytest.mark.parametrize("victim", [0, 1], ids=["server", "helper"])
def test_a_killed_helper_costs_nothing_but_time(
    live_server: StartServer, shelf: Shelf, background: ThreadPoolExecutor, bad_day: BadDay, victim: int
) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    worker = worker_of(server)
    with household.client() as client:
        waiting = background.submit(upload, client, slow_gif(20), "cat.gif", "image/gif")
        wait_for(lambda: helpers_of(worker), "a helper works")
        found = helpers_of(worker)
        assert found is not None
        os.kill(found[victim], signal.SIGKILL)
        assert waiting.result().status_code == 201, waiting.result().text
    assert len(shelf.files()) == 1
    assert server.workers() == {worker}
    bad_day.record("the process that inspects files killed with -9", server, saw=[201])


def test_a_helper_that_hangs_costs_that_upload_only(
    live_server: StartServer, shelf: Shelf, background: ThreadPoolExecutor, bad_day: BadDay
) -> None:
    server = live_server(MEDIA_TIMEOUT_S="5", **UNLIMITED)
    household = register_household(server.base_url)
    worker = worker_of(server)
    with household.client() as client:
        waiting = background.submit(upload, client, slow_gif(20), "cat.gif", "image/gif")
        wait_for(lambda: helpers_of(worker), "a helper works")
        found = helpers_of(worker)
        assert found is not None
        os.kill(found[1], signal.SIGSTOP)
        assert upload(client).status_code == 201
        late = waiting.result()
    assert is_outage(late), late.text
    assert len(shelf.files()) == len(shelf.rows()) == 1
    assert counted(server, "media_helpers_ended", how="late") == 1
    bad_day.record("a helper hangs (limit 5 s)", server, saw=[201, late.status_code])


def test_uploads_that_are_cut_too_slow_or_doubled_leave_nothing(
    live_server: StartServer, shelf: Shelf, bad_day: BadDay
) -> None:
    server = live_server(BODY_TIMEOUT_S="0.5", **UNLIMITED)
    household = register_household(server.base_url)
    whole = part(PICTURE)
    with sending(household, f"Content-Length: {len(whole) + len(END)}") as connection:
        connection.sendall(whole[: len(whole) // 2])  # then the client leaves
    with sending(household, "Content-Length: 100000") as connection:
        connection.sendall(part(b"")[:-2])
        answer = _dribbled(connection)
        assert int(answer.split(b" ", 2)[1]) == 408
    doubled = part(PICTURE) + part(PICTURE, "dog.png") + END
    with household.client() as client:
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        twice = client.post(UPLOAD, content=doubled, headers=kind)
        assert (twice.status_code, twice.json()) == (400, refusal("VALIDATION_ERROR", "One request uploads one file"))
        open_ended = client.post(UPLOAD, content=part(PICTURE), headers=kind)
        assert (open_ended.status_code, open_ended.json()["error"]["code"]) == (400, "NO_FILE")
        assert shelf.left() == []
        assert upload(client).status_code == 201
    wait_for(lambda: traces(server).statuses["499"] == 1, "the upload that was cut is counted")
    found = bad_day.record("uploads cut, dribbled, doubled", server, saw=[None, 408, 400, 400])
    assert not found.logged["request failed"]


def _dribbled(connection: Any) -> bytes:
    connection.settimeout(0.02)
    while True:
        connection.send(b"x")
        with contextlib.suppress(TimeoutError):
            return connection.recv(65536)


@pytest.mark.parametrize("framing", ["announced", "chunked"])
def test_the_refusal_of_50_megabytes_can_be_read_by_a_client_that_sends_everything_first(
    live_server: StartServer, shelf: Shelf, framing: str
) -> None:
    server = live_server(**UNLIMITED)
    household = register_household(server.base_url)
    size = 50 * MIB
    head = part(b"")[:-2]
    for token, status, text in ((True, 400, TOO_LARGE), (False, 401, "Authentication required")):
        header = "Transfer-Encoding: chunked" if framing == "chunked" else f"Content-Length: {len(head) + size}"
        with sending(household, header, token=token) as connection:
            piece = bytes(MIB)
            connection.sendall(_framed(head, framing))
            for _ in range(size // MIB):
                connection.sendall(_framed(piece, framing))
            connection.shutdown(1)
            answer = received(connection)
        assert int(answer.split(b" ", 2)[1]) == status
        assert text.encode() in answer
    with household.client() as client:
        slightly = upload(client, PICTURE + bytes(10 * MIB))
        assert message_of(slightly) == (400, TOO_LARGE)
    assert shelf.left() == []


def _framed(piece: bytes, framing: str) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" else piece


def test_fifty_uploads_at_once_need_little_memory_and_get_honest_answers(
    live_server: StartServer, shelf: Shelf, background: ThreadPoolExecutor, bad_day: BadDay
) -> None:
    server = live_server()
    households = [register_household(server.base_url) for _ in range(10)]
    content = b"Once upon a time. " * (3 * MIB // 18)
    with contextlib.ExitStack() as clients:
        sending_now = [clients.enter_context(household.client()) for household in households for _ in range(5)]
        assert upload(sending_now[0]).status_code == 201  # loads what is loaded only once
        worker = worker_of(server)
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # resets the peak
        before = memory(worker, "VmRSS")
        together = threading.Barrier(len(sending_now))

        def one(client: httpx2.Client) -> httpx2.Response:
            together.wait()
            return upload(client, content, "story.txt", "text/plain")

        running: list[Future[httpx2.Response]] = [background.submit(one, client) for client in sending_now]
        answers = [future.result() for future in running]
        growth = memory(worker, "VmHWM") - before
    saw = Counter(answer.status_code for answer in answers)
    assert growth < WORKER_GROWTH_BYTES
    assert set(saw) <= {201, 429, 503}
    assert saw[201] > 0
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers if answer.status_code != 201)
    assert len(shelf.rows()) == len(shelf.files()) == 1 + saw[201]
    found = bad_day.record(f"50 uploads at once (worker + {growth // MIB} MiB)", server, saw=list(saw.elements()))
    assert not found.logged["request failed"]
