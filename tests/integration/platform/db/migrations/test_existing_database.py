"""A database of the earlier backends gets what it lacks; the rest is unchanged."""

import psycopg
import pytest

from tests.fixtures.application import declared
from tests.integration.platform.db.migrations.catalogue import (
    ADDED_TO_CONTENT,
    ADDED_TO_EVENTS,
    ADDED_TO_FILES,
    ADDED_TO_OWNERSHIP,
    ADDED_TO_PACKS,
    ADDED_TO_SAVES,
    ADDED_TO_USERS,
    ADDED_TO_VIEWS,
    TABLES,
    found,
    run,
    snapshot,
    table_names,
)
from tests.integration.platform.db.migrations.older_shapes import SHAPES, as_app_role, build, restrict
from wondernest.platform.db.migrations import blocks
from wondernest.platform.db.migrations.runner import MigrationResult, migrate

INDEX_OF_USERS = (
    "create index concurrently idx_users_email_mixed_case on core.users (lower(email)) where email <> lower(email);"
)
INDEXES_OF_FIGURES = [
    "create index concurrently idx_analytics_events_child_created on analytics.analytics_events (child_id, created_at);",
    "create index concurrently idx_content_engagement_child_started on content.content_engagement (child_id, started_at);",
]
INDEX_NAME = "core.idx_users_email_mixed_case"
INDEXES_OF_CONTENT = [
    (
        "create index concurrently idx_content_items_words on content.content_items\n"
        "    using gin (wondernest.content_document(title, description, tags, language));"
    ),
    (
        "create index concurrently idx_content_items_listed on content.content_items\n"
        "    ((is_featured is not true), coalesce(created_at, '1970-01-01 00:00:00+00'::timestamptz), id) where is_active;"
    ),
    "create index concurrently idx_content_items_ours on content.content_items (provider, provider_id);",
]
INDEXES_OF_COUNTS = [
    (
        "create index concurrently idx_content_items_marks on content.content_items\n"
        "    using gin (wondernest.content_marks(title, description, tags)) where is_active;"
    ),
    (
        "create index concurrently idx_content_items_ordinary on content.content_items\n"
        "    (age_min, age_max, category, content_type, language, provider, duration_seconds)\n"
        "    where is_active and not (\n"
        "        coalesce(case when jsonb_typeof(metadata -> 'ageRating') = 'number'\n"
        "                      then least(greatest((metadata -> 'ageRating')::numeric, 0), 100)::int end > age_min,\n"
        "                 jsonb_typeof(metadata -> 'ageRating') = 'number', false)\n"
        "        or case when jsonb_typeof(metadata -> 'isEducational') = 'boolean'\n"
        "                then (metadata ->> 'isEducational')::boolean <> coalesce(category in ('educational', 'science'), false) else false end);"
    ),
    (
        "create index concurrently idx_content_items_odd on content.content_items (id)\n"
        "    where is_active and (\n"
        "        coalesce(case when jsonb_typeof(metadata -> 'ageRating') = 'number'\n"
        "                      then least(greatest((metadata -> 'ageRating')::numeric, 0), 100)::int end > age_min,\n"
        "                 jsonb_typeof(metadata -> 'ageRating') = 'number', false)\n"
        "        or case when jsonb_typeof(metadata -> 'isEducational') = 'boolean'\n"
        "                then (metadata ->> 'isEducational')::boolean <> coalesce(category in ('educational', 'science'), false) else false end);"
    ),
    (
        "create index concurrently idx_content_items_elsewhere on content.content_items\n"
        "    (lower(left(substring(url from '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#]*@)?([^/:?#]*)'), 255)))\n"
        "    where is_active and url ~ '//';"
    ),
]
INDEX_OF_OWNERSHIP = (
    "create unique index concurrently idx_user_pack_ownership_for_all on public.user_pack_ownership (user_id, pack_id)"
    " where child_id is null;"
)
COMPLIANCE = {"compliance.coppa_consent", "compliance.data_retention_policies"}


