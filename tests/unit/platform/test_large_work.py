"""Large documents are worked on in steps, one document at a time; what may become large is checked first."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bench.shapes import VALUES
from wondernest.platform.http.decoding import MAX_ENTRIES, BadBody, BodyDecoder, is_bounded
from wondernest.platform.json import SLICE_BYTES, doubles, expansion, holds_nul
from wondernest.platform.large_work import LARGE_BYTES, LargeWork, Steps, at_once, sha256

STEPS = 5
SIZE = 4 * LARGE_BYTES


class Form(msgspec.Struct):
    name: str = ""
    operations: list[msgspec.Raw] = []
    document: msgspec.Raw = msgspec.Raw(b"{}")


def count(seen: list[str], name: str) -> Steps[str]:
    for _ in range(STEPS):
        seen.append(name)
        yield
    return name


async def test_the_loop_runs_between_the_steps_of_a_large_document() -> None:
    seen: list[str] = []

    async def other() -> None:
        for _ in range(2 * STEPS):
            seen.append("other")
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    assert await LargeWork().run(count(seen, "a"), LARGE_BYTES) == "a"
    await running
    assert all(pair != ("a", "a") for pair in itertools.pairwise(seen))


async def test_large_documents_take_turns_and_small_ones_do_not_wait() -> None:
    seen: list[str] = []
    work = LargeWork()
    first = asyncio.create_task(work.run(count(seen, "a"), LARGE_BYTES))
    second = asyncio.create_task(work.run(count(seen, "b"), LARGE_BYTES))
    await asyncio.sleep(0)
    assert await work.run(count(seen, "small"), LARGE_BYTES - 1) == "small"
    await asyncio.gather(first, second)
    assert [name for name, _ in itertools.groupby(seen) if name != "small"][-1] == "b"
    assert "".join(name for name in seen if name != "small") == "a" * STEPS + "b" * STEPS


async def test_a_failing_document_gives_its_turn_away() -> None:
    def failing() -> Steps[None]:
        yield
        raise ValueError("bad")

    work = LargeWork()
    with pytest.raises(ValueError, match="bad"):
        await work.run(failing(), LARGE_BYTES)
    assert await work.run(count([], "a"), LARGE_BYTES) == "a"


@pytest.mark.parametrize("size", [0, 10, LARGE_BYTES, SIZE])
async def test_a_digest_is_that_of_the_parts_together(size: int) -> None:
    assert await sha256(b"a", b"\0", b"x" * size) == hashlib.sha256(b"a\0" + b"x" * size).digest()


@pytest.mark.parametrize("number", [b"1e1", b"1e9", b"-1.5E+12"])
def test_numbers_are_summed_in_slices(number: bytes) -> None:
    document = b'{"a":[' + b",".join([number] * (SIZE // len(number))) + b"]}"
    assert sum(1 for _ in expansion(document)) >= len(document) // (2 * SLICE_BYTES)


@pytest.mark.parametrize("before", range(0, 40, 3))
def test_a_number_across_two_slices_counts_once(before: int) -> None:
    def far(exponents: int) -> bool:
        text = b"[" + b" " * (SLICE_BYTES - before) + b",".join([b"1e" + b"0" * 20 + b"131071"] * exponents) + b"]"
        return at_once(expansion(text))

    assert far(129)
    assert not far(128)


def test_texts_across_slices_hold_no_numbers() -> None:
    quoted = b'"' + b'\\"1e131071,\\\\' * SLICE_BYTES + b'"'
    assert not at_once(expansion(b"[" + quoted + b"," + quoted + b"]"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (rb'"\u0000"', True),
        (rb'"\\\u0000"', True),
        (rb'"\\u0000"', False),
        (rb'"\\\\u0000"', False),
        (rb'"\n\u0000"', True),
        (rb'"\n\\u0000"', False),
        (rb'"\"\u0000"', True),
    ],
)
def test_nul_is_found_behind_any_number_of_backslashes(text: bytes, found: bool) -> None:
    assert holds_nul(text) is found
    assert holds_nul(text * 100_000) is found


def test_a_long_list_in_a_large_body_is_refused_before_its_entries_are_made() -> None:
    decoder = BodyDecoder(Form)
    filling = b'"document":{"a":"' + b"x" * LARGE_BYTES + b'"}'
    body = b'{"operations":[' + b",".join([b"0"] * MAX_ENTRIES) + b"]," + filling + b"}"
    assert len(decoder.decode(body).operations) == MAX_ENTRIES
    with pytest.raises(BadBody, match="operations has too many entries"):
        decoder.decode(body.replace(b"[0,", b"[0,0,"))


@pytest.mark.parametrize("name", VALUES)
def test_a_document_of_any_shape_passes_with_its_numbers_as_doubles_or_is_refused(name: str) -> None:
    document = VALUES[name](SIZE)
    with contextlib.suppress(BadBody):
        found = BodyDecoder(Form).decode(b'{"name":"n","document":' + document + b"}")
        assert bytes(found.document).strip() == at_once(doubles(document)).strip()


def test_other_fields_are_skipped_by_the_tolerant_decoder_too() -> None:
    keys = VALUES["many keys"](SIZE)[1:]
    assert BodyDecoder(Form).decode(b'{"name":12,' + keys).name == "12"


@pytest.mark.parametrize(
    ("kind", "bounded"), [(list[int], True), (dict[str, int], False), (dict[str, int] | None, False)]
)
def test_a_body_with_a_mapping_is_not_bounded(kind: Any, bounded: bool) -> None:
    assert is_bounded(msgspec.defstruct("Body", [("field", kind)])) is bounded


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES.keys())
def test_every_shape_has_the_size_that_was_asked_for(make: Callable[[int], bytes]) -> None:
    assert len(make(SIZE)) <= SIZE + 16
