"""Purposes, the app's permissions, and the ages of consent."""

from __future__ import annotations

import pytest

from tests.fixtures.consent import EVERYTHING
from wondernest.access.ages import AGES, STRICTEST_AGE, consent_age, country_of
from wondernest.access.consent import (
    PERMISSIONS,
    THIRD_PARTIES,
    Purpose,
    disclosure,
    for_each,
    purposes_of,
    without_sharing,
)


def test_the_apps_six_permissions_permit_every_purpose() -> None:
    assert {*PERMISSIONS, THIRD_PARTIES} == set(EVERYTHING)
    assert purposes_of(EVERYTHING) == {purpose.value for purpose in Purpose}


@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_permission_that_is_refused_permits_nothing(name: str) -> None:
    permitted = purposes_of({**EVERYTHING, name: False})
    assert not permitted & {purpose.value for purpose in PERMISSIONS[name]}


def test_without_data_collection_nothing_is_permitted() -> None:
    assert purposes_of({**EVERYTHING, "dataCollection": False}, recipients=["print-shop"]) == frozenset()
    assert purposes_of({"analytics": True}) == frozenset()


def test_a_consent_for_audio_alone_permits_audio_alone() -> None:
    assert purposes_of({}, "audio_monitoring") == {"audio_metrics"}


@pytest.mark.parametrize("refused", ["dataCollection", "audioMonitoring"])
def test_the_type_of_a_consent_permits_nothing_that_its_permissions_refuse(refused: str) -> None:
    assert "audio_metrics" not in purposes_of({**EVERYTHING, refused: False}, "audio_monitoring")


def test_unknown_permissions_permit_nothing() -> None:
    assert purposes_of({"dataCollection": True, "everything": True, "saves": True}) == {"saves", "uploads"}


def test_disclosure_is_permitted_to_those_alone_whom_the_notice_names() -> None:
    assert purposes_of(EVERYTHING, recipients=["print-shop"]) >= {"disclosure:print-shop"}
    assert not [name for name in purposes_of(EVERYTHING) if name.startswith("disclosure")]


def test_the_one_switch_stands_for_those_who_are_named_when_it_is_set_and_for_nobody_later() -> None:
    permissions = for_each(EVERYTHING, ["print-shop", "voice-lab"])
    later = purposes_of(permissions, recipients=["print-shop", "voice-lab", "new-one"])
    assert {name for name in later if name.startswith("disclosure")} == {
        "disclosure:print-shop",
        "disclosure:voice-lab",
    }
    assert for_each(permissions, ["new-one"]) == permissions


def test_a_parent_chooses_each_third_party() -> None:
    chosen = {**EVERYTHING, "thirdPartySharing:print-shop": False, "thirdPartySharing:voice-lab": True}
    both = ["print-shop", "voice-lab"]
    assert {name for name in purposes_of(chosen, recipients=both) if name.startswith("disclosure")} == {
        "disclosure:voice-lab"
    }
    refused = {**chosen, "thirdPartySharing": False}
    for nobody in (refused, without_sharing(chosen)):
        assert not [name for name in purposes_of(nobody, recipients=both) if name.startswith("disclosure")]


@pytest.mark.parametrize("name", ["", "Print Shop", "a:b", "-a", "x" * 41, "ü"])
def test_a_third_party_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="third party"):
        disclosure(name)


def test_no_country_has_a_higher_age_than_the_strictest_or_a_lower_one_than_13() -> None:
    assert set(AGES.values()) == {13, 14, 15, 16}
    assert max(AGES.values()) == STRICTEST_AGE
    assert all(country_of(country) == country for country in AGES)


@pytest.mark.parametrize(("text", "country"), [(" us ", "US"), ("DE", "DE"), ("", None), ("DEU", None), ("D1", None)])
def test_a_country_is_a_code_of_two_letters(text: str, country: str | None) -> None:
    assert country_of(text) == country


def test_of_a_country_without_a_known_law_no_age_is_known() -> None:
    assert consent_age("JP") is consent_age(None) is None
