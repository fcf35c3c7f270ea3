"""Rows as lines of a CSV file (RFC 4180) that a spreadsheet opens without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wondernest.platform.spreadsheets import BYTE_ORDER_MARK, cell, written

if TYPE_CHECKING:
    from wondernest.platform.erasing import Column

DOCUMENTS: Final = frozenset({"json", "jsonb", "bytea"})
"""Kinds of columns that fit in no cell."""
WITHOUT_ZONE: Final = "timestamp without time zone"
UTC: Final = "+00:00"
_ROW: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def fits(columns: Sequence[Column]) -> bool:
    """Whether rows with these columns can be lines."""
    return not any(column.kind in DOCUMENTS for column in columns)


def head(names: Sequence[str]) -> bytes:
    """The first line, with the names of the columns."""
    return (BYTE_ORDER_MARK + written([names])).encode()


def line(document: bytes, columns: Sequence[Column]) -> bytes:
    """A row, a JSON object, as a line. Times have a zone: a column without one holds UTC."""
    row = _ROW.decode(document)
    return written([[_cell(row.get(column.name), column.kind) for column in columns]]).encode()


def _cell(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return cell(value + UTC if kind == WITHOUT_ZONE else value)
    if isinstance(value, bool | list | dict):
        return msgspec.json.encode(value).decode()
    return value
