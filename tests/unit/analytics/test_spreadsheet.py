"""A spreadsheet shows what is in a cell and executes nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.analytics.activities import Part
from wondernest.analytics.spreadsheet import heading, lines
from wondernest.platform.spreadsheets import cell

NOON = int(datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC).timestamp())


def part(content: str | None, category: str = "art") -> Part:
    return Part(date(2026, 7, 1), NOON, NOON + 90, 80, category, content, "view", True, False, False)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_row_has_a_column_for_each_of_the_heading_and_local_times() -> None:
    [columns] = read(heading("Europe/Berlin"))
    [row] = read(lines([part("memory")], "Europe/Berlin"))
    assert len(columns) == len(row)
    assert columns[1] == "Started (time in Europe/Berlin)"
    shown = [
        "2026-07-01",
        "2026-07-01 14:00:05",
        "2026-07-01 14:01:35",
        "1.33",
        "art",
        "memory",
        "view",
        "yes",
        "no",
        "no",
    ]
    assert row == shown


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",
        "|calc",
        '=HYPERLINK("http://x","y")',
        "%0a",
    ],
)
def test_a_text_that_could_be_a_formula_is_a_text(text: str) -> None:
    [row] = read(lines([part(text, text)], "UTC"))
    assert (row[4], row[5]) == (f"'{text}", f"'{text}")


@given(st.text(max_size=40))
def test_no_text_begins_as_a_formula_or_breaks_its_row(text: str) -> None:
    clean = text.encode("utf-8", "ignore").decode()
    [row] = read(lines([part(clean)], "UTC"))
    assert row[5] == cell(clean)
    assert not row[5].lstrip(" ").startswith(tuple("=+-@＝＋－＠\t\r\n"))
