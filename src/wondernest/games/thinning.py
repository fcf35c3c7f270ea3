"""Which kept versions of a save are dropped as they grow older. The rule; `repository.thinning` applies it in SQL.

The newest SAVE_KEPT_VERSIONS of a key always stay. Of the older ones the newest of each bin stays; bins become wider with age, and after
the last level nothing stays. What another device overwrote stays for FOREIGN_KEPT, whatever its bin.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple


class Level(NamedTuple):
    """Of versions kept for less than `age`, the newest of each bin of this width stays. Bins begin at multiples of it since 1970."""

    age: timedelta
    width: timedelta


LEVELS: Final = (
    Level(timedelta(days=1), timedelta(minutes=10)),
    Level(timedelta(days=7), timedelta(hours=1)),
    Level(timedelta(days=90), timedelta(days=1)),
)
FOREIGN_KEPT: Final = timedelta(days=30)
VERSION_BYTES: Final = 256
"""What a version needs besides its document, for the budget: small documents must not be kept in any number."""
