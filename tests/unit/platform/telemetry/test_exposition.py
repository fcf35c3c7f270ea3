"""The exposition: names, types and labels of server contract §4, and the sum over processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wondernest.auth.metrics import AccountMetrics
from wondernest.games.metrics import SaveMetrics
from wondernest.platform.telemetry import METRICS_DIR_VARIABLE
from wondernest.platform.telemetry.exposition import Exposition
from wondernest.platform.telemetry.metrics import Metrics

FAMILIES = {
    "wondernest_http_requests_total": "counter",
    "wondernest_db_connections": "gauge",
    "wondernest_auth_operations": "counter",
    "wondernest_game_data_operations": "counter",
    "wondernest_uptime_seconds": "gauge",
}
AT_ZERO = (
    'wondernest_http_requests_total{method="GET",path="/health",status="200"} 0.0',
    'wondernest_db_connections{state="active"} 0.0',
    'wondernest_db_connections{state="idle"} 0.0',
    'wondernest_auth_operations{operation="login",status="success"} 0.0',
    'wondernest_auth_operations{operation="login",status="failure"} 0.0',
    'wondernest_game_data_operations{operation="save",game_type="sticker_book"} 0.0',
    'wondernest_game_data_operations{operation="load",game_type="sticker_book"} 0.0',
)
WORKER = """
import sys
from wondernest.auth.metrics import AccountMetrics
from wondernest.games.metrics import SaveMetrics
from wondernest.platform.telemetry import METRICS_DIR_VARIABLE
from wondernest.platform.telemetry.exposition import Exposition
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.auth.metrics import AccountMetrics
metrics = Metrics()
accounts = AccountMetrics(metrics)
accounts.succeeded("login")
accounts.succeeded("login")
metrics.db_idle.set(3)
metrics.route("GET", "/health").count(200, 0.01)
print(Exposition(metrics).render().decode(), "end", sep="\\n", flush=True)
sys.stdin.read()
"""
END = "end\n"
LOGGED_IN = b'wondernest_auth_operations{operation="login",status="success"} %d.0'


def all_instruments() -> Metrics:
    metrics = Metrics()
    AccountMetrics(metrics)
    SaveMetrics(metrics)
    return metrics


def rendered(metrics: Metrics) -> str:
    return Exposition(metrics).render().decode()


@pytest.mark.parametrize(("name", "kind"), FAMILIES.items())
def test_a_family_has_its_exact_name_and_type(name: str, kind: str) -> None:
    assert f"# TYPE {name} {kind}\n" in rendered(all_instruments())


@pytest.mark.parametrize("line", AT_ZERO)
def test_known_labels_are_shown_before_their_first_event(line: str) -> None:
    assert line in rendered(all_instruments()).splitlines()


def test_families_are_separated_by_one_blank_line() -> None:
    blocks = rendered(all_instruments()).split("\n\n")
    assert all(block.startswith("# HELP ") and block.count("# HELP ") == 1 for block in blocks)


def test_the_text_parses() -> None:
    metrics = Metrics()
    metrics.route("GET", "/api/v1/files/{fileId}").count(404, 0.2)
    names = {family.name for family in text_string_to_metric_families(rendered(metrics))}
    assert "wondernest_http_request_duration_seconds" in names


def test_no_creation_times_are_shown() -> None:
    metrics = Metrics()
    metrics.route("GET", "/health").count(200, 0.1)
    assert "_created" not in rendered(metrics)


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    metrics = Metrics()
    metrics.route("GET", 'a"b\\c\nd').count(200, 0.1)
    assert 'path="a\\"b\\\\c\\nd"' in rendered(metrics)


def test_uptime_counts_from_the_start() -> None:
    metrics = Metrics()
    metrics.started_at.set(100.0)
    assert "wondernest_uptime_seconds 25.5\n" in Exposition(metrics, wall_clock=lambda: 125.5).render().decode()


def test_unknown_games_share_one_label() -> None:
    metrics = Metrics()
    saves = SaveMetrics(metrics)
    for number in range(100):
        saves.operation("save", f"invented-{number}").inc()
    text = rendered(metrics)
    assert 'wondernest_game_data_operations{operation="save",game_type="other"} 100.0' in text
    assert "invented" not in text


async def test_a_caller_sees_what_happened_before_it_asked() -> None:
    metrics = Metrics()
    accounts = AccountMetrics(metrics)
    entered, proceed = threading.Event(), threading.Event()

    def slow_clock() -> float:
        entered.set()
        proceed.wait()
        return 0.0

    exposition = Exposition(metrics, wall_clock=slow_clock)
    first = asyncio.create_task(exposition.text())
    await asyncio.to_thread(entered.wait)
    accounts.succeeded("login")
    later = [asyncio.create_task(exposition.text()) for _ in range(5)]
    proceed.set()
    assert LOGGED_IN % 0 in await first
    texts = await asyncio.gather(*later)
    assert all(LOGGED_IN % 1 in text for text in texts)
    assert len({id(text) for text in texts}) == 1


def test_worker_processes_are_summed(tmp_path: Path) -> None:
    with ExitStack() as workers:
        for count in (1, 2, 3):
            text = workers.enter_context(worker_text(tmp_path))
            assert f'wondernest_auth_operations{{operation="login",status="success"}} {2.0 * count}' in text
            assert f'wondernest_db_connections{{state="idle"}} {3.0 * count}' in text
            assert f'wondernest_http_requests_total{{method="GET",path="/health",status="200"}} {1.0 * count}' in text
            assert (
                f'wondernest_http_request_duration_seconds_count{{method="GET",path="/health"}} {1.0 * count}' in text
            )
            assert "pid=" not in text


@contextmanager
def worker_text(folder: Path) -> Generator[str]:
    """The exposition of a worker process, which runs until the end of the test."""
    command = [sys.executable, "-c", WORKER]
    environment = {METRICS_DIR_VARIABLE: str(folder)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield "".join(iter(process.stdout.readline, END))
        process.stdin.close()


def test_a_process_that_is_just_starting_breaks_no_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    files = [tmp_path / f"counter_{number}.db" for number in range(3)]
    for file in files:
        file.touch()
    filling = threading.Timer(0.05, lambda: [file.write_bytes(bytes(1 << 16)) for file in files])
    filling.start()
    text = Exposition(all_instruments()).render().decode()
    filling.join()
    assert "wondernest_start_time_seconds" in text
