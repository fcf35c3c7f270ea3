"""The child processes: limits, crashes, hangs, lost processes, and what is left behind (nothing). All by real processes."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fixtures.media import Bench, bench, slow_gif, written
from tests.fixtures.processes import wait_for
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.media.inspector import MAX_FILE_BYTES, Inspected
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.messages import Limits, Task
from wondernest.platform.media.pool import Pool
from wondernest.platform.media.refusals import Reason, Refused

POLL_S = 0.005
TEXT = b"a text"
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def children(pid: int | None) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


async def child_of(media: Bench) -> int:
    """The child that works on a file at this moment."""
    while not (found := children(media.inspector.pool.server_pid)):
        await asyncio.sleep(POLL_S)
    return found[0]


async def works(media: Bench) -> bool:
    return await media.cleaned(TEXT, Kind.TEXT) == TEXT


@pytest.fixture(scope="module")
def slow() -> bytes:
    """Takes longer than a second on the fastest machine, and much less than a minute on a busy one."""
    return slow_gif()


async def test_no_process_is_started_before_the_first_file() -> None:
    async with bench() as media:
        assert media.inspector.pool.server_pid is None
        with written(b"MZ") as file:
            assert isinstance(await media.inspector.inspect(file, "text/plain", "a.exe"), Refused)
        assert media.inspector.pool.server_pid is None
        assert await works(media)
        assert media.inspector.pool.server_pid is not None


@linux
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
async def test_a_crash_costs_that_file_only(slow: bytes, number: signal.Signals) -> None:
    async with bench(timeout_s=60.0) as media:
        working = asyncio.create_task(media.inspect(slow, Kind.GIF))
        os.kill(await child_of(media), number)
        result = await working
        assert isinstance(result, Refused)
        assert result.reason is Reason.WRONG_CONTENT
        assert media.count("media_helpers_ended_total", how="crashed") == 1
        labels = {"work": "inspect", "type": "image/gif", "result": "wrong_content"}
        assert media.count("media_files_total", **labels) == 1
        assert await works(media)


async def test_a_file_that_takes_too_long_is_refused(slow: bytes) -> None:
    async with bench(timeout_s=1.0) as media:
        with suppress(DependencyUnavailable):  # where the machine gives the child less than half of its time
            assert isinstance(await media.inspect(slow, Kind.GIF), Refused)
        assert media.count("media_helpers_ended_total", how="late") == 1
        assert await works(media)


@linux
async def test_a_child_that_is_stopped_is_ended_and_the_file_may_be_sent_again(slow: bytes) -> None:
    async with bench(timeout_s=2.0) as media:
        working = asyncio.create_task(media.inspect(slow, Kind.GIF))
        child = await child_of(media)
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(DependencyUnavailable):
            await working
        assert gone(child)
        assert media.count("media_helpers_ended_total", how="late") == 1
        assert await works(media)


@linux
async def test_a_killed_child_or_server_is_replaced_and_the_file_inspected_again() -> None:
    slow = slow_gif(frames=25)
    async with bench(timeout_s=60.0) as media:
        for victim in ("child", "server"):
            working = asyncio.create_task(media.inspect(slow, Kind.GIF))
            child = await child_of(media)
            server = media.inspector.pool.server_pid
            assert server is not None
            os.kill(child if victim == "child" else server, signal.SIGKILL)
            result = await working
            assert isinstance(result, Inspected)
            result.close()
            assert (media.inspector.pool.server_pid == server) is (victim == "child")
            assert gone(child)


async def test_a_server_that_hangs_is_replaced() -> None:
    limits = Limits(seconds=1.0, memory_bytes=1 << 30, output_bytes=1 << 26)
    pool = Pool(limits, concurrency=1, queue=1, start_grace_s=10.0)
    task = Task(kind=Kind.TEXT, max_pixels=1, max_total_pixels=1)
    with written(TEXT) as source, written(b"") as target:
        await pool.run(task, source.fileno(), target.fileno())
        first = pool.server_pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        pool._patience_s = 0.5
        running = asyncio.create_task(pool.run(task, source.fileno(), target.fileno()))
        while pool.server_pid in {first, None} and not running.done():
            await asyncio.sleep(POLL_S)
        pool._patience_s = 30.0
        with suppress(
            DependencyUnavailable
        ):  # on a busy machine the new process may not be ready within the short time
            await running
        await pool.run(task, source.fileno(), target.fileno())
        assert pool.server_pid != first
        target.seek(0)
        assert target.read() == TEXT
    await pool.close()


async def test_an_unused_server_is_ended() -> None:
    limits = Limits(seconds=20.0, memory_bytes=1 << 30, output_bytes=1 << 26)
    pool = Pool(limits, concurrency=1, queue=1, idle_s=0.0)
    task = Task(kind=Kind.TEXT, max_pixels=1, max_total_pixels=1)
    with written(TEXT) as source, written(b"") as target:
        for _ in range(2):  # the next file starts another one
            await pool.run(task, source.fileno(), target.fileno())
            while pool.server_pid is not None:
                await asyncio.sleep(POLL_S)
    await pool.close()


async def test_when_too_many_files_wait_the_next_is_refused_at_once(slow: bytes) -> None:
    async with bench(processes=1, queue=1, timeout_s=60.0) as media:
        running = [asyncio.create_task(media.inspect(slow, Kind.GIF)) for _ in range(2)]
        await asyncio.sleep(0)  # both have a place now
        with pytest.raises(DependencyUnavailable) as refused:
            await media.inspect(TEXT, Kind.TEXT)
        assert refused.value.retry_after_s > 0
        labels = {"work": "inspect", "type": "text/plain", "result": "unavailable"}
        assert media.count("media_files_total", **labels) == 1
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        assert await works(media)


@linux
async def test_a_child_that_nobody_waits_for_is_ended(slow: bytes) -> None:
    async with bench(timeout_s=60.0) as media:
        working = asyncio.create_task(media.inspect(slow, Kind.GIF))
        child = await child_of(media)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        while not gone(child):
            await asyncio.sleep(POLL_S)
        assert await works(media)


@linux
async def test_closing_ends_all_processes_and_refuses_what_runs(slow: bytes) -> None:
    async with bench(timeout_s=60.0) as media:
        working = asyncio.create_task(media.inspect(slow, Kind.GIF))
        child, server = await child_of(media), media.inspector.pool.server_pid
        assert server is not None
        await media.inspector.close()
        with pytest.raises(DependencyUnavailable):
            await working
        while not (gone(child) and gone(server)):
            await asyncio.sleep(POLL_S)


PARENT = """
import asyncio, sys
from tests.fixtures.media import Bench, slow_gif
from wondernest.platform.media.kinds import Kind

