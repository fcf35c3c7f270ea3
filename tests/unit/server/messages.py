"""HTTP/1.x messages as bytes, each with what a strict server makes of it and why (RFC 9110, RFC 9112).

`refused` is the status of the only reply, after which the connection ends; `read` are the requests that are understood.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from wondernest.server.heads import MAX_FIELDS, MAX_TARGET_BYTES


class Understood(NamedTuple):
    """One request as the application gets it."""

    method: str = "GET"
    path: str = "/"
    query: bytes = b""
    body: bytes = b""
    host: bytes | None = b"a"


class Message(NamedTuple):
    """One message: `refused` or `read` is set."""

    name: str
    sent: bytes
    refused: int | None
    read: tuple[Understood, ...]
    why: str
    closes: bool = False
    """Whether the connection ends after the reply to a message that is read."""


HOST: Final = b"Host: a\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
PLAIN: Final = Understood()
POSTED: Final = Understood("POST", body=b"x")


def bad(name: str, sent: bytes, why: str, status: int = 400) -> Message:
    """A message that is refused."""
    return Message(name, sent, status, (), why)


def ok(name: str, sent: bytes, why: str, *read: Understood, closes: bool = False) -> Message:
    """A message that is read; `read` defaults to a GET of `/`."""
    return Message(name, sent, None, read or (PLAIN,), why, closes)


def line(request_line: bytes) -> bytes:
    """A request of this line, with a Host."""
    return request_line + b"\r\n" + HOST + b"\r\n"


def get(fields: bytes) -> bytes:
    """A GET with these header lines besides Host."""
    return b"GET / HTTP/1.1\r\n" + HOST + fields + b"\r\n"


def hosted(fields: bytes, version: bytes = b"1.1") -> bytes:
    """A GET with exactly these header lines."""
    return b"GET / HTTP/" + version + b"\r\n" + fields + b"\r\n"


def post(fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    """A POST with these header lines besides Host."""
    return b"POST / HTTP/" + version + b"\r\n" + HOST + fields + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    """A POST with this chunked body, as bytes on the wire."""
    return post(CHUNKED, body)


LAST: Final = b"0\r\n\r\n"

REQUEST_LINES: Final = (
    ok("plain", line(b"GET / HTTP/1.1"), "the simplest request"),
    ok("query", line(b"GET /a?b=c HTTP/1.1"), "path and query", Understood(path="/a", query=b"b=c")),
    ok("query with question marks", line(b"GET /?a?b HTTP/1.1"), "only the first divides", Understood(query=b"a?b")),
    ok("empty query", line(b"GET /? HTTP/1.1"), "an empty query is one", PLAIN),
    ok("percent", line(b"GET /%2e%2E/a HTTP/1.1"), "stays encoded", Understood(path="/%2e%2E/a")),
    ok("double slash", line(b"GET //b/a HTTP/1.1"), "a path, not an authority", Understood(path="//b/a")),
    ok("semicolon", line(b"GET /a;b=c HTTP/1.1"), "part of the path", Understood(path="/a;b=c")),
    ok("fragment", line(b"GET /a#b HTTP/1.1"), "dropped, as by nginx", Understood(path="/a")),
    ok("fragment with a query", line(b"GET /a#b?c HTTP/1.1"), "the query is the fragment's", Understood(path="/a")),
    ok("version 1.0", line(b"GET / HTTP/1.0"), "still used by health checks", closes=True),
    ok("two spaces", line(b"GET  / HTTP/1.1"), "read like one by nginx and Node"),
    ok("empty line first", b"\r\n" + line(b"GET / HTTP/1.1"), "RFC 9112 §2.2 allows it after a body"),
    ok("two empty lines first", b"\r\n\r\n" + line(b"GET / HTTP/1.1"), "as above"),
    ok("HEAD", line(b"HEAD / HTTP/1.1"), "a method", Understood("HEAD")),
    ok("OPTIONS of the server", line(b"OPTIONS * HTTP/1.1"), "asterisk-form", Understood("OPTIONS", "*")),
    ok("unusual method", line(b"PURGE / HTTP/1.1"), "the application answers 405", Understood("PURGE")),
    bad("version 0.9", line(b"GET / HTTP/0.9"), "it has no headers"),
    bad("no version", line(b"GET /"), "HTTP/0.9: the headers would be the next request"),
    bad("no version and no headers", b"GET /\r\n\r\n", "HTTP/0.9"),
    bad("version 2.0", line(b"GET / HTTP/2.0"), "another framing", 505),
    bad("version 2", line(b"GET / HTTP/2"), "no minor version"),
    bad("version 3.0", line(b"GET / HTTP/3.0"), "not a version of this syntax"),
    bad("version 1.2", line(b"GET / HTTP/1.2"), "there is none"),
    bad("version 1.10", line(b"GET / HTTP/1.10"), "one digit"),
    bad("version 1.", line(b"GET / HTTP/1."), "one digit"),
    bad("version 01.1", line(b"GET / HTTP/01.1"), "one digit"),
    bad("version +1.1", line(b"GET / HTTP/+1.1"), "a digit"),
    bad("version with a comma", line(b"GET / HTTP/1,1"), "a dot"),
    bad("lower-case protocol", line(b"GET / http/1.1"), "names are case-sensitive"),
    bad("other protocol", line(b"GET / HTTPS/1.1"), "not HTTP"),
    bad("space after the version", line(b"GET / HTTP/1.1 "), "the line ends there"),
    bad("word after the version", line(b"GET / HTTP/1.1 x"), "the line ends there"),
    bad("CR after the version", b"GET / HTTP/1.1\r\r\n" + HOST + b"\r\n", "bare CR"),
    bad("tab for a space", line(b"GET\t/ HTTP/1.1"), "a space"),
    bad("tab before the version", line(b"GET /\tHTTP/1.1"), "a space"),
    bad("space first", b" " + line(b"GET / HTTP/1.1"), "no method"),
    bad("lower-case method", line(b"get / HTTP/1.1"), "methods are case-sensitive"),
    bad("unknown method", line(b"FOO / HTTP/1.1"), "Node refuses it too"),
    bad("method with a colon", line(b"GET: / HTTP/1.1"), "no token"),
    bad("method with NUL", line(b"GE\x00T / HTTP/1.1"), "no token"),
    bad("empty line of spaces", line(b"   "), "no method"),
    bad("only a version", line(b"HTTP/1.1"), "no method"),
    bad("a reply", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "not a request"),
    bad("TLS", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", "a client hello on a plain port"),
    bad("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "prior knowledge of HTTP/2"),
    bad("PROXY protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n" + line(b"GET / HTTP/1.1"), "not asked for"),
    bad("space in the path", line(b"GET /a b HTTP/1.1"), "ends the target"),
    bad("NUL in the path", line(b"GET /\x00 HTTP/1.1"), "no URI character"),
    bad("DEL in the path", line(b"GET /\x7f HTTP/1.1"), "no URI character"),
    bad("raw UTF-8 in the path", line("GET /é HTTP/1.1".encode()), "must be percent-encoded"),
    bad("CR in the path", b"GET /a\rb HTTP/1.1\r\n" + HOST + b"\r\n", "bare CR"),
    bad("LF in the path", b"GET /a\nb HTTP/1.1\r\n" + HOST + b"\r\n", "bare LF"),
    bad("LF after the line", b"GET / HTTP/1.1\n" + HOST + b"\r\n", "bare LF"),
    bad("long target", line(b"GET /" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1"), "over the limit", 414),
    bad("long query", line(b"GET /?" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1"), "over the limit", 414),
    bad("long method", line(b"G" * 300 + b" / HTTP/1.1"), "no method"),
)

TARGETS: Final = (
    ok(
        "absolute form",
        line(b"GET http://b/c?d HTTP/1.1"),
        "its authority counts, not Host",
        Understood(path="/c", query=b"d", host=b"b"),
    ),
    ok("absolute form with a port", line(b"GET http://b:8/ HTTP/1.1"), "as above", Understood(host=b"b:8")),
    ok("absolute form of https", line(b"GET https://b/ HTTP/1.1"), "as above", Understood(host=b"b")),
    ok("absolute form in capitals", line(b"GET HTTP://b/ HTTP/1.1"), "schemes have no case", Understood(host=b"b")),
    ok("absolute form without a path", line(b"GET http://b HTTP/1.1"), "the path is /", Understood(host=b"b")),
    ok(
        "absolute form of an IPv6 address",
        line(b"GET http://[::1]:8/ HTTP/1.1"),
        "brackets",
        Understood(host=b"[::1]:8"),
    ),
    bad("absolute form without a Host", b"GET http://b/ HTTP/1.1\r\n\r\n", "Host is required all the same"),
    bad("absolute form with a password", line(b"GET http://u:p@b/ HTTP/1.1"), "RFC 9110 §4.2.4"),
    bad("absolute form without a host", line(b"GET http:///a HTTP/1.1"), "no authority"),
    bad("absolute form of another scheme", line(b"GET ftp://b/ HTTP/1.1"), "not ours"),
    bad("absolute form of a file", line(b"GET file:///etc/passwd HTTP/1.1"), "not ours"),
    bad("absolute form with a bad port", line(b"GET http://b:x/ HTTP/1.1"), "digits"),
    bad("authority form", line(b"GET b:80 HTTP/1.1"), "only for CONNECT"),
    bad("CONNECT", line(b"CONNECT b:80 HTTP/1.1"), "no proxy", 501),
    bad("CONNECT of a path", line(b"CONNECT / HTTP/1.1"), "no proxy", 501),
    bad("asterisk of GET", line(b"GET * HTTP/1.1"), "only for OPTIONS"),
    bad("asterisk with a path", line(b"OPTIONS */a HTTP/1.1"), "not a form"),
    bad("relative path", line(b"GET a HTTP/1.1"), "not a form"),
    bad("only a query", line(b"GET ?a HTTP/1.1"), "not a form"),
    bad("only a fragment", line(b"GET #a HTTP/1.1"), "not a form"),
    bad("backslash", line(b"GET \\a HTTP/1.1"), "not a form"),
)

HOSTS: Final = (
    ok("host with a port", hosted(b"Host: a:80\r\n"), "authority", Understood(host=b"a:80")),
    ok("IPv6 host", hosted(b"Host: [::1]:80\r\n"), "authority", Understood(host=b"[::1]:80")),
    ok("empty host", hosted(b"Host:\r\n"), "RFC 9110 §7.2 allows it", Understood(host=b"")),
    ok("host last", hosted(b"X: y\r\nHost: a\r\n"), "in any place"),
    ok("host in capitals", hosted(b"HOST: a\r\n"), "names have no case"),
    ok("no host in 1.0", hosted(b"", b"1.0"), "it did not exist then", Understood(host=None), closes=True),
    bad("no host", hosted(b""), "RFC 9112 §3.2"),
    bad("no host, other headers", hosted(b"X: y\r\n"), "RFC 9112 §3.2"),
    bad("two hosts", hosted(b"Host: a\r\nHost: b\r\n"), "whose request is it?"),
    bad("the same host twice", hosted(b"Host: a\r\nHost: a\r\n"), "more than one line"),
    bad("two hosts in 1.0", hosted(b"Host: a\r\nHost: b\r\n", b"1.0"), "whose request is it?"),
    bad("two hosts in one line", hosted(b"Host: a, b\r\n"), "no authority"),
    bad("host with a path", hosted(b"Host: a/b\r\n"), "no authority"),
    bad("host with a user", hosted(b"Host: u@a\r\n"), "no authority"),
    bad("host with a space", hosted(b"Host: a b\r\n"), "no authority"),
    bad("host with a scheme", hosted(b"Host: http://a\r\n"), "no authority"),
    bad("host with a bad port", hosted(b"Host: a:x\r\n"), "digits"),
    bad("host with two ports", hosted(b"Host: a:1:2\r\n"), "no authority"),
    bad("IPv6 host without brackets", hosted(b"Host: ::1\r\n"), "no authority"),
    bad("host of control characters", hosted(b"Host: a\x01\r\n"), "no field value"),
)

FIELDS: Final = (
    ok("empty value", get(b"X:\r\n"), "allowed"),
    ok("no space after the colon", get(b"X:y\r\n"), "optional"),
    ok("tab after the colon", get(b"X:\ty\r\n"), "optional white space"),
    ok("white space after the value", get(b"X: y \t\r\n"), "optional white space"),
    ok("tab in a value", get(b"X: y\tz\r\n"), "allowed"),
    ok("colons in a value", get(b"X: :y:\r\n"), "only the first divides"),
    ok("Latin-1 in a value", get(b"X: \xe9\r\n"), "obs-text"),
    ok("every token character", get(b"!#$%&'*+-.^_`|~9z: y\r\n"), "RFC 9110 §5.6.2"),
    ok("underscore in a name", get(b"Content_Length: 5\r\n"), "another header"),
    ok("the same header twice", get(b"X: y\r\nX: z\r\n"), "a list"),
    ok("headers up to the limit", get(b"".join(b"X%d: y\r\n" % n for n in range(MAX_FIELDS - 1))), "the limit"),
    bad("too many headers", get(b"".join(b"X%d: y\r\n" % n for n in range(MAX_FIELDS))), "over the limit", 431),
    bad("one header too many times", get(b"X: y\r\n" * (MAX_FIELDS + 1)), "over the limit", 431),
    bad("space before the colon", get(b"X : y\r\n"), "RFC 9112 §5.1: was read as two names"),
    bad("tab before the colon", get(b"X\t: y\r\n"), "as above"),
    bad("space before the colon of Content-Length", post(b"Content-Length : 1\r\n", b"x"), "as above"),
    bad("space before the colon of Transfer-Encoding", post(b"Transfer-Encoding : chunked\r\n", LAST), "as above"),
    bad("empty name", get(b": y\r\n"), "no token"),
    bad("no colon", get(b"X\r\n"), "no field"),
    bad("space before a name", get(b" X: y\r\n"), "obs-fold"),
    bad("space before the first header", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "RFC 9112 §2.2"),
    bad("folded value", get(b"X: y\r\n z\r\n"), "obs-fold"),
    bad("folded value with a tab", get(b"X: y\r\n\tz\r\n"), "obs-fold"),
    bad("folded host", b"GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", "obs-fold"),
    bad("folded transfer coding", post(b"Transfer-Encoding:\r\n chunked\r\n", LAST), "obs-fold"),
    bad("quoted name", get(b'"X": y\r\n'), "no token"),
    bad("name with a parenthesis", get(b"X(: y\r\n"), "no token"),
    bad("name with Latin-1", get(b"X\xe9: y\r\n"), "no token"),
    bad("name with NUL", get(b"X\x00: y\r\n"), "no token"),
    bad("NUL in a value", get(b"X: y\x00z\r\n"), "RFC 9110 §5.5"),
    bad("control character in a value", get(b"X: y\x01\r\n"), "RFC 9110 §5.5"),
    bad("DEL in a value", get(b"X: y\x7f\r\n"), "RFC 9110 §5.5"),
    bad("vertical tab in a value", get(b"X: y\x0bz\r\n"), "RFC 9110 §5.5"),
    bad("bare CR in a value", get(b"X: y\rz\r\n"), "bare CR"),
    bad("bare CR hides a header", get(b"X: y\rContent-Length: 5\r\n"), "bare CR"),
    bad("bare LF ends a value", get(b"X: y\nZ: y\r\n"), "bare LF"),
    bad("bare LF hides a header", get(b"X: y\nContent-Length: 5\r\n"), "bare LF"),
    bad("CR CR LF ends a value", get(b"X: y\r\r\n"), "bare CR"),
    bad("bare LF ends the head", b"GET / HTTP/1.1\r\nHost: a\r\n\n", "bare LF"),
    bad("bare LFs everywhere", b"GET / HTTP/1.1\nHost: a\n\n", "bare LF"),
    bad("bare CRs everywhere", b"GET / HTTP/1.1\rHost: a\r\r", "bare CR"),
    bad("bare CR ends the head", b"GET / HTTP/1.1\r\nHost: a\r\n\rX", "bare CR"),
)

LENGTHS: Final = (
    ok("length", post(b"Content-Length: 1\r\n", b"x"), "a body", POSTED),
    ok("length of zero", post(b"Content-Length: 0\r\n"), "no body", Understood("POST")),
    ok("no length", post(b""), "no body", Understood("POST")),
    ok("length with zeros first", post(b"Content-Length: 001\r\n", b"x"), "decimal digits", POSTED),
    ok("length with white space", post(b"Content-Length: \t1 \r\n", b"x"), "optional white space", POSTED),
    ok("length of a GET", get(b"Content-Length: 1\r\n") + b"x", "the body is skipped", Understood(body=b"x")),
    ok("length in 1.0", post(b"Content-Length: 1\r\n", b"x", b"1.0"), "a body", POSTED, closes=True),
    ok(
        "body like a request",
        post(b"Content-Length: 18\r\n", b"GET /b HTTP/1.1\r\n\r"),
        "it is content",
        Understood("POST", body=b"GET /b HTTP/1.1\r\n\r"),
    ),
    bad("length with a plus", post(b"Content-Length: +1\r\n", b"x"), "digits"),
    bad("negative length", post(b"Content-Length: -1\r\n", b"x"), "digits"),
    bad("length in hex", post(b"Content-Length: 0x1\r\n", b"x"), "digits"),
    bad("length with an exponent", post(b"Content-Length: 1e0\r\n", b"x"), "digits"),
    bad("length with a fraction", post(b"Content-Length: 1.0\r\n", b"x"), "digits"),
    bad("length with an underscore", post(b"Content-Length: 1_0\r\n", b"x" * 10), "digits"),
    bad("length with a space inside", post(b"Content-Length: 1 0\r\n", b"x" * 10), "digits"),
    bad("length in words", post(b"Content-Length: one\r\n", b"x"), "digits"),
    bad("length in quotes", post(b'Content-Length: "1"\r\n', b"x"), "digits"),
    bad("length in other digits", post("Content-Length: ١\r\n".encode(), b"x"), "ASCII digits"),
    bad("empty length", post(b"Content-Length:\r\n", b"x"), "digits"),
    bad("huge length", post(b"Content-Length: 99999999999999999999\r\n", b"x"), "no number of 64 bits"),
    bad("length that wraps", post(b"Content-Length: 18446744073709551617\r\n", b"x"), "1 in 64 bits"),
    bad("list of equal lengths", post(b"Content-Length: 1, 1\r\n", b"x"), "digits"),
    bad("list of lengths", post(b"Content-Length: 1, 2\r\n", b"xx"), "digits"),
    bad("two lengths", post(b"Content-Length: 1\r\nContent-Length: 2\r\n", b"xx"), "where does it end?"),
    bad("the same length twice", post(b"Content-Length: 1\r\nContent-Length: 1\r\n", b"x"), "more than one line"),
    bad("length after chunked", post(CHUNKED + b"Content-Length: 1\r\n", LAST), "where does it end?"),
    bad("length before chunked", post(b"Content-Length: 1\r\n" + CHUNKED, LAST), "where does it end?"),
    bad("length of zero and chunked", post(b"Content-Length: 0\r\n" + CHUNKED, LAST), "where does it end?"),
)

CODINGS: Final = (
    ok("chunked", chunked(b"1\r\nx\r\n" + LAST), "a body", POSTED),
    ok("chunked in capitals", post(b"Transfer-Encoding: CHUNKED\r\n", b"1\r\nx\r\n" + LAST), "no case", POSTED),
    ok(
        "chunked with white space", post(b"Transfer-Encoding: \tchunked \r\n", b"1\r\nx\r\n" + LAST), "optional", POSTED
    ),
    ok("chunked, empty", chunked(LAST), "no content", Understood("POST")),
    bad("gzip, chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", LAST), "we would have to unpack it", 501),
    bad("identity, chunked", post(b"Transfer-Encoding: identity, chunked\r\n", LAST), "no coding since RFC 7230", 501),
    bad("comma, chunked", post(b"Transfer-Encoding: , chunked\r\n", LAST), "an empty member", 501),
    bad("chunked, chunked", post(b"Transfer-Encoding: chunked, chunked\r\n", LAST), "not twice"),
    bad("gzip and chunked on two lines", post(b"Transfer-Encoding: gzip\r\n" + CHUNKED, LAST), "joined", 501),
    bad("chunked, gzip", post(b"Transfer-Encoding: chunked, gzip\r\n", LAST), "chunked must be last"),
    bad("chunked on two lines", post(CHUNKED + CHUNKED, LAST), "not twice"),
    bad("gzip", post(b"Transfer-Encoding: gzip\r\n", b"x"), "no end", 501),
    bad("identity", post(b"Transfer-Encoding: identity\r\n", b"x"), "no end", 501),
    bad("empty coding", post(b"Transfer-Encoding:\r\n", b"x"), "no coding"),
    bad("coding with a letter more", post(b"Transfer-Encoding: xchunked\r\n", LAST), "another coding", 501),
    bad("coding with a letter after", post(b"Transfer-Encoding: chunkedx\r\n", LAST), "another coding", 501),
    bad("coding in quotes", post(b'Transfer-Encoding: "chunked"\r\n', LAST), "another coding", 501),
    bad("coding with a parameter", post(b"Transfer-Encoding: chunked;a=b\r\n", LAST), "it has none", 501),
    bad("coding after a vertical tab", post(b"Transfer-Encoding: \x0bchunked\r\n", LAST), "not white space"),
    bad("chunked in 1.0", post(CHUNKED, LAST, b"1.0"), "proxies of 1.0 do not know it"),
    bad("gzip in 1.0", post(b"Transfer-Encoding: gzip\r\n", b"x", b"1.0"), "as above"),
)

TWO: Final = Understood("POST", body=b"xy")
CHUNKS: Final = (
    ok("two chunks", chunked(b"1\r\nx\r\n1\r\ny\r\n" + LAST), "joined", TWO),
    ok("size in capitals", chunked(b"A\r\n0123456789\r\n" + LAST), "hex", Understood("POST", body=b"0123456789")),
    ok("size in small letters", chunked(b"a\r\n0123456789\r\n" + LAST), "hex", Understood("POST", body=b"0123456789")),
    ok("size with zeros first", chunked(b"0001\r\nx\r\n" + LAST), "hex", POSTED),
    ok("last chunk with zeros", chunked(b"1\r\nx\r\n000\r\n\r\n"), "zero", POSTED),
    ok("extension", chunked(b"1;a\r\nx\r\n" + LAST), "ignored", POSTED),
    ok("extension with a value", chunked(b"1;a=b\r\nx\r\n" + LAST), "ignored", POSTED),
    ok("extension in quotes", chunked(b'1;a="b c"\r\nx\r\n' + LAST), "ignored", POSTED),
    ok("extension of the last chunk", chunked(b"1\r\nx\r\n0;a\r\n\r\n"), "ignored", POSTED),
    ok(
        "content like the end",
        chunked(b"5\r\n0\r\n\r\n\r\n" + LAST),
        "sizes count",
        Understood("POST", body=b"0\r\n\r\n"),
    ),
    ok("trailer", chunked(b"1\r\nx\r\n0\r\nX: y\r\n\r\n"), "ignored", POSTED),
    ok("trailer Host", chunked(b"1\r\nx\r\n0\r\nHost: b\r\n\r\n"), "a trailer changes no header", POSTED),
    bad("trailer Content-Length", chunked(b"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n"), "RFC 9110 §6.5.1"),
    bad("trailer Transfer-Encoding", chunked(b"1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), "RFC 9110 §6.5.1"),
    bad("trailer with a space", chunked(b"1\r\nx\r\n0\r\nX : y\r\n\r\n"), "no field"),
    bad("trailer ends with bare LF", chunked(b"1\r\nx\r\n0\r\n\n"), "bare LF"),
    bad("size with 0x", chunked(b"0x1\r\nx\r\n" + LAST), "hex digits"),
    bad("size with a plus", chunked(b"+1\r\nx\r\n" + LAST), "hex digits"),
    bad("negative size", chunked(b"-1\r\nx\r\n" + LAST), "hex digits"),
    bad("space before the size", chunked(b" 1\r\nx\r\n" + LAST), "hex digits"),
    bad("space after the size", chunked(b"1 \r\nx\r\n" + LAST), "no white space there"),
    bad("tab after the size", chunked(b"1\t\r\nx\r\n" + LAST), "no white space there"),
    bad("space before an extension", chunked(b"1 ;a\r\nx\r\n" + LAST), "bad white space"),
    bad("empty extension", chunked(b"1;\r\nx\r\n" + LAST), "a name"),
    bad("LF in an extension", chunked(b"1;a\nx\r\n" + LAST), "nginx and others read it as the end: TERM.EXT"),
    bad("CR in an extension", chunked(b"1;a\rx\r\n" + LAST), "bare CR"),
    bad("NUL in an extension", chunked(b"1;a\x00\r\nx\r\n" + LAST), "no token"),
    bad("size of no digit", chunked(b"g\r\nx\r\n" + LAST), "hex digits"),
    bad("size with an underscore", chunked(b"1_0\r\n0123456789abcdef\r\n" + LAST), "hex digits"),
    bad("empty size", chunked(b"\r\nx\r\n" + LAST), "hex digits"),
    bad("size that overflows", chunked(b"10000000000000001\r\nx\r\n" + LAST), "1 in 64 bits"),
    bad("size of 17 digits", chunked(b"FFFFFFFFFFFFFFFFF\r\nx"), "no number of 64 bits"),
    bad("bare LF after the size", chunked(b"1\nx\r\n" + LAST), "bare LF"),
    bad("bare CR after the size", chunked(b"1\rx\r\n" + LAST), "bare CR"),
    bad("CR CR LF after the size", chunked(b"1\r\r\nx\r\n" + LAST), "bare CR"),
    bad("bare LF after the content", chunked(b"1\r\nx\n" + LAST), "bare LF"),
    bad("no line end after the content", chunked(b"1\r\nx" + LAST), "CR LF"),
    bad("content longer than its size", chunked(b"1\r\nxy\r\n" + LAST), "CR LF"),
    bad("content shorter than its size", chunked(b"3\r\nx\r\n" + LAST), "the size counts the line end"),
)

CONNECTIONS: Final = (
    ok("close", get(b"Connection: close\r\n"), "the last request", closes=True),
    ok("close in a list", get(b"Connection: x, close\r\n"), "the last request", closes=True),
    ok("keep-alive in 1.0", hosted(HOST + b"Connection: keep-alive\r\n", b"1.0"), "asked for"),
    ok("keep-alive", get(b"Connection: keep-alive\r\n"), "the default"),
    ok("upgrade", get(b"Connection: Upgrade\r\nUpgrade: h2c\r\n"), "ignored, and the last request", closes=True),
    ok("upgrade to WebSocket", get(b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), "as above", closes=True),
    ok(
        "two requests",
        get(b"") + line(b"GET /b HTTP/1.1"),
        "pipelined",
        PLAIN,
        Understood(path="/b"),
    ),
    ok("body and request", post(b"Content-Length: 1\r\n", b"x") + get(b""), "pipelined", POSTED, PLAIN),
    ok("chunks and request", chunked(b"1\r\nx\r\n" + LAST) + get(b""), "pipelined", POSTED, PLAIN),
    ok("empty line between", post(b"Content-Length: 1\r\n", b"x") + b"\r\n" + get(b""), "old clients", POSTED, PLAIN),
    ok("request after close", get(b"Connection: close\r\n") + get(b""), "not answered", closes=True),
)

MESSAGES: Final = (
    *REQUEST_LINES,
    *TARGETS,
    *HOSTS,
    *FIELDS,
    *LENGTHS,
    *CODINGS,
    *CHUNKS,
    *CONNECTIONS,
)
