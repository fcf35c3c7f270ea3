"""docs/security.md answers every requirement of ASVS 5.0.0, levels 1 and 2, and names only tests that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

PROJECT: Final = Path(__file__).parents[2]
DOCUMENT: Final = PROJECT / "docs/security.md"
LEVEL_1: Final = frozenset(
    [
        "1.2.1",
        "1.2.2",
        "1.2.3",
        "1.2.4",
        "1.2.5",
        "1.3.1",
        "1.3.2",
        "1.5.1",
        "2.1.1",
        "2.2.1",
        "2.2.2",
        "2.3.1",
        "3.2.1",
        "3.2.2",
        "3.3.1",
        "3.4.1",
        "3.4.2",
        "3.5.1",
        "3.5.2",
        "3.5.3",
        "4.1.1",
        "4.4.1",
        "5.2.1",
        "5.2.2",
        "5.3.1",
        "5.3.2",
        "6.1.1",
        "6.2.1",
        "6.2.2",
        "6.2.3",
        "6.2.4",
        "6.2.5",
        "6.2.6",
        "6.2.7",
        "6.2.8",
        "6.3.1",
        "6.3.2",
        "6.4.1",
        "6.4.2",
        "7.2.1",
        "7.2.2",
        "7.2.3",
        "7.2.4",
        "7.4.1",
        "7.4.2",
        "8.1.1",
        "8.2.1",
        "8.2.2",
        "8.3.1",
        "9.1.1",
        "9.1.2",
        "9.1.3",
        "9.2.1",
        "10.4.1",
        "10.4.2",
        "10.4.3",
        "10.4.4",
        "10.4.5",
        "11.3.1",
        "11.3.2",
        "11.4.1",
        "12.1.1",
        "12.2.1",
        "12.2.2",
        "13.4.1",
        "14.2.1",
        "14.3.1",
        "15.1.1",
        "15.2.1",
        "15.3.1",
    ]
)
"""The ids of OWASP ASVS 5.0.0 at level 1, as published in May 2025."""
LEVEL_2: Final = frozenset(
    [
        "1.1.1",
        "1.1.2",
        "1.2.6",
        "1.2.7",
        "1.2.8",
        "1.2.9",
        "1.3.3",
        "1.3.4",
        "1.3.5",
        "1.3.6",
        "1.3.7",
        "1.3.8",
        "1.3.9",
        "1.3.10",
        "1.3.11",
        "1.4.1",
        "1.4.2",
        "1.4.3",
        "1.5.2",
        "2.1.2",
        "2.1.3",
        "2.2.3",
        "2.3.2",
        "2.3.3",
        "2.3.4",
        "2.4.1",
        "3.3.2",
        "3.3.3",
        "3.3.4",
        "3.4.3",
        "3.4.4",
        "3.4.5",
        "3.4.6",
        "3.5.4",
        "3.5.5",
        "3.7.1",
        "3.7.2",
        "4.1.2",
        "4.1.3",
        "4.2.1",
        "4.3.1",
        "4.3.2",
        "4.4.2",
        "4.4.3",
        "4.4.4",
        "5.1.1",
        "5.2.3",
        "5.4.1",
        "5.4.2",
        "5.4.3",
        "6.1.2",
        "6.1.3",
        "6.2.9",
        "6.2.10",
        "6.2.11",
        "6.2.12",
        "6.3.3",
        "6.3.4",
        "6.4.3",
        "6.4.4",
        "6.5.1",
        "6.5.2",
        "6.5.3",
        "6.5.4",
        "6.5.5",
        "6.6.1",
        "6.6.2",
        "6.6.3",
        "6.8.1",
        "6.8.2",
        "6.8.3",
        "6.8.4",
        "7.1.1",
        "7.1.2",
        "7.1.3",
        "7.3.1",
        "7.3.2",
        "7.4.3",
        "7.4.4",
        "7.4.5",
        "7.5.1",
        "7.5.2",
        "7.6.1",
        "7.6.2",
        "8.1.2",
        "8.2.3",
        "8.4.1",
        "9.2.2",
        "9.2.3",
        "9.2.4",
        "10.1.1",
        "10.1.2",
        "10.2.1",
        "10.2.2",
        "10.3.1",
        "10.3.2",
        "10.3.3",
        "10.3.4",
        "10.4.6",
        "10.4.7",
        "10.4.8",
        "10.4.9",
        "10.4.10",
        "10.4.11",
        "10.5.1",
        "10.5.2",
        "10.5.3",
        "10.5.4",
        "10.5.5",
        "10.6.1",
        "10.6.2",
        "10.7.1",
        "10.7.2",
        "10.7.3",
        "11.1.1",
        "11.1.2",
        "11.2.1",
        "11.2.2",
        "11.2.3",
        "11.3.3",
        "11.4.2",
        "11.4.3",
        "11.4.4",
        "11.5.1",
        "11.6.1",
        "12.1.2",
        "12.1.3",
        "12.3.1",
        "12.3.2",
        "12.3.3",
        "12.3.4",
        "13.1.1",
        "13.2.1",
        "13.2.2",
        "13.2.3",
        "13.2.4",
        "13.2.5",
        "13.3.1",
        "13.3.2",
        "13.4.2",
        "13.4.3",
        "13.4.4",
        "13.4.5",
        "14.1.1",
        "14.1.2",
        "14.2.2",
        "14.2.3",
        "14.2.4",
        "14.3.2",
        "14.3.3",
        "15.1.2",
        "15.1.3",
        "15.2.2",
        "15.2.3",
        "15.3.2",
        "15.3.3",
        "15.3.4",
        "15.3.5",
        "15.3.6",
        "15.3.7",
        "16.1.1",
        "16.2.1",
        "16.2.2",
        "16.2.3",
        "16.2.4",
        "16.2.5",
        "16.3.1",
        "16.3.2",
        "16.3.3",
        "16.3.4",
        "16.4.1",
        "16.4.2",
        "16.4.3",
        "16.5.1",
        "16.5.2",
        "16.5.3",
        "17.1.1",
        "17.2.1",
        "17.2.2",
        "17.2.3",
        "17.2.4",
        "17.3.1",
        "17.3.2",
    ]
)
"""Those that level 2 adds."""
WORDS: Final = ("yes", "partial", "no", "n/a")
HOLDING: Final = frozenset({"yes", "partial"})
NOTHING: Final = "–"
CHAPTER: Final = re.compile(r"### (V\d+ .+)")
ROW: Final = re.compile(r"\| V(\d+\.\d+\.\d+) \|.*\|")
QUOTED: Final = re.compile(r"`([^`]+)`")
CHECKED: Final = re.compile(r"tests/|bin/|docs/|uv\.lock")
"""How the places begin that a row may name: tests, the project's own checks, documentation, the lock file."""


