"""Brings a database up to the numbered SQL files: Alembic keeps the marks, psycopg runs the statements.

Several processes may start it at once, it may be stopped anywhere and started again, and it never alters what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import cast

import psycopg
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script.base import Script
from alembic.script.revision import RevisionMap
from msgspec import Struct
from psycopg import errors
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from wondernest.platform.db.migrations.blocks import Installation, RefusedStatement
from wondernest.platform.db.migrations.files import MigrationFile, migration_files
from wondernest.platform.db.migrations.state import VERSION_SCHEMA, VERSION_TABLE

ADVISORY_LOCK_KEY = 0x776F6E646572
"""`wonder`: one installer per database at a time."""

LOCK_TIMEOUT_S = 5.0
"""Longest wait for a table that others use, so that their requests do not queue up behind us."""

STATEMENT_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10
BUSY_ATTEMPTS = 6
"""How often a file is tried when a table it touches is busy."""


class MigrationError(Exception):
    """The database could not be brought up to date; the message is one line that says why."""


class MigrationResult(Struct, frozen=True):
    """What a run did: files by name, what the role was refused, what waits for that, what is needed and missing."""

    applied: tuple[str, ...]
    skipped: tuple[str, ...]
    refused: tuple[RefusedStatement, ...]
    waiting: tuple[str, ...]
    missing: tuple[str, ...]
    up_to_date: bool

    @property
    def usable(self) -> bool:
        """Whether the server finds every table it needs."""
        return not self.missing


class _Incomplete(Exception):
    """Part of a file was refused: it is not marked as applied, and neither is what follows."""


def migrate(
    database_url: str,
    *,
    needed: Sequence[str] = (),
    report: Callable[[str], None],
    lock_wait_s: float,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
) -> MigrationResult:
    """Apply every file that is not marked as applied; raises MigrationError when that cannot go on.

    What the role may not create is left out, listed in the result and reported with the statements for the owner.
    """
    with _session(database_url) as connection:
        _take_turn(connection, lock_wait_s)
        _limit(connection, lock_timeout_s, statement_timeout_s)
        return _Run(connection, report).result(needed)


def pending(database_url: str) -> list[str]:
    """Names of the files that are not marked as applied."""
    with _session(database_url) as connection:
        marked = _marked(_marks(connection))
        return [file.name for file in migration_files() if file.number > marked]


class _Run:
    """One run under the advisory lock."""

    def __init__(self, connection: Connection, report: Callable[[str], None]) -> None:
        self._connection = connection
        self._report = report
        self._files = migration_files()
        self._installation = Installation(connection)
        self._applied: list[str] = []

    def result(self, needed: Sequence[str]) -> MigrationResult:
        """Do the work and say what came of it."""
        before = after = ""
        if self._installation.begin(self._files):
            marks = _marks(self._connection, self._steps)
            before = _marked(marks)
            try:
                self._patiently(marks.run_migrations)
            except _Incomplete:
                self._go_on_unmarked(_marked(marks))
            after = _marked(marks)
        present = self._installation.present()
        missing = tuple(name for name in needed if not present & {f"table {name}", f"column {name}"})
        self._tell_owner()
        return MigrationResult(
            applied=tuple(self._applied),
            skipped=tuple(file.name for file in self._files if file.number <= before),
            refused=tuple(self._installation.refused),
            waiting=tuple(self._installation.waiting),
            missing=missing,
            up_to_date=after >= self._files[-1].number,
        )

    def _steps(self, heads: tuple[str, ...], _context: MigrationContext) -> Iterator[MigrationStep]:
        """The files after the mark, as Alembic's upgrade steps; each runs and is marked in one transaction."""
        if heads and heads[0] >= self._files[-1].number:
            return  # a newer release has been here: this one finds all it needs
        revisions = RevisionMap(lambda: _as_scripts(self._files, self._upgrade))
        newest_first = list(revisions.iterate_revisions("heads", heads or "base"))
        for script in reversed(newest_first):
            yield MigrationStep.upgrade_from_script(revisions, cast("Script", script))

    def _upgrade(self, file: MigrationFile) -> None:
        made = self._installation.run(file)
        if not self._installation.complete:
            raise _Incomplete
        self._applied.append(file.name)
        self._report(f"{file.name}: {f'objects created: {made}' if made else 'nothing was missing'}")

    def _go_on_unmarked(self, marked: str) -> None:
        """Do what the role may; the next run starts again at the first file without a mark."""
        self._installation.forget_refusals()
        for file in (file for file in self._files if file.number > marked):
            self._patiently(lambda file=file: self._run_unmarked(file))

    def _run_unmarked(self, file: MigrationFile) -> None:
        with self._connection.begin():
            made = self._installation.run(file)
        self._report(f"{file.name}: objects created: {made}, to be finished by a later run")

    def _patiently(self, work: Callable[[], object]) -> None:
        """Try again while a table is busy: what was done before stays done, and nothing is held meanwhile."""
        for attempt in range(1, BUSY_ATTEMPTS + 1):
            try:
                work()
            except DBAPIError as error:
                busy = isinstance(error.orig, errors.LockNotAvailable | errors.DeadlockDetected)
                if not busy or attempt == BUSY_ATTEMPTS:
                    raise
                self._report("a table is in use, trying again")
            else:
                return

    def _tell_owner(self) -> None:
        if not self._installation.refused:
            return
        self._report("the owner of the database has to run:")
        for refused in self._installation.refused:
            self._report(refused.sql)
        if self._installation.waiting:
            self._report(f"and then migrate again, for: {', '.join(self._installation.waiting)}")


