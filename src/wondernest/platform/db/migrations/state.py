"""How far a database is, asked in one query: for health checks and the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
from msgspec import Struct

from wondernest.platform.db.migrations.files import migration_files

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

VERSION_SCHEMA = "wondernest"
VERSION_TABLE = "schema_version"

NEEDED = (
    "analytics.analytics_events",
    "compliance.coppa_consent",
    "core.password_reset_tokens",
    "core.refresh_tokens",
    "core.user_sessions",
    "core.users",
    "core.users.family_id",
    "core.users.pin_hash",
    "core.users.role",
    "family.child_profiles",
    "family.child_settings",
    "family.families",
    "family.family_members",
    "family.family_settings",
    "games.child_game_data",
    "games.child_game_instances",
    "games.game_categories",
    "games.game_registry",
    "games.game_types",
    "games.simple_game_data",
    "games.simple_game_data.data_version",
    "wondernest.child_details",
    "wondernest.email_verifications",
    "wondernest.event_identities",
    "wondernest.idempotency_keys",
    "wondernest.revoked_tokens",
    "wondernest.save_versions",
    "wondernest.token_cutoffs",
)
"""The tables, and the columns that older shapes lack, without which some route cannot work."""

QUICKENING = ("core.idx_users_email_mixed_case",)
"""The indexes of ours on tables that are there: without one some statement reads the whole table."""

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
        ) as slow"""  # noqa: S608 - our own two constants


class SchemaState(Struct, frozen=True):
    """How far a database is: its version (None: never migrated), the newest known one, and what we need but miss.

    `slow` names indexes that are missing, or that nobody finished building: everything works, but a statement reads a whole table.
    """

    version: str | None
    newest: str
    missing: tuple[str, ...]
    slow: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every route finds its tables."""
        return not self.missing

    @property
    def up_to_date(self) -> bool:
        """Whether every migration has been applied to the full."""
        return self.version is not None and self.version >= self.newest


async def schema_state(connection: asyncpg.Connection | PoolConnectionProxy) -> SchemaState:
    """Read the state of the database behind the connection, which must not be inside a transaction."""
    newest = migration_files()[-1].number
    try:
        row = await connection.fetchrow(_STATE, NEEDED, QUICKENING)
    except (
        asyncpg.UndefinedTableError,
        asyncpg.InvalidSchemaNameError,
        asyncpg.InsufficientPrivilegeError,
    ):
        return SchemaState(None, newest, (f"{VERSION_SCHEMA}.{VERSION_TABLE}",))
    assert row is not None
    return SchemaState(row["version"], newest, tuple(row["missing"]), tuple(row["slow"]))