class Row(NamedTuple):
    """A requirement and its answer."""

    chapter: str
    id: str
    demands: str
    word: str
    how: str
    places: str


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def answers() -> list[Row]:
    """Every row of the tables of requirements."""
    found, chapter = [], ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if heading := CHAPTER.fullmatch(line):
            chapter = heading[1]
        elif requirement := ROW.fullmatch(line):
            found.append(Row(chapter, requirement[1], *cells(line)[1:]))
    return found


def test_every_requirement_of_levels_1_and_2_is_answered_once_in_its_chapter() -> None:
    ids = [row.id for row in answers()]
    assert Counter(ids) == Counter(LEVEL_1 | LEVEL_2)
    assert not LEVEL_1 & LEVEL_2
    for row in answers():
        assert row.chapter.startswith(f"V{row.id.partition('.')[0]} "), row.id


def test_an_answer_is_one_of_four_words_and_says_how() -> None:
    for row in answers():
        assert row.word in WORDS, row.id
        assert row.demands, row.id
        assert row.how, row.id


def test_what_holds_names_where_it_is_tested_and_what_does_not_names_nothing() -> None:
    for row in answers():
        if row.word not in HOLDING:
            assert row.places == NOTHING, row.id
            continue
        places = QUOTED.findall(row.places)
        assert places, row.id
        assert ", ".join(f"`{place}`" for place in places) == row.places, row.id
        assert all(CHECKED.match(place) for place in places), row.id


def test_every_test_and_document_that_is_named_exists() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    named = [place for line in lines for place in QUOTED.findall(line) if CHECKED.match(place)]
    assert len(named) > len(answers()) / 2
    for place in named:
        path, _, name = place.partition("::")
        assert (PROJECT / path).is_file(), place
        if name:
            assert re.search(
                rf"^\s*(async )?def {name}\(", (PROJECT / path).read_text(encoding="utf-8"), re.MULTILINE
            ), place


def test_the_sums_are_those_of_the_tables() -> None:
    rows = answers()
    stated = {
        first: [int(number) for number in numbers]
        for first, *numbers in map(cells, DOCUMENT.read_text(encoding="utf-8").splitlines())
        if len(numbers) == len(WORDS) and all(number.isdecimal() for number in numbers)
    }
    groups = {chapter: [row for row in rows if row.chapter == chapter] for chapter in {row.chapter for row in rows}}
    groups["all of level 1"] = [row for row in rows if row.id in LEVEL_1]
    groups["all of level 2"] = [row for row in rows if row.id in LEVEL_2]
    counted = {name: Counter(row.word for row in group) for name, group in groups.items()}
    assert stated == {name: [count[word] for word in WORDS] for name, count in counted.items()}
