"""The family's settings: known ones, and any others that a client stores. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import Meta, Struct

from wondernest.family.controls import FamilySwitches, merged
from wondernest.family.rules import MAX_SCREEN_TIME_MINUTES, Unacceptable

SWITCHES: Final = "familySettings"
"""The key of the switches in the stored document."""


class KnownSettings(Struct, rename="camel", kw_only=True):
    """Settings with a column of their own."""

    content_filter_level: Annotated[str, Meta(max_length=20)] | None = None
    enable_audio_monitoring: bool | None = None
    enable_screen_time_limits: bool | None = None
    enable_content_recommendations: bool | None = None


class SwitchChanges(Struct, rename="camel", kw_only=True):
    """As FamilySwitches; None leaves one as it is."""

    max_screen_time_minutes: Annotated[int, Meta(ge=1, le=MAX_SCREEN_TIME_MINUTES)] | None = None
    bedtime_enabled: bool | None = None
    educational_content_only: bool | None = None


class SettingsChanges(Struct, kw_only=True):
    """The settings that a client sent, grouped by where they are stored."""

    known: KnownSettings
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
        named = {*_names(KnownSettings), *_names(SwitchChanges), SWITCHES}
        return cls(
            known=known,
            switches={key: value for key, value in msgspec.to_builtins(switches).items() if value is not None},
            rest={key: value for key, value in sent.items() if key not in named},
        )


class StoredSettings(Struct, kw_only=True):
    """A family's settings as they are stored."""

    known: KnownSettings
    document: Any

    def shown(self) -> dict[str, Any]:
        """All settings as one flat object."""
        document = cast("dict[str, Any]", self.document) if isinstance(self.document, dict) else {}
        rest = {key: value for key, value in document.items() if key != SWITCHES}
        switches = merged(FamilySwitches(), document.get(SWITCHES))
        return {**rest, **msgspec.to_builtins(self.known), **msgspec.to_builtins(switches)}


def _read(kind: type[Any], flat: Mapping[str, Any]) -> Any:
    try:
        return msgspec.convert({key: flat[key] for key in _names(kind) if key in flat}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unacceptable(str(error)) from None


def _names(kind: type[Struct]) -> list[str]:
    return [info.encode_name for info in msgspec.structs.fields(kind)]
