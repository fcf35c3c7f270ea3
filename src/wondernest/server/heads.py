"""What the parser leaves open in a request's head: version, Host, framing and target (RFC 9112 §2.3, §3, §6).

llhttp refuses malformed lines, fields and chunks. The rules here refuse what nginx refuses besides, because a proxy and this
server must never disagree about where a request ends, or whom it is for.
"""

from __future__ import annotations

import re
from typing import Final, cast

from httptools import HttpParserError, parse_url

HEAD_LIMIT_BYTES: Final = 64 * 1024
"""Limit of request line and headers. A head that arrives in one piece is limited by the read buffer instead."""
MAX_TARGET_BYTES: Final = 8 * 1024
"""Limit of a request's target (nginx: large_client_header_buffers)."""
MAX_FIELDS: Final = 100
"""Limit of the headers of one request (Apache: LimitRequestFields)."""


def _refusal(status: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % status


BAD_REQUEST: Final = _refusal(b"400 Bad Request")
TARGET_TOO_LONG: Final = _refusal(b"414 URI Too Long")
HEAD_TOO_LARGE: Final = _refusal(b"431 Request Header Fields Too Large")
NOT_IMPLEMENTED: Final = _refusal(b"501 Not Implemented")
VERSION_NOT_SUPPORTED: Final = _refusal(b"505 HTTP Version Not Supported")
_HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]*)(?::[0-9]{0,5})?")
_SCHEMES: Final = frozenset({"http", "https"})


class RefusedHead(Exception):
    """The head is refused with this reply, and the connection is closed."""

    def __init__(self, reply: bytes) -> None:
        super().__init__(reply)
        self.reply = reply


def check_framing(version: str, headers: dict[bytes, bytes]) -> None:
    """Raises RefusedHead for a version other than 1.0 and 1.1, and for a transfer coding other than `chunked` in 1.1."""
    if version != "1.1" and version != "1.0":  # noqa: PLR1714 - twice as fast as a set
        raise RefusedHead(BAD_REQUEST if version < "1" else VERSION_NOT_SUPPORTED)
    coding = headers.get(b"transfer-encoding")
    if coding is not None:
        if version == "1.0":  # a proxy of that version does not know it, and takes the body for the next request
            raise RefusedHead(BAD_REQUEST)
        if coding.strip().lower() != b"chunked":
            raise RefusedHead(NOT_IMPLEMENTED)


def check_host(version: str, headers: dict[bytes, bytes], known: bytes) -> bytes:
    """The Host; `known` is one that was checked before. Raises RefusedHead if it is missing in HTTP/1.1, or invalid."""
    host = headers.get(b"host")
    if host is None:
        if version == "1.0":
            return known
        raise RefusedHead(BAD_REQUEST)
    if host != known and not _HOST.fullmatch(host.strip()):
        raise RefusedHead(BAD_REQUEST)
    return host


def split_target(method: str, target: bytes) -> tuple[str, bytes, bytes | None]:
    """Path, query and, in absolute form, authority of a target; a fragment is dropped. Raises RefusedHead.

    The authority is to be used instead of the Host (RFC 9112 §3.2.2).
    """
    if method == "CONNECT":  # the client would send another protocol next
        raise RefusedHead(NOT_IMPLEMENTED)
    if target[:1] == b"/":
        if b"#" in target:
            target = target.partition(b"#")[0]
        path, _, query = target.partition(b"?")
        return path.decode("utf-8", "replace"), query, None
    if target == b"*" and method == "OPTIONS":
        return "*", b"", None
    try:
        parsed = parse_url(target)
    except HttpParserError:
        raise RefusedHead(BAD_REQUEST) from None
    scheme, host = parsed.schema, parsed.host
    if not scheme or scheme.lower().decode() not in _SCHEMES or not host or parsed.userinfo:
        raise RefusedHead(BAD_REQUEST)
    if b":" in host:
        host = b"[%b]" % host
    port = cast("int | None", parsed.port)  # the stub has no None
    authority = host if port is None else b"%b:%d" % (host, port)
    if not _HOST.fullmatch(authority):
        raise RefusedHead(BAD_REQUEST)
    return (parsed.path or b"/").decode("utf-8", "replace"), parsed.query or b"", authority