def install(url: str) -> tuple[MigrationResult, list[str]]:
    said: list[str] = []
    return migrate(url, needed=declared().rooms.needed, report=said.append, lock_wait_s=10), said


def as_owner(url: str, statement: str) -> None:
    """Run a statement as the owner of all tables, outside a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        run(connection, statement)


def expected_afterwards(before: dict[str, object]) -> dict[str, object]:
    """The snapshot plus the additions allowed: one column, and indexes."""
    after = before.copy()
    shape = after.pop("shape games.simple_game_data", None)
    if isinstance(shape, frozenset):
        after["shape games.simple_game_data"] = shape | {ADDED_TO_SAVES}
        del after["rows games.simple_game_data"]
    users = after["shape core.users"]
    assert isinstance(users, frozenset)
    after["shape core.users"] = users | {ADDED_TO_USERS}
    for table, added in (
        ("core.uploaded_files", ADDED_TO_FILES),
        ("analytics.analytics_events", ADDED_TO_EVENTS),
        ("content.content_engagement", ADDED_TO_VIEWS),
    ):
        shape = after.pop(f"shape {table}", None)
        if isinstance(shape, frozenset):
            after[f"shape {table}"] = shape | {added}
    items = after.pop("shape content.content_items", None)
    if isinstance(items, frozenset):
        after["shape content.content_items"] = items | ADDED_TO_CONTENT
    for table, added in (("content_packs", ADDED_TO_PACKS), ("user_pack_ownership", ADDED_TO_OWNERSHIP)):
        shape = after.pop(f"shape public.{table}", None)
        if isinstance(shape, frozenset):
            after[f"shape public.{table}"] = shape | {added}
    return after


def unchanged(before: dict[str, object], after: dict[str, object]) -> dict[str, tuple[object, object]]:
    """The differences between two snapshots."""
    return {
        key: (value, after.get(key)) for key, value in expected_afterwards(before).items() if after.get(key) != value
    }


def use(connection: psycopg.Connection) -> None:
    """The statements of signing up, adding a child and saving twice."""
    connection.execute(
        "with parent as (insert into core.users (email, password_hash, pin_hash) values ('a@b.c', 'h', null) returning id),"
        " home as (insert into family.families (name, created_by) select 'Home', id from parent returning id),"
        " member as (insert into family.family_members (family_id, user_id, role)"
        "  select home.id, parent.id, 'parent' from home, parent),"
        " child as (insert into family.child_profiles (family_id, name, birth_date)"
        "  select id, 'Kim', '2020-02-02' from home returning id)"
        " insert into wondernest.child_details (child_id, interests) select id, '{stars}' from child"
    )
    for _ in range(2):
        connection.execute(
            "insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
            " select id, 'sticker_book', 'k', '{}' from family.child_profiles where name = 'Kim'"
            " on conflict (child_id, game_type, data_key) do update"
            " set data_value = excluded.data_value, data_version = simple_game_data.data_version + 1"
        )
    connection.execute(
        "insert into games.child_game_instances (child_id, game_id)"
        " select child_profiles.id, game_registry.id from family.child_profiles, games.game_registry where name = 'Kim'"
    )
    connection.execute(
        "insert into compliance.coppa_consent (family_id, child_id, parent_id, consent_type, granted)"
        " select child_profiles.family_id, child_profiles.id, users.id, 'basic', true from family.child_profiles, core.users"
        " where email = 'a@b.c' and name = 'Kim'"
    )
    connection.execute(
        "insert into analytics.analytics_events (child_id, event_type)"
        " select id, 'save' from family.child_profiles where name = 'Kim'"
    )
    connection.execute(
        "insert into core.password_reset_tokens (user_id, token, used, expires_at, created_at)"
        " select id, 't', false, now(), now() from core.users where email = 'a@b.c'"
    )
    version = connection.execute("select data_version from games.simple_game_data where data_key = 'k'").fetchone()
    assert version == (2,)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_partial_database_becomes_usable_and_nothing_in_it_is_altered(empty_database: str, shape: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, shape)
        connection.commit()
        before = snapshot(connection)
    result, _ = install(empty_database)
    assert (result.up_to_date, result.usable, result.refused) == (True, True, ())
    with psycopg.connect(empty_database) as connection:
        assert unchanged(before, snapshot(connection)) == {}
        assert set(TABLES) <= table_names(connection)
        use(connection)


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_an_older_backend_in_flyways_history_are_unchanged(empty_database: str, shape: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, shape)
    install(empty_database)
    with psycopg.connect(empty_database) as connection:
        rows = connection.execute("select version, checksum from public.flyway_schema_history").fetchall()
    assert rows == [("1", 42)]


def test_a_database_that_flyway_never_managed_gets_no_history(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "strict")
        connection.execute("drop table public.flyway_schema_history")
    result, _ = install(empty_database)
    assert result.up_to_date
    with psycopg.connect(empty_database) as connection:
        assert "public.flyway_schema_history" not in table_names(connection)


def test_the_owner_shape_of_the_games_tables_is_tolerated(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "owner")
    install(empty_database)
    with psycopg.connect(empty_database) as connection:
        assert any("game_type" in line for line in found(connection, "games.game_sessions"))
        assert any("games.game_sessions" in line for line in found(connection, "games.child_achievements"))


@pytest.mark.parametrize("shape", ["owner", "reconstructed"])
def test_the_application_role_needs_no_ownership(empty_database: str, shape: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, shape)
        restrict(connection)
        connection.commit()
        before = snapshot(connection)
    result, said = install(as_app_role(empty_database))
    assert (result.up_to_date, result.usable) == (False, True)
    assert [refused.sql for refused in result.refused] == [
        INDEX_OF_USERS,
        *INDEXES_OF_CONTENT,
        *INDEXES_OF_FIGURES,
        *INDEXES_OF_COUNTS,
    ]
    assert INDEX_OF_USERS in said
    with psycopg.connect(as_app_role(empty_database)) as connection:
        use(connection)
        connection.rollback()
    for refused in result.refused:
        as_owner(empty_database, refused.sql)
    assert install(as_app_role(empty_database))[0].up_to_date
    with psycopg.connect(empty_database) as connection:
        assert unchanged(before, snapshot(connection)) == {}


def test_what_the_role_may_not_create_is_reported_and_the_rest_is_done(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "strict")
        restrict(connection)
        connection.commit()
        before = snapshot(connection)

    result, said = install(as_app_role(empty_database))

    assert {refused.reason.partition(":")[0] for refused in result.refused} == COMPLIANCE | {INDEX_NAME}
    assert result.missing == ("compliance.coppa_consent",)
    assert not result.up_to_date
    assert "the owner of the database has to run:" in said
    with psycopg.connect(empty_database) as connection:
        assert set(TABLES) - table_names(connection) == COMPLIANCE
    for refused in result.refused:
        assert refused.sql in said
        as_owner(empty_database, refused.sql)
    with psycopg.connect(empty_database) as connection:
        assert unchanged(before, snapshot(connection)) == {}

    result, _ = install(as_app_role(empty_database))
    assert (result.up_to_date, result.usable, result.refused) == (True, True, ())
    with psycopg.connect(as_app_role(empty_database)) as connection:
        use(connection)


def test_where_the_saves_belong_to_another_role_its_owner_gets_one_statement(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "reconstructed")
        restrict(connection)
        connection.execute("alter table games.simple_game_data owner to postgres")
        connection.execute("grant all on games.simple_game_data to wondernest_app")

    result, _ = install(as_app_role(empty_database))

    statement = "alter table games.simple_game_data add column data_version integer not null default 1;"
    assert [refused.sql for refused in result.refused] == [
        statement,
        INDEX_OF_USERS,
        *INDEXES_OF_CONTENT,
        *INDEXES_OF_FIGURES,
        *INDEXES_OF_COUNTS,
    ]
    assert result.missing == ("games.simple_game_data.data_version",)
    for refused in result.refused:
        as_owner(empty_database, refused.sql)
    result, _ = install(as_app_role(empty_database))
    assert (result.up_to_date, result.usable) == (True, True)


def test_an_index_that_takes_too_long_is_reported_and_blocks_nothing(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "strict")
        connection.execute(
            "insert into core.users (email, password_hash) select n || '@example.org', '' from generate_series(1, 20000) n"
        )
    monkeypatch.setattr(blocks, "INDEX_TIMEOUT_S", 0.002)
    result, _ = install(empty_database)
    assert INDEX_OF_USERS in [refused.sql for refused in result.refused]
    assert (result.up_to_date, result.usable) == (False, True)
    for refused in result.refused:
        as_owner(empty_database, refused.sql)
    assert install(empty_database)[0].up_to_date


def test_columns_that_an_old_table_of_parents_lacks_are_reported_not_added(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "strict")
        connection.execute("alter table core.users drop column pin_hash")
        connection.commit()
        before = found(connection, "core.users")

    result, _ = install(empty_database)

    assert [refused.sql for refused in result.refused] == ["alter table core.users add column pin_hash varchar(255);"]
    assert result.missing == ("core.users.pin_hash",)
    with psycopg.connect(empty_database) as connection:
        assert found(connection, "core.users") == before | {ADDED_TO_USERS}
        run(connection, result.refused[0].sql)
    assert install(empty_database)[0].up_to_date


def test_without_the_right_to_create_our_schema_nothing_is_changed(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "owner")
        restrict(connection)
        run(connection, f'revoke create on database "{connection.info.dbname}" from wondernest_app')
        connection.commit()
        before = table_names(connection)

    result, said = install(as_app_role(empty_database))

    assert said == [
        "the owner of the database has to run:",
        "create schema wondernest;\ngrant usage, create on schema wondernest to wondernest_app;",
    ]
    assert not result.usable
    with psycopg.connect(empty_database) as connection:
        assert table_names(connection) == before
        run(connection, result.refused[0].sql)
        run(connection, f'grant create on database "{connection.info.dbname}" to wondernest_app')
    assert install(as_app_role(empty_database))[0].usable


def test_a_role_that_may_create_no_schema_gets_the_list_of_those_it_needs(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        restrict(connection)
        run(connection, f'revoke create on database "{connection.info.dbname}" from wondernest_app')
        connection.execute("create schema wondernest authorization wondernest_app")

    while (result := install(as_app_role(empty_database))[0]).refused:
        assert not result.usable
        assert result.waiting
        with psycopg.connect(empty_database) as connection:
            for refused in result.refused:
                run(connection, refused.sql)

    assert (result.up_to_date, result.usable) == (True, True)
    with psycopg.connect(empty_database) as connection:
        history = connection.execute("select count(*) from public.flyway_schema_history").fetchone()
    assert history == (14,)


def test_rows_that_are_equal_already_leave_a_unique_index_to_the_owner_and_block_nothing(empty_database: str) -> None:
    install(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("drop index public.idx_user_pack_ownership_for_all")
        connection.execute("delete from wondernest.schema_version")
        connection.execute("insert into wondernest.schema_version values ('0022')")
        connection.execute(
            "with pack as (insert into public.content_packs (name, pack_type) values ('Farm', 'sticker_pack') returning id)"
            " insert into public.user_pack_ownership (user_id, pack_id) select gen_random_uuid(), id from pack"
        )
        connection.execute(
            "insert into public.user_pack_ownership (user_id, pack_id) select user_id, pack_id from public.user_pack_ownership"
        )
        result, _ = install(empty_database)
        assert [refused.sql for refused in result.refused] == [INDEX_OF_OWNERSHIP]
        assert (result.up_to_date, result.usable) == (False, True)
        assert "remove them first" in result.refused[0].reason
        assert connection.execute("select count(*) from public.user_pack_ownership").fetchone() == (2,)
        connection.execute(
            "delete from public.user_pack_ownership one using public.user_pack_ownership other where one.id > other.id"
        )
        as_owner(empty_database, INDEX_OF_OWNERSHIP)
    assert install(empty_database)[0].up_to_date
