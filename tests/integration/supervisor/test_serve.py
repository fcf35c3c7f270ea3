"""`wondernest serve`: workers end in order, are replaced when they die, and never outlive their master."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.fixtures.application import TEST_ENVIRONMENT
from tests.fixtures.processes import LiveServer, StartServer, wait_for
from wondernest.development.embedded.process import free_port

BODY = b'{"email":"nobody@example.com","password":"Wrong-Day-7"}'
HEAD = (
    b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)


@contextlib.contextmanager
def request_in_flight(server: LiveServer) -> Generator[socket.socket]:
    """A request whose handler has begun to read its body (the server sent "100 Continue")."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(HEAD)
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        yield connection


def refuses_connections(server: LiveServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except OSError:
        return True
    return False


def everything_from(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def test_a_killed_worker_is_replaced(live_server: StartServer) -> None:
    server = live_server(WORKERS="2")
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    before = server.workers()
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(server.workers()) == 2 and victim not in server.workers(), "a new worker")
    server.wait_until_healthy()
    assert before - server.workers() == {victim}


def test_sigterm_stops_accepting_and_finishes_what_is_in_flight(live_server: StartServer, tmp_path: Path) -> None:
    server = live_server()
    with request_in_flight(server) as connection:
        server.signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(server), "no new connections")
        connection.sendall(BODY)
        head, _, body = everything_from(connection).partition(b"\r\n\r\n")
    assert b" 401 " in head
    assert b"connection: close" in head.lower()
    assert body
    assert server.process.wait(30) == 0
    assert not list(tmp_path.glob("wondernest-metrics-*"))


def test_a_stop_during_the_start_ends_it_and_leaves_nothing(
    serve_process: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = serve_process(**TEST_ENVIRONMENT, SERVER_PORT=str(free_port()), WORKERS="1", JOBS_PROCESSES="0")
    wait_for(lambda: list(tmp_path.glob("wondernest-metrics-*")), "the folder of the metrics, made before the workers")
    process.terminate()
    assert process.wait(30) == 0
    assert list(tmp_path.glob("wondernest-metrics-*")) == []


@pytest.mark.parametrize(("command", "code"), [("serve", 0), ("work", 0), ("migrate", 143)])
def test_a_command_that_is_stopped_before_it_runs_ends_and_tells_whether_it_is_done(command: str, code: int) -> None:
    """Also as the first process of a container, which no signal ends by itself."""
    program = "import signal, wondernest.cli as c; c._end_when_stopped(); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", program, command], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert process.wait(30) == code


def test_a_second_signal_skips_the_wait(live_server: StartServer) -> None:
    server = live_server(SHUTDOWN_GRACE_S="600")
    with request_in_flight(server) as connection:
        server.signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(server), "no new connections")
        server.signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        with contextlib.suppress(ConnectionResetError):
            assert not everything_from(connection).startswith(b"HTTP/1.1 401 ")


def test_the_grace_period_ends(live_server: StartServer) -> None:
    server = live_server(SHUTDOWN_GRACE_S="0.2")
    with request_in_flight(server):
        server.signal(signal.SIGTERM)
        assert server.process.wait(30) == 0


def test_sighup_replaces_every_worker_and_fails_no_request(live_server: StartServer) -> None:
    server = live_server(WORKERS="2")
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    before = server.workers()
    done = threading.Event()
    failures: list[object] = []
    counts = [0, 0, 0]

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        while not done.is_set():
            try:
                connection.request("GET", "/health")
                answer = connection.getresponse()
                answer.read()
                counts[number] += 1
                if answer.status != 200:
                    failures.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)
        connection.close()

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(len(counts))]
    for client in clients:
        client.start()
    try:
        server.signal(signal.SIGHUP)
        wait_for(lambda: "workers replaced" in server.log_text(), "all workers replaced")
    finally:
        done.set()
        for client in clients:
            client.join()
    assert failures == []
    assert min(counts) > 0
    assert len(server.workers()) == 2
    assert not before & server.workers()


def test_the_jobs_process_is_replaced_when_it_dies_and_on_sighup_and_ends_with_its_master(
    live_server: StartServer,
) -> None:
    server = live_server(JOBS_PROCESSES="1")
    wait_for(lambda: server.log_text().count("jobs process started") == 1, "the jobs process runs")
    (first,) = server.jobs_processes()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: server.jobs_processes() - {first}, "its replacement")
    wait_for(lambda: server.log_text().count("jobs process started") == 2, "the jobs process runs")
    (second,) = server.jobs_processes()
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.jobs_processes() - {second}, "a new one after the workers")
    assert server.log_text().index("workers replaced") < server.log_text().index("jobs process stopped")
    wait_for(lambda: server.log_text().count("jobs process started") == 3, "the jobs process runs")
    server.process.kill()
    server.process.wait()
    wait_for(lambda: server.log_text().count("jobs process stopped") == 2, "the last one ended in order")


def test_without_jobs_none_is_started(live_server: StartServer) -> None:
    server = live_server(JOBS_PROCESSES="0")
    assert server.jobs_processes() == set()
    assert server.stop() == 0
    assert "jobs process" not in server.log_text()


def test_workers_end_with_their_master(live_server: StartServer) -> None:
    server = live_server(WORKERS="2")
    server.process.kill()
    server.process.wait()
    wait_for(lambda: refuses_connections(server), "the port is closed")


def test_it_serves_on_the_extra_ports_too(live_server: StartServer) -> None:
    extra = free_port()
    live_server(SERVER_EXTRA_PORTS=str(extra))
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", extra, timeout=30)) as connection:
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("variable", "value"),
    [("JWT_EXPIRES_IN", "soon"), ("WORKERS", "-1"), ("LOG_LEVEL", "LOUD"), ("TRUSTED_PROXIES", "everyone")],
)
def test_a_bad_setting_is_named_in_one_line(
    serve_process: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, variable: str, value: str
) -> None:
    process = serve_process(**{"SERVER_PORT": str(free_port()), variable: value})
    assert process.wait(30) == os.EX_CONFIG
    (line,) = (tmp_path / "serve.log").read_text().splitlines()
    assert line.startswith(f"wondernest: {variable}: ")


def test_a_port_that_is_taken_is_named(serve_process: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serve_process(SERVER_PORT=str(port), APP_ENV="test")
        assert process.wait(30) == os.EX_CONFIG
    (line,) = (tmp_path / "serve.log").read_text().splitlines()
    assert line == f"wondernest: SERVER_PORT: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_unsafe_settings_are_not_served_without_an_environment(
    serve_process: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = serve_process(SERVER_PORT=str(free_port()))
    assert process.wait(30) == os.EX_CONFIG
    secret, base, mail = (tmp_path / "serve.log").read_text().splitlines()
    assert secret.startswith("wondernest: JWT_SECRET: a published placeholder is refused")
    assert base.startswith("PUBLIC_BASE_URL: ")
    assert mail.startswith("SMTP_HOST: ")
