"""Runs the blocks of a file: creates missing objects, makes each change once, collects refused statements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct
from psycopg import errors

from wondernest.platform.db.migrations.files import CHANGE, NEW_DATABASE, OWNER, Block, MigrationFile
from wondernest.platform.db.migrations.state import CHANGES_TABLE, INSTALLATION_TABLE, VERSION_SCHEMA

_CHANGES = f"{VERSION_SCHEMA}.{CHANGES_TABLE}"
_INSTALLATION = f"{VERSION_SCHEMA}.{INSTALLATION_TABLE}"
_PRESENT = b"""
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
    select 'index ' || nspname || '.' || relname from own join pg_class on relnamespace = own.oid where relkind = 'i'"""

_MISSING_REFERENCE = (
    errors.UndefinedTable | errors.InvalidSchemaName | errors.UndefinedObject | errors.UndefinedFunction
)
_INDEX = re.compile(r"create (unique )?index ")
INDEX_TIMEOUT_S = 3.0
"""How long the build of an index may block writes to its table."""


class RefusedStatement(Struct, frozen=True):
    """SQL that our role has no right to run, for the owner to run, and PostgreSQL's reason."""

    sql: str
    reason: str


class Made(NamedTuple):
    """How many objects a file created and how many changes it made."""

    objects: int
    changes: int

    def __str__(self) -> str:
        if not any(self):
            return "nothing was missing"
        changes = f"changes made: {self.changes}"
        return f"objects created: {self.objects}" + f", {changes}" * bool(self.changes)


