"""The group of the settings tree about erasing people."""

from __future__ import annotations

from msgspec import Struct

from wondernest.settings.kinds import NonNegative, Secret


class Privacy(
    Struct,
    frozen=True,
    rename={
        "grace_days": "ERASURE_GRACE_DAYS",
        "archived_days": "ARCHIVED_CHILD_KEPT_DAYS",
        "log_key": "ERASURE_LOG_KEY",
    },
):
    """How long an erasure can be taken back, and how long an archived child is kept."""

    grace_days: NonNegative = 7
    """Between the request and the erasure."""
    archived_days: NonNegative = 30
    """An archived child is erased after so many days; 0: it is kept until a parent erases it."""
    log_key: Secret = Secret()
    """What the ids in the log of erasures are hashed with. Empty: derived from JWT_SECRET, with which the log is lost then."""
