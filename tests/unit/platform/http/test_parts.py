"""Multipart forms are parsed the same however the network splits them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.endpoints import NoExchange
from wondernest.platform.http.body import BodyStream, Multipart
from wondernest.platform.http.errors import BadRequest
from wondernest.platform.http.parts import PartStream

KIND = Multipart(max_bytes=1_000_000)


class Pieces(NoExchange):
    """A body in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = [piece for piece in pieces if piece]

    async def receive(self, limit: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def parts_of(body: bytes, cut: int) -> PartStream:
    pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
    stream = BodyStream(Pieces(pieces), KIND, idle_s=1, limit=1_000_000)
    return PartStream(stream, KIND, "multipart/form-data; boundary=b", BadRequest)


async def taken(parts: PartStream) -> list[tuple[str, str | None, bytes]]:
    return [(part.name, part.filename, await part.content()) async for part in parts]


def form(contents: list[bytes], head: bytes = b'form-data; name="f"') -> bytes:
    lines = [b"--b\r\nContent-Disposition: " + head + b"\r\n\r\n" + content + b"\r\n" for content in contents]
    return b"".join(lines) + b"--b--\r\n"


@given(st.lists(st.binary(max_size=60).filter(lambda data: b"\r\n--b" not in data), max_size=5), st.integers(1, 80))
def test_contents_are_unchanged(contents: list[bytes], cut: int) -> None:
    found = asyncio.run(taken(parts_of(form(contents), cut)))
    assert found == [("f", None, content) for content in contents]


@pytest.mark.parametrize("cut", [1, 7, 1000])
async def test_unread_content_of_a_part_is_skipped(cut: int) -> None:
    names: list[str] = []
    async for part in parts_of(form([b"x" * 100] * 3), cut):
        names.append(part.name)
        if len(names) == 2:
            async for piece in part:
                assert piece
                break
    assert names == ["f"] * 3


async def test_a_part_is_over_when_the_next_has_begun() -> None:
    first: Any = None
    async for part in parts_of(form([b"one", b"two"]), 1000):
        if first is None:
            first = part
        else:
            assert [piece async for piece in first] == []
            assert await part.content() == b"two"


@pytest.mark.parametrize(
    ("head", "filename"),
    [
        (b'form-data; name="f"; filename="a.png"', "a.png"),
        ('form-data; name="f"; filename="Zoë.png"'.encode(), "Zoë.png"),
        (b'form-data; name="f"; filename="x"; filename*=UTF-8\'\'Zo%C3%AB%20%F0%9F%A6%84.png', "Zoë 🦄.png"),
        (b'form-data; name="f"; filename="x"; filename*=UTF-8\'\'%FF', "x"),
        (b'form-data; name="f"; filename="x"; filename*=utf-16\'\'y', "x"),
        (b'form-data; name="f"; filename="../../etc/passwd"', "passwd"),
        (b'form-data; name="f"; filename="C:\\\\fakepath\\\\a.png"', "a.png"),
        (b'form-data; name="f"; filename="a%22b.png"', 'a"b.png'),
        (b'form-data; name="f"; filename=""', ""),
        (b'form-data; name="f"', None),
    ],
)
async def test_a_file_has_the_name_that_its_owner_gave_it_and_no_folder(head: bytes, filename: str | None) -> None:
    [(name, found, content)] = await taken(parts_of(form([b"x"], head), 1000))
    assert (name, found, content) == ("f", filename, b"x")
