"""Structured logs on stdout: one JSON object a line for requests; for events see `events`."""

from __future__ import annotations

import contextlib
import logging
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from wondernest.platform.json import instant
from wondernest.platform.telemetry.events import Lines

if TYPE_CHECKING:
    from datetime import datetime

FLUSH_LINES = 500
NOISY: Final = ("httpcore", "httpx2")
_SERVER_ERROR = 500


def configure_logging(level: str, style: str) -> None:
    """Send our events and the standard library's records to stdout, as JSON or text."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).handlers.clear()
        logging.getLogger(noisy).propagate = True


class RequestLog:
    """Gathers request lines and writes them together: a write per line would be the dearest part of a small request."""

    def __init__(self, *, enabled: bool, style: str = "json") -> None:
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
        """Write what has gathered."""
        if self._lines:
            self._lines.append("")
            with contextlib.suppress(OSError, ValueError):  # a closed stdout must not fail the requests
                sys.stdout.buffer.write("\n".join(self._lines).encode())
                sys.stdout.buffer.flush()
            self._lines.clear()


@lru_cache(maxsize=8192)
def _quoted(text: str | None) -> str:
    return msgspec.json.encode(text).decode()
