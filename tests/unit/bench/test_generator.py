"""The load generator against servers that answer whole, in pieces, not at all, or without a length."""

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Generator

import pytest

from bench import generator
from bench.generator import generate
from bench.tally import LoadError

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\n\r\n"

Conversation = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(talk: Conversation) -> Generator[int]:
    """The port of a server with a thread for each connection."""
    threads: list[threading.Thread] = []

    def with_one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # the generator closed the connection
            talk(connection)

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the listener was shut down: the end of the test
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=with_one, args=[connection], daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=[listener], daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    accepting.join()
    for thread in threads:
        thread.join()


def answering(*answer: bytes) -> Conversation:
    def talk(connection: socket.socket) -> None:
        while connection.recv(4096):
            for piece in answer:
                connection.sendall(piece)
                time.sleep(0.001)

    return talk


@pytest.mark.parametrize("answer", [[GOOD], [GOOD[:9], GOOD[9:30], GOOD[30:-1], GOOD[-1:]]])
def test_every_answer_is_counted_once_even_in_pieces(answer: list[bytes]) -> None:
    with serving(answering(*answer)) as port:
        load = generate(port, itertools.repeat(GET), 2, 0.2, rate=None)
    assert load.requests > 2
    assert (load.refused, load.broken) == (0, 0)


def test_a_rate_is_kept_exactly() -> None:
    with serving(answering(GOOD)) as port:
        load = generate(port, itertools.repeat(GET), 4, 0.5, rate=100.0)
    assert load.requests == 50


def test_a_request_that_had_to_wait_for_a_connection_counts_from_when_it_was_due() -> None:
    def slowly(connection: socket.socket) -> None:
        while connection.recv(4096):
            time.sleep(0.05)
            connection.sendall(GOOD)

    with serving(slowly) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.2, rate=50.0)
    assert load.requests == 10
    assert load.p99_ms > 200


def test_a_request_larger_than_the_socket_buffer_arrives_whole() -> None:
    content = GET + bytes(8 << 20)
    lengths: list[int] = []

    def read_all(connection: socket.socket) -> None:
        while True:
            received = 0
            while received < len(content):
                data = connection.recv(1 << 16)
                if not data:
                    return
                received += len(data)
            lengths.append(received)
            connection.sendall(GOOD)

    with serving(read_all) as port:
        load = generate(port, itertools.repeat(content), 1, 0.1, rate=20.0)
    assert load.requests == 2
    assert lengths == [len(content)] * 2


def test_answers_without_a_body_and_refusals_are_distinguished() -> None:
    with serving(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.1, rate=20.0)
    assert (load.requests, load.refused) == (2, 0)
    with serving(answering(GOOD.replace(b"200 OK", b"503 No"))) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.1, rate=20.0)
    assert (load.requests, load.refused, load.statuses) == (2, 2, "503 2 times")


def test_a_connection_closed_by_the_server_is_reopened() -> None:
    def once(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with serving(once) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.2, rate=20.0)
    assert (load.requests, load.broken) == (4, 0)


def test_requests_that_get_no_answer_are_counted_as_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(4096)

    def stuck(_: socket.socket) -> None:
        ended.wait()

    with serving(silent) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.2, rate=20.0)
    assert (load.requests, load.broken) == (0, 4)

    with serving(silent) as port:
        pass
    load = generate(port, itertools.repeat(GET), 1, 0.2, rate=20.0)
    assert (load.requests, load.broken) == (0, 4)

    monkeypatch.setattr(generator, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(generator, "CHECK_TIMEOUTS_EVERY_S", 0.05)
    with serving(stuck) as port:
        load = generate(port, itertools.repeat(GET), 1, 0.1, rate=20.0)
        ended.set()
    assert (load.requests, load.broken) == (0, 2)


def test_an_answer_of_unknown_length_ends_the_bench() -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\n\r\nok")) as port, pytest.raises(LoadError, match="Content-Length"):
        generate(port, itertools.repeat(GET), 1, 0.1, rate=20.0)
