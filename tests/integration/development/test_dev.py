"""`wondernest dev`: starts everything from an empty folder, stops everything, and has the same data the next time."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.processes import children, wait_for
from wondernest.development.embedded.process import free_port
from wondernest.development.pictures import PICTURES
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD


@pytest.fixture
def root(server_folder: Path) -> Iterator[Path]:
    folder = server_folder / "dev"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


class Dev:
    """One run of `wondernest dev` in a folder."""

    def __init__(self, root: Path, *arguments: str, **environ: str) -> None:
        self.port = free_port()
        self._said = root / "said"
        own = {"SERVER_PORT": str(self.port), "SERVER_EXTRA_PORTS": "", "WORKERS": "1"}
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "wondernest", "dev", *arguments],
                cwd=root,
                env={"PATH": os.environ["PATH"], "BCRYPT_COST": "4", **own, **environ},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def output(self) -> str:
        return self._said.read_text()

    def wait_until_running(self) -> None:
        wait_for(lambda: "is running" in self.output() or self.process.poll() is not None, "running")
        assert self.process.poll() is None, self.output()

    def post(self, path: str, body: object) -> tuple[int, dict[str, object]]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def get(self, path: str, host: str = "localhost", at: str = "127.0.0.1") -> tuple[int, str]:
        with contextlib.closing(http.client.HTTPConnection(at, self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def end(self, number: signal.Signals) -> int:
        started = children(self.process.pid)
        assert len(started) == 3, "PostgreSQL, Valkey and the service"
        self.process.send_signal(number)
        code = self.process.wait(60)
        wait_for(lambda: not any(Path(f"/proc/{pid}/cwd").exists() for pid in started), "everything ended")
        return code


@pytest.mark.timeout(240)
def test_it_starts_everything_stops_everything_and_recovers_after_a_crash(root: Path) -> None:
    first = Dev(root)
    first.wait_until_running()
    for line in (
        DEMO_EMAIL,
        DEMO_PASSWORD,
        CLIENTS_CHILD,
        f"http://127.0.0.1:{first.port}",
        str(root / ".dev" / "logs"),
    ):
        assert line in first.output()
    login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    status, reply = first.post("/api/v1/auth/parent/login", login)
    assert status == 200, reply

    status, page = first.get("/", socket.gethostname())
    assert (status, DEMO_EMAIL in page, page.count("<img ")) == (200, True, len(PICTURES))
    assert first.get("/dev/outbox", "10.0.2.2:8080")[0] == 200
    assert first.get("/", "rebound.example")[0] == 421
    with pytest.raises(ConnectionRefusedError):
        first.get("/health", at="127.0.0.2")  # answered only when the server listens on all addresses

    refused = Dev(root)
    assert refused.process.wait(60) == 1
    assert f"is in use by process {first.process.pid}" in refused.output()

    first.end(signal.SIGKILL)

    second = Dev(root)
    second.wait_until_running()
    assert second.post("/api/v1/auth/parent/login", login)[0] == 200
    assert second.get("/")[1].count("<img ") == len(PICTURES)
    assert second.end(signal.SIGINT) == 0


def test_it_refuses_production(root: Path) -> None:
    run = Dev(root, APP_ENV="production", JWT_SECRET="a-secret-that-is-long-enough-0123456789")
    assert run.process.wait(60) == 1
    assert run.output() == "wondernest: APP_ENV: dev is for development, this is production\n"
    assert not (root / ".dev" / "postgres").exists()


def test_a_port_in_use_is_reported_before_anything_is_started(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Dev(root, SERVER_PORT=str(port))
        assert run.process.wait(60) == 1
    assert run.output() == f"wondernest: SERVER_PORT: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert not (root / ".dev" / "postgres").exists()


def test_it_listens_on_the_address_given(root: Path) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        run = Dev(root, "--host", "127.0.0.2", SERVER_PORT=str(port))
        assert run.process.wait(60) == 1
    assert run.output() == f"wondernest: SERVER_PORT: cannot listen on 127.0.0.2:{port}: Address already in use\n"
