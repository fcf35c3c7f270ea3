"""The family's settings: known ones, and any others that a client stores. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import Meta, Struct

from wondernest.access.ages import country_of
from wondernest.auth.rules import DEFAULT_LANGUAGE, LANGUAGES
from wondernest.family.controls import FamilySwitches, merged
from wondernest.family.rules import MAX_SCREEN_TIME_MINUTES, Unacceptable
from wondernest.platform.time_zones import DEFAULT_ZONE, MAX_NAME_CHARS, is_time_zone

SWITCHES: Final = "familySettings"
"""The key of the switches in the stored document."""
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""The first day of a week, by its number in the database."""
BAD_ZONE: Final = "Invalid timezone"
BAD_LANGUAGE: Final = "Invalid language code"
BAD_COUNTRY: Final = "country must be a code of two letters (ISO 3166)"
BAD_DAY: Final = f"firstDayOfWeek must be one of {', '.join(DAYS)}"


class KnownSettings(Struct, rename="camel", kw_only=True):
    """Settings with a column of their own."""

    content_filter_level: Annotated[str, Meta(max_length=20)] | None = None
    enable_audio_monitoring: bool | None = None
    enable_screen_time_limits: bool | None = None
    enable_content_recommendations: bool | None = None


class LocaleChanges(Struct, rename="camel", kw_only=True):
    """Where the family lives, and its language; None leaves a part as it is. `first_day_of_week`: one of DAYS."""

    timezone: str | None = None
    first_day_of_week: str | None = None
    language: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2: it decides until which age a parent consents."""

    def checked(self) -> LocaleChanges:
        """The changes as they are stored; raises Unacceptable."""
        zone, day, language, country = self.timezone, self.first_day_of_week, self.language, self.country
        if zone is not None:
            zone = zone.strip()
            if len(zone) > MAX_NAME_CHARS or not is_time_zone(zone):
                raise Unacceptable(BAD_ZONE)
        if day is not None:
            day = day.strip().lower()
            if day not in DAYS:
                raise Unacceptable(BAD_DAY)
        if language is not None:
            language = language.strip().lower()
            if language not in LANGUAGES:
                raise Unacceptable(BAD_LANGUAGE)
        if country is not None:
            country = country_of(country)
            if country is None:
                raise Unacceptable(BAD_COUNTRY)
        return LocaleChanges(timezone=zone, first_day_of_week=day, language=language, country=country)

    @property
    def first_day(self) -> int | None:
        """The number of the day in the database."""
        return None if self.first_day_of_week is None else DAYS.index(self.first_day_of_week)


class Locale(Struct, rename="camel", kw_only=True, frozen=True):
    """A family's time zone, the day on which its week begins (one of DAYS), its language, and its country if it named one."""

    timezone: str = DEFAULT_ZONE
    first_day_of_week: str = DAYS[0]
    language: str = DEFAULT_LANGUAGE
    country: str | None = None


class LetterChanges(Struct, rename="camel", kw_only=True):
    """The caller's own choice, not the family's: whether they get its weekly letter. None leaves it as it is."""

    weekly_letter: bool | None = None


class SwitchChanges(Struct, rename="camel", kw_only=True):
    """As FamilySwitches; None leaves one as it is."""

    max_screen_time_minutes: Annotated[int, Meta(ge=1, le=MAX_SCREEN_TIME_MINUTES)] | None = None
    bedtime_enabled: bool | None = None
    educational_content_only: bool | None = None


KINDS: Final = (KnownSettings, LocaleChanges, LetterChanges, SwitchChanges)
"""What knows the settings that have a place of their own."""


class SettingsChanges(Struct, kw_only=True):
    """The settings that a client sent, grouped by where they are stored."""

    known: KnownSettings
    locale: LocaleChanges
    letters: LetterChanges
    switches: dict[str, Any]
    rest: dict[str, Any]

    @classmethod
    def parse(cls, sent: Mapping[str, Any]) -> SettingsChanges:
        """Group the entries of a JSON object; a null leaves a known setting as it is. Raises Unacceptable."""
        nested: Any = sent.get(SWITCHES)
        if nested is not None and not isinstance(nested, dict):
            raise Unacceptable(f"{SWITCHES} must be an object")
        flat = {**cast("dict[str, Any]", nested or {}), **sent}
        known, switches = _read(KnownSettings, flat), _read(SwitchChanges, flat)
        locale: LocaleChanges = _read(LocaleChanges, sent)
        letters: LetterChanges = _read(LetterChanges, sent)
        named = {SWITCHES, *(name for kind in KINDS for name in _names(kind))}
        return cls(
            known=known,
            locale=locale.checked(),
            letters=letters,
            switches={key: value for key, value in msgspec.to_builtins(switches).items() if value is not None},
            rest={key: value for key, value in sent.items() if key not in named},
        )


class StoredSettings(Struct, kw_only=True):
    """A family's settings as they are stored."""

    known: KnownSettings
    locale: Locale = Locale()
    weekly_letter: bool = False
    """Whether the caller gets the family's weekly letter."""
    document: Any

    def shown(self) -> dict[str, Any]:
        """All settings as one flat object."""
        document = cast("dict[str, Any]", self.document) if isinstance(self.document, dict) else {}
        rest = {key: value for key, value in document.items() if key != SWITCHES}
        switches = merged(FamilySwitches(), document.get(SWITCHES))
        fixed = (self.known, self.locale, LetterChanges(weekly_letter=self.weekly_letter), switches)
        return {**rest, **{name: value for part in fixed for name, value in msgspec.to_builtins(part).items()}}


def _read(kind: type[Any], flat: Mapping[str, Any]) -> Any:
    try:
        return msgspec.convert({key: flat[key] for key in _names(kind) if key in flat}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unacceptable(str(error)) from None


def _names(kind: type[Struct]) -> list[str]:
    return [info.encode_name for info in msgspec.structs.fields(kind)]
