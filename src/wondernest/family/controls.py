"""Parental controls, what a child may see and for how long: defaults by age, the stored form, merging. Pure functions.

Stored rows may be incomplete or written by another backend: the default replaces what is missing or of the wrong type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

from wondernest.family.rules import MAX_AGE, MAX_SCREEN_TIME_MINUTES

MAX_ENTRIES: Final = 200
MAX_RATING: Final = 100
Text = Annotated[str, Meta(max_length=100)]
Texts = Annotated[list[Text], Meta(max_length=MAX_ENTRIES)]
Age = Annotated[int, Meta(ge=0, le=MAX_RATING)]
Minutes = Annotated[int, Meta(ge=0, le=MAX_SCREEN_TIME_MINUTES)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", max_length=5)]

UNSUITABLE_FOR_LITTLE_ONES: Final = ("horror", "violence", "mature")


class DayLimit(Struct, rename="camel"):
    """Hours and minutes of one day."""

    start_time: TimeOfDay
    end_time: TimeOfDay
    max_minutes: Minutes


Days = Annotated[dict[Text, DayLimit], Meta(max_length=MAX_ENTRIES)]


class ContentSettings(Struct, rename="camel", kw_only=True):
    """What a child may see."""

    max_age_rating: Age
    blocked_categories: Texts
    allowed_domains: Texts
    subtitles_enabled: bool
    audio_monitoring_enabled: bool
    educational_content_only: bool


class TimeRestrictions(Struct, rename="camel", kw_only=True):
    """How long and when a child may play."""

    weekday_limits: Days
    weekend_limits: Days
    daily_screen_time_minutes: Minutes
    bedtime_enabled: bool
    bedtime_start: TimeOfDay | None
    bedtime_end: TimeOfDay | None


class ContentChanges(Struct, rename="camel", kw_only=True):
    """As ContentSettings; None leaves a part as it is."""

    max_age_rating: Age | None = None
    blocked_categories: Texts | None = None
    allowed_domains: Texts | None = None
    subtitles_enabled: bool | None = None
    audio_monitoring_enabled: bool | None = None
    educational_content_only: bool | None = None


class TimeChanges(Struct, rename="camel", kw_only=True):
    """As TimeRestrictions; None leaves a part as it is."""

    weekday_limits: Days | None = None
    weekend_limits: Days | None = None
    daily_screen_time_minutes: Minutes | None = None
    bedtime_enabled: bool | None = None
    bedtime_start: TimeOfDay | None = None
    bedtime_end: TimeOfDay | None = None


class FamilySwitches(Struct, rename="camel", kw_only=True):
    """Switches of the whole family."""

    max_screen_time_minutes: Annotated[int, Meta(ge=1, le=MAX_SCREEN_TIME_MINUTES)] = 60
    bedtime_enabled: bool = True
    educational_content_only: bool = False


Settings = TypeVar("Settings", ContentSettings, TimeRestrictions, FamilySwitches)
VALUE: Final = "value"


def _parts(kind: type[Struct]) -> list[tuple[str, str, Any]]:
    return [
        (info.name, info.encode_name, msgspec.defstruct("Part", [(VALUE, info.type)]))
        for info in msgspec.structs.fields(kind)
    ]


_PARTS: Final[dict[type[Struct], list[tuple[str, str, Any]]]] = {
    kind: _parts(kind) for kind in (ContentSettings, TimeRestrictions, FamilySwitches)
}
"""Field name, stored name and a struct with that one field: msgspec analyses a struct once, but a plain type at each use."""
_DECODERS: Final[dict[type[Struct], Callable[[bytes], Any]]] = {
    kind: msgspec.json.Decoder(kind).decode for kind in (ContentSettings, TimeRestrictions)
}


def content_at_creation(age: int) -> ContentSettings:
    """What a new child may see."""
    return ContentSettings(
        max_age_rating=min(age + 2, MAX_AGE),
        blocked_categories=list(UNSUITABLE_FOR_LITTLE_ONES) if age < 8 else [],
        allowed_domains=[],
        subtitles_enabled=False,
        audio_monitoring_enabled=False,  # privacy by default: a parent switches it on
        educational_content_only=age < 6,
    )


def time_at_creation(age: int) -> TimeRestrictions:
    """How long a new child may play."""
    if age < 6:
        return _daily(30, "18:30", "07:00")
    return _daily(60, "19:30", "07:00") if age < 10 else _daily(90, "20:30", "07:30")


def content_by_default(age: int) -> ContentSettings:
    """What a child without stored settings may see."""
    return ContentSettings(
        max_age_rating=min(age + 1, MAX_RATING),
        blocked_categories=[],
        allowed_domains=[],
        subtitles_enabled=False,
        audio_monitoring_enabled=False,
        educational_content_only=False,
    )


def time_by_default(age: int) -> TimeRestrictions:
    """How long a child without stored settings may play."""
    return _daily(60, "19:00", "07:00") if age < 8 else _daily(60, "20:00", "07:30")


def restrictions(document: bytes | None, minutes: int | None, age: int) -> TimeRestrictions:
    """How long and when a child may play, as stored; missing parts get the default for the age. `minutes`: the column, `document` wins."""
    if (stored := read_complete(TimeRestrictions, document)) is not None:
        return stored
    made = time_by_default(age)
    if minutes is not None:
        made = merged(made, {"dailyScreenTimeMinutes": minutes})
    return merged(made, read_json(document))


def read_complete(kind: type[Settings], document: bytes | None) -> Settings | None:
    """The stored settings if they are complete and valid, as in every row of ours; None otherwise."""
    if document is None:
        return None
    try:
        return _DECODERS[kind](document)
    except msgspec.DecodeError:
        return None


def read_json(document: bytes | None) -> Any:
    """The stored JSON; None also for JSON that cannot be read, such as a number of 400 digits."""
    try:
        return None if document is None else msgspec.json.decode(document)
    except msgspec.DecodeError:
        return None


def merged(defaults: Settings, stored: Any) -> Settings:
    """The defaults, replaced by every stored part of the right type."""
    if stored is None or not isinstance(stored, Mapping):
        return defaults
    parts: dict[str, Any] = {}
    for name, part, holder in _PARTS[type(defaults)]:
        if part in stored:
            try:
                parts[name] = msgspec.convert({VALUE: stored[part]}, holder).value
            except msgspec.ValidationError:
                continue
    return msgspec.structs.replace(defaults, **parts)


def changed(settings: Settings, changes: ContentChanges | TimeChanges | None) -> Settings:
    """The settings with the changes that were given."""
    if changes is None:
        return settings
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not None}
    return msgspec.structs.replace(settings, **given)


def texts(stored: Any) -> list[str]:
    """The texts in a stored list; other elements are dropped."""
    return [text for text in cast("list[Any]", stored) if isinstance(text, str)] if isinstance(stored, list) else []


def _daily(minutes: int, bedtime: str, morning: str) -> TimeRestrictions:
    return TimeRestrictions(
        weekday_limits={},
        weekend_limits={},
        daily_screen_time_minutes=minutes,
        bedtime_enabled=True,
        bedtime_start=bedtime,
        bedtime_end=morning,
    )