def _as_scripts(files: tuple[MigrationFile, ...], upgrade: Callable[[MigrationFile], None]) -> Iterator[Script]:
    previous: str | None = None
    for file in files:
        module = ModuleType(file.name, file.name)
        vars(module).update(revision=file.number, down_revision=previous, upgrade=lambda file=file: upgrade(file))
        previous = file.number
        yield Script(module, file.number, file.path)


def _marks(
    connection: Connection,
    steps: Callable[[tuple[str, ...], MigrationContext], Iterator[MigrationStep]] | None = None,
) -> MigrationContext:
    return MigrationContext.configure(
        connection,
        opts={
            "fn": steps,
            "version_table": VERSION_TABLE,
            "version_table_schema": VERSION_SCHEMA,
            "transaction_per_migration": True,
        },
    )


def _marked(marks: MigrationContext) -> str:
    """The number of the last applied file, or an empty text."""
    marked = marks.get_current_revision() or ""
    if marks.connection is not None:
        marks.connection.rollback()
    return marked


@contextmanager
def _session(database_url: str) -> Generator[Connection]:
    """One connection of our own; a failure of the database leaves as MigrationError."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(
            database_url,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="wondernest migrate",
            prepare_threshold=None,
        ),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            yield connection
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        what = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
        where: list[str] = getattr(error, "__notes__", [])
        raise MigrationError(" ".join(": ".join([*where, what or str(cause)]).split())) from error


def _take_turn(connection: Connection, wait_s: float) -> None:
    """Wait until no other installer works on this database; the lock ends with the session."""
    _limit(connection, wait_s, 0)
    try:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK_KEY})
    except DBAPIError as error:
        if isinstance(error.orig, errors.LockNotAvailable):
            raise MigrationError(f"another migration has been running for more than {wait_s:g} s") from error
        raise
    connection.commit()


def _limit(connection: Connection, lock_s: float, statement_s: float) -> None:
    connection.execute(
        text(
            "select set_config('lock_timeout', :lock, false), set_config('statement_timeout', :statement, false),"
            " set_config('timezone', 'UTC', false)"
        ),
        {"lock": f"{max(1, int(lock_s * 1000))}ms", "statement": f"{int(statement_s * 1000)}ms"},
    )
    connection.commit()
