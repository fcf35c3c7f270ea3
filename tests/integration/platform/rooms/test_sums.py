"""The rooms' declarations together cover all tables of the database, all personal data and all instruments."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import wondernest
from tests.fixtures.application import declared
from wondernest.access.people import KINDS
from wondernest.platform.db.migrations.state import VERSION_SCHEMA
from wondernest.platform.personal_data import USER, Store
from wondernest.platform.rooms import Rooms
from wondernest.privacy.catalogue import catalogue
from wondernest.privacy.data_map import PLACE, data_map

SOURCE = Path(wondernest.__file__).parent
PEOPLE = ("core.users", "family.child_profiles", "family.families", "web_admin.admin_users")
"""Tables whose rows are people: a column that references one identifies a person."""
HOLDS = (
    *("uuid", "uuid[]", "text", "text[]", "character varying", "character varying[]", "character", "tsvector"),
    *("json", "jsonb", "bytea", "inet", "cidr", "xml", "date"),
)
"""Types that can hold an id, a name, an address or content. Numbers, moments, yes and no, and the words of an enum say nothing of whom."""
CODES = re.compile(
    r"^(?:id|status|state|kind|currency|version|tier|priority|standing|reason|device_type|storage_provider|mime_type|category)$"
    r"|_(?:type|status|version|rating|color|hex|stage|level|key|tier|source|range|provider|model|gateway)$|^(?:gateway|language|time_zone|difficulty)$"
    r"|^(?:age_group|ai_model_used|app_version|route|request_hash|request_method|algorithm_version|used_in_feature|icon_name|source|role|day|date|sunday|purpose|entry|method|notice_digest|notice_language|standing|asked_again)$"
    r"|^(?:allowed|blocked)_(?:categories|providers|content_types)$|^used_features$|^error_code$|^token_usage$|^model_parameters$|^subjects$|^supported_languages$"
    r"|^skills_developed$|^educational_goals$|^licensing_model$|^(?:activity|event)_category$|^payout_id$|^entrypoint$|^queue_manager_id$|^config_key$"
)
"""Columns whose values the service chooses: words of a list, versions, keys of games."""
ABOUT_NOBODY = {
    "of what the service offers to all": (
        *(
            "content.content_items",
            "content.tags",
            "games.achievements",
            "games.game_asset_registry",
            "games.game_assets",
        ),
        *("games.game_categories", "games.game_registry", "games.game_types", "public.ai_generation_config"),
        *("marketplace.collection_items", "marketplace.featured_collections", "public.content_packs"),
        *("public.content_pack_assets", "public.content_pack_categories", "public.content_pack_collection_items"),
        *("public.content_pack_collections", "public.content_pack_compatibility", "web_settings.platform_config"),
        *("content_workflow.content_assets", "content_workflow.content_items", "content_workflow.content_versions"),
    ),
    "of the installation": (
        *(
            "compliance.data_retention_policies",
            "core.database_info",
            "core.schema_versions",
            "public.flyway_schema_history",
        ),
        *("wondernest.installation", "wondernest.schema_changes", "wondernest.schema_version"),
        *("wondernest.consent_switches", "wondernest.event_archives"),
    ),
    "of the queue: names of jobs, and kinds and places of errors, never their texts": (
        *("wondernest.job_log", "wondernest.job_processes", "wondernest.job_schedules", "wondernest.job_statistics"),
    ),
}
"""Tables whose columns, but for the declared ones, say nothing about a person, with the reason."""
NAMES_A_PERSON = re.compile(
    r"^(?:user|child|parent|family|buyer|reviewer|admin_user|seller|asked)_(?:id|by)$"
    r"|^(?:created|uploaded|published|modified|moderated)_by$|^purchased_for_child_ids$"
)
IMPERSONAL = {
    "games.marketplace_listings.ai_transparency_label": "words of the service",
    "games.marketplace_listings.category_tags": "words of a list",
    "wondernest.walks.name": "of a job",
    "content.file_tags.tag_id": "of the words of the file, which are declared",
    "games.simple_game_data.game_type": "a game",
    "wondernest.save_versions.game_type": "a game",
}
DEVICE = re.compile(r"^(?:ip_address|user_agent|device_info)$")
CACHE_KEY = re.compile(r'f?"([a-z]+(?:-[a-z]+)*:(?:[a-z]+:)*)(?:"|\{)')
"""What a key of the cache begins with, where a file works with counters."""
CACHE_ADAPTER = SOURCE / "platform" / "cache"
"""Puts what it stores under names of its own, the same for all keys."""
COLUMNS = """
    select n.nspname || '.' || c.relname as table_name, a.attname as column_name,
           array(select f.confrelid::regclass::text from pg_constraint f
                  where f.contype = 'f' and f.conrelid = c.oid and a.attnum = any (f.conkey)) as refers_to,
           format_type(a.atttypid, null) as type
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"""


def rooms() -> Rooms:
    return declared().rooms


def columns(database_url: str) -> dict[tuple[str, str], tuple[list[str], str]]:
    """Every column of the database with the tables it refers to, and its type."""
    with psycopg.connect(database_url) as connection:
        return {(table, column): (refers, kind) for table, column, refers, kind in connection.execute(COLUMNS)}


def can_hold(table: str, column: str, refers_to: list[str], kind: str) -> bool:
    """Whether the column can hold a person's id, name, address or content."""
    if f"{table}.{column}" in IMPERSONAL:
        return False
    if refers_to:
        return any(target in PEOPLE for target in refers_to)
    if NAMES_A_PERSON.search(column):
        return True
    nobody = {name for names in ABOUT_NOBODY.values() for name in names}
    return kind in HOLDS and not CODES.search(column) and table not in nobody


