"""Structured logs on stdout: one JSON object a line for requests; for events see `events`."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from wondernest.platform.json import instant
from wondernest.platform.telemetry.events import Lines
from wondernest.platform.telemetry.outlet import STDOUT, Outlet

if TYPE_CHECKING:
    from datetime import datetime

FLUSH_LINES = 500
NOISY: Final = ("httpcore", "httpx2")
_SERVER_ERROR = 500


def configure_logging(level: str, style: str) -> None:
    """Send our events and the standard library's records to stdout, as JSON or text."""
    handler = _ToOutlet(STDOUT)
    handler.setFormatter(Lines(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).handlers.clear()
        logging.getLogger(noisy).propagate = True


class _ToOutlet(logging.Handler):
    """The standard library's records, in line with the requests."""

    def __init__(self, outlet: Outlet) -> None:
        super().__init__()
        self._outlet = outlet

    def emit(self, record: logging.LogRecord) -> None:
        """One record; what cannot be formatted is reported by the library's own means."""
        try:
            self._outlet.say(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class RequestLog:
    """Gathers request lines and writes them together: a write per line would be the dearest part of a small request."""

    def __init__(self, outlet: Outlet = STDOUT, *, enabled: bool, style: str = "json") -> None:
        self._outlet = outlet
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
        """One finished request; `path` is the route template."""
        if not self._enabled:
            return
        level = "error" if status >= _SERVER_ERROR else "info"
        took = round(seconds * 1000, 3)
        if self._as_json:
            line = (  # time, level and request id hold nothing that JSON escapes
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
        """Hand over what has gathered."""
        if self._lines:
            self._lines.append("")
            self._outlet.say("\n".join(self._lines))
            self._lines.clear()


@lru_cache(maxsize=8192)
def _quoted(text: str | None) -> str:
    return msgspec.json.encode(text).decode()
