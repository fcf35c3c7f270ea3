"""The rooms' declarations together cover all tables of the database, all personal data and all instruments."""

from __future__ import annotations

import re
from collections import Counter

import psycopg
import pytest
from psycopg import sql

from tests.fixtures.application import declared
from wondernest.access.people import KINDS
from wondernest.platform.db.migrations.state import VERSION_SCHEMA
from wondernest.platform.rooms import Rooms
from wondernest.privacy.catalogue import catalogue

PEOPLE = ("core.users", "family.child_profiles", "family.families", "web_admin.admin_users")
"""Tables whose rows are people: a column that references one identifies a person."""
NAMES_A_PERSON = re.compile(
    r"^(?:user|child|parent|family|buyer|reviewer|admin_user|creator)_id$"
    r"|^(?:created|uploaded|published|modified)_by$|^purchased_for_child_ids$"
)
IDENTIFIES = re.compile(
    r"^(?:user_)?email$|^(?:first|last|original)_name$|^phone(?:_number)?$|^birth_date$|^gender$|^nickname$"
    r"|^ip_address$|^user_agent$|^device(?:_id|_info|_fingerprint)?$|^avatar_url$|_hash$|(?:^|_)(?:session|refresh)_token$"
    r"|^review_text$|^(?:parent_)?notes$|^data_value$|^event_data$|^consent_text$"
)
IMPERSONAL = {
    "public.ai_generation_config.notes": "about a model",
    "public.content_pack_compatibility.notes": "about two packs",
    "wondernest.idempotency_keys.request_hash": "of a request, without what names anybody",
    "content_workflow.content_assets.original_name": "of an asset of ours",
    "content_workflow.content_assets.file_hash": "of an asset of ours",
}
"""Columns whose name suggests personal data but that hold none, with the reason."""
COLUMNS = """
    select n.nspname || '.' || c.relname as table_name, a.attname as column_name,
           array(select f.confrelid::regclass::text from pg_constraint f
                  where f.contype = 'f' and f.conrelid = c.oid and a.attnum = any (f.conkey)) as refers_to
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"""


def rooms() -> Rooms:
    return declared().rooms


def columns(database_url: str) -> dict[tuple[str, str], list[str]]:
    """Every column of the database with the tables it refers to."""
    with psycopg.connect(database_url) as connection:
        return {(table, column): refers for table, column, refers in connection.execute(COLUMNS)}


def is_personal(column: str, refers_to: list[str]) -> bool:
    refers = any(table in PEOPLE for table in refers_to)
    return refers or bool(NAMES_A_PERSON.search(column) or IDENTIFIES.search(column))


def test_every_table_of_the_database_belongs_to_one_room(database_url: str) -> None:
    installed = {table for table, _ in columns(database_url)}
    assert {table.name for table in rooms().tables} == installed


def test_every_column_that_is_needed_exists(database_url: str) -> None:
    installed = {f"{table}.{column}" for table, column in columns(database_url)}
    assert {name for name in rooms().needed if name.count(".") == 2} <= installed


def test_every_personal_column_has_one_holding_that_covers_it(database_url: str) -> None:
    covered = Counter((entry.table, column) for entry in catalogue(rooms()) for column in entry.columns)
    assert [name for name, times in covered.items() if times > 1] == []
    personal = {
        (table, column)
        for (table, column), refers_to in columns(database_url).items()
        if is_personal(column, refers_to) and f"{table}.{column}" not in IMPERSONAL
    }
    assert sorted(personal - set(covered)) == []


def test_every_column_of_a_holding_exists(database_url: str) -> None:
    installed = set(columns(database_url))
    named = {(entry.table, column) for entry in catalogue(rooms()) for column in entry.columns}
    for holding in rooms().personal_data:
        if holding.through is not None:
            named |= {(holding.through.table, column) for column in holding.people}
    assert sorted(named - installed) == []


def test_every_holding_names_people_of_a_known_kind() -> None:
    assert {kind for entry in catalogue(rooms()) for kind in entry.people} <= set(KINDS)


def test_every_instrument_belongs_to_one_room() -> None:
    assert {name for room in rooms().all for name in room.metrics} == declared().metric_names


@pytest.mark.parametrize("schema", ["core", "family", "games", "analytics", "compliance", VERSION_SCHEMA])
def test_a_table_that_no_room_declares_is_detected(database_url: str, schema: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("create table {} (child_id uuid)").format(sql.Identifier(schema, "stray")))
    found = columns(database_url)
    assert (f"{schema}.stray", "child_id") in found
    assert f"{schema}.stray" not in {table.name for table in rooms().tables}
