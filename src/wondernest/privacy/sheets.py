"""Rows as lines of a CSV file (RFC 4180) that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from wondernest.platform.erasing import Column

DOCUMENTS: Final = frozenset({"json", "jsonb", "bytea"})
"""Kinds of columns that fit in no cell."""
WITHOUT_ZONE: Final = "timestamp without time zone"
UTC: Final = "+00:00"
MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
"""Begins the file, so that Excel reads UTF-8."""
FORMULAS: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What the text of a formula begins with (OWASP, CSV injection)."""
_ROW: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def fits(columns: Sequence[Column]) -> bool:
    """Whether rows with these columns can be lines."""
    return not any(column.kind in DOCUMENTS for column in columns)


def head(names: Sequence[str]) -> bytes:
    """The first line, with the names of the columns."""
    return MARK + _line(names)


def line(document: bytes, columns: Sequence[Column]) -> bytes:
    """A row, a JSON object, as a line. Times have a zone: a column without one holds UTC."""
    row = _ROW.decode(document)
    return _line([_cell(row.get(column.name), column.kind) for column in columns])


def _cell(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        text = value + UTC if kind == WITHOUT_ZONE else value
        return f"'{text}" if text[:1] in FORMULAS else text
    if isinstance(value, bool | list | dict):
        return msgspec.json.encode(value).decode()
    return value


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
