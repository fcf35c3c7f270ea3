"""Log lines: one JSON object each, without what people sent."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from wondernest.platform.telemetry.logs import RequestLog
from wondernest.platform.telemetry.stdout import STDOUT

MOMENT = datetime(2026, 5, 1, 10, 0, 0, 120000, UTC)
SCRIPT = """
import logging
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.telemetry.logs import configure_logging

class Refused(Exception):
    sqlstate = "23505"

configure_logging("INFO", "{style}")
try:
    try:
        raise Refused("Key (email)=(ann@example.com) already exists")
    except Refused as error:
        raise ValueError("ann@example.com") from error
except ValueError as error:
    get_logger("room").error("failed", exc_info=error)
    logging.getLogger("asyncio").exception("Exception in callback")
logging.getLogger("library").warning("careful: %s", "this")
logging.getLogger("room").debug("too fine")
get_logger("room").info("told", text="Zo\\u00eb \\udc00 100%s", kind=Refused)
try:
    1 / 0
except ZeroDivisionError:
    get_logger("room").exception("handled", path="/x")
"""


def written(style: str) -> list[str]:
    script = SCRIPT.replace("{style}", style)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in written("json")]


def test_every_line_is_json_with_time_level_logger_and_message(lines: list[dict[str, Any]]) -> None:
    assert [(line["level"], line["logger"], line["message"]) for line in lines] == [
        ("error", "room", "failed"),
        ("error", "asyncio", "Exception in callback"),
        ("warning", "library", "careful: this"),
        ("info", "room", "told"),
        ("error", "room", "handled"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_exceptions_show_type_and_place_but_not_their_message(lines: list[dict[str, Any]]) -> None:
    for line in lines[:2]:
        trace = line["exception"].splitlines()
        assert trace[0] == "builtins.ValueError"
        assert "__main__.Refused (SQLSTATE 23505)" in trace
        assert any(entry.startswith("  <module> ") for entry in trace)
        assert "ann@example.com" not in json.dumps(line)


def test_an_event_has_its_values_of_any_kind(lines: list[dict[str, Any]]) -> None:
    assert lines[3]["text"] == "Zo\u00eb \udc00 100%s"
    assert lines[3]["kind"] == "<class '__main__.Refused'>"
    assert lines[4]["path"] == "/x"
    assert lines[4]["exception"].startswith("builtins.ZeroDivisionError")


def test_the_text_format_leaves_out_the_same() -> None:
    text = "\n".join(written("text"))
    assert "failed" in text
    assert "ann@example.com" not in text


async def test_a_request_leaves_one_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log = RequestLog(enabled=True)
    log.write(MOMENT, "id-1", "GET", "/api/v1/files/{fileId}", 200, 0.0123456, "user-1", None)
    log.write(MOMENT, "id-2", "GET", "/health", 503, 0.5, None, None)
    log.flush()
    assert STDOUT.drain()
    first, second = (json.loads(line) for line in capfdbinary.readouterr().out.splitlines())
    assert first == {
        "timestamp": "2026-05-01T10:00:00.120Z",
        "level": "info",
        "logger": "wondernest.request",
        "message": "request",
        "request_id": "id-1",
        "method": "GET",
        "path": "/api/v1/files/{fileId}",
        "status": 200,
        "duration_ms": 12.346,
        "user_id": "user-1",
        "family_id": None,
    }
    assert second["level"] == "error"


async def test_in_text_it_is_one_line_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log = RequestLog(enabled=True, style="text")
    log.write(MOMENT, "id-1", "GET", "/health", 200, 0.001, "user-1", None)
    log.flush()
    assert STDOUT.drain()
    expected = b"2026-05-01T10:00:00.120Z [info] GET /health 200 1.0 ms request_id=id-1 user=user-1\n"
    assert capfdbinary.readouterr().out == expected


async def test_switched_off_nothing_is_written(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log = RequestLog(enabled=False)
    log.write(MOMENT, "id-1", "GET", "/health", 200, 0.001, None, None)
    log.flush()
    assert STDOUT.drain()
    assert capfdbinary.readouterr().out == b""
