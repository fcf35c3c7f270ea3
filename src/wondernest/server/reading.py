"""Reads requests from the bytes of one connection: the parser's callbacks, and what is checked of each head."""

from __future__ import annotations

from collections import deque
from typing import NoReturn

from httptools import HttpRequestParser

from wondernest.platform.http.fields import repeated
from wondernest.server.exchange import Wire, WireExchange
from wondernest.server.heads import (
    BAD_REQUEST,
    HEAD_LIMIT_BYTES,
    HEAD_TOO_LARGE,
    MAX_FIELDS,
    MAX_TARGET_BYTES,
    TARGET_TOO_LONG,
    RefusedHead,
    check_framing,
    check_host,
    split_target,
)


class MessageReader:
    """Parses the requests of one connection, and appends each to `queue` when its head is complete.

    A message that `heads` or the parser refuses ends the connection: what follows it is never read as a request.
    """

    __slots__ = (
        "_head_bytes",
        "_host",
        "_parser",
        "_queue",
        "_repeats",
        "_target",
        "_wire",
        "arriving",
        "begun",
        "refusal",
    )

    def __init__(self, wire: Wire, queue: deque[WireExchange]) -> None:
        self._wire = wire
        self._queue = queue
        self._parser = HttpRequestParser(self)
        self.arriving: WireExchange | None = None
        """The request that is not complete yet."""
        self.begun = False
        """Whether a request has begun since this was last set to False."""
        self.refusal = BAD_REQUEST
        """The reply to a message that cannot be read."""
        self._target = b""
        self._head_bytes: int | None = 0
        """Bytes of an incomplete head; None when no head is arriving."""
        self._host = b""
        """The last valid Host: most clients send the same one with each request."""
        self._repeats = 0

    @property
    def incomplete(self) -> bool:
        """Whether a head or a body is arriving, or the first head has not begun."""
        return self._head_bytes is not None or self.arriving is not None

    def feed(self, data: bytes | memoryview) -> None:
        """Parse bytes. Raises RefusedHead for too large a head or body overhead, and the parser's errors."""
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES and self.arriving is not None:
                raise RefusedHead(HEAD_TOO_LARGE)
        elif self.arriving is not None and not self.arriving.within_overhead(len(data)):
            raise RefusedHead(HEAD_TOO_LARGE)
        self._parser.feed_data(data)

    # From the parser -------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request arrived."""
        self._target = b""
        self._repeats = 0
        if self._head_bytes is None:
            self._head_bytes = 0
        self.arriving = WireExchange(self._wire)
        self.begun = True

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. Trailers of a chunked body are ignored."""
        if self.arriving is not None and self._head_bytes is not None:
            name = name.lower()
            headers = self.arriving.headers
            if name in headers:
                self._repeated(self.arriving, name, value)
            else:
                headers[name] = value

    def on_headers_complete(self) -> None:
        """The head of a request is complete. Raises RefusedHead, and the parser then fails."""
        exchange = self.arriving
        assert exchange is not None
        parser = self._parser
        headers = exchange.headers
        self._head_bytes = None
        exchange.method = parser.get_method().decode()
        exchange.keep_alive = parser.should_keep_alive()
        version = "1.1"
        if not exchange.keep_alive or b"connection" in headers:  # every other version is covered by this condition
            version = parser.get_http_version()
            exchange.accepts_chunked = version != "1.0"
        target = self._target
        if (
            version == "1.1"
            and headers.get(b"host") == self._host
            and b"transfer-encoding" not in headers
            and target[:1] == b"/"
            and len(target) <= MAX_TARGET_BYTES
            and len(headers) + self._repeats <= MAX_FIELDS
            and b"#" not in target
            and exchange.method != "CONNECT"
        ):  # most requests; the same conditions as in _check_head, in a third of the time
            path, _, exchange.query = target.partition(b"?")
            exchange.path = path.decode("utf-8", "replace")
        else:
            self._check_head(exchange, version)
        if b"expect" in exchange.headers:
            exchange.expects_continue = (
                exchange.accepts_chunked and exchange.headers[b"expect"].lower() == b"100-continue"
            )
        self._queue.append(exchange)

    def on_body(self, body: bytes) -> None:
        """A piece of a request's body."""
        assert self.arriving is not None
        self.arriving.take(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        assert self.arriving is not None
        self.arriving.finish()
        self.arriving = None

    # Within ----------------------------------------------------------------------------------------------------------

    def _check_head(self, exchange: WireExchange, version: str) -> None:
        """Check the head by all rules, and set path, query and Host."""
        headers, target = exchange.headers, self._target
        try:
            if len(headers) + self._repeats > MAX_FIELDS:
                raise RefusedHead(HEAD_TOO_LARGE)
            if len(target) > MAX_TARGET_BYTES:
                raise RefusedHead(TARGET_TOO_LONG)
            exchange.path, exchange.query, authority = split_target(exchange.method, target)
            check_framing(version, headers)
            self._host = check_host(version, headers, self._host)
        except RefusedHead as refused:
            self.refusal = refused.reply
            raise
        if authority is not None:
            headers[b"host"] = authority

    def _repeated(self, exchange: WireExchange, name: bytes, value: bytes) -> None:
        """A header that was sent before."""
        self._repeats += 1
        if name == b"host":
            self._refuse_head(BAD_REQUEST)
        if self._repeats > MAX_FIELDS:
            self._refuse_head(HEAD_TOO_LARGE)
        repeated(exchange, name, value)

    def _refuse_head(self, reply: bytes) -> NoReturn:
        """Make the parser fail, with this reply."""
        self.refusal = reply
        raise RefusedHead(reply)