def test_every_table_of_the_database_belongs_to_one_room(database_url: str) -> None:
    installed = {table for table, _ in columns(database_url)}
    assert {table.name for table in rooms().tables} == installed


def test_every_column_that_is_needed_exists(database_url: str) -> None:
    installed = {f"{table}.{column}" for table, column in columns(database_url)}
    assert {name for name in rooms().needed if name.count(".") == 2} <= installed


def test_every_column_that_can_hold_something_of_a_person_has_one_owner(database_url: str) -> None:
    owners = Counter((entry.table, column) for entry in catalogue(rooms()) for column in entry.columns)
    assert [name for name, times in owners.items() if times > 1] == []
    can = {name for name, (refers, kind) in columns(database_url).items() if can_hold(*name, refers, kind)}
    assert sorted(can - set(owners)) == []


def test_a_new_column_without_an_owner_is_detected(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("alter table family.child_settings add column favourite_song text")
        connection.execute(
            "create table wondernest.diary (id uuid primary key, written jsonb, keeper uuid references core.users)"
        )
    owners = {(entry.table, column) for entry in catalogue(rooms()) for column in entry.columns}
    can = {name for name, (refers, kind) in columns(database_url).items() if can_hold(*name, refers, kind)}
    assert can - owners == {
        ("family.child_settings", "favourite_song"),
        ("wondernest.diary", "written"),
        ("wondernest.diary", "keeper"),
    }


def test_every_reference_to_a_person_is_of_a_holding(database_url: str) -> None:
    owners = {(entry.table, column) for entry in catalogue(rooms()) for column in entry.columns}
    references = {
        name for name, (refers, _) in columns(database_url).items() if any(target in PEOPLE for target in refers)
    }
    assert references <= owners


def test_every_key_of_the_cache_has_one_owner() -> None:
    declared_keys = {place.name for place in rooms().elsewhere if place.store is Store.CACHE}
    files = [path for path in SOURCE.rglob("*.py") if CACHE_ADAPTER not in path.parents]
    sources = [path for path in files if "ounters" in path.read_text(encoding="utf-8")]
    used = {found for path in sources for found in CACHE_KEY.findall(path.read_text(encoding="utf-8"))}
    assert used == declared_keys


def test_every_room_that_stores_blobs_declares_them() -> None:
    """`platform` stores a blob of its own, to see whether the storage works."""
    storing = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if re.search(r"blobs\.put\(", path.read_text(encoding="utf-8"))
    }
    declaring = {room.name for room in rooms().all for place in room.elsewhere if place.store is Store.BLOBS}
    assert storing - {"platform"} == declaring


def test_everything_personal_has_a_job_that_ends_it() -> None:
    jobs = {job.name for job in rooms().jobs}
    assert {holding.ended_by for holding in rooms().personal_data} - jobs == set()
    for entry in catalogue(rooms()):
        assert entry.kept, entry
        assert entry.why, entry


def test_the_document_is_up_to_date() -> None:
    committed = (SOURCE.parents[1] / PLACE).read_text(encoding="utf-8")
    assert committed == data_map(catalogue(rooms())), "run `wondernest privacy map`"


def test_every_column_of_a_holding_exists(database_url: str) -> None:
    installed = set(columns(database_url))
    named = {(entry.table, column) for entry in catalogue(rooms()) for column in entry.columns}
    for holding in rooms().personal_data:
        if holding.through is not None:
            named |= {(holding.through.table, column) for column in holding.people}
        assert set(holding.published) <= set(holding.personal)
    assert sorted(named - installed) == []


def test_every_holding_names_people_of_a_known_kind() -> None:
    assert {kind for entry in catalogue(rooms()) for kind in entry.people} <= set(KINDS)


def test_what_tells_of_an_adults_device_is_declared_where_others_share_the_row() -> None:
    shared = [
        one
        for one in rooms().personal_data
        if set(one.people.values()) - {USER} and any(one.kind_of(column) == USER for column in one.columns)
    ]
    said = {one.table: {name for names in one.of_mentioned.values() for name in names} for one in shared}
    undeclared = {one.table: {name for name in one.personal if DEVICE.search(name)} - said[one.table] for one in shared}
    assert {table: names for table, names in undeclared.items() if names} == {}
    assert {one.table for one in shared} >= {"compliance.coppa_consent", "web_sessions.parent_web_sessions"}


def test_every_instrument_belongs_to_one_room() -> None:
    assert {name for room in rooms().all for name in room.metrics} == declared().metric_names


@pytest.mark.parametrize("schema", ["core", "family", "games", "analytics", "compliance", VERSION_SCHEMA])
def test_a_table_that_no_room_declares_is_detected(database_url: str, schema: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("create table {} (child_id uuid)").format(sql.Identifier(schema, "stray")))
    found = columns(database_url)
    assert (f"{schema}.stray", "child_id") in found
    assert f"{schema}.stray" not in {table.name for table in rooms().tables}
