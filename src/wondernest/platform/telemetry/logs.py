"""Structured logs on stdout: one JSON object a line for requests, structlog for events."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from wondernest.platform.json import instant

if TYPE_CHECKING:
    from datetime import datetime

FLUSH_LINES = 500
MAX_FRAMES: Final = 30
NOISY: Final = ("httpcore", "httpx2")
_SERVER_ERROR = 500


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
