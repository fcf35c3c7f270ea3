"""Structured logs on stdout: one JSON object per line for requests. Events are in `events`."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from wondernest.platform.json import instant
from wondernest.platform.telemetry.events import Lines
from wondernest.platform.telemetry.stdout import STDOUT, StdoutWriter

if TYPE_CHECKING:
    from datetime import datetime

FLUSH_LINES = 500
NOISY: Final = ("httpcore", "httpx2")
_SERVER_ERROR = 500


def configure_logging(level: str, style: str) -> None:
    """Send all log records to stdout, as JSON or text."""
    handler = _StdoutHandler(STDOUT)
    handler.setFormatter(Lines(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).handlers.clear()
        logging.getLogger(noisy).propagate = True
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))  # their lines contain addresses and headers


class _StdoutHandler(logging.Handler):
    """Writes log records to the same stdout writer as the request log."""

    def __init__(self, stdout: StdoutWriter) -> None:
        super().__init__()
        self._stdout = stdout

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a record that cannot be formatted goes to `handleError`."""
        try:
            self._stdout.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class RequestLog:
    """Buffers request lines and writes them together: one write per line would be the most expensive part of a small request."""

    def __init__(self, stdout: StdoutWriter = STDOUT, *, enabled: bool, style: str = "json") -> None:
        self._stdout = stdout
        self._enabled = enabled
        self._as_json = style == "json"
        self._lines: list[str] = []

    def write(
        self,
        now: datetime,
        request_id: str,
        method: str,
        path: str,
        status: int,
        seconds: float,
        user_id: str | None,
        family_id: str | None,
    ) -> None:
        """Log one finished request; `path` is the route template."""
        if not self._enabled:
            return
        level = "error" if status >= _SERVER_ERROR else "info"
        took = round(seconds * 1000, 3)
        if self._as_json:
            line = (  # time, level and request id need no JSON escapes
                f'{{"timestamp":"{instant(now)}","level":"{level}","logger":"wondernest.request","message":"request",'
                f'"request_id":"{request_id}","method":{_quoted(method)},"path":{_quoted(path)},"status":{status},'
                f'"duration_ms":{took},"user_id":{_quoted(user_id)},"family_id":{_quoted(family_id)}}}'
            )
        else:
            who = f" user={user_id}" if user_id else ""
            line = f"{instant(now)} [{level}] {method} {path} {status} {took} ms request_id={request_id}{who}"
        self._lines.append(line)
        if len(self._lines) >= FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the buffered lines."""
        if self._lines:
            self._lines.append("")
            self._stdout.write("\n".join(self._lines))
            self._lines.clear()


@lru_cache(maxsize=8192)
def _quoted(text: str | None) -> str:
    return msgspec.json.encode(text).decode()
