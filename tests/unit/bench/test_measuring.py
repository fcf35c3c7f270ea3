import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from bench.client import Client
from bench.processes import ProcessTree, listening, waiting_at
from bench.soak import rows_of, waiting_in
from bench.table import Figures, Row, medians, table
from bench.tally import Tally, percentile_ms


def test_percentiles_are_values_that_occurred() -> None:
    values = [number / 1000 for number in range(1, 101)]
    assert percentile_ms(values, 0.50) == 51
    assert percentile_ms(values, 0.99) == 100
    assert percentile_ms([], 0.99) == 0


def test_a_tally_counts_refusals_and_lost_connections_apart() -> None:
    tally = Tally()
    for status in (200, 201, 404, 503):
        tally.note(0.001, status)
    tally.broken += 1
    load = tally.result(2.0)
    assert (load.requests, load.refused, load.broken, load.per_second) == (4, 2, 1, 2.0)
    assert load.statuses == "404 1 times, 503 1 times"


def test_medians_are_taken_for_each_figure_and_errors_are_added_up() -> None:
    rounds = [Figures(per_second=value, errors=1) for value in (10.0, 30.0, 20.0)]
    assert medians(rounds) == Figures(per_second=20.0, errors=3)


def test_two_servers_in_a_scenario_are_followed_by_their_ratio() -> None:
    rows = [
        Row("S2", "one", Figures(per_second=200.0, errors=0)),
        Row("S2", "two", Figures(per_second=100.0, errors=4)),
    ]
    lines = table(rows).splitlines()
    assert [cell.strip() for cell in lines[-1].split("|")[1:-1]] == ["S2", "ratio", "2.00×", ""]


def test_columns_without_figures_are_left_out_and_notes_are_shown() -> None:
    shown = table([Row("S2", "one", Figures(), "404 no such route")])
    assert "req/s" not in shown
    assert "404 no such route" in shown


def test_a_tree_counts_children_that_run_and_children_that_ended() -> None:
    # The kernel counts in ticks of 10 ms and rounds user and system time down: burn more than is asserted.
    burn = "import time\nwhile time.process_time() < 0.25: pass\n"
    script = f"import subprocess,sys;subprocess.run([sys.executable,'-c',{burn!r}]);print(flush=True);sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        usage = ProcessTree(process.pid).usage()
        process.communicate()
    assert usage.cpu_s >= 0.2
    assert usage.rss_mb >= usage.largest_rss_mb > 1


def test_the_process_that_listens_is_found_by_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tree = listening(listener.getsockname()[1])
        assert tree is not None
        assert tree.root == os.getpid()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert listening(free.getsockname()[1]) is None


async def test_the_client_reuses_its_connection_and_reconnects_after_a_loss() -> None:
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        while await reader.readuntil(b"\r\n\r\n"):
            connections[-1] += 1
            last = connections[-1] == 2
            tail = b"Connection: close\r\n" if last else b""
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + tail + b"\r\nok")
            if last:
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Client("127.0.0.1", port) as client:
            answers = [await client.ask(b"GET / HTTP/1.1\r\n\r\n") for _ in range(4)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"ok")] * 4
    assert connections == [2, 2]


def test_tallies_are_joined() -> None:
    one, two = Tally(), Tally()
    one.note(0.001, 200)
    two.note(0.003, 503)
    two.broken += 1
    load = one.joined(two).result(1.0)
    assert (load.requests, load.refused, load.broken, load.statuses) == (2, 1, 1, "503 1 times")


def test_unaccepted_connections_and_unread_bytes_count_as_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert waiting_at(port) == 0
        with socket.create_connection(("127.0.0.1", port)) as caller:
            assert waiting_at(port) == 1
            accepted, _ = listener.accept()
            with accepted:
                assert waiting_at(port) == 0
                caller.sendall(b"GET / HTTP/1.1\r\n")
                wait_until(lambda: waiting_at(port) == 1)
                accepted.recv(100)
                assert waiting_at(port) == 0


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_open_files_and_sockets_are_counted() -> None:
    """Of a process of its own: what else runs in this one opens and closes files too."""
    script = (
        "import socket,sys; print(flush=True); sys.stdin.readline()\n"
        "kept = socket.socket(), socket.socket(); print(flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        before = ProcessTree(process.pid).usage().descriptors
        process.stdin.write(b"\n")
        process.stdout.readline()
        assert ProcessTree(process.pid).usage().descriptors == before + 2
        process.stdin.write(b"\n")


def test_the_servers_own_metrics_of_waiting_are_added_up() -> None:
    metrics = b'# HELP wondernest_db_waiting x\nwondernest_db_waiting{pid="1"} 3.0\nwondernest_batch_waiting 2\nother_waiting 9\n'
    assert waiting_in(metrics) == 5
    assert waiting_in(b"") == 0


def test_a_soak_ends_with_the_ratio_of_its_last_window_to_its_first() -> None:
    windows = [(Figures(rss_mb=rss), "note") for rss in (100.0, 104.0, 110.0)]
    lines = table(rows_of("one", windows)).splitlines()[2:]
    assert [line.split("|")[3].strip() for line in lines] == ["100", "104", "110", "1.10×"]
