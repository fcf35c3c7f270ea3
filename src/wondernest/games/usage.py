"""The lines of the games room in what a family uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD, FAMILY
from wondernest.games.repository import usage
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.settings import Games, Quotas


def usage_lines(games: Games, quotas: Quotas) -> tuple[UsageLine, ...]:
    """Saves and kept versions of each child, and their bytes of the whole family."""
    most_bytes, most_history = games.saves_bytes_per_family, quotas.history_bytes
    return (
        UsageLine(name="saves", of=CHILD, query=usage.SAVES_USED, limit=games.saves_per_child),
        UsageLine(name="saveBytes", of=CHILD, query=usage.SAVE_BYTES_USED, unit="bytes"),
        UsageLine(name="versions", of=CHILD, query=usage.VERSIONS_USED),
        UsageLine(name="historyBytes", of=CHILD, query=usage.HISTORY_BYTES_USED, unit="bytes"),
        UsageLine(name="saveBytes", of=FAMILY, query=usage.FAMILY_SAVE_BYTES_USED, limit=most_bytes, unit="bytes"),
        UsageLine(
            name="historyBytes", of=FAMILY, query=usage.FAMILY_HISTORY_BYTES_USED, limit=most_history, unit="bytes"
        ),
    )
