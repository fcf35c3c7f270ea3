"""Databases as the earlier backends left them, built from the catalogue."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from tests.integration.platform.db.migrations.catalogue import CATALOGUE, TABLES, run

APP_ROLE = "wondernest_app"
SHAPES = ("strict", "owner", "reconstructed")

OTHER_COLUMNS = {
    "source_reference": "varchar(100)",
    "child_id": "uuid",
    "game_type": "varchar(100)",
    "session_id": "varchar(100)",
    "created_at": "timestamptz default current_timestamp",
}
"""Columns that only the "owner" shape of three games tables has; the catalogue names them without a type."""

STAMP = "begin new.updated_at = current_timestamp; return new; end"
UNQUALIFIED_QUOTA = "begin insert into ai_generation_quotas (user_id) values (new.id); return new; end"


def build(connection: psycopg.Connection, shape: str) -> list[str]:
    """Create the shape's schemas, types, functions and tables with some rows; returns its tables."""
    names = [name for name, table in TABLES.items() if table["present_in"][shape]]
    kept = {name.partition(".")[0] for name in names} | {"audio", "ml", "safety", "subscription", "compliance", "games"}
    for schema in sorted(kept - {"public"}):
        run(connection, f"create schema {schema}")
    if shape == "reconstructed":
        for enum in CATALOGUE["enums"]:
            labels = sql.SQL(", ").join(map(sql.Literal, enum["labels"]))
            name = sql.Identifier(enum["schema"], enum["name"])
            connection.execute(sql.SQL("create type {} as enum ({})").format(name, labels))
    _functions(
        connection, {t["function"] for name in names for t in TABLES[name]["triggers"]} if shape != "strict" else set()
    )
    replaced = CATALOGUE["owner_chain_differences"] if shape == "owner" else {}
    for name in names:
        _table(connection, name, replaced.get(name, {}).get("fresh_chain_columns"))
    for name in names:
        if name not in replaced:
            _dress(connection, name, names, with_quota_trigger=shape == "reconstructed")
    _rows(connection, names)
    return names


def restrict(connection: psycopg.Connection) -> None:
    """Give the tables their real owners, and the app role what it has in a Kotlin database: not ownership of core."""
    run(
        connection,
        f"do $$ begin create role {APP_ROLE} login; exception when duplicate_object or unique_violation then null; end $$",
    )
    database = connection.info.dbname
    connection.execute(sql.SQL("grant create on database {} to {}").format(sql.Identifier(database), sql.SQL(APP_ROLE)))
    present = {name for (name,) in run(connection, "select nspname from pg_namespace")}
    for schema in CATALOGUE["schemas"]:
        if schema["name"] in present:
            rights = "usage, create" if schema["wondernest_app_can_create"] else "usage"
            run(connection, f"grant {rights} on schema {schema['name']} to {APP_ROLE}")
            run(connection, f"grant all on all tables in schema {schema['name']} to {APP_ROLE}")
            if schema["owner"] == APP_ROLE:
                run(connection, f"alter schema {schema['name']} owner to {APP_ROLE}")
    for name, table in TABLES.items():
        if table["owner"] == APP_ROLE:
            run(connection, f"alter table if exists {name} owner to {APP_ROLE}")


def as_app_role(url: str) -> str:
    """The address of the same database for the role that Kotlin and Rust use."""
    return url.replace("postgresql://postgres@", f"postgresql://{APP_ROLE}@", 1)


def _functions(connection: psycopg.Connection, names: Iterable[str]) -> None:
    for name in sorted(names):
        body = UNQUALIFIED_QUOTA if name.endswith("create_user_ai_quota") else STAMP
        run(connection, f"create function {name}() returns trigger language plpgsql as $$ {body} $$")


def _table(connection: psycopg.Connection, name: str, replaced: list[str] | None) -> None:
    table = TABLES[name]
    known = {c["name"]: c for c in table["columns"]}
    columns = []
    for column in replaced or known:
        shape = known.get(column)
        if shape is None:
            columns.append(f"{column} {OTHER_COLUMNS[column]}")
            continue
        default = f" default {shape['default']}" if shape["default"] else ""
        columns.append(f"{column} {shape['type']}{'' if shape['nullable'] else ' not null'}{default}")
    key = table["primary_key"]
    columns.append(f"constraint {key['name']} primary key ({', '.join(key['columns'])})")
    run(connection, f"create table {name} ({', '.join(columns)})")


def _dress(connection: psycopg.Connection, name: str, names: list[str], *, with_quota_trigger: bool) -> None:
    table = TABLES[name]
    for key in table["unique"]:
        nulls = "nulls not distinct " if key["nulls_not_distinct"] else ""
        run(connection, f"alter table {name} add constraint {key['name']} unique {nulls}({', '.join(key['columns'])})")
    for check in table["checks"]:
        run(connection, f"alter table {name} add constraint {check['name']} {check['definition']}")
    for key in table["foreign_keys"]:
        assert key["references"] in names
        run(
            connection,
            f"alter table {name} add constraint {key['name']} foreign key ({', '.join(key['columns'])})"
            f" references {key['references']} on delete {key['on_delete']}",
        )
    made = {table["primary_key"]["name"], *(key["name"] for key in table["unique"])}
    for index in table["indexes"]:
        if index["name"] not in made:
            run(connection, index["definition"])
    for trigger in table["triggers"]:
        if trigger["function"] != "public.create_user_ai_quota" or with_quota_trigger:
            run(
                connection,
                f"create trigger {trigger['name']} {trigger['timing']} {' or '.join(trigger['events'])} on {name}"
                f" for each row execute function {trigger['function']}()",
            )


def _rows(connection: psycopg.Connection, names: list[str]) -> None:
    run(
        connection,
        "insert into core.users (id, email, password_hash) values (gen_random_uuid(), 'Mixed@Example.org', '')",
    )
    run(connection, "insert into core.database_info (key, value) values ('db_version', '0.9-ours')")
    run(
        connection,
        "insert into public.flyway_schema_history (installed_rank, version, description, type, script, checksum,"
        " installed_by, execution_time, success) values (1, '1', 'Initial Schema', 'SQL', 'V1', 42, 'postgres', 1, true)",
    )
    if "games.simple_game_data" in names:
        run(
            connection,
            "insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
            " values (gen_random_uuid(), 'sticker_book', 'project_1', '{\"pages\": 3}')",
        )
    if "content.tags" in names:
        run(connection, "insert into content.tags (name) values ('star')")
