"""The rules of audio sessions (games contract §7). Pure functions.

No recording, no word and no transcript is kept: of what a client sends only numbers, truth values, and the names of place, device and app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID

from msgspec import Struct, json

LONGEST_SESSION: Final = timedelta(hours=1)
"""A session that nobody ended is over after this time."""
LONGEST_PART_S: Final = 24 * 3600
"""The longest time that one report of metrics may be about; a longer one is a mistake."""
MAX_TYPE_CHARS: Final = 50
MAX_NAME_CHARS: Final = 100
"""Of a place, a device or an app's version."""
MAX_NAMED_NUMBERS: Final = 20
MAX_NUMBER_NAME_CHARS: Final = 40
MAX_NUMBER: Final = 1e15
LOW_BELOW: Final = 0.34
MEDIUM_BELOW: Final = 0.67
LOCATION: Final = "location"
DEVICE: Final = "deviceId"
APP: Final = "appVersion"
NOISE: Final = "backgroundNoiseLevel"
NAMES: Final = (LOCATION, DEVICE, APP, NOISE)
"""The members of a session's metadata that may be texts."""


class Shown(Enum):
    """The status of a session on the wire."""

    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"


STATUS: Final[Mapping[str, Shown]] = {"recording": Shown.ACTIVE, "failed": Shown.FAILED}
"""By stored status; every other one is ENDED."""


class Heard(Struct, frozen=True):
    """Some sessions: how many, and the average of their clarity, from 0 to 1."""

    sessions: int
    clarity: float


class Circumstances(Struct, frozen=True):
    """What is kept of a session's metadata."""

    location: str | None = None
    device_id: str | None = None
    app_version: str | None = None
    background_noise_level: str | None = None
    numbers: Mapping[str, float | bool] = {}
    """Everything else that is a number or a truth value. Texts and nested values could hold words and are dropped."""


class Metrics(Struct, frozen=True):
    """What is kept of a report."""

    clarity: float | None
    words: int
    unique_words: int
    engagement: str | None
    duration_s: int | None


class AudioSession(Struct, frozen=True):
    """A session as it is stored."""

    id: UUID
    child_id: UUID
    kind: str
    status: str
    started_at: datetime
    ended_at: datetime | None

    def shown(self, now: datetime) -> tuple[Shown, datetime | None]:
        """Status and end; one that nobody ended is over LONGEST_SESSION after its beginning, also before the job says so."""
        over = self.started_at + LONGEST_SESSION
        status = STATUS.get(self.status, Shown.ENDED)
        if status is Shown.ACTIVE and over <= now:
            return Shown.ENDED, over
        return status, self.ended_at


def circumstances(metadata: bytes) -> Circumstances:
    """What is kept of a session's metadata, JSON; anything but an object has nothing to keep."""
    decoded = json.decode(metadata)
    if not isinstance(decoded, dict):
        return Circumstances()
    given = cast("dict[str, Any]", decoded)
    numbers = [(key, value) for key, value in given.items() if _is_kept(key) and _is_number(value)]
    return Circumstances(
        _name(given.get(LOCATION)),
        _name(given.get(DEVICE)),
        _name(given.get(APP)),
        _name(given.get(NOISE)),
        dict(numbers[:MAX_NAMED_NUMBERS]),
    )


def metrics(
    clarity: float | None, words: Sequence[str] | None, duration_s: int | None, engagement: float | None
) -> Metrics | None:
    """What is kept of a report; None when a number is out of its range."""
    shares = [share for share in (clarity, engagement) if share is not None]
    if not all(0 <= share <= 1 for share in shares) or not 0 <= (duration_s or 0) <= LONGEST_PART_S:
        return None
    spoken = [word.strip().lower() for word in words or ()]
    return Metrics(clarity, len(spoken), len(set(spoken)), _level(engagement), duration_s)


def _is_kept(key: str) -> bool:
    return key not in NAMES and len(key) <= MAX_NUMBER_NAME_CHARS and key.isidentifier()


def _level(engagement: float | None) -> str | None:
    if engagement is None:
        return None
    if engagement < LOW_BELOW:
        return "low"
    return "medium" if engagement < MEDIUM_BELOW else "high"


def _name(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).replace("\0", "").strip()[:MAX_NAME_CHARS] or None


def _is_number(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, (int, float)) and abs(value) <= MAX_NUMBER)
