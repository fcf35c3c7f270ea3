"""What holds for a child, and its extra time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, belongs, guards, stands
from wondernest.family.preferences import SWITCHES
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_BORN: Final = "least(greatest(c.birth_date, '0001-01-01'), '9999-12-31')"
"""Limited to the years that Python supports, as in the family room."""
_PROBE: Final = "left join lateral (select * from {} offset 0) {} on true"
"""A join that is one index probe, with any statistics."""
_FIND: Final = f"""
    select {belongs("c.family_id", "$2")} as own, {_BORN} as birth_date, s.time_restrictions, s.max_session_minutes, l.time_zone,
           coalesce(p.enable_screen_time_limits, true) as limited,
           coalesce(p.privacy_settings -> '{SWITCHES}' ->> 'bedtimeEnabled' <> 'false', true) as bedtimes,
           e.day, e.minutes
      from family.child_profiles c
      {_PROBE.format("family.child_settings where child_id = c.id", "s")}
      {_PROBE.format("family.family_settings where family_id = c.family_id", "p")}
      {_PROBE.format("wondernest.family_locales where family_id = c.family_id", "l")}
      {_PROBE.format("wondernest.extra_time where child_id = c.id", "e")}
     where c.id = $1 and {active("c")} and {stands("$2")}"""
_SO_FAR: Final = "case when known.day = excluded.day then known.minutes else 0 end + excluded.minutes"
_ADD: Final = f"""
    insert into wondernest.extra_time as known (child_id, day, minutes)
    select $1, $3::date, $4::int where {guards("$1", "$2", parent=True)} and $4::int <= $5::int
    on conflict (child_id) do update set day = excluded.day, minutes = {_SO_FAR}
     where {_SO_FAR} <= $5::int
    returning true"""
"""The row holds one day: extra time of an earlier one is over, and forgotten."""


class Found(Struct, frozen=True, kw_only=True):
    """What is stored about an active child of any family; `own`: it is the adult's."""

    own: bool
    birth_date: date
    times: bytes | None
    minutes: int | None
    """The column of minutes a day; `times` wins."""
    zone: str
    limited: bool
    bedtimes: bool
    extra_day: date | None
    extra_minutes: int


class ScreenTimeRepository:
    """Reads rules, and stores extra time."""

    async def find(self, executor: Executor, child_id: UUID, user_id: UUID) -> Found | None:
        """An active child; None when there is none."""
        row: Any = await executor.fetchrow(_FIND, child_id, user_id)
        if row is None:
            return None
        return Found(
            own=row["own"],
            birth_date=row["birth_date"],
            times=row["time_restrictions"],
            minutes=row["max_session_minutes"],
            zone=row["time_zone"] or DEFAULT_ZONE,
            limited=row["limited"],
            bedtimes=row["bedtimes"],
            extra_day=row["day"],
            extra_minutes=row["minutes"] or 0,
        )

    async def add_extra(
        self, executor: Executor, child_id: UUID, user_id: UUID, day: date, minutes: int, most: int
    ) -> bool:
        """Add minutes to a day of a child of the parent; False when the day would have more than `most`."""
        return await executor.fetchval(_ADD, child_id, user_id, day, minutes, most) is True
