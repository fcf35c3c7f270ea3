"""The rules of accounts (auth contract §1.8); wire texts are spelled out in the contract tests."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fixtures.texts import UNSEEN
from wondernest.auth import rules
from wondernest.auth.rules import ExternalLogin, FirstSignIn, NameFields, SignUp
from wondernest.platform.time_zones import is_time_zone

TEXT = st.text(max_size=160)
DIGITS = "0123456789"


def sign_up(**fields: Any) -> SignUp:
    good: dict[str, Any] = {
        "email": "ann@example.com",
        "password": "Sunflower7",
        "names": NameFields(),
        "phone": None,
        "time_zone": "UTC",
        "language": "en",
    }
    return SignUp(**{**good, **fields})


def test_a_good_sign_up_has_no_problems() -> None:
    assert sign_up().problems() == []


@pytest.mark.parametrize("email", ["a@b.co", " ann+tag@sub.example.com ", "A_b-c.d@EXAMPLE.museum", "a@-.aa"])
def test_addresses_that_pass(email: str) -> None:
    assert rules.is_email(email)


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@b", "a@b.c", "a b@c.de", "a@b.co\nx", "ä@b.co", "a@b.c0", "@b.co", "a@@b.co", "a" * 251 + "@b.co"],
)
def test_addresses_that_do_not_pass(email: str) -> None:
    assert not rules.is_email(email)


@given(TEXT)
def test_whatever_passes_as_an_address_fits_its_column_and_header(text: str) -> None:
    if rules.is_email(text):
        email = rules.normal_email(text)
        assert len(email) <= 255
        assert email.isascii()
        assert not re.search(r"\s", email)
        assert email == rules.normal_email(email.upper())


@given(TEXT)
@example("Sunflower7")
@example("Password123")
@example("A1" + "a" * 127)
@example("A1a" + "e\u0301" * 5)
@example("A1a" + "e\u0301" * 4)
@example("A1a" + "e\u0301" * 125)
@example("A1a" + "e\u0301" * 600)
@example("A1" + "e\u0301" * 8)
def test_a_password_passes_exactly_when_every_rule_holds_for_its_composed_form(typed: str) -> None:
    password = unicodedata.normalize("NFC", typed)
    holds = (
        8 <= len(password) <= 128
        and any("a" <= char <= "z" for char in password)
        and any("A" <= char <= "Z" for char in password)
        and any(char in DIGITS for char in password)
        and password.lower() not in rules.COMMON_PASSWORDS
    )
    assert (rules.password_problems(typed) == []) is holds


def test_a_blank_password_is_reported_only_as_missing() -> None:
    assert rules.password_problems(" \t") == ["Password is required"]


@given(name=st.none() | TEXT, first=st.none() | TEXT, last=st.none() | TEXT)
def test_names_that_pass_fit_their_columns(name: str | None, first: str | None, last: str | None) -> None:
    fields = NameFields(name, first, last)
    if not fields.problems():
        person = fields.normalised()
        assert len(person.first or "") <= 100
        assert len(person.last or "") <= 100
        assert 0 < len(person.family_name) <= 100
        assert person.first is None or person.first == person.first.strip() != ""


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        (NameFields("Ann Lee Brown"), "Ann", "Lee Brown"),
        (NameFields(" Ann   Lee "), "Ann", "Lee"),
        (NameFields("Ann"), "Ann", None),
        (NameFields(" "), None, None),
        (NameFields("Ann Lee", "Bea"), "Bea", "Lee"),
        (NameFields("Ann Lee", " ", ""), "Ann", "Lee"),
        (NameFields(None, "O'Brien\x00", "<b>"), "O'Brien", "<b>"),
        (NameFields("\u200b Lee", "\u3164", "\ufe0f"), None, "Lee"),
        (NameFields("Ann \u2800"), "Ann", None),
        (NameFields("\u200eAnn\u200e 👩\u200d👧"), "\u200eAnn\u200e", "👩\u200d👧"),
    ],
)
def test_names_are_split_and_cleaned(fields: NameFields, first: str | None, last: str | None) -> None:
    assert fields.normalised() == rules.PersonName(first, last)


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_of_nothing_visible_is_no_name(name: str) -> None:
    assert NameFields(name, name, name).normalised() == rules.PersonName(None, None)
    assert rules.PersonName(name, None).family_name == "Unknown's Family"
    assert rules.stored_phone(name) is None


def test_a_stored_first_name_of_any_length_makes_a_family_name_that_fits() -> None:
    assert len(rules.PersonName("x" * 100, None).family_name) == rules.MAX_FAMILY_NAME_CHARS


@pytest.mark.parametrize("language", ["en", " EN ", "he", "Tr"])
def test_languages_that_pass(language: str) -> None:
    assert sign_up(language=language).problems() == []


@pytest.mark.parametrize("language", ["", "eng", "en-US", "xx"])
def test_languages_that_do_not_pass(language: str) -> None:
    assert sign_up(language=language).problems() == ["Invalid language code"]


@pytest.mark.parametrize(
    "zone",
    ["Z", "UTC", "GMT", "UT", "UTC+2", "GMT0", "GMT-0", "UT-03:30", "+05:30", "-0800", "+2", "+18", "+01:02:03",
     "Europe/Dublin", "America/Argentina/Ushuaia", "Etc/GMT+5", "CET", "EST5EDT"],
)  # fmt: skip
def test_time_zones_that_pass(zone: str) -> None:
    assert is_time_zone(zone)


@pytest.mark.parametrize(
    "zone",
    ["", "EST", "PST", "MST", "HST", "ROC", "america/new_york", "utc", "z", "+19", "+18:01", "+05:60", "UTC2", "UTC+",
     "Mars/Olympus", "+5:30", "05:30", "../etc/passwd", "UTC+٣", "Factory", "Europe/Dublin "],
)  # fmt: skip
def test_time_zones_that_do_not_pass(zone: str) -> None:
    assert not is_time_zone(zone)


@given(st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_every_region_of_the_zone_database_with_a_slash_passes(zone: str) -> None:
    assert is_time_zone(zone) or "/" not in zone


@given(TEXT)
def test_no_text_makes_the_time_zone_check_raise(text: str) -> None:
    assert is_time_zone(text) in {True, False}


@given(owns=st.booleans(), active=st.booleans(), proven=st.booleans(), knows=st.booleans())
def test_an_address_opens_an_account_only_to_somebody_who_owns_it(
    *, owns: bool, active: bool, proven: bool, knows: bool
) -> None:
    found = rules.first_sign_in(owns_email=owns, active=active, proven=proven, knows_issuer=knows)
    if not (owns and active):
        assert found is FirstSignIn.REFUSE
    elif not proven:
        assert found is FirstSignIn.TAKE_OVER
    else:
        assert found is (FirstSignIn.REFUSE if knows else FirstSignIn.LINK)


@given(st.text(DIGITS, min_size=4, max_size=4) | st.text(DIGITS, min_size=6, max_size=6))
def test_a_pin_is_simple_when_its_steps_are_all_the_same_small_one(pin: str) -> None:
    runs = {digit * len(pin) for digit in DIGITS}
    runs |= {DIGITS[start : start + len(pin)] for start in range(11 - len(pin))}
    runs |= {run[::-1] for run in runs}
    assert rules.is_pin(pin)
    assert rules.is_simple_pin(pin) is (pin in runs)


@given(st.text(max_size=8))
def test_only_four_or_six_ascii_digits_are_a_pin(text: str) -> None:
    assert rules.is_pin(text) is (len(text) in {4, 6} and all(char in DIGITS for char in text))


@pytest.mark.parametrize("phone", [None, "", "  ", "1" * 21, "\x07"])
def test_phone_numbers_that_are_not_stored(phone: str | None) -> None:
    assert rules.stored_phone(phone) is None


@pytest.mark.parametrize("mark", rules.SCRIPT_MARKS)
def test_marks_of_injected_scripts_are_found_in_any_letter_case(mark: str) -> None:
    login = ExternalLogin("google", "token", None, NameFields(None, f"a{mark.upper()}", None))
    assert "Invalid characters in firstName" in login.problems()


@given(TEXT, TEXT)
def test_reset_problems_never_let_a_malformed_token_through(token: str, password: str) -> None:
    if not rules.reset_problems(token, password):
        assert 10 <= len(token) <= 256
        assert rules.password_problems(password) == []
