"""Text for spreadsheets: CSV (RFC 4180) of which nothing is executed. Pure functions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
"""Begins the file: without it some spreadsheets read UTF-8 as another encoding."""
_FORMULA: Final = "=+-@＝＋－＠\t\r\n|%"
"""First characters of what spreadsheets execute (OWASP, CSV injection)."""


def cell(text: str) -> str:
    """A text as no spreadsheet executes it: one that it would take for a formula begins with an apostrophe."""
    begun = text.lstrip(" ")
    return f"'{text}" if begun and begun[0] in _FORMULA else text


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines. Texts of people go through `cell` before."""
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()
