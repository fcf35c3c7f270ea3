"""Rows as lines for a spreadsheet: nothing in them is run, times have a zone, numbers are exact."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from wondernest.platform.erasing import Column
from wondernest.privacy.sheets import fits, head, line


def columns(**kinds: str) -> list[Column]:
    return [Column(name, kind, needed=False, is_key=False) for name, kind in kinds.items()]


def cells(row: dict[str, Any] | str, **kinds: str) -> list[str]:
    document = row if isinstance(row, str) else json.dumps(row)
    [found] = csv.reader(io.StringIO(line(document.encode(), columns(**kinds)).decode(), newline=""))
    return found


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "|", "%", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_take_for_a_formula_has_an_apostrophe(first: str) -> None:
    text = f'{first}cmd|"/C calc"!A0'
    assert cells({"name": text}, name="text") == [f"'{text}"]


def test_numbers_are_exact_and_negative_ones_are_no_formula() -> None:
    row = '{"a": -5, "b": -0.10, "c": 12345678901234567.125, "d": true, "e": null, "f": ["=x", "y"]}'
    found = cells(row, a="integer", b="numeric", c="numeric", d="boolean", e="text", f="text[]")
    assert found == ["-5", "-0.10", "12345678901234567.125", "true", "", '["=x","y"]']


def test_a_time_without_a_zone_is_shown_as_utc() -> None:
    row = {"a": "2026-01-05T10:00:00", "b": "2026-01-05T10:00:00+00:00", "c": "2026-01-05"}
    found = cells(row, a="timestamp without time zone", b="timestamp with time zone", c="date")
    assert found == ["2026-01-05T10:00:00+00:00", "2026-01-05T10:00:00+00:00", "2026-01-05"]


def test_a_column_that_came_later_leaves_the_others_in_their_places() -> None:
    assert cells({"b": "2", "z": "new"}, a="text", b="text") == ["", "2"]


def test_the_file_begins_with_the_mark_by_which_excel_reads_utf_8() -> None:
    assert head(["a", "b"]) == b"\xef\xbb\xbfa,b\r\n"


@pytest.mark.parametrize(("kind", "fitting"), [("text", True), ("jsonb", False), ("json", False), ("bytea", False)])
def test_a_table_with_documents_has_no_sheet(kind: str, *, fitting: bool) -> None:
    assert fits(columns(a="uuid", b=kind)) is fitting
