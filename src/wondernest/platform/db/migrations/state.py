"""How far a database is, asked in one query: for health checks and the doctor."""

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
"""The tables that the installer makes for itself."""

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
        ) as forbidden"""  # noqa: S608 - our own two constants


class SchemaState(Struct, frozen=True):
    """How far a database is: its version (None: never migrated), the newest known one, and what we need but miss.

    `slow` names indexes that are missing, or that nobody finished building: everything works, but a statement reads a whole table.
    `forbidden` says what our role may not do and some route has to, as `select on core.users`.
    """

    version: str | None
    newest: str
    missing: tuple[str, ...]
    slow: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every route finds its tables and may use them."""
        return not self.missing and not self.forbidden

    @property
    def up_to_date(self) -> bool:
        """Whether every migration has been applied to the full."""
        return self.version is not None and self.version >= self.newest


async def schema_state(
    connection: asyncpg.Connection | PoolConnectionProxy,
    needed: Sequence[str] = (),
    indexes: Sequence[str] = (),
    rights: Sequence[tuple[str, str]] = (),
) -> SchemaState:
    """Read the state of the database behind the connection, which must not be inside a transaction.

    needed: tables and `table.column`s that must be there; indexes: those that should; rights: what we must be allowed to.
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
        row["version"], newest, tuple(row["missing"]), tuple(row["slow"]), tuple(sorted(row["forbidden"]))
    )
