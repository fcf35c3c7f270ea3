"""The rules of consent (auth contract §4). Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import PERMISSIONS, THIRD_PARTIES, Purpose, purposes_of, shares
from wondernest.platform.json import instant
from wondernest.platform.texts import is_blank

CONSENT_AGE: Final = 13
"""Below this age a parent's consent is required."""
STAMP_TOLERANCE: Final = timedelta(hours=1)
"""Largest distance between a child's creation and the time in an id that the app made itself."""
MAX_TYPE_CHARS: Final = 50
MAX_PERMISSIONS: Final = 100
MAX_PERMISSION_CHARS: Final = 100
"""Of the name of a permission."""
COUNTED_TIME: Final = timedelta(days=1)
"""Within this time the number of a child's new consents is limited. None is ever deleted: they are the proof of consent."""
MAX_USER_AGENT_CHARS: Final = 500
DATA_COLLECTION: Final = "dataCollection"
VERSION: Final = "1.0"

REQUEST_LIFE: Final = timedelta(days=14)
"""A request that nobody confirmed is deleted then (16 CFR 312.4(c)(1)(vii) says: within a reasonable time)."""
REMINDED_BEFORE: Final = timedelta(days=30)
"""So long before a consent ends, its parent is asked again."""

WORK_KEPT: Final = timedelta(days=30)
"""How long what a child made is kept after the end of the consent to keep it: as long as that of a deleted child."""
TRACES_KEPT: Final = timedelta(days=1)
"""How long other data is kept: a withdrawal by mistake can be taken back on the same day."""
KEPT_AFTER_END: Final[Mapping[str, timedelta]] = {
    Purpose.SAVES.value: WORK_KEPT,
    Purpose.UPLOADS.value: WORK_KEPT,
    Purpose.RECORDINGS.value: WORK_KEPT,
    Purpose.ANALYTICS.value: TRACES_KEPT,
    Purpose.RECOMMENDATIONS.value: TRACES_KEPT,
    Purpose.AUDIO_METRICS.value: TRACES_KEPT,
}
"""After the end of the consent to a purpose: when what is held for it is erased. Nothing is held for the other purposes."""
NAMED_SINCE: Final[Mapping[str, int]] = {Purpose.RECORDINGS.value: 2}
"""Purposes that the first notice does not name, and the version that does. A consent to an older notice does not permit them: nobody
said yes to what was not told (16 CFR 312.4(c), 312.5(a))."""
NAMED_APART: Final = frozenset({Purpose.RECORDINGS.value})
"""Purposes that a page names by themselves: a type of consent permits the rest of their permission without them."""

GRANTED: Final = "GRANTED"
REVOKED: Final = "REVOKED"
EXPIRED: Final = "EXPIRED"
NONE: Final = "NONE"

PARENT_SIGNATURE: Final = "parentSignature"
"""The one part of the verification data that is recorded, as the time at which it was given: never its text."""
OTHER_METHOD: Final = "other"
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z", re.ASCII)
_METHOD: Final = re.compile(r"[A-Za-z_]{1,40}")
_APP_ID: Final = re.compile(r"child_([0-9]+)", re.ASCII)
_MAX_STAMP_DIGITS: Final = 15


class ChildReference(Struct, frozen=True):
    """How a client names a child: by its UUID, or by an id that the app made, `child_` and the time of creation in ms.

    Any other text names no child.
    """

    text: str
    """As it was sent."""
    child_id: UUID | None
    app_id: str | None = None
    made_about: datetime | None = None
    """The time in the app's id; None also if it is out of range."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was sent."""
        return not self.text.strip()

    @classmethod
    def read(cls, text: str, child_id: UUID | None) -> ChildReference:
        """From any text, and its UUID if it is one."""
        match = _APP_ID.fullmatch(text.strip())
        if child_id is not None or match is None:
            return cls(text, child_id)
        return cls(text, None, match[0], _moment(match[1]))


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


