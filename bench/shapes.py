"""Hostile requests: shapes that cost a server more than their size, for `S12` and the fuzz run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.work import CHILD, request

BODY_BYTES = 10 * 1024 * 1024 - 1024
"""A little below the largest body that a route accepts."""
FORM_BYTES = 64 * 1024 - 1024
"""The same for the routes that take forms."""
HOST = "127.0.0.1"
_SAVES = b"/api/v2/games/children/" + CHILD + b"/data"
_SAVE_HEAD = b'{"gameType":"sticker_book","dataKey":"hostile","dataValue":{"a":'
_EVENT_HEAD = b'{"eventType":"%s","childId":"' + CHILD + b'","contentId":"c","eventData":{"timestamp":1,"a":'


@dataclass(frozen=True, slots=True)
class Shape:
    """One hostile request, made when it is needed; `request` has the placeholders of `bench.work`."""

    name: str
    request: Callable[[], bytes]


def _filled(unit: bytes, size: int) -> bytes:
    """A JSON list of equal values."""
    return b"[" + unit * ((size - 2) // len(unit) - 1) + unit.rstrip(b",") + b"]"


def _text(unit: bytes, size: int) -> bytes:
    return b'"' + unit * (size // len(unit)) + b'"'


def _keys(size: int) -> bytes:
    return b"{" + b",".join(b'"%07d":1' % number for number in range(size // 12)) + b"}"


def _nested(size: int) -> bytes:
    return b"[" * (size // 2) + b"]" * (size // 2)


VALUES: dict[str, Callable[[int], bytes]] = {
    "numbers 1e9": lambda size: _filled(b"1e9,", size),
    "numbers 1e1": lambda size: _filled(b"1e1,", size),
    "numbers 1e10": lambda size: _filled(b"1e10,", size),
    "numbers 1e131071": lambda size: _filled(b"1e131071,", size),
    "numbers 0": lambda size: _filled(b"0,", size),
    "empty lists": lambda size: _filled(b"[],", size),
    "empty objects": lambda size: _filled(b"{},", size),
    "small objects": lambda size: _filled(b'{"a":1},', size),
    "small texts": lambda size: _filled(b'"1e1",', size),
    "many keys": _keys,
    "one key many times": lambda size: b"{" + b'"a":1,' * (size // 6) + b'"a":1}',
    "nested": _nested,
    "nested as deep as allowed": lambda _: _nested(1_000),
    "long text": lambda size: _text(b"x", size),
    "escapes": lambda size: _text(b"\\n", size),
    "escaped characters": lambda size: _text(b"\\u0041", size),
    "escaped backslashes": lambda size: _text(b"\\\\u0000", size),
    "lone surrogates": lambda size: _text(b"\\ud800", size),
    "two-byte characters": lambda size: _text("é".encode(), size),
    "a long number": lambda size: b"1" * size,
    "white space": lambda size: b"1" + b" " * size,
}


def _save(value: bytes) -> bytes:
    return _sent("PUT", _SAVES, _SAVE_HEAD + value + b"}}")


def _event(value: bytes, kind: bytes = b"hostile") -> bytes:
    return _sent("POST", b"/api/v1/analytics/events", _EVENT_HEAD % kind + value + b"}}")


def _sent(method: str, path: bytes, body: bytes, extra: bytes = b"") -> bytes:
    head, _, rest = request(method, path, HOST, body, bearer=True, gzip=True).partition(b"\r\n")
    return head + b"\r\n" + extra + rest


def _saves(name: str) -> Shape:
    return Shape(f"save, {name}", lambda: _save(VALUES[name](BODY_BYTES)))


def _events(name: str) -> Shape:
    return Shape(f"event, {name}", lambda: _event(VALUES[name](BODY_BYTES)))


def _project(value: Callable[[], bytes]) -> Callable[[], bytes]:
    def made() -> bytes:
        fields = b'0,"gameType":"sticker_book","projectId":"hostile","fullProjectData":' + value()
        return _event(fields, b"save_project")

    return made


def _coins(unit: bytes) -> Callable[[], bytes]:
    return lambda: _event(b'0,"balance":1,"transactions":' + _filled(unit, BODY_BYTES), b"virtual_currency_updated")


def _quoted(size: int) -> bytes:
    return b'"{\\"a\\":[' + b"1e1," * (size // 4) + b'1]}"'


def _batch(operation: bytes, count: int) -> bytes:
    body = b'{"operations":[' + b",".join([operation] * count) + b"]}"
    return _sent("POST", _SAVES + b"/batch", body)


def _operation() -> bytes:
    document = b'{"a":' + _filled(b"[],", BODY_BYTES // 50 - 200) + b"}"
    return b'{"op":"put","gameType":"t","dataKey":"hostile","dataValue":' + document + b"}"


def _form(method: str, path: bytes, body: bytes) -> Callable[[], bytes]:
    return lambda: _sent(method, path, body)


def _in_small_chunks(chunk: bytes) -> bytes:
    content = _save(_text(b"x", BODY_BYTES // 8))
    head, _, body = content.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    return b"\r\n".join([*kept, b"Transfer-Encoding: chunked", b"", pieces]) + chunk


SHAPES: tuple[Shape, ...] = (
    *(_saves(name) for name in VALUES),
    *(_events(name) for name in VALUES),
    Shape("event, project as an object", _project(lambda: b'{"a":' + _filled(b"[],", BODY_BYTES) + b"}")),
    Shape("event, project as text", _project(lambda: _quoted(BODY_BYTES - 200))),
    Shape("event, many transactions", _coins(b'{"amount":1,"reason":"r","timestamp":1,"balanceAfter":1},')),
    Shape("event, transactions of zeros", _coins(b"0,")),
    Shape("batch, 50 large saves", lambda: _batch(_operation(), 50)),
    Shape("batch, millions of operations", lambda: _batch(b"0", BODY_BYTES // 2 - 100)),
    Shape("batch, millions of lists", lambda: _batch(b"[]", BODY_BYTES // 3 - 100)),
    Shape("save, wrong type and many keys", lambda: _sent("PUT", _SAVES, b'{"gameType":1,' + _keys(BODY_BYTES)[1:])),
    Shape("save in chunks of one byte", lambda: _in_small_chunks(b"0\r\n\r\n")),
    Shape(
        "login, long texts",
        _form(
            "POST",
            b"/api/v1/auth/parent/login",
            b'{"email":%s,"password":%s}' % (_text(b"a@", FORM_BYTES // 2), _text(b"\\u1100", FORM_BYTES // 2)),
        ),
    ),
    Shape(
        "register, long name",
        _form(
            "POST",
            b"/api/v1/auth/parent/register",
            b'{"email":"a@example.com","password":"Sunny-Day-7","name":%s}' % _text(b"\\u200b", FORM_BYTES - 100),
        ),
    ),
    Shape(
        "child, many interests",
        _form(
            "POST",
            b"/api/v1/family/children",
            b'{"name":"x","birthDate":"2019-03-15","interests":%s}' % _filled(b'"a",', FORM_BYTES - 100),
        ),
    ),
    Shape(
        "consent, many permissions",
        _form(
            "POST",
            b"/api/v1/coppa/consent",
            b'{"childId":"%s","consentType":"FULL","permissions":%s,"verificationMethod":"x"}'
            % (CHILD, b"{" + b",".join(b'"%06d":true' % n for n in range(FORM_BYTES // 16)) + b"}"),
        ),
    ),
    Shape("long query", lambda: _sent("GET", _SAVES + b"?" + b"a=%41&" * 1_200, b"")),
    Shape("many headers", lambda: _sent("GET", b"/health", b"", b"".join(b"X%d:\r\n" % n for n in range(9_000)))),
    Shape("pipelined requests", lambda: b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 20_000),
)
