"""The chain of the consent ledger: its written form is fixed, and a checker reports each fault once."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wondernest.coppa.chain import (
    START,
    Entry,
    Fact,
    FamilyCheck,
    Gone,
    Head,
    Line,
    Redaction,
    Seals,
    digest,
    linked,
    written,
)

FAMILY = UUID("00000000-0000-0000-0000-0000000000aa")
SECRET = "a-secret"
FACT = Fact(
    entry=Entry.GRANT,
    child_id=UUID(int=1),
    consent_id=UUID(int=2),
    actor_id=UUID(int=3),
    at=datetime(2026, 11, 26, 12, 0, 0, 7, tzinfo=UTC),
    method="email_plus",
    notice_version=1,
    notice_digest=b"\x0f" * 32,
    purposes=("uploads", "saves"),
)


def start() -> Head:
    return Head(FAMILY, 0, START, None, b"")


def checked(lines: list[Line], head: Head | None) -> list[str]:
    check = FamilyCheck(FAMILY, Seals(SECRET))
    for line in lines:
        check.line(line)
    return [problem.removeprefix(f"family {FAMILY}: ") for problem in check.end(head)]


def sealed(lines: list[Line]) -> Head:
    return Seals(SECRET).head(FAMILY, lines[-1].number, lines[-1].digest, None)


def test_an_entry_is_written_as_the_document_says() -> None:
    """Whoever checks a ledger without this code relies on docs/privacy/consent-ledger.md."""
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)]
    fields = ["wondernest-consent-1", str(FAMILY), 4, ids[0], ids[1], "grant", ids[2], 1795694400000007]
    expected = [*fields, "email_plus", None, 1, "0f" * 32, ["saves", "uploads"]]
    assert written(FAMILY, 4, FACT) == json.dumps(expected, separators=(",", ":")).encode()
    assert digest(START, FAMILY, 4, FACT) == hashlib.sha256(bytes(32) + written(FAMILY, 4, FACT)).digest()


def test_a_head_is_sealed_as_the_document_says() -> None:
    key = hmac.digest(SECRET.encode(), b"wondernest consent ledger\0", "sha256")
    text = json.dumps(["head", str(FAMILY), 1, "00" * 32, None], separators=(",", ":")).encode()
    assert Seals(SECRET).head(FAMILY, 1, START, None).seal == hmac.digest(key, text, "sha256")


def test_an_unchanged_chain_has_no_problem() -> None:
    lines = list(linked(start(), [FACT] * 5))
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert checked(lines, sealed(lines)) == []


CHANGES = {
    "entry": Entry.WITHDRAW,
    "child_id": UUID(int=9),
    "consent_id": UUID(int=9),
    "actor_id": None,
    "at": datetime(2026, 11, 26, 12, 0, 0, 8, tzinfo=UTC),
    "method": "card",
    "reference": "v-1",
    "notice_version": 2,
    "notice_digest": None,
    "purposes": ("saves",),
}


@pytest.mark.parametrize("name", CHANGES)
@given(place=st.integers(0, 4))
def test_a_change_of_any_field_is_reported_once(name: str, place: int) -> None:
    lines = list(linked(start(), [FACT] * 5))
    head = sealed(lines)
    lines[place] = replace(lines[place], fact=replace(FACT, **{name: CHANGES[name]}))
    assert checked(lines, head) == [f"entry {place + 1} is not what was written"]


def test_every_field_of_an_entry_is_part_of_its_digest() -> None:
    assert set(CHANGES) == set(Fact.__struct_fields__)


@given(first=st.integers(0, 6), last=st.integers(0, 6))
def test_missing_entries_are_named(first: int, last: int) -> None:
    first, last = min(first, last), max(first, last)
    lines = list(linked(start(), [FACT] * 7))
    head = sealed(lines)
    end = " at the end" if last == 6 else ""
    left = [*lines[:first], *lines[last + 1 :]]
    assert checked(left, head) == [f"entries {first + 1} to {last + 1} are missing{end}"]


def test_entries_that_change_places_are_found() -> None:
    lines = list(linked(start(), [FACT, replace(FACT, entry=Entry.WITHDRAW), FACT]))
    head = sealed(lines)
    swapped = [lines[0], replace(lines[2], number=2), replace(lines[1], number=3)]
    assert checked(swapped, head)


def test_a_head_of_another_key_or_family_or_of_nobody_is_found() -> None:
    lines = list(linked(start(), [FACT]))
    wrong = "the seal of its head is not by a key of this service"
    assert checked(lines, Seals("another").head(FAMILY, 1, lines[-1].digest, None)) == [wrong]
    assert checked(lines, Head(FAMILY, 1, lines[-1].digest, None, b"")) == [wrong]
    other = Seals(SECRET).head(UUID(int=5), 1, lines[-1].digest, None)
    assert checked(lines, replace(other, family_id=FAMILY)) == [wrong]
    assert checked(lines, None) == ["it has no head"]
    assert checked(lines, Seals(SECRET).head(FAMILY, 1, START, None)) == ["its head names another last entry"]


def test_a_key_that_was_replaced_still_counts_and_seals_nothing_new() -> None:
    old, now = Seals("old"), Seals("new", "old")
    assert now.holds_head(old.head(FAMILY, 1, START, None))
    assert not old.holds_head(now.head(FAMILY, 1, START, None))
    assert not Seals("new").holds_head(old.head(FAMILY, 1, START, None))
    receipt = old.receipt(FAMILY, 3, FACT.at)
    assert now.holds_receipt(receipt)
    assert not now.holds_receipt(replace(receipt, entries=2))


CHILD_GONE = Gone(frozenset({UUID(int=1)}), frozenset())
ADULT_GONE = Gone(frozenset(), frozenset({UUID(int=3)}), frozenset({"v-7"}))
VERIFIED = replace(FACT, reference="v-7")
UNSEALED = "was redacted, or changed after that, without a key of this service"


def redacted(line: Line, previous: bytes | None, *gone: Gone) -> Line:
    for one in gone:
        left = Seals(SECRET).redacted(line, previous, one)
        assert left is not None
        line = left
    return line


def test_a_redaction_is_sealed_as_the_document_says() -> None:
    [line] = linked(start(), [FACT])
    left = redacted(line, START, CHILD_GONE)
    fields = ["wondernest-consent-1", str(FAMILY), 1, None, None, "grant", str(UUID(int=3)), 1795694400000007]
    entry = [*fields, "email_plus", None, 1, "0f" * 32, ["saves", "uploads"]]
    text = json.dumps(["redaction", entry, line.digest.hex(), ["child_id", "consent_id"], False], separators=(",", ":"))
    key = hmac.digest(SECRET.encode(), b"wondernest consent ledger\0", "sha256")
    assert left.redaction == Redaction(("child_id", "consent_id"), False, hmac.digest(key, text.encode(), "sha256"))


@given(place=st.integers(0, 4))
def test_a_redacted_entry_loses_those_who_are_gone_and_the_chain_holds(place: int) -> None:
    lines = list(linked(start(), [VERIFIED] * 5))
    head, before = sealed(lines), lines[place - 1].digest if place else START
    lines[place] = redacted(lines[place], before, CHILD_GONE)
    assert (lines[place].fact.child_id, lines[place].fact.consent_id, lines[place].fact.reference) == (None, None, None)
    assert (lines[place].fact.actor_id, lines[place].fact.purposes) == (FACT.actor_id, FACT.purposes)
    assert checked(lines, head) == []
    lines[place] = redacted(lines[place], before, ADULT_GONE)
    assert lines[place].fact.actor_id is None
    assert checked(lines, head) == []
    assert Seals(SECRET).redacted(lines[place], before, CHILD_GONE) is None, "nothing is left that names the child"


def test_an_entry_that_shares_the_reference_of_an_adult_who_is_gone_loses_it() -> None:
    [line] = linked(start(), [replace(VERIFIED, actor_id=None)])
    left = redacted(line, START, ADULT_GONE)
    assert (left.fact.reference, left.fact.child_id) == (None, FACT.child_id)
    assert checked([left], sealed([line])) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_field_of_a_redacted_entry_is_reported_once(name: str) -> None:
    lines = list(linked(start(), [FACT] * 3))
    head = sealed(lines)
    left = redacted(lines[1], lines[0].digest, CHILD_GONE)
    lines[1] = replace(left, fact=replace(left.fact, **{name: CHANGES[name]}))
    assert checked(lines, head) == [f"entry 2 {UNSEALED}"]


def test_a_redaction_without_the_key_or_of_another_entry_or_of_more_than_was_emptied_is_found() -> None:
    lines = list(linked(start(), [FACT] * 3))
    head, left = sealed(lines), redacted(lines[1], lines[0].digest, CHILD_GONE)
    own, stranger = left.redaction, Seals("another").redacted(lines[1], lines[0].digest, CHILD_GONE)
    assert own is not None
    assert stranger is not None
    forged = (
        replace(left, redaction=replace(own, seal=b"")),
        replace(left, redaction=replace(own, emptied=(*own.emptied, "actor_id"))),
        replace(left, redaction=replace(own, doubted=True)),
        replace(left, digest=lines[2].digest),
        replace(left, fact=replace(left.fact, actor_id=None)),
        replace(lines[1], redaction=own),
        stranger,
    )
    for line in forged:
        assert f"entry 2 {UNSEALED}" in checked([lines[0], line, lines[2]], head)
    bare = replace(left, redaction=None)
    assert checked([lines[0], bare, lines[2]], head) == ["entry 2 is not what was written"]


def test_a_redaction_makes_no_changed_entry_good() -> None:
    lines = list(linked(start(), [FACT] * 3))
    head, doubted = sealed(lines), "entry 2 was not what was written when it was redacted"
    changed = replace(lines[1], fact=replace(FACT, purposes=("analytics",)))
    once = redacted(changed, lines[0].digest, CHILD_GONE)
    twice = redacted(changed, lines[0].digest, CHILD_GONE, ADULT_GONE)
    alone = redacted(lines[1], None, CHILD_GONE)
    forged = redacted(lines[1], lines[0].digest, CHILD_GONE)
    forged = redacted(replace(forged, fact=replace(forged.fact, method="card")), lines[0].digest, ADULT_GONE)
    for line in (once, twice, alone, forged):
        assert checked([lines[0], line, lines[2]], head) == [doubted]