async def main():
    media = Bench(timeout_s=120.0)
    working = asyncio.create_task(media.inspect(slow_gif(), Kind.GIF))
    while media.inspector.pool.server_pid is None:
        await asyncio.sleep(0.01)
    print(media.inspector.pool.server_pid, flush=True)
    await working

asyncio.run(main())
"""


@linux
def test_the_children_die_with_a_killed_parent() -> None:
    root = str(Path(__file__).parents[4])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": root}
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        wait_for(lambda: children(server), "a child works")
        child = children(server)[0]
        parent.kill()
    wait_for(lambda: gone(server) and gone(child), "the children end")


@linux
async def test_a_child_has_limits_and_no_secrets(slow: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "of-the-worker")
    async with bench(timeout_s=60.0) as media:
        working = asyncio.create_task(media.inspect(slow, Kind.GIF))
        child = await child_of(media)
        while resource.prlimit(child, resource.RLIMIT_NPROC)[0] != 0:  # the last limit that it sets
            await asyncio.sleep(POLL_S)
        assert resource.prlimit(child, resource.RLIMIT_AS)[1] == 1 << 30
        assert resource.prlimit(child, resource.RLIMIT_CORE) == (0, 0)
        assert resource.prlimit(child, resource.RLIMIT_NOFILE)[1] == 64
        assert resource.prlimit(child, resource.RLIMIT_CPU)[0] == 60
        assert os.getpriority(os.PRIO_PROCESS, child) >= 10
        assert "NoNewPrivs:\t1" in Path(f"/proc/{child}/status").read_text()
        with suppress(PermissionError):  # a process that gave up its rights is closed to everyone but root
            assert b"JWT_SECRET" not in Path(f"/proc/{child}/environ").read_bytes()
            opened = [str(link.readlink()) for link in Path(f"/proc/{child}/fd").iterdir()]
            assert sum("deleted" in name for name in opened) == 2  # the file and its copy, without a name
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def test_a_file_of_10_mb_costs_this_process_less_than_1_mb() -> None:
    async with bench() as media:
        assert await works(media)
        with written(b"a" * MAX_FILE_BYTES) as file:
            tracemalloc.start()
            try:
                result = await media.inspector.inspect(file, "text/plain", "a.txt")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert isinstance(result, Inspected)
        with result:
            assert result.size == MAX_FILE_BYTES
        assert peak < 1_000_000


async def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, slow: bytes) -> None:
    async with bench(scratch_path=str(tmp_path), timeout_s=1.0) as media:
        assert await works(media)
        with suppress(DependencyUnavailable):
            assert not await media.accepts(slow, Kind.GIF)
        assert list(tmp_path.iterdir()) == []


async def test_a_temporary_folder_that_is_away_is_no_fault_of_the_file(tmp_path: Path) -> None:
    async with bench(scratch_path=str(tmp_path / "missing")) as media:
        with pytest.raises(DependencyUnavailable):
            media.inspector.scratch()
        with pytest.raises(DependencyUnavailable):
            await media.inspect(TEXT, Kind.TEXT)


async def test_only_a_regular_file_is_inspected() -> None:
    reading, writing = os.pipe()
    try:
        async with bench() as media:
            with pytest.raises(ValueError, match="not a regular file"):
                await media.inspector.inspect(reading, "text/plain", "a.txt")
    finally:
        os.close(reading)
        os.close(writing)
