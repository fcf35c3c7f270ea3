"""C-13: legal grounds and viewers of every class of personal data fit its purposes, the export, the stores and the vendors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

import wondernest
from tests.fixtures.application import declared
from wondernest.access.consent import Purpose
from wondernest.access.law import GROUNDS, INTERNAL_OPERATIONS, ParentalGround
from wondernest.access.people import CHILD, FAMILY, VIEWERS, Relation
from wondernest.platform.languages import LANGUAGES
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Neighbour, Party, Store, Viewer
from wondernest.privacy.catalogue import Entry, catalogue
from wondernest.privacy.personal_data import PARTS
from wondernest.privacy.words import words

VENDORS: Final = Path(wondernest.__file__).parents[2] / "docs/privacy/vendors.md"
ROWS: Final = {
    Neighbour.MAIL: "mail server",
    Neighbour.TEXTS: "text messages",
    Neighbour.VERIFIER: "verifier of parents",
    Neighbour.GATEWAY: "payment gateway",
    Neighbour.STORAGE: "blob storage",
    Neighbour.CACHE: "cache (Valkey)",
    Neighbour.SCANNER: "malware scanner",
    Neighbour.LOGS: "log collector, whatever reads the standard output",
}
NO_VIEWER: Final = {"database (PostgreSQL), its standbys and backups", "sign-in providers", "named third parties"}
"""Vendors that are named for no class: the database, which has all of them; those that get nothing."""
STORES: Final = {Store.BLOBS: Neighbour.STORAGE, Store.CACHE: Neighbour.CACHE, Store.MAIL: Neighbour.MAIL}
READERS: Final[set[Viewer]] = {Party.OWNER, Relation.ADULTS}
NOT_BY_PERSON: Final = {"content.tags"}
"""Shown with what they belong to; the rows alone name nobody, so no export finds them."""
LEFT_OUT: Final = {PARTS.table}
"""An export does not give out how it is made."""


def entries() -> list[Entry]:
    return list(catalogue(declared().rooms))


def exported(holding: Holding) -> bool:
    """Whether rows of the table are in somebody's export (`ExportRepository.rows`)."""
    kinds = holding.people or {**holding.mentions, **holding.listed}
    return bool({USER, FAMILY, CHILD} & set(kinds.values()))


def test_every_class_has_a_known_ground_and_known_viewers() -> None:
    for entry in entries():
        assert entry.grounds, entry.table
        assert entry.seen_by, entry.table
        assert set(entry.grounds) <= set(GROUNDS), entry.table
        assert set(entry.seen_by) <= set(VIEWERS), entry.table
        assert len(set(entry.seen_by)) == len(entry.seen_by), entry.table
        assert Party.NOBODY not in entry.seen_by or len(entry.seen_by) == 1, entry.table
    assert set(GROUNDS) == {*ParentalGround, *GeneralGround}


def test_what_is_held_for_a_purpose_is_held_by_consent_and_nothing_else_is() -> None:
    for entry in entries():
        assert bool(entry.purposes) == (ParentalGround.CONSENT in entry.grounds), entry.table
        assert set(entry.purposes) <= {purpose.value for purpose in Purpose}, entry.table


def test_what_is_held_by_consent_outside_the_tables_is_erased_with_the_purpose() -> None:
    for room in declared().rooms.all:
        for place in room.elsewhere:
            assert set(place.purposes) <= set(room.purpose_erasers), place.name


def test_what_an_export_gives_out_is_seen_by_its_owner_or_the_family() -> None:
    for holding in declared().rooms.personal_data:
        if holding.table not in NOT_BY_PERSON | LEFT_OUT:
            assert exported(holding) == bool(READERS & set(holding.seen_by)), holding.table


def test_what_is_in_a_store_is_seen_by_whoever_runs_it() -> None:
    for place in declared().rooms.elsewhere:
        if place.store in STORES:
            assert STORES[place.store] in place.seen_by, place.name
        if place.store is Store.LOG:
            assert Party.OPERATOR in place.seen_by


def test_every_neighbour_that_sees_data_is_in_the_register_of_vendors() -> None:
    lines = [line for line in VENDORS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    register = {line.split("|")[1].strip() for line in lines}
    assert set(ROWS) == set(Neighbour)
    assert {viewer for entry in entries() for viewer in entry.seen_by if isinstance(viewer, Neighbour)} == set(ROWS)
    others = {name for name in register if name not in ROWS.values()}
    assert set(ROWS.values()) <= register
    assert {name.partition(" (")[0] for name in others} == {name.partition(" (")[0] for name in NO_VIEWER}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ground_viewer_and_operation_has_words(language: str) -> None:
    held = words(language).held
    assert held.grounds.keys() == {ground.value for ground in GROUNDS}
    assert held.viewers.keys() == {viewer.value for viewer in VIEWERS}
    assert held.operations.keys() == {operation.value for operation in INTERNAL_OPERATIONS}
