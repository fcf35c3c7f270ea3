"""The family's settings, sorted by where they are kept."""

from __future__ import annotations

import pytest

from wondernest.family.preferences import KnownSettings, SettingsChanges, StoredSettings
from wondernest.family.rules import Unacceptable


def test_settings_are_sorted_by_where_they_are_kept() -> None:
    sent = {
        "contentFilterLevel": "strict",
        "maxScreenTimeMinutes": "45",
        "theme": {"dark": True},
        "bedtimeEnabled": None,
    }
    changes = SettingsChanges.parse(sent)
    assert changes.known == KnownSettings(content_filter_level="strict")
    assert changes.switches == {"maxScreenTimeMinutes": 45}
    assert changes.rest == {"theme": {"dark": True}}


def test_nested_switches_count_like_top_level_ones() -> None:
    changes = SettingsChanges.parse({"familySettings": {"maxScreenTimeMinutes": 45}})
    assert (changes.switches, changes.rest) == ({"maxScreenTimeMinutes": 45}, {})


@pytest.mark.parametrize(
    "sent",
    [
        {"maxScreenTimeMinutes": 0},
        {"maxScreenTimeMinutes": "long"},
        {"enableAudioMonitoring": "perhaps"},
        {"contentFilterLevel": "x" * 21},
        {"familySettings": []},
    ],
)
def test_a_known_setting_must_be_valid(sent: dict[str, object]) -> None:
    with pytest.raises(Unacceptable):
        SettingsChanges.parse(sent)


@pytest.mark.parametrize("document", [None, [], "text", {"familySettings": 7}])
def test_an_odd_document_shows_the_defaults(document: object) -> None:
    shown = StoredSettings(known=KnownSettings(content_filter_level="moderate"), document=document).shown()
    assert shown["maxScreenTimeMinutes"] == 60
    assert shown["contentFilterLevel"] == "moderate"