class Installation:
    """Applies blocks to one database, and collects what was refused."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._new_database = False
        self._changes_held = False
        """A change was refused or waits. Later changes wait too, because they may depend on it."""
        self.refused: list[RefusedStatement] = []
        self.waiting: list[str] = []
        """Objects that depend on something refused."""

    @property
    def complete(self) -> bool:
        """Whether nothing was refused yet."""
        return not self.refused

    def reset_refusals(self) -> None:
        """Forget what was refused, because the same blocks are about to run again."""
        self.refused.clear()
        self.waiting.clear()
        self._changes_held = False

    def present(self) -> set[str]:
        """The keys (`Block.key`) of all objects in the database."""
        return {name for (name,) in self._connection.execute(_PRESENT)}

    def begin(self, files: Iterable[MigrationFile]) -> bool:
        """Create our schema and the installer's tables; record once whether the database was new. False: no right to do so."""
        with self._connection.transaction():
            present = self.present()
            if f"schema {VERSION_SCHEMA}" not in present:
                self._run_block(Block("schema", VERSION_SCHEMA, "", f"create schema {VERSION_SCHEMA};"))
            elif not self._one(f"select has_schema_privilege('{VERSION_SCHEMA}', 'create')"):
                self.refused.append(RefusedStatement(self._grant(VERSION_SCHEMA), "permission denied for schema"))
            if not self.complete:
                return False
            if f"table {_INSTALLATION}" not in present:
                tables = {block.key for file in files for block in file.blocks() if block.kind == "table"}
                self._note_origin(new=not tables & present)
            if f"table {_CHANGES}" not in present:
                self._do(
                    f"create table {_CHANGES} ("
                    " name varchar(200) primary key, applied_at timestamptz not null default current_timestamp)"
                )
            self._new_database = bool(self._one(f"select new_database from {_INSTALLATION}"))  # noqa: S608 - a constant
        return True

    def run(self, file: MigrationFile) -> Made:
        """Create what is missing and make new changes, in the current transaction."""
        present = self.present()
        objects = changes = 0
        for block in file.blocks():
            if block.kind == CHANGE:
                changes += self._change(block)
                continue
            if block.key in present or (block.only == NEW_DATABASE and not self._new_database):
                continue
            if block.only == OWNER:
                self._leave_to_owner(block, present)
            else:
                objects += self._run_block(block)
        return Made(objects, changes)

    def _note_origin(self, *, new: bool) -> None:
        self._do(
            f"create table {_INSTALLATION} ("
            " new_database boolean not null, began_at timestamptz not null default current_timestamp)"
        )
        self._do(f"insert into {_INSTALLATION} (new_database) values ({new})")  # noqa: S608 - a constant and a truth value

    def _change(self, block: Block) -> bool:
        if self._one(f"select true from {_CHANGES} where name = '{block.name}'"):  # noqa: S608 - a checked header
            return False
        if self._changes_held:
            self.waiting.append(block.name)
            return False
        made = self._run_block(block)
        self._changes_held = not made
        return made

    def _run_block(self, block: Block) -> bool:
        try:
            with self._connection.transaction():
                if block.kind == "index":
                    self._build_index(block)
                elif block.kind == CHANGE:
                    self._make_change(block)
                else:
                    self._do(block.sql)
        except psycopg.Error as error:
            if isinstance(error, errors.InsufficientPrivilege):
                self._refuse(block, error.diag.message_primary or "permission denied")
            elif block.kind == "index" and isinstance(error, errors.QueryCanceled):
                self._refuse(block, f"its table would be held for more than {INDEX_TIMEOUT_S:g} s")
            elif block.kind == "index" and isinstance(error, errors.UniqueViolation):
                self._refuse(block, "its table has rows that are equal in these columns; remove them first")
            elif self.refused and isinstance(error, _MISSING_REFERENCE):
                self.waiting.append(block.name)
            else:
                error.add_note(block.name)
                raise
            return False
        return True

    def _build_index(self, block: Block) -> None:
        """Lock the table with the normal lock time-out, then build. The build has a short time-out, because it blocks writers."""
        limit = self._one("select current_setting('statement_timeout')")
        self._do(f"lock table {block.indexed_table} in share mode")
        self._do(f"set local statement_timeout = {int(INDEX_TIMEOUT_S * 1000)}")
        self._do(block.sql)
        self._do(f"set local statement_timeout = '{limit}'")

    def _make_change(self, block: Block) -> None:
        """Make a change and record it. A name without a schema means our schema, whatever the role's search path is."""
        path = self._one("select quote_literal(current_setting('search_path'))")
        self._do(f"set local search_path = {VERSION_SCHEMA}")
        self._do(block.sql)
        self._do(f"select set_config('search_path', {path}, true)")
        self._do(_row_of(block))

    def _leave_to_owner(self, block: Block, present: set[str]) -> None:
        table = block.name.rpartition(".")[0]
        if f"table {table}" in present:
            self._refuse(block, "a table that is there is left to its owner")
        else:
            self.waiting.append(block.name)

    def _refuse(self, block: Block, reason: str) -> None:
        statements = block.statements
        if block.kind == CHANGE:
            statements = f"begin;\nset local search_path = {VERSION_SCHEMA};\n{statements}\n{_row_of(block)}\ncommit;"
        elif block.kind == "schema":
            statements = f"{statements}\n{self._grant(block.name)}"
        elif block.kind == "table":
            statements = f"{statements}\ngrant select, insert, update, delete on {block.name} to {self._role()};"
        elif block.kind == "index":  # outside a transaction the owner can build it without blocking writes
            statements = _INDEX.sub(r"create \1index concurrently ", statements)
        self.refused.append(RefusedStatement(statements, f"{block.name}: {reason}"))

    def _grant(self, schema: str) -> str:
        return f"grant usage, create on schema {schema} to {self._role()};"

    def _role(self) -> str:
        return self._one("select quote_ident(current_user)")

    def _do(self, statements: str) -> None:
        """Run SQL text as it is: it may have several statements, and a percent sign is no placeholder."""
        self._connection.execute(statements.encode())

    def _one(self, query: str) -> Any:
        row = self._connection.execute(query.encode()).fetchone()
        return None if row is None else row[0]


def _row_of(block: Block) -> str:
    return f"insert into {_CHANGES} (name) values ('{block.name}');"  # noqa: S608 - a constant and a checked header