class Permits(Struct, frozen=True):
    """What a consent says: its permissions, and its type, which may permit something by itself."""

    permissions: dict[str, bool]
    kind: str

    @property
    def given(self) -> set[str]:
        """Everything that it permits: permissions by name, whether they are known or not, and purposes."""
        named = {f"permission {name}" for name, allowed in self.permissions.items() if allowed}
        return named | purposes_of(self.permissions, self.kind)


def status(newest: Consent | None, now: datetime) -> str:
    """The status that a child's newest consent gives; a refused consent counts as none."""
    if newest is None or not newest.granted:
        return NONE
    if newest.revoked_at is not None:
        return REVOKED
    return EXPIRED if newest.expires_at <= now else GRANTED


def named_in(purposes: Iterable[str], notice_version: int) -> frozenset[str]:
    """Those of the purposes that the notice of this version names."""
    return frozenset(purpose for purpose in purposes if NAMED_SINCE.get(purpose, 0) <= notice_version)


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


def only_withdraws(known: Permits, new: Permits) -> bool:
    """Whether the new one permits less than the known one, and nothing else."""
    return new.given < known.given


def adds(known: Permits, new: Permits) -> bool:
    """Whether something is permitted that was not."""
    return not new.given <= known.given


def takes(known: Permits, new: Permits) -> bool:
    """Whether something is no longer permitted that was."""
    return adds(new, known)


def permitted_names(permissions: Mapping[str, bool], kind: str) -> list[str]:
    """What a page names of a consent: the app's permissions, whether its permissions say so or its type `kind` does, and NAMED_APART."""
    purposes = purposes_of(permissions, kind)
    apart = purposes & NAMED_APART
    purposes -= apart
    names = [name for name, held in PERMISSIONS.items() if purposes.intersection(purpose.value for purpose in held)]
    names += sorted(apart)
    return [*names, THIRD_PARTIES] if permissions.get(DATA_COLLECTION) is True and shares(permissions) else names


def kept(known: Permits, new: Permits) -> Permits:
    """Of the new one, what was permitted already; the rest is refused."""
    wanted = {name: allowed and known.permissions.get(name) is True for name, allowed in new.permissions.items()}
    permissions = {**dict.fromkeys(known.permissions, False), **wanted}
    left = Permits(permissions, new.kind)
    return left if left.given <= known.given else Permits(permissions, known.kind)


def refusing(known: Permits, wish: Mapping[str, bool]) -> Permits:
    """What is left of the known one when everything is taken from it that a wish refuses by name."""
    refused = {name for name, allowed in wish.items() if not allowed}
    left = {name: allowed and name not in refused for name, allowed in known.permissions.items()}
    return Permits({**dict.fromkeys(refused, False), **left}, known.kind)


def permissions_fit(sent: Mapping[str, bool], *, total: int, known: int = 0) -> bool:
    """Whether the names that were sent are short enough and there are not too many in `total`, or not more than the `known` ones."""
    return total <= max(MAX_PERMISSIONS, known) and all(len(name) <= MAX_PERMISSION_CHARS for name in sent)


def recorded_method(method: str | None) -> str | None:
    """The method if it is the name of one: people also type numbers of cards."""
    return (method if _METHOD.fullmatch(method) else OTHER_METHOD) if method else None


def recorded_data(data: dict[str, str] | None, given_at: datetime) -> dict[str, str] | None:
    """What is kept of verification data: that the parent signed, and when. Names, cards and numbers are dropped."""
    return {PARENT_SIGNATURE: instant(given_at)} if data and not is_blank(data.get(PARENT_SIGNATURE, "")) else None


def carried_data(data: dict[str, str] | None, given_at: datetime) -> dict[str, str] | None:
    """The recorded data of an older consent, for one that replaces it; a text in place of a time is not carried over."""
    recorded = recorded_data(data, given_at)
    is_time = data is not None and _TIME.fullmatch(data.get(PARENT_SIGNATURE, ""))
    return {PARENT_SIGNATURE: data[PARENT_SIGNATURE]} if data and is_time else recorded


def _moment(digits: str) -> datetime | None:
    if len(digits) > _MAX_STAMP_DIGITS:
        return None
    try:
        return datetime.fromtimestamp(int(digits) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
