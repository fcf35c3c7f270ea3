"""The rules of consent (auth contract §4). Pure functions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

CONSENT_AGE: Final = 13
"""Below this age a parent's consent is required."""
STAMP_TOLERANCE: Final = timedelta(hours=1)
"""Largest distance between a child's creation and the time in an id that the app made itself."""
MAX_TYPE_CHARS: Final = 50
MAX_USER_AGENT_CHARS: Final = 500
DATA_COLLECTION: Final = "dataCollection"
VERSION: Final = "1.0"

GRANTED: Final = "GRANTED"
REVOKED: Final = "REVOKED"
EXPIRED: Final = "EXPIRED"
NONE: Final = "NONE"

_APP_ID: Final = re.compile(r"child_([0-9]{1,15})")


class ChildReference(Struct, frozen=True):
    """How a client names a child: by its UUID, or by an id that the app made, which may contain the time of creation."""

    text: str
    """As it was sent."""
    child_id: UUID | None
    made_about: datetime | None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was sent."""
        return not self.text.strip()

    @classmethod
    def read(cls, text: str, child_id: UUID | None) -> ChildReference:
        """From any text, and its UUID if it is one; a text without UUID and time means the family's newest child."""
        match = _APP_ID.fullmatch(text.strip())
        return cls(text, child_id, None if match is None else _moment(int(match[1])))


class Consent(Struct, frozen=True):
    """A consent as it was given."""

    id: UUID
    granted: bool
    created_at: datetime
    revoked_at: datetime | None
    permissions: dict[str, bool]

    @property
    def expires_at(self) -> datetime:
        """A year after it was given."""
        return year_after(self.created_at)

    def collects(self, now: datetime) -> bool:
        """Whether data may be collected under it."""
        return status(self, now) == GRANTED and self.permissions.get(DATA_COLLECTION) is True


def status(newest: Consent | None, now: datetime) -> str:
    """The status that a child's newest consent gives; a refused consent counts as none."""
    if newest is None or not newest.granted:
        return NONE
    if newest.revoked_at is not None:
        return REVOKED
    return EXPIRED if newest.expires_at <= now else GRANTED


def year_after(moment: datetime) -> datetime:
    """The same day of the next year; 28 February for a leap day."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


def age_on(day: date, birth_date: date) -> int:
    """Age in calendar years, never below 0."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return max(0, day.year - birth_date.year - before_birthday)


def _moment(epoch_ms: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(epoch_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
