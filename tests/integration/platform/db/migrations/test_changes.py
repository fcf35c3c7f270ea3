"""Changes of our own tables: made exactly once, in order, whole or not at all, and to no other table."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.application import declared
from tests.integration.platform.db.migrations.catalogue import found, run
from tests.integration.platform.db.migrations.older_shapes import as_app_role, build, restrict
from wondernest.platform.db.migrations.changes import check_changes
from wondernest.platform.db.migrations.files import BadMigrationFile, MigrationFile, migration_files
from wondernest.platform.db.migrations.runner import MigrationError, MigrationResult, migrate

TABLE = "wondernest.token_cutoffs"
SPLIT = f"""
-- @change 9001.add-origin [{TABLE}]
-- Two steps that must not be seen apart.
alter table token_cutoffs add column origin text;
update wondernest.token_cutoffs set origin = '100%';
alter table wondernest.token_cutoffs alter column origin set not null;
-- @change 9001.rename-origin [{TABLE}]
alter table wondernest.token_cutoffs rename column origin to source;
"""
ONCE = f"""
-- @change 9001.count [{TABLE}]
insert into token_cutoffs (user_id, issued_before) values (gen_random_uuid(), now());
"""
MIGRATE = """
import sys
from pathlib import Path
from wondernest.platform.db.migrations.files import MigrationFile, migration_files
from wondernest.platform.db.migrations.runner import migrate
files = (*migration_files(), MigrationFile("9001", Path(sys.argv[2])))
migrate(sys.argv[1], needed=(), report=lambda line: None, lock_wait_s=60, files=files)
"""

Written = Callable[[str], MigrationFile]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> MigrationFile:
        path = tmp_path / "9001_later.sql"
        path.write_text(text, encoding="utf-8")
        return MigrationFile("9001", path)

    return write


def install(url: str, *later: MigrationFile, said: Callable[[str], None] = lambda _line: None) -> MigrationResult:
    return migrate(url, needed=declared().rooms.needed, report=said, lock_wait_s=10, files=(*migration_files(), *later))


def changes_of(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select name from wondernest.schema_changes where name like '9001.%' order by applied_at, name"
    )
    return [name for (name,) in rows]


def cutoff(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into wondernest.token_cutoffs (user_id, issued_before) values (gen_random_uuid(), now())"
    )


def test_changes_are_made_in_order_with_the_rows_that_are_there(database_url: str, written: Written) -> None:
    with psycopg.connect(database_url) as connection:
        cutoff(connection)
    said: list[str] = []
    result = install(database_url, written(SPLIT), said=said.append)
    assert (result.applied, result.up_to_date) == (("9001_later",), True)
    assert said == ["9001_later: objects created: 0, changes made: 2"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select source from wondernest.token_cutoffs").fetchall() == [("100%",)]
        assert changes_of(connection) == ["9001.add-origin", "9001.rename-origin"]


def test_a_new_and_an_upgraded_installation_end_the_same(
    empty_database: str, database_url: str, written: Written
) -> None:
    shapes = []
    for url in (empty_database, database_url):
        install(url, written(SPLIT))
        with psycopg.connect(url) as connection:
            shapes.append((found(connection, TABLE), changes_of(connection)))
    assert shapes[0] == shapes[1]


def test_a_second_run_makes_no_change_again(database_url: str, written: Written) -> None:
    install(database_url, written(ONCE))
    again = install(database_url, written(ONCE))
    assert (again.applied, again.up_to_date) == ((), True)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from wondernest.token_cutoffs").fetchone() == (1,)


def test_a_change_whose_file_is_no_longer_recorded_is_not_made_again(database_url: str, written: Written) -> None:
    install(database_url, written(ONCE))
    with psycopg.connect(database_url) as connection:
        connection.execute("update wondernest.schema_version set version_num = '0001'")
    assert install(database_url, written(ONCE)).up_to_date
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from wondernest.token_cutoffs").fetchone() == (1,)


def test_of_five_processes_at_once_one_makes_the_change(database_url: str, written: Written) -> None:
    path = written(ONCE).path
    started = [subprocess.Popen([sys.executable, "-c", MIGRATE, database_url, path]) for _ in range(5)]
    assert [process.wait() for process in started] == [0] * 5
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from wondernest.token_cutoffs").fetchone() == (1,)


def test_a_change_that_fails_rolls_its_file_back_and_is_named(database_url: str, written: Written) -> None:
    wrong = f"{SPLIT}-- @change 9001.wrong [{TABLE}]\nselect 1 / 0;\n"
    with pytest.raises(MigrationError, match=r"^9001\.wrong: division by zero$"):
        install(database_url, written(wrong))
    with psycopg.connect(database_url) as connection:
        assert not [line for line in found(connection, TABLE) if "source" in line or "origin" in line]
        assert changes_of(connection) == []
    assert install(database_url, written(SPLIT)).up_to_date


def test_a_database_changed_by_a_newer_release_is_left_alone(database_url: str, written: Written) -> None:
    install(database_url, written(SPLIT))
    earlier = install(database_url)
    assert (earlier.applied, earlier.up_to_date, earlier.usable) == ((), True, True)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select version_num from wondernest.schema_version").fetchall() == [("9001",)]


def test_a_change_without_the_right_is_left_to_the_owner_and_later_ones_wait(
    empty_database: str, written: Written
) -> None:
    with psycopg.connect(empty_database) as connection:
        build(connection, "strict")
        restrict(connection)
        connection.execute("grant create on schema core, compliance to wondernest_app")
        connection.execute("alter table core.users owner to wondernest_app")
    assert install(as_app_role(empty_database)).up_to_date
    with psycopg.connect(empty_database) as connection:
        cutoff(connection)
        run(connection, f"alter table {TABLE} owner to postgres")
    said: list[str] = []
    result = install(as_app_role(empty_database), written(SPLIT), said=said.append)
    assert (result.up_to_date, result.waiting) == (False, ("9001.rename-origin",))
    (refused,) = result.refused
    assert refused.sql in said
    with psycopg.connect(empty_database, autocommit=True) as connection:
        run(connection, refused.sql)
        run(connection, f"alter table {TABLE} owner to wondernest_app")
    assert install(as_app_role(empty_database), written(SPLIT)).up_to_date
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select source from wondernest.token_cutoffs").fetchall() == [("100%",)]
        assert changes_of(connection) == ["9001.add-origin", "9001.rename-origin"]


def test_a_name_without_a_schema_is_one_of_ours_whatever_else_has_that_name(
    database_url: str, written: Written
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table public.token_cutoffs (user_id uuid, issued_before timestamptz)")
    install(database_url, written(ONCE))
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from public.token_cutoffs").fetchone() == (0,)
        assert connection.execute("select count(*) from wondernest.token_cutoffs").fetchone() == (1,)


@pytest.mark.parametrize(
    ("header", "sql", "problem"),
    [
        ("core.users", "alter table core.users add column x int", "is on core.users"),
        ("wondernest.schema_version", "select 1", "is on wondernest.schema_version"),
        (TABLE, "alter table core.users add column x int", "names core.users"),
        (TABLE, 'ALTER TABLE "core"."users" ADD COLUMN x int', "names core.users"),
        (TABLE, "alter table core . users add column x int", "names core.users"),
        (TABLE, "update wondernest.token_cutoffs set user_id = id from family.families", "names family.families"),
        (TABLE, "do $$ begin execute 'drop table games.game_types'; end $$", "names games.game_types"),
        (TABLE, "insert into public.ai_prompts values (1)", "names public.ai_prompts"),
        (TABLE, "delete from pg_catalog.pg_class", "names pg_catalog.pg_class"),
        (TABLE, "update wondernest.schema_version set version_num = '1'", "names wondernest.schema_version"),
        (TABLE, "set search_path = core; drop table users", "sets the search path"),
        (TABLE, "alter table core.password_reset_tokens add column x int", "names core.password_reset_tokens"),
    ],
)
def test_a_change_that_touches_what_is_not_its_own_is_refused(
    written: Written, header: str, sql: str, problem: str
) -> None:
    file = written(f"-- @change 9001.bad [{header}]\n{sql};\n")
    with pytest.raises(BadMigrationFile, match=rf"^9001_later\.sql: change 9001\.bad {problem}"):
        check_changes([*migration_files(), file])


@pytest.mark.parametrize(
    "sql",
    [
        "drop index wondernest.idx_token_cutoffs_created",
        "update wondernest.token_cutoffs c set created_at = c.issued_before -- as core.users has it",
        "alter table core.password_reset_tokens add column note text",
    ],
)
def test_a_change_of_its_own_tables_is_accepted(written: Written, sql: str) -> None:
    file = written(f"-- @change 9001.good [{TABLE}, core.password_reset_tokens]\n{sql};\n")
    check_changes([*migration_files(), file])


def test_a_file_that_breaks_the_rule_stops_the_run_before_anything_is_done(
    empty_database: str, written: Written
) -> None:
    with pytest.raises(BadMigrationFile):
        install(empty_database, written("-- @change 9001.bad [core.users]\nselect 1;\n"))
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regclass('wondernest.installation')").fetchone() == (None,)


@pytest.mark.parametrize(
    "header",
    [
        "-- @change 9002.other-number [wondernest.token_cutoffs]",
        "-- @change 9001.no-table",
        "-- @change [wondernest.token_cutoffs]",
        "-- @tabel wondernest.token_cutoffs",
    ],
)
def test_an_invalid_header_is_refused(written: Written, header: str) -> None:
    with pytest.raises(BadMigrationFile, match="9001_later"):
        written(f"-- @table a.b\nselect 1;\n{header}\nselect 2;\n").blocks()


def test_a_name_is_used_once(written: Written) -> None:
    with pytest.raises(BadMigrationFile, match="twice"):
        check_changes([written(ONCE + ONCE)])
