"""Runs the blocks of a file against a database: looks first, adds only what is missing, notes what is refused."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from psycopg import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from wondernest.platform.db.migrations.files import NEW_DATABASE, OWNER, Block, MigrationFile
from wondernest.platform.db.migrations.state import VERSION_SCHEMA

_PRESENT = text("""
    with own as (
        select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
    )
    select 'schema ' || nspname from own
    union all
    select 'type ' || nspname || '.' || typname from own join pg_type on typnamespace = own.oid
    union all
    select 'function ' || nspname || '.' || proname || '(' || oidvectortypes(proargtypes) || ')'
    from own join pg_proc on pronamespace = own.oid
    union all
    select 'table ' || nspname || '.' || relname
    from own join pg_class on relnamespace = own.oid where relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select 'column ' || nspname || '.' || relname || '.' || attname
    from own join pg_class on relnamespace = own.oid join pg_attribute on attrelid = pg_class.oid
    where relkind in ('r', 'p', 'v', 'm', 'f') and attnum > 0 and not attisdropped
    union all
    select 'index ' || nspname || '.' || relname from own join pg_class on relnamespace = own.oid where relkind = 'i'""")

_MISSING_REFERENCE = (
    errors.UndefinedTable | errors.InvalidSchemaName | errors.UndefinedObject | errors.UndefinedFunction
)
INDEX_TIMEOUT_S = 3.0
"""Longest time that the table of an index is kept from being written to while it is built."""

_RUN_AS_WRITTEN = {"no_parameters": True}
"""Several statements in one message, and no percent sign is a placeholder."""


class RefusedStatement(Struct, frozen=True):
    """What the role may not do, as statements for the owner, with PostgreSQL's reason."""

    sql: str
    reason: str


class Installation:
    """What is there, what we made of it, and what we were not allowed to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._new_database = False
        self.refused: list[RefusedStatement] = []
        self.waiting: list[str] = []
        """Objects that lean on something refused."""

    @property
    def complete(self) -> bool:
        """Whether nothing was refused so far."""
        return not self.refused

    def forget_refusals(self) -> None:
        """Start the notes anew: the same blocks are about to be tried again."""
        self.refused.clear()
        self.waiting.clear()

    def present(self) -> set[str]:
        """Every object of the database, named as blocks name them."""
        with self._connection.begin():
            return self._look()

    def begin(self, files: Iterable[MigrationFile]) -> bool:
        """Make our schema, and note in it once whether the database was new. False: the role may not."""
        with self._connection.begin():
            present = self._look()
            if f"schema {VERSION_SCHEMA}" not in present:
                self._run_block(Block("schema", VERSION_SCHEMA, "", f"create schema {VERSION_SCHEMA};"))
            elif not self._may_create():
                self.refused.append(RefusedStatement(self._grant(VERSION_SCHEMA), "permission denied for schema"))
            if not self.complete:
                return False
            if f"table {VERSION_SCHEMA}.installation" not in present:
                tables = {block.key for file in files for block in file.blocks() if block.kind == "table"}
                self._note_origin(new=not tables & present)
            self._new_database = self._connection.scalar(
                text(f"select new_database from {VERSION_SCHEMA}.installation")  # noqa: S608 - a constant
            )
        return True

    def run(self, file: MigrationFile) -> int:
        """Run the file's blocks whose object is missing, in the transaction at hand; returns how many were made."""
        present = self._look()
        made = 0
        for block in file.blocks():
            if block.key in present or (block.only == NEW_DATABASE and not self._new_database):
                continue
            if block.only == OWNER:
                self._leave_to_owner(block, present)
            else:
                made += self._run_block(block)
        return made

    def _look(self) -> set[str]:
        return set(self._connection.scalars(_PRESENT))

    def _may_create(self) -> bool:
        return bool(self._connection.scalar(text(f"select has_schema_privilege('{VERSION_SCHEMA}', 'create')")))

    def _note_origin(self, *, new: bool) -> None:
        self._connection.execute(
            text(
                f"create table {VERSION_SCHEMA}.installation ("
                " new_database boolean not null, began_at timestamptz not null default current_timestamp)"
            )
        )
        self._connection.execute(
            text(f"insert into {VERSION_SCHEMA}.installation (new_database) values (:new)"),  # noqa: S608 - a constant
            {"new": new},
        )

    def _run_block(self, block: Block) -> bool:
        try:
            with self._connection.begin_nested():
                if block.kind == "index":
                    self._stand_aside(block)
                self._connection.exec_driver_sql(block.sql, execution_options=_RUN_AS_WRITTEN)
        except DBAPIError as error:
            if isinstance(error.orig, errors.InsufficientPrivilege):
                self._refuse(block, error.orig.diag.message_primary or "permission denied")
            elif block.kind == "index" and isinstance(error.orig, errors.QueryCanceled):
                self._refuse(block, f"its table would be held for more than {INDEX_TIMEOUT_S:g} s")
            elif self.refused and isinstance(error.orig, _MISSING_REFERENCE):
                self.waiting.append(block.name)
            else:
                error.add_note(block.name)
                raise
            return False
        return True

    def _stand_aside(self, block: Block) -> None:
        """Wait for an index's table as for any other; from when it is ours, others wait for us."""
        self._connection.exec_driver_sql(f"lock table {block.indexed_table} in share mode")
        self._connection.exec_driver_sql(f"set local statement_timeout = {int(INDEX_TIMEOUT_S * 1000)}")

    def _leave_to_owner(self, block: Block, present: set[str]) -> None:
        table = block.name.rpartition(".")[0]
        if f"table {table}" in present:
            self._refuse(block, "a table that is there is left to its owner")
        else:
            self.waiting.append(block.name)

    def _refuse(self, block: Block, reason: str) -> None:
        statements = block.statements
        if block.kind == "schema":
            statements = f"{statements}\n{self._grant(block.name)}"
        elif block.kind == "table":
            statements = f"{statements}\ngrant select, insert, update, delete on {block.name} to {self._role()};"
        elif block.kind == "index":  # outside a transaction it can be built beside the work
            statements = statements.replace("create index ", "create index concurrently ")
        self.refused.append(RefusedStatement(statements, f"{block.name}: {reason}"))

    def _grant(self, schema: str) -> str:
        return f"grant usage, create on schema {schema} to {self._role()};"

    def _role(self) -> str:
        return self._connection.scalar(text("select quote_ident(current_user)")) or ""
