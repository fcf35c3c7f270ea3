"""What a person uses of what is limited: each room declares the lines that it counts. One statement reads the lines of all rooms."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

Unit: TypeAlias = Literal["count", "bytes"]
PERSON: Final = "{person}"
"""In the query of a line: the SQL expression of the person's id."""


class UsageLine(Struct, frozen=True, kw_only=True):
    """One number that is shown to a person, with its limit."""

    name: str
    of: str
    """The kind of person that it is counted for."""
    query: str
    """A scalar SQL query with PERSON, written in a repository; null counts as 0. It must be cheap: an index, or a counter."""
    limit: int | None = None
    """None: shown, but not limited by itself."""
    unit: Unit = "count"

    def counted(self, person: str) -> str:
        """The SQL expression of the number; `person` is an SQL expression, never a value."""
        return f"coalesce(({self.query.replace(PERSON, person)}), 0)"
