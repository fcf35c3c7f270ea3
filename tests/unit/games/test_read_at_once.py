"""Which saves of a large list are read together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wondernest.games.rules import LIST_TOGETHER_BYTES, LIST_TOGETHER_SAVES, Heading, read_at_once

SIZES = st.lists(st.one_of(st.integers(0, 500), st.integers(0, 3 * LIST_TOGETHER_BYTES)), max_size=300)


@given(SIZES)
def test_every_save_is_read_once_in_order_and_large_ones_alone(sizes: list[int]) -> None:
    headings = [Heading("g", str(number), size) for number, size in enumerate(sizes)]
    groups = list(read_at_once(headings))
    assert [heading for group in groups for heading in group] == headings
    for group in groups:
        assert 1 <= len(group) <= LIST_TOGETHER_SAVES
        assert len(group) == 1 or sum(heading.stored_bytes for heading in group) <= LIST_TOGETHER_BYTES


def test_small_saves_are_not_read_one_by_one() -> None:
    headings = [Heading("g", str(number), 300) for number in range(LIST_TOGETHER_SAVES + 1)]
    assert [len(group) for group in read_at_once(headings)] == [LIST_TOGETHER_SAVES, 1]
