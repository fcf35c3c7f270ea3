"""Merging two devices' reports: nothing is lost, twice is once, and the order of reports makes no difference to words and counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from wondernest.stories.merging import united
from wondernest.stories.reading import Progress, Scores, progressed

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
words = st.sampled_from(["owl", "fox", "hen", "Ü", ""])
counts = st.dictionaries(words, st.integers(0, 50), max_size=5)
nested = st.dictionaries(words, st.dictionaries(st.sampled_from(["seen", "tapped"]), st.integers(0, 9)), max_size=4)
lists = st.dictionaries(words, st.lists(words, max_size=4), max_size=3)
interactions = st.one_of(counts, nested, lists)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def raw(value: Any) -> Raw:
    return Raw(json.dumps(value).encode())


def merged(*values: Any) -> Any:
    result = raw(values[0])
    for value in values[1:]:
        result = united(result, raw(value))
    return json.loads(bytes(result))


def sorted_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: sorted_lists(inner) for name, inner in value.items()}
    return sorted(value) if isinstance(value, list) else value


@given(counts, counts)
def test_every_word_of_both_is_there_with_the_larger_count(one: dict[str, int], other: dict[str, int]) -> None:
    assert merged(one, other) == {word: max(one.get(word, 0), other.get(word, 0)) for word in one.keys() | other.keys()}


@given(st.one_of(st.tuples(counts, counts), st.tuples(nested, nested), st.tuples(lists, lists)))
def test_the_order_of_two_reports_makes_no_difference(reports: tuple[Any, Any]) -> None:
    one, other = reports
    assert sorted_lists(merged(one, other)) == sorted_lists(merged(other, one))


@given(st.one_of(st.tuples(counts, counts, counts), st.tuples(nested, nested, nested), st.tuples(lists, lists, lists)))
def test_in_which_groups_reports_are_merged_makes_no_difference(reports: tuple[Any, Any, Any]) -> None:
    one, two, three = reports
    assert sorted_lists(merged(merged(one, two), three)) == sorted_lists(merged(one, merged(two, three)))


@given(anything, anything)
def test_a_report_that_arrives_twice_counts_once(known: Any, told: Any) -> None:
    once = merged(known, told)
    assert merged(known, told, told) == once
    assert merged(once, once) == once


@given(st.dictionaries(words, anything), st.dictionaries(words, anything))
def test_no_key_of_an_object_is_lost(one: Any, other: Any) -> None:
    assert set(merged(one, other)) == one.keys() | other.keys()


def test_an_item_whose_fields_the_database_put_in_another_order_is_the_same_item() -> None:
    stored = Raw(b'[{"at": 1, "word": "fox"}]')
    assert bytes(united(stored, Raw(b'[{"word":"fox","at":1}]'))) == b'[{"at": 1, "word": "fox"}]'


def test_numbers_that_nobody_changed_keep_their_spelling() -> None:
    assert bytes(united(Raw(b'{"a":100.0,"b":1}'), Raw(b'{"c":2.50}'))) == b'{"a":100.0,"b":1,"c":2.50}'


def test_a_later_text_replaces_an_earlier_one_and_nothing_replaces_neither() -> None:
    assert merged({"1": "a"}, {"1": "b"}) == {"1": "b"}
    assert merged({"1": "a"}, {"1": None}) == {"1": "a"}
    assert merged({"1": "a"}, {}) == {"1": "a"}
    assert merged({"fox": 1}, []) == {"fox": 1}
    assert merged(None, {"fox": 1}) == {"fox": 1}


@given(st.permutations(range(4)), st.lists(counts, min_size=4, max_size=4))
def test_the_page_is_that_of_the_latest_moment_whatever_arrives_first(
    order: list[int], told: list[dict[str, int]]
) -> None:
    document = json.dumps({"totalPages": 100, "vocabularyInteractions": {}}).encode()
    for number in order:
        report = Progress(
            page=10 + number,
            customizations=Raw(b"{}"),
            progress=Raw(b"{}"),
            vocabulary=raw(told[number]),
            answers=Raw(b"{}"),
            time_s=number,
            scores=Scores(comprehension=number),
            at=NOW - timedelta(minutes=10 - number),
        )
        document = progressed(document, report, NOW)
    after = json.loads(document)
    assert (after["currentPage"], after["comprehensionScore"], after["totalReadingTime"]) == (13, 3, 3)
    assert set(after["vocabularyInteractions"]) == {word for words_told in told for word in words_told}
