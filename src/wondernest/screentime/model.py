"""A child's screen time, and a change of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from msgspec import Struct

from wondernest.family.controls import TimeRestrictions
from wondernest.screentime.rules import Left


class ScreenTime(Struct, frozen=True, kw_only=True):
    """What holds for a child, and its today. `limit`: the minutes of today without the extra ones."""

    child_id: UUID
    day: date
    zone: str
    times: TimeRestrictions
    limited: bool
    limit: int
    extra: int
    used: int
    left: Left


class Wanted(Struct, frozen=True, kw_only=True):
    """A change; None leaves a part as it is."""

    minutes: Mapping[str, int]
    quiet_enabled: bool | None = None
    quiet_start: str | None = None
    quiet_end: str | None = None
