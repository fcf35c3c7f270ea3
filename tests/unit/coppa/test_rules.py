"""The rules of consent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.coppa.rules import (
    ChildReference,
    Consent,
    age_on,
    carried_data,
    recorded_data,
    recorded_method,
    status,
    year_after,
)
from wondernest.coppa.terms import Terms
from wondernest.platform.json import instant
from wondernest.platform.texts import is_blank

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CHILD = UUID("50cb1b31-bd85-4604-8cd1-efc1a73c9359")


def consent(**parts: object) -> Consent:
    fields = {"id": uuid4(), "granted": True, "created_at": NOW, "revoked_at": None, "permissions": {}, **parts}
    return Consent(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2020, 2, 29), date(2021, 2, 28), 0),
        (date(2020, 2, 29), date(2021, 3, 1), 1),
        (date(2020, 2, 29), date(2024, 2, 29), 4),
        (date(2020, 3, 1), date(2024, 2, 29), 3),
        (date(2020, 12, 31), date(2021, 1, 1), 0),
        (date(2020, 6, 1), date(2026, 6, 1), 6),
        (date(2027, 1, 1), date(2026, 6, 1), 0),
    ],
)
def test_age_is_counted_in_calendar_years(born: date, day: date, age: int) -> None:
    assert age_on(day, born) == age


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 40_000))
def test_age_never_decreases_and_grows_by_one_a_year(born: date, days: int) -> None:
    day = min(born + timedelta(days=days), date(9998, 1, 1))
    assert 0 <= age_on(day + timedelta(days=1), born) - age_on(day, born) <= 1
    assert age_on(day.replace(year=day.year + 1, day=min(day.day, 28)), born) in {
        age_on(day, born),
        age_on(day, born) + 1,
    }


def test_a_consent_lasts_a_year() -> None:
    assert year_after(NOW) == NOW.replace(year=2027)
    assert year_after(datetime(2024, 2, 29, tzinfo=UTC)) == datetime(2025, 2, 28, tzinfo=UTC)
    old = consent(created_at=NOW.replace(year=2025))
    assert status(old, NOW) == "EXPIRED"
    assert status(old, NOW - timedelta(seconds=1)) == "GRANTED"


def test_revocation_comes_before_expiry_and_a_refusal_is_no_consent() -> None:
    assert status(consent(revoked_at=NOW, created_at=NOW.replace(year=2020)), NOW) == "REVOKED"
    assert status(consent(granted=False), NOW) == "NONE"
    assert status(None, NOW) == "NONE"


def test_data_may_be_collected_only_where_it_was_permitted() -> None:
    assert consent(permissions={"dataCollection": True}).collects(NOW)
    assert not consent(permissions={"dataCollection": False}).collects(NOW)
    assert not consent(permissions={}).collects(NOW)
    assert not consent(permissions={"dataCollection": True}, revoked_at=NOW).collects(NOW)


def test_a_child_is_named_by_its_uuid_or_by_the_apps_own_id() -> None:
    assert ChildReference.read(str(CHILD), CHILD) == ChildReference(str(CHILD), CHILD)
    made, text = datetime(2025, 8, 13, 20, 16, 53, 442000, tzinfo=UTC), " child_1755116213442 "
    assert ChildReference.read(text, None) == ChildReference(text, None, "child_1755116213442", made)


@pytest.mark.parametrize("digits", ["9" * 15, "9" * 16, "9" * 400])
def test_an_app_id_may_have_a_time_that_no_clock_shows(digits: str) -> None:
    text = f"child_{digits}"
    assert ChildReference.read(text, None) == ChildReference(text, None, text)


@pytest.mark.parametrize("text", ["child_", "child_12x", "mia", "child_-1", "child_١٢", "xchild_12"])
def test_any_other_text_names_no_child(text: str) -> None:
    assert ChildReference.read(text, None) == ChildReference(text, None)


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [(None, None), ("credit_card", "credit_card"), ("4111 1111", "other"), ("", None), ("ssn 078", "other")],
)
def test_a_verification_method_is_recorded_if_it_is_a_name(typed: str | None, recorded: str | None) -> None:
    assert recorded_method(typed) == recorded


@given(st.dictionaries(st.text() | st.just("parentSignature"), st.text()))
def test_of_verification_data_only_the_signatures_time_is_recorded(data: dict[str, str]) -> None:
    signed = not is_blank(data.get("parentSignature", ""))
    assert recorded_data(data, NOW) == ({"parentSignature": instant(NOW)} if signed else None)
    assert carried_data(recorded_data(data, NOW), NOW + timedelta(days=1)) == recorded_data(data, NOW)


@given(st.text())
def test_any_text_is_a_reference(text: str) -> None:
    assert ChildReference.read(text, None).text == text


@given(st.dictionaries(st.text(), st.booleans()), st.none() | st.dictionaries(st.text(), st.text()))
def test_terms_are_read_as_they_were_stored(permissions: dict[str, bool], data: dict[str, str] | None) -> None:
    terms = Terms(permissions, "credit_card", data)
    assert Terms.read(terms.stored()) == terms


@pytest.mark.parametrize("text", [None, "", "I agree", "[]", '{"permissions": 7}'])
def test_a_text_of_another_form_permits_nothing(text: str | None) -> None:
    assert Terms.read(text).permissions == {}
