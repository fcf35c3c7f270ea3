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

from wondernest.coppa.chain import START, Entry, Fact, FamilyCheck, Head, Line, Seals, digest, linked, written

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
    check = FamilyCheck(FAMILY)
    for line in lines:
        check.line(line)
    return [problem.removeprefix(f"family {FAMILY}: ") for problem in check.end(head, Seals(SECRET))]


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
