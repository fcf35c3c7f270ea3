"""Random shares of pauses, so that many processes do not all work at the same moments."""

from __future__ import annotations

import random
from typing import Final

JITTER: Final = 0.2
"""By what share a pause may be longer or shorter."""
_source: Final = random.Random()  # noqa: S311 - spreads load, guards nothing; its own, so that nobody's seed repeats its pauses


def spread(pause_s: float) -> float:
    """About this pause, in seconds."""
    return pause_s * _source.uniform(1 - JITTER, 1 + JITTER)
