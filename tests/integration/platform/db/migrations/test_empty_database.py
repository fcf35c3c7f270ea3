"""An empty database gets the whole catalogue, our additions, and what a return to Kotlin needs."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.fixtures.application import declared
from tests.fixtures.servers import database_on
from tests.integration.platform.db.migrations.catalogue import (
    ADDED_TO_CONTENT,
    ADDED_TO_EVENTS,
    ADDED_TO_FILES,
    ADDED_TO_OWNERSHIP,
    ADDED_TO_PACKS,
    ADDED_TO_SAVES,
    ADDED_TO_USERS,
    ADDED_TO_VIEWS,
    CATALOGUE,
    TABLES,
    differences,
    run,
    table_names,
)
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db.migrations.runner import migrate

OURS = {
    "audio.sessions",
    "audio.speech_metrics",
    "core.password_reset_tokens",
    "wondernest.address_proofs",
    "wondernest.blob_removals",
    "wondernest.child_content_limits",
    "wondernest.child_days",
    "wondernest.child_details",
    "wondernest.child_usage",
    "wondernest.consent_erasures",
    "wondernest.consent_heads",
    "wondernest.consent_ledger",
    "wondernest.consents",
    "wondernest.email_verifications",
    "wondernest.event_archives",
    "wondernest.event_identities",
    "wondernest.event_usage",
    "wondernest.extra_time",
    "wondernest.family_content_limits",
    "wondernest.erasure_log",
    "wondernest.erasures",
    "wondernest.exports",
    "wondernest.export_parts",
    "wondernest.consent_gates",
    "wondernest.ended_purposes",
    "wondernest.child_accesses",
    "wondernest.common_accesses",
    "wondernest.recordings",
    "wondernest.consent_refusals",
    "wondernest.consent_switches",
    "wondernest.family_locales",
    "wondernest.idempotency_keys",
    "wondernest.installation",
    "wondernest.job_log",
    "wondernest.job_processes",
    "wondernest.job_schedules",
    "wondernest.job_statistics",
    "wondernest.jobs",
    "wondernest.letter_readers",
    "wondernest.outside_identities",
    "wondernest.pack_purchases",
    "wondernest.pack_usage_days",
    "wondernest.payment_events",
    "wondernest.pin_locks",
    "wondernest.revoked_tokens",
    "wondernest.save_versions",
    "wondernest.schema_changes",
    "wondernest.schema_version",
    "wondernest.step_up_proofs",
    "wondernest.token_cutoffs",
    "wondernest.unrecorded_cutoffs",
    "wondernest.used_identity_tokens",
    "wondernest.walks",
    "wondernest.weekly_letters",
}


@pytest.fixture(scope="module")
def filled(pg_server: EmbeddedPostgres) -> Iterator[str]:
    with database_on(pg_server) as url:
        result = migrate(url, needed=declared().rooms.needed, report=lambda _line: None, lock_wait_s=10)
        assert (result.up_to_date, result.usable, result.refused) == (True, True, ())
        yield url


@pytest.fixture
def database(filled: str) -> Iterator[psycopg.Connection]:
    """A connection whose changes are rolled back after the test."""
    with psycopg.connect(filled) as connection:
        yield connection
        connection.rollback()


def test_every_table_of_the_catalogue_has_its_columns_keys_checks_indexes_and_triggers(
    database: psycopg.Connection,
) -> None:
    added = {
        "games.simple_game_data": {f"+{ADDED_TO_SAVES}"},
        "core.users": {f"+{ADDED_TO_USERS}"},
        "core.uploaded_files": {f"+{ADDED_TO_FILES}"},
        "content.content_items": {f"+{line}" for line in ADDED_TO_CONTENT},
        "public.content_packs": {f"+{ADDED_TO_PACKS}"},
        "public.user_pack_ownership": {f"+{ADDED_TO_OWNERSHIP}"},
        "analytics.analytics_events": {f"+{ADDED_TO_EVENTS}"},
        "content.content_engagement": {f"+{ADDED_TO_VIEWS}"},
    }
    assert {name: found for name in TABLES if (found := differences(database, name))} == added


def test_nothing_is_there_but_the_catalogue_and_our_additions(database: psycopg.Connection) -> None:
    assert table_names(database) == set(TABLES) | OURS


def test_schemas_types_and_functions_are_those_of_the_catalogue(database: psycopg.Connection) -> None:
    schemas = {name for (name,) in database.execute("select nspname from pg_namespace where nspname !~ '^pg_'")}
    assert schemas == {s["name"] for s in CATALOGUE["schemas"]} | {"wondernest", "information_schema"}
    enums = database.execute(
        "select nspname || '.' || typname, array_agg(enumlabel::text order by enumsortorder) from pg_enum"
        " join pg_type on pg_type.oid = enumtypid join pg_namespace on pg_namespace.oid = typnamespace"
        " where nspname <> 'wondernest' group by 1"
    )
    assert dict(enums.fetchall()) == {f"{e['schema']}.{e['name']}": e["labels"] for e in CATALOGUE["enums"]}
    functions = database.execute(
        "select nspname || '.' || proname, pg_get_function_arguments(pg_proc.oid),"
        " pg_get_function_result(pg_proc.oid) from pg_proc join pg_namespace on pg_namespace.oid = pronamespace"
        " where nspname !~ '^pg_' and nspname not in ('information_schema', 'wondernest')"
    )
    assert set(functions.fetchall()) == {
        (f"{f['schema']}.{f['name']}", f["arguments"], f["returns"]) for f in CATALOGUE["functions"]
    }


def test_first_rows_are_as_many_as_the_catalogue_counts(database: psycopg.Connection) -> None:
    for name, table in TABLES.items():
        if name != "public.flyway_schema_history":
            assert run(database, f"select count(*) from {name}").fetchone() == (table["rows_after_migrations"],), name


def test_flyway_finds_its_fourteen_files_applied(database: psycopg.Connection) -> None:
    rows = database.execute(
        "select version, description, script, checksum from public.flyway_schema_history where success"
        " order by installed_rank"
    )
    assert [list(row) for row in rows] == CATALOGUE["flyway"]


def test_the_sticker_book_is_registered(database: psycopg.Connection) -> None:
    row = database.execute(
        "select game_types.name, game_categories.name, game_registry.is_active, configuration ->> 'max_projects_per_child'"
        " from games.game_registry join games.game_types on game_types.id = game_type_id"
        " join games.game_categories on game_categories.id = category_id where game_key = 'sticker_book'"
    ).fetchone()
    assert row == ("creative_game", "sticker_books", True, "50")


def new_user(database: psycopg.Connection) -> object:
    row = database.execute(
        "insert into core.users (email, password_hash) values (gen_random_uuid() || '@example.org', '') returning id"
    ).fetchone()
    assert row is not None
    return row[0]


def test_signing_up_makes_an_ai_quota_whatever_the_search_path_is(database: psycopg.Connection) -> None:
    database.execute("set search_path = core")
    user = new_user(database)
    quota = database.execute(
        "select subscription_tier, daily_limit from public.ai_generation_quotas where user_id = %s", [user]
    )
    assert quota.fetchone() == ("free", 5)


def test_tagging_a_file_keeps_its_names_and_the_usage_counts(database: psycopg.Connection) -> None:
    user = new_user(database)
    row = database.execute(
        "insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size)"
        " values (%s, 'k', 'cat.png', 'image/png', 1) returning id",
        [user],
    ).fetchone()
    assert row is not None
    file = row[0]
    link = "insert into content.file_tags (file_id, tag_id) select %s, id from content.tags where name = any(%s)"
    database.execute(link, [file, ["cat", "animal"]])
    names = "select tags, tag_count from core.uploaded_files"
    used = "select name, usage_count from content.tags where name in ('animal', 'cat') order by name"
    assert database.execute(names).fetchone() == (["animal", "cat"], 2)
    assert database.execute(used).fetchall() == [("animal", 1), ("cat", 1)]
    database.execute("delete from content.file_tags where tag_id = (select id from content.tags where name = 'animal')")
    assert database.execute(names).fetchone() == (["cat"], 1)
    assert database.execute(used).fetchall() == [("animal", 0), ("cat", 1)]


def test_file_references_are_added_once_and_removed(database: psycopg.Connection) -> None:
    row = database.execute(
        "insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size)"
        " values (%s, 'k', 'cat.png', 'image/png', 1) returning id",
        [new_user(database)],
    ).fetchone()
    assert row is not None
    file = row[0]
    in_use = "select content.is_file_in_use(%s)"
    reference = [file, "story", file]
    for _ in range(2):
        database.execute("select content.add_file_reference(%s, %s, %s)", reference)
    assert database.execute(in_use, [file]).fetchone() == (True,)
    database.execute("select content.remove_file_reference(%s, %s, %s)", reference)
    assert database.execute(in_use, [file]).fetchone() == (False,)


def test_listings_can_be_found_by_their_words(database: psycopg.Connection) -> None:
    user = new_user(database)
    database.execute(
        "with creator as (insert into marketplace.creator_profiles (user_id, display_name) values (%s, 'C') returning id)"
        " insert into marketplace.listings (creator_id, title, description, content_type, age_range, price, tags)"
        " select id, 'Dragons', 'Friendly beasts', 'STORY', '3-5', 0, '{castle}' from creator",
        [user],
    )
    for word in ("dragon", "beasts", "castle"):
        query = "select count(*) from marketplace.listings where search_vector @@ plainto_tsquery('english', %s)"
        assert database.execute(query, [word]).fetchone() == (1,)


def test_expired_image_analyses_can_be_cleared(database: psycopg.Connection) -> None:
    database.execute(
        "with file as (insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size)"
        " values (%s, 'k', 'cat.png', 'image/png', 1) returning id)"
        " insert into public.ai_image_analysis_cache (file_id, file_hash, expires_at)"
        " select id, 'h', current_timestamp - interval '1 day' from file",
        [new_user(database)],
    )
    assert database.execute("select public.cleanup_expired_ai_cache()").fetchone() == (1,)
