"""Log events other than requests, one line each, written through the standard library's loggers.

We use no logging package: every process would have to load it before it serves, for very few lines.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from wondernest.platform.json import instant

MAX_FRAMES: Final = 30
_FIELDS: Final = "fields"
"""The attribute of a log record that contains the event's values."""


class EventLog:
    """Logs events: a fixed message, and values as named fields."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, message: str, **fields: object) -> None:
        """A normal event."""
        self._logger.info(message, extra={_FIELDS: fields})

    def warning(self, message: str, **fields: object) -> None:
        """A problem that the service handles by itself."""
        self._logger.warning(message, extra={_FIELDS: fields})

    def error(self, message: str, *, exc_info: BaseException | None = None, **fields: object) -> None:
        """A problem because of which a request or a job failed."""
        self._logger.error(message, exc_info=exc_info, extra={_FIELDS: fields})

    def exception(self, message: str, **fields: object) -> None:
        """As `error`, with the exception that is being handled now."""
        self.error(message, exc_info=sys.exception(), **fields)


def get_logger(name: str) -> EventLog:
    """The event log of a module."""
    return EventLog(name)


class Lines(logging.Formatter):
    """Formats every log record as a line, ours and those of libraries."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._as_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """The line. An exception is shown as types and code locations, without its messages: they may contain personal data."""
        head = {
            "timestamp": instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields: Mapping[str, object] = getattr(record, _FIELDS, {})
        trace = _trace(record.exc_info[1]) if record.exc_info and record.exc_info[1] else None
        if self._as_json:
            event = {**head, **fields, **({"exception": trace} if trace else {})}
            return json.dumps(event, default=str, separators=(",", ":"))
        values = "".join(f" {name}={value}" for name, value in (*fields.items(), ("logger", record.name)))
        line = f"{head['timestamp']} [{head['level']}] {head['message']}{values}"
        return f"{line}\n{trace}" if trace else line


def _trace(error: BaseException) -> str:
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
    return "\n".join(lines)
