"""Which method answers to a name, and the tokens of letters."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.access.consent import PERMISSIONS, THIRD_PARTIES, purposes_of
from wondernest.coppa import rules, tokens
from wondernest.coppa.methods import NAMES, PLUS, Method, Offer
from wondernest.coppa.words import words
from wondernest.settings.consent import VERIFIED_METHODS

EVERYTHING = Offer(frozenset(Method))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("credit_card", Method.CARD),
        ("Credit_Card ", Method.CARD),
        ("drivers_license", Method.GOVERNMENT_ID),
        ("face_match", Method.FACE_MATCH),
        ("ssn", Method.EMAIL_PLUS),
        ("", Method.EMAIL_PLUS),
        ("4111 1111 1111 1111", Method.EMAIL_PLUS),
    ],
)
def test_a_name_is_a_method_or_e_mail(name: str, method: Method) -> None:
    assert EVERYTHING.choose(name, has_phone=True) is method
    assert Offer(frozenset({Method.EMAIL_PLUS})).choose(name, has_phone=True) is Method.EMAIL_PLUS


def test_a_text_message_needs_a_number_and_nothing_is_chosen_where_nothing_is_offered() -> None:
    assert EVERYTHING.choose("text_plus", has_phone=True) is Method.TEXT_PLUS
    assert EVERYTHING.choose("text_plus", has_phone=False) is Method.EMAIL_PLUS
    assert Offer(frozenset()).choose("card", has_phone=True) is None


def test_letters_and_text_messages_never_disclose_and_no_verifier_offers_them() -> None:
    assert {method for method in Method if not method.discloses} == PLUS == {Method.EMAIL_PLUS, Method.TEXT_PLUS}
    assert {Method(name) for name in VERIFIED_METHODS} == set(Method) - PLUS
    assert "ssn" not in NAMES


@given(family=st.uuids(), reference=st.text(max_size=40))
def test_a_token_names_its_family_and_hides_the_rest(family: UUID, reference: str) -> None:
    text = tokens.made("secret", reference, family)
    read = tokens.read(text)
    assert read is not None
    assert read.family_id == family
    assert tokens.made("secret", reference, family) == text
    assert tokens.made("other", reference, family) != text
    assert len(text) == 64


@given(text=st.text())
def test_a_text_that_is_no_token_is_none(text: str) -> None:
    assert tokens.read(text) is None or len(text) == 64


PERMISSION_NAMES = st.sampled_from(["dataCollection", "analytics", "audioMonitoring", "thirdPartySharing", "other"])
PERMITS = st.builds(
    rules.Permits,
    permissions=st.dictionaries(PERMISSION_NAMES, st.booleans()),
    kind=st.sampled_from(["full", "audio_monitoring"]),
)


@given(known=PERMITS, new=PERMITS)
def test_what_is_kept_was_permitted_and_still_is_wanted(known: rules.Permits, new: rules.Permits) -> None:
    kept = rules.kept(known, new)
    before = {name for name, allowed in known.permissions.items() if allowed}
    wanted = {name for name, allowed in new.permissions.items() if allowed}
    assert {name for name, allowed in kept.permissions.items() if allowed} == before & wanted
    assert kept.given <= known.given
    assert not purposes_of(kept.permissions, kept.kind) - purposes_of(known.permissions, known.kind)
    assert rules.adds(known, new) >= bool(wanted - before)
    assert rules.takes(known, new) >= bool(before - wanted)
    assert rules.adds(known, new) or purposes_of(new.permissions, new.kind) <= purposes_of(
        known.permissions, known.kind
    )


@given(asked=PERMITS)
def test_the_page_names_what_a_consent_permits_and_nothing_else(asked: rules.Permits) -> None:
    names = rules.permitted_names(asked.permissions, asked.kind)
    shown = {purpose.value for name in names for purpose in PERMISSIONS.get(name, ())} - rules.NAMED_APART
    shown |= rules.NAMED_APART.intersection(names)
    assert shown == purposes_of(asked.permissions, asked.kind)
    discloses = purposes_of(asked.permissions, asked.kind, ["print-shop"]) - shown
    assert (THIRD_PARTIES in names) == bool(discloses)


def test_the_page_names_the_third_parties_that_a_parent_chose() -> None:
    text = words("en").permissions.of(THIRD_PARTIES, {"voice-lab", "print-shop"})
    assert text == "Pass data on to the third parties that the notice names: print-shop, voice-lab"
    nobody = {"dataCollection": True, THIRD_PARTIES: True, f"{THIRD_PARTIES}:print-shop": False}
    assert THIRD_PARTIES not in rules.permitted_names(nobody, "full")
