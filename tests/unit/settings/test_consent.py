"""What consent needs of the settings is named where it is wrong."""

from __future__ import annotations

import pytest

from wondernest.settings import SettingsError, load_settings

VERIFIER = {
    "COPPA_VERIFIER_URL": "https://verifier.example/v1",
    "COPPA_VERIFIER_KEY": "key",
    "COPPA_VERIFIER_WEBHOOK_SECRET": "secret",
    "COPPA_VERIFIER_METHODS": "card",
}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({**VERIFIER, "COPPA_VERIFIER_METHODS": "card,palm"}, "COPPA_VERIFIER_METHODS"),
        ({**VERIFIER, "COPPA_VERIFIER_METHODS": "email_plus"}, "COPPA_VERIFIER_METHODS"),
        ({**VERIFIER, "COPPA_VERIFIER_METHODS": ""}, "COPPA_VERIFIER_METHODS"),
        ({**VERIFIER, "COPPA_VERIFIER_KEY": ""}, "COPPA_VERIFIER_KEY"),
        ({**VERIFIER, "COPPA_VERIFIER_WEBHOOK_SECRET": ""}, "COPPA_VERIFIER_WEBHOOK_SECRET"),
        ({**VERIFIER, "COPPA_VERIFIER_URL": "https://u:p@verifier.example"}, "COPPA_VERIFIER_URL"),
        ({**VERIFIER, "COPPA_VERIFIER_URL": "verifier"}, "COPPA_VERIFIER_URL"),
        ({"TEXT_MESSAGES_URL": "https://texts.example"}, "TEXT_MESSAGES_KEY"),
        ({"TEXT_MESSAGES_URL": "https://texts.example?a=1", "TEXT_MESSAGES_KEY": "key"}, "TEXT_MESSAGES_URL"),
        ({"COPPA_THIRD_PARTIES": "Print Shop"}, "COPPA_THIRD_PARTIES"),
        ({"COPPA_CONFIRMATION": "never"}, "COPPA_CONFIRMATION"),
        ({"COPPA_SECOND_LETTER_H": "0"}, "COPPA_SECOND_LETTER_H"),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({"APP_ENV": "test", **environ})
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"{named}: ")


@pytest.mark.parametrize(
    ("environ", "confirms"),
    [
        ({"APP_ENV": "test"}, False),
        ({"APP_ENV": "development", "COPPA_CONFIRMATION": "required"}, True),
        ({"APP_ENV": "production"}, True),
        ({}, True),
    ],
)
def test_only_in_development_a_consent_is_not_confirmed(environ: dict[str, str], confirms: bool) -> None:
    assert load_settings(environ).confirms_consent is confirms


def test_the_links_of_letters_lead_to_the_service() -> None:
    base = {"PUBLIC_BASE_URL": "https://api.example/"}
    assert load_settings(base).pages_url == "https://api.example"
    assert load_settings({"APP_ENV": "development", "SERVER_PORT": "9999"}).pages_url == "http://localhost:9999"
    assert load_settings({"APP_ENV": "production"}).pages_url == ""
