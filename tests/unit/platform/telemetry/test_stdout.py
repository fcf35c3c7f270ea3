"""What is said on stdout is written in order, and a reader that does not read holds nobody up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from wondernest.platform.telemetry.stdout import StdoutWriter

LINE = "x" * 99 + "\n"


def test_lines_of_many_threads_arrive_whole_and_each_threads_in_order() -> None:
    written: list[bytes] = []
    stdout = StdoutWriter(written.append)

    def say(name: int) -> None:
        for number in range(200):
            stdout.write(f"{name} {number}\n")

    threads = [threading.Thread(target=say, args=[name]) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stdout.drain()
    lines = b"".join(written).decode().splitlines()
    for name in range(4):
        assert [line for line in lines if line.startswith(f"{name} ")] == [f"{name} {number}" for number in range(200)]
    assert stdout.dropped == 0


def test_what_nobody_reads_in_time_is_dropped_and_counted_and_then_it_goes_on() -> None:
    reading = threading.Event()
    written: list[bytes] = []

    def stuck(data: bytes) -> None:
        reading.wait()
        written.append(data)

    stdout = StdoutWriter(stuck, max_bytes=10 * len(LINE))
    for _ in range(25):
        stdout.write(LINE)
    assert stdout.dropped == 15
    assert not stdout.drain(0.01)
    reading.set()
    assert stdout.drain()
    stdout.write("again\n")
    assert stdout.drain()
    assert b"".join(written).decode() == LINE * 10 + "again\n"
    assert stdout.dropped == 15


def test_a_closed_reader_costs_the_lines_and_nothing_else() -> None:
    def gone(_: bytes) -> None:
        raise BrokenPipeError

    stdout = StdoutWriter(gone)
    stdout.write("one\ntwo\n")
    assert stdout.drain()
    assert stdout.dropped == 2


def test_a_text_that_is_no_unicode_is_written_all_the_same() -> None:
    written: list[bytes] = []
    stdout = StdoutWriter(written.append)
    stdout.write("\udc00 Zoë\n")
    assert stdout.drain()
    assert written == ["\\udc00 Zoë\n".encode()]


SAYING = "from wondernest.platform.telemetry.stdout import STDOUT; STDOUT.write({what!r} * {times})"


def test_the_end_of_a_process_waits_for_its_last_words_but_not_for_ever() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAYING.format(what=LINE, times=5000)], capture_output=True, check=True
    ).stdout
    assert said.decode() == LINE * 5000

    unread, end = os.pipe()
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", SAYING.format(what=LINE, times=5000)], stdout=end, check=True, timeout=30)
    assert time.monotonic() - began < 20
    os.close(end)
    os.close(unread)


def test_a_pipe_that_does_not_block_is_written_whole() -> None:
    reader, end = os.pipe()
    os.set_blocking(end, False)
    with subprocess.Popen([sys.executable, "-c", SAYING.format(what=LINE, times=5000)], stdout=end) as process:
        os.close(end)
        with os.fdopen(reader, "rb") as pipe:
            time.sleep(0.2)
            assert pipe.read().decode() == LINE * 5000
        assert process.wait(timeout=30) == 0
