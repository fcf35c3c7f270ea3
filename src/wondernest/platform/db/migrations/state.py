"""Reads the state of a database's schema in one query, for health checks and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
from msgspec import Struct

from wondernest.platform.db.migrations.files import migration_files

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

VERSION_SCHEMA = "wondernest"
VERSION_TABLE = "schema_version"

CHANGES_TABLE = "schema_changes"
INSTALLATION_TABLE = "installation"
OWN_TABLES = tuple(f"{VERSION_SCHEMA}.{table}" for table in (CHANGES_TABLE, INSTALLATION_TABLE, VERSION_TABLE))
"""The installer's own tables."""

_STATE = f"""
    select (select max(version_num) from {VERSION_SCHEMA}.{VERSION_TABLE}) as version,
        array(
            select needed from unnest($1::text[]) as needed, string_to_array(needed, '.') as part
            where not exists (
                select from pg_namespace join pg_class on relnamespace = pg_namespace.oid
                where nspname = part[1] and relname = part[2] and (part[3] is null or exists (
                    select from pg_attribute
                    where attrelid = pg_class.oid and attname = part[3] and not attisdropped)))
        ) as missing,
        array(
            select wanted from unnest($2::text[]) as wanted
            where not exists (select from pg_index where indexrelid = to_regclass(wanted) and indisvalid)
        ) as slow,
        array(
            select granted.right_ || ' on ' || granted.name from unnest($3::text[], $4::text[]) as granted(name, right_)
            where to_regclass(granted.name) is not null
              and not has_table_privilege(to_regclass(granted.name)::oid, granted.right_)
              and not (granted.right_ <> 'delete' and has_any_column_privilege(to_regclass(granted.name)::oid, granted.right_))
            union all
            select 'usage on ' || owned.objid::regclass from unnest($3::text[], $4::text[]) as granted(name, right_)
            join pg_depend owned on owned.refobjid = to_regclass(granted.name) and owned.classid = 'pg_class'::regclass
                                and owned.refclassid = 'pg_class'::regclass and owned.deptype in ('a', 'i')
            join pg_class number on number.oid = owned.objid
            where granted.right_ = 'insert'
              and case when number.relkind = 'S' then not has_sequence_privilege(owned.objid, 'usage') end
        ) as forbidden,
        current_setting('transaction_read_only')::boolean as read_only"""  # noqa: S608 - our own two constants


class SchemaState(Struct, frozen=True):
    """The schema's version (None: never migrated), the newest version, and needed tables and columns that are missing.

    `slow`: indexes that are missing or invalid; everything works, but some statement scans a whole table.
    `forbidden`: privileges that our role lacks and some route needs, as `select on core.users`.
    `read_only`: transactions of new connections cannot write: a standby, or `default_transaction_read_only`.
    """

    version: str | None
    newest: str
    missing: tuple[str, ...]
    slow: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    read_only: bool = False

    @property
    def usable(self) -> bool:
        """Whether every route's tables exist and may be used."""
        return not self.missing and not self.forbidden

    @property
    def up_to_date(self) -> bool:
        """Whether every migration is applied completely."""
        return self.version is not None and self.version >= self.newest


async def schema_state(
    connection: asyncpg.Connection | PoolConnectionProxy,
    needed: Sequence[str] = (),
    indexes: Sequence[str] = (),
    rights: Sequence[tuple[str, str]] = (),
) -> SchemaState:
    """Read the state of the schema. The connection must not be in a transaction.

    needed: tables and `table.column`s that must exist; indexes: those that should exist; rights: privileges our role must have.
    """
    newest = migration_files()[-1].number
    tables, allowed = [table for table, _ in rights], [right for _, right in rights]
    try:
        row = await connection.fetchrow(_STATE, needed, indexes, tables, allowed)
    except (
        asyncpg.UndefinedTableError,
        asyncpg.InvalidSchemaNameError,
        asyncpg.InsufficientPrivilegeError,
    ):
        return SchemaState(None, newest, (f"{VERSION_SCHEMA}.{VERSION_TABLE}",))
    assert row is not None
    return SchemaState(
        row["version"],
        newest,
        tuple(row["missing"]),
        tuple(row["slow"]),
        tuple(sorted(row["forbidden"])),
        row["read_only"],
    )
