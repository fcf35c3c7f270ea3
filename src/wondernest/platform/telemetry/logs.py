"""Structured logs on stdout: one JSON object a line for requests, structlog for events."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from wondernest.platform.json import instant

if TYPE_CHECKING:
    from datetime import datetime

FLUSH_INTERVAL_S = 0.05
FLUSH_LINES = 500
MAX_FRAMES: Final = 30
NOISY: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpcore", "httpx2")
_SERVER_ERROR = 500


class RequestLine(msgspec.Struct):
    """What one request leaves in the log."""

    timestamp: str
    level: str
    logger: str
    message: str
    request_id: str
    method: str
    path: str
    status: int
    duration_ms: float
    user_id: str | None
    family_id: str | None


def configure_logging(level: str, style: str) -> None:
    """Send structlog events and the standard library's records to stdout, as JSON or text."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        structlog.processors.EventRenamer("message"),
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if style == "text":
        renderer = structlog.dev.ConsoleRenderer(event_key="message", colors=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).handlers.clear()
        logging.getLogger(noisy).propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as types and places, without its messages: those of a driver or parser quote people's data."""
    given: Any = event.pop("exc_info", None)
    error = given
    if given is True:
        error = sys.exception()
    elif isinstance(given, tuple):
        error = given[1]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_chain(error))
    return event


def _chain(error: BaseException) -> list[str]:
    lines: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        state = getattr(cause, "sqlstate", None)
        kind = f"{type(cause).__module__}.{type(cause).__qualname__}"
        lines.append(f"{kind} (SQLSTATE {state})" if state else kind)
        frames = traceback.extract_tb(cause.__traceback__)[-MAX_FRAMES:]
        lines += [f"  {frame.name} {frame.filename}:{frame.lineno}" for frame in frames]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines


class RequestLog:
    """Writes request lines a few at a time: a write per line would be the dearest part of a small request."""

    def __init__(self, *, enabled: bool, style: str = "json") -> None:
        self._enabled = enabled
        self._render = self._json if style == "json" else _text
        self._lines: list[bytes] = []
        self._encoder = msgspec.json.Encoder()
        self._scheduled = False

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
        line = RequestLine(
            instant(now),
            level,
            "wondernest.request",
            "request",
            request_id,
            method,
            path,
            status,
            round(seconds * 1000, 3),
            user_id,
            family_id,
        )
        self._lines.append(self._render(line))
        if len(self._lines) >= FLUSH_LINES:
            self.flush()
        elif not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(FLUSH_INTERVAL_S, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        self._scheduled = False
        if self._lines:
            self._lines.append(b"")
            with contextlib.suppress(OSError, ValueError):  # a closed stdout must not fail the requests
                sys.stdout.buffer.write(b"\n".join(self._lines))
                sys.stdout.buffer.flush()
            self._lines.clear()

    def _json(self, line: RequestLine) -> bytes:
        return self._encoder.encode(line)


def _text(line: RequestLine) -> bytes:
    who = f" user={line.user_id}" if line.user_id else ""
    what = f"{line.method} {line.path} {line.status} {line.duration_ms} ms"
    return f"{line.timestamp} [{line.level}] {what} request_id={line.request_id}{who}".encode()
