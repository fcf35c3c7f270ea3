"""Reads and writes whole files. They are small (the size limit of uploads), and the helper's memory is bounded."""

from __future__ import annotations

from typing import IO


def read_all(given: IO[bytes]) -> bytearray:
    """The whole content, from the beginning; changeable in place."""
    given.seek(0)
    return bytearray(given.read())


def write_all(written: IO[bytes], content: bytes | bytearray | memoryview) -> None:
    """Write the content as the whole file."""
    rest = memoryview(content)
    while rest:
        rest = rest[written.write(rest) :]
