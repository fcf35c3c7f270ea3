"""The lines of the games room in what a family uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import CHILD, FAMILY
from wondernest.games.repository import usage
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.settings import Quotas


def usage_lines(quotas: Quotas) -> tuple[UsageLine, ...]:
    """Saves and kept versions of each child, and their bytes of the whole family."""
    most_history = quotas.history_bytes
    return (
        UsageLine(name="saves", of=CHILD, query=usage.SAVES_USED),
        UsageLine(name="saveBytes", of=CHILD, query=usage.SAVE_BYTES_USED, unit="bytes"),
        UsageLine(name="versions", of=CHILD, query=usage.VERSIONS_USED),
        UsageLine(name="historyBytes", of=CHILD, query=usage.HISTORY_BYTES_USED, unit="bytes"),
        UsageLine(name="saveBytes", of=FAMILY, query=usage.FAMILY_SAVE_BYTES_USED, unit="bytes"),
        UsageLine(
            name="historyBytes", of=FAMILY, query=usage.FAMILY_HISTORY_BYTES_USED, limit=most_history, unit="bytes"
        ),
    )
