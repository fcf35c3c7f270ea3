"""Requests for the load generators: bytes with placeholders for the child, the token and a serial number."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

CHILD = b"\x01"
TOKEN = b"\x02"
SERIAL = b"\x03"
"""Placeholders: control characters, which occur nowhere else in a request. Serials begin at the microseconds since 1970: none repeats."""
CHILD_CHARS = 36
SERIAL_CHARS = 16
_PLACEHOLDERS = re.compile(rb"([\x01\x02\x03])")


class Actor(NamedTuple):
    """Who sends a request, and for which child."""

    token: str
    child: str


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request: its variants and its actors, used in rotation."""

    variants: tuple[bytes, ...]
    actors: Sequence[Actor]

    def requests(self) -> Iterator[bytes]:
        """An endless stream of requests."""
        parts = [_PLACEHOLDERS.split(variant) for variant in self.variants]
        numbers = itertools.count(time.time_ns() // 1000)
        for number, variant in zip(numbers, itertools.cycle(parts), strict=False):
            actor = self.actors[number % len(self.actors)]
            yield _filled(variant, actor, number)

    def write_to(self, folder: Path) -> None:
        """Write files for wrk.lua: `actors` (a token and a child in each line) and one file for each variant."""
        lines = (f"{actor.token}\t{actor.child}\n" for actor in self.actors)
        (folder / "actors").write_text("".join(lines))
        for number, variant in enumerate(self.variants, 1):
            (folder / f"variant-{number}").write_bytes(variant)


def request(
    method: str,
    path: bytes,
    host: str,
    body: bytes | None = None,
    *,
    bearer: bool,
    gzip: bool,
    more: Sequence[bytes] = (),
) -> bytes:
    """A variant: the request with its placeholders; Content-Length is that of the filled request. `more`: header lines."""
    lines = [b"%s %s HTTP/1.1" % (method.encode(), path), b"Host: " + host.encode()]
    if bearer:
        lines.append(b"Authorization: Bearer " + TOKEN)
    if gzip:
        lines.append(b"Accept-Encoding: gzip")
    lines += more
    if body is not None:
        length = len(body) + body.count(CHILD) * (CHILD_CHARS - 1) + body.count(SERIAL) * (SERIAL_CHARS - 1)
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % length]
    return b"\r\n".join([*lines, b"", body or b""])


def _filled(parts: Sequence[bytes], actor: Actor, number: int) -> bytes:
    values = {CHILD: actor.child.encode(), TOKEN: actor.token.encode(), SERIAL: b"%016d" % number}
    return b"".join(values.get(part, part) for part in parts)
