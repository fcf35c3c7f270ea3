"""Events as Parquet, a group of rows at a time. The library is loaded at the first use; no request does that."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.pool import Row

COMPRESSION: Final = "zstd"
GROUP_ROWS: Final = 5_000
GROUP_BYTES: Final = 8 * 1024 * 1024
"""Rows of a group and the size of their data: what is held in memory while a file is written. A reader skips whole groups."""


class _Sink:
    """Collects what the library writes until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._waiting += data
        self.size += len(data)
        self.digest.update(data)
        return len(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


class ParquetWriter:
    """One file. Its bytes come from `add` and `end`, in order. Raises ImportError when pyarrow is not installed."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._schema = _schema()
        self._writer: Any = _arrow().parquet.ParquetWriter(
            self._sink, self._schema, compression=COMPRESSION, store_schema=False
        )
        self.events = 0

    def add(self, rows: Sequence[Row]) -> bytes:
        """A group of rows; the bytes of the file that are ready."""
        return self.add_batch(_batch(rows, self._schema))

    def add_batch(self, batch: Any) -> bytes:
        """A group of rows that another file had."""
        self.events += batch.num_rows
        self._writer.write_batch(batch, row_group_size=GROUP_ROWS)
        return self._sink.take()

    def end(self) -> bytes:
        """The last bytes."""
        self._writer.close()
        return self._sink.take()

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._sink.size

    @property
    def sha256(self) -> str:
        """The hash of all bytes so far, in hexadecimal digits."""
        return self._sink.digest.hexdigest()


def without(file: Path, child_ids: Collection[UUID]) -> Iterator[Any]:
    """The groups of a file without the rows of some children, for `add_batch`."""
    pa = _arrow()
    gone = pa.array([child_id.bytes for child_id in child_ids], pa.binary(16))
    with pa.parquet.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(batch_size=GROUP_ROWS):
            of_others = pa.compute.invert(
                pa.compute.is_in(batch.column("child_id").cast(pa.binary(16)), value_set=gone)
            )
            yield pa.record_batch(batch.filter(of_others).columns, schema=_schema())


def rows_of(file: Path) -> int:
    """How many events a file has."""
    return _arrow().parquet.read_metadata(file).num_rows


def _arrow() -> Any:
    """The library, which has no types. Loading it takes a third of a second, so no module does that at its import."""
    import pyarrow.compute  # pyright: ignore[reportMissingTypeStubs, reportUnusedImport]
    import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs, reportUnusedImport]

    return pyarrow


def _schema() -> Any:
    pa = _arrow()
    return pa.schema(
        [
            pa.field("id", pa.uuid(), nullable=False),
            pa.field("child_id", pa.uuid(), nullable=False),
            pa.field("event_type", pa.string(), nullable=False),
            pa.field("event_category", pa.string()),
            pa.field("session_id", pa.uuid()),
            pa.field("created_at", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("event_data", pa.json_()),
        ]
    )


def _batch(rows: Sequence[Row], schema: Any) -> Any:
    pa = _arrow()
    return pa.record_batch([_column(field, [row[field.name] for row in rows]) for field in schema], schema=schema)


def _column(field: Any, values: Sequence[Any]) -> Any:
    pa = _arrow()
    if field.type == pa.uuid():
        stored = pa.array([None if value is None else value.bytes for value in values], pa.binary(16))
        return pa.ExtensionArray.from_storage(pa.uuid(), stored)
    if field.type == pa.json_():
        texts = pa.array([None if value is None else value.decode() for value in values], pa.string())
        return pa.ExtensionArray.from_storage(pa.json_(), texts)
    return pa.array(values, field.type)
