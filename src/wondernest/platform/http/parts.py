"""multipart/form-data as a stream of parts (RFC 7578), parsed while it arrives."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, cast
from urllib.parse import unquote

import multipart  # pyright: ignore[reportMissingTypeStubs] - it is typed, but has no py.typed marker

from wondernest.platform.http.body import BodyStream, Multipart
from wondernest.platform.http.errors import ApiError

MAX_BOUNDARY_CHARS: Final = 70
"""RFC 2046 §5.1.1."""
FORM_DATA: Final = "multipart/form-data"
_options_of: Final[Callable[[str], tuple[str, dict[str, str]]]] = cast("Any", multipart).parse_options_header
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"')
_EXTENDED_NAME: Final = re.compile(r";\s*filename\*\s*=\s*([^;\s]+)", re.IGNORECASE)
_CHARSETS: Final = ("utf-8", "iso-8859-1")
"""UTF-8 is the charset of RFC 8187 §3.2; RFC 5987 also allowed ISO-8859-1."""


class Part:
    """One part. Read its content before the next part; unread content is skipped."""

    def __init__(self, head: multipart.MultipartSegment, stream: PartStream, max_field_bytes: int) -> None:
        self.name = head.name or ""
        self.filename = _filename(head)
        """The client's file name, without folders; None for a field."""
        self.content_type = head.content_type or ("text/plain" if self.filename is None else "application/octet-stream")
        self._stream = stream
        self._max_field_bytes = max_field_bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.content_of(self)

    async def content(self) -> bytes:
        """The whole content; raises the route's `bad_body` if it is larger than `max_field_bytes`."""
        content = bytearray()
        async for piece in self:
            content += piece
            if len(content) > self._max_field_bytes:
                raise self._stream.refusal(f"{self.name} is too long")
        return bytes(content)

    async def text(self) -> str:
        """The content as text; raises the route's `bad_body` if it is not UTF-8."""
        try:
            return (await self.content()).decode()
        except UnicodeDecodeError:
            raise self._stream.refusal(f"{self.name} is not UTF-8") from None


class PartStream:
    """The parts of a body as they arrive. Raises the route's `bad_body`, and what `BodyStream` raises."""

    def __init__(
        self, body: BodyStream, kind: Multipart, content_type: str, bad_body: Callable[[str], ApiError]
    ) -> None:
        """Raises `bad_body` if the Content-Type has no boundary."""
        self._body = body
        self._kind = kind
        self._bad_body = bad_body
        self._parser = multipart.PushMultipartParser(
            self._boundary(content_type),
            max_header_size=kind.max_header_bytes,
            max_segment_count=kind.max_parts,
        )
        self._events: Iterator[Any] = iter(())
        self._current: Part | None = None

    async def __aiter__(self) -> AsyncIterator[Part]:
        while (event := await self._next()) is not _END:
            if isinstance(event, multipart.MultipartSegment):
                if not event.name:
                    raise self.refusal("a part has no name")
                self._current = part = Part(event, self, self._kind.max_field_bytes)
                yield part
        while await self._body.receive():
            pass  # what follows the last part has no meaning (RFC 2046 §5.1.1)

    async def content_of(self, part: Part) -> AsyncIterator[bytes]:
        """The unread content of the current part; nothing for an earlier part."""
        while part is self._current:
            event = await self._next()
            if event is None or event is _END:
                self._current = None
            else:
                yield bytes(event)

    def refusal(self, reason: str) -> ApiError:
        """The route's error for a bad body."""
        return self._bad_body(reason)

    async def _next(self) -> Any:
        """The next parser event: a part's head, a piece of content, None at the end of a part, `_END` at the end of the body."""
        try:
            while True:
                event = next(self._events, _END)
                if event is not _END:
                    return event
                piece = b"" if self._parser.closed else await self._body.receive()
                if not piece:
                    self._parser.close()
                    return _END
                self._events = self._parser.parse(piece)
        except multipart.MultipartError as error:
            raise self.refusal(str(error)) from None

    def _boundary(self, content_type: str) -> str:
        media, options = _options_of(content_type)
        boundary = options.get("boundary", "")
        if media != FORM_DATA or not 1 <= len(boundary) <= MAX_BOUNDARY_CHARS or not boundary.isascii():
            raise self.refusal(f"Content-Type must be {FORM_DATA} with a boundary")
        return boundary


_END: Final = object()


def _filename(head: multipart.MultipartSegment) -> str | None:
    """`filename*` if it can be decoded, otherwise `filename`; without folders, with either kind of slash."""
    header = _QUOTED.sub('""', dict(head.headerlist).get("Content-Disposition", ""))
    extended = _EXTENDED_NAME.search(header)
    name = (_extended(extended[1]) if extended else None) or head.filename
    return None if name is None else name.replace("\\", "/").rpartition("/")[2].replace("\x00", "")


def _extended(value: str) -> str | None:
    """The text of an extended parameter (RFC 8187): charset, language, percent-encoded value."""
    charset, _, rest = value.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote or charset.lower() not in _CHARSETS:
        return None
    try:
        return unquote(encoded, charset, errors="strict")
    except UnicodeDecodeError:
        return None
