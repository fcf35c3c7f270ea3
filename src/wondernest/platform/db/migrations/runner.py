"""Applies the numbered SQL files, each in its own transaction, which also records the file as applied.

Several processes may run it at once. It may be killed at any point and run again. It alters only our own tables.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import psycopg
from msgspec import Struct
from psycopg import errors

from wondernest.platform.db.drivers import open_for_command, refused_encoding
from wondernest.platform.db.migrations.blocks import Installation, RefusedStatement
from wondernest.platform.db.migrations.changes import check_changes
from wondernest.platform.db.migrations.files import MigrationFile, migration_files
from wondernest.platform.db.migrations.state import VERSION_SCHEMA, VERSION_TABLE

ADVISORY_LOCK_KEY = 0x776F6E646572
"""The bytes of `wonder`. The lock allows one migration per database at a time."""

LOCK_TIMEOUT_S = 5.0
"""How long to wait for a table lock. Requests of others queue behind a waiting lock, so it is short."""

STATEMENT_TIMEOUT_S = 60.0
BUSY_ATTEMPTS = 6
"""How often a file is tried while a table that it needs is locked."""

_VERSIONS = f"{VERSION_SCHEMA}.{VERSION_TABLE}"


class MigrationError(Exception):
    """The migration failed; the message is one line with the reason."""


class MigrationResult(Struct, frozen=True):
    """The result of a run: names of files, refused statements, objects that wait for those, needed objects that are missing."""

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
    """Part of a file was refused. Neither it nor any later file is recorded as applied."""


def migrate(
    database_url: str,
    *,
    needed: Sequence[str],
    report: Callable[[str], None],
    lock_wait_s: float,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
    files: tuple[MigrationFile, ...] | None = None,
) -> MigrationResult:
    """Apply every file that is not recorded as applied. Raises MigrationError when that fails.

    `files`: None for those of migrations/. `needed`: tables (`schema.table`) and columns (`schema.table.column`) that the server
    needs. What the role has no right to create is skipped; its SQL is in the result and is reported for the owner.
    """
    with _session(database_url) as connection:
        _lock(connection, lock_wait_s)
        _limit(connection, lock_timeout_s, statement_timeout_s)
        return _Run(connection, files or migration_files(), needed, report).result()


def pending(database_url: str) -> list[str]:
    """The names of the files that are not recorded as applied."""
    with _session(database_url) as connection:
        applied_to = _applied_version(connection)
        return [file.name for file in migration_files() if file.number > applied_to]


class _Run:
    """One run, under the advisory lock."""

    def __init__(
        self,
        connection: psycopg.Connection,
        files: tuple[MigrationFile, ...],
        needed: Sequence[str],
        report: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._needed = needed
        self._report = report
        self._files = files
        self._installation = Installation(connection)
        self._applied: list[str] = []

    def result(self) -> MigrationResult:
        """Apply the files; returns the result."""
        check_changes(self._files)
        before = _applied_version(self._connection)
        if before <= self._files[-1].number and self._installation.begin(self._files):
            self._create_version_table()
            try:
                for file in self._after(before):
                    self._retry_while_locked(lambda file=file: self._apply(file))
            except _Incomplete:
                self._run_the_rest(_applied_version(self._connection))
        after = _applied_version(self._connection)
        present = self._installation.present()
        missing = tuple(name for name in self._needed if not present & {f"table {name}", f"column {name}"})
        self._report_refused()
        return MigrationResult(
            applied=tuple(self._applied),
            skipped=tuple(file.name for file in self._files if file.number <= before),
            refused=tuple(self._installation.refused),
            waiting=tuple(self._installation.waiting),
            missing=missing,
            up_to_date=after >= self._files[-1].number,
        )

    def _after(self, applied_to: str) -> list[MigrationFile]:
        return [file for file in self._files if file.number > applied_to]

    def _create_version_table(self) -> None:
        """Create the version table in Alembic's form: earlier releases use it too."""
        with self._connection.transaction():
            self._connection.execute(
                f"create table if not exists {_VERSIONS} ("
                f" version_num varchar(32) not null, constraint {VERSION_TABLE}_pkc primary key (version_num))".encode()
            )

    def _apply(self, file: MigrationFile) -> None:
        """Run a file and record it, in one transaction. Raises _Incomplete if part of it was refused."""
        with self._connection.transaction():
            made = self._installation.run(file)
            if not self._installation.complete:
                raise _Incomplete
            self._connection.execute(f"delete from {_VERSIONS}".encode())  # noqa: S608 - a constant
            self._connection.execute(f"insert into {_VERSIONS} values (%s)".encode(), [file.number])  # noqa: S608 - as above
            self._report(f"{file.name}: {made}")
        self._applied.append(file.name)

    def _run_the_rest(self, applied_to: str) -> None:
        """Run what the role may run, without recording it. The next run starts again at the first file that is not recorded."""
        self._installation.reset_refusals()
        for file in self._after(applied_to):
            self._retry_while_locked(lambda file=file: self._run_unmarked(file))

    def _run_unmarked(self, file: MigrationFile) -> None:
        with self._connection.transaction():
            made = self._installation.run(file)
        self._report(f"{file.name}: {made}, to be finished by a later run")

    def _retry_while_locked(self, work: Callable[[], object]) -> None:
        """Retry while a table is locked. Earlier files stay applied, and no lock is held between attempts."""
        for attempt in range(1, BUSY_ATTEMPTS + 1):
            try:
                work()
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                if attempt == BUSY_ATTEMPTS:
                    raise
                self._report("a table is in use, trying again")
            else:
                return

    def _report_refused(self) -> None:
        if not self._installation.refused:
            return
        self._report("the owner of the database has to run:")
        for refused in self._installation.refused:
            self._report(refused.sql)
        if self._installation.waiting:
            self._report(f"and then migrate again, for: {', '.join(self._installation.waiting)}")


def _applied_version(connection: psycopg.Connection) -> str:
    """The number of the last applied file; empty if there is none."""
    try:
        row = connection.execute(f"select max(version_num) from {_VERSIONS}".encode()).fetchone()  # noqa: S608 - a constant
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InsufficientPrivilege):
        return ""
    return row[0] or "" if row else ""


@contextmanager
def _session(database_url: str) -> Generator[psycopg.Connection]:
    """A new connection; errors of the database, and an encoding that is not ours, are raised as MigrationError."""
    try:
        with open_for_command(database_url, "migrate", prepare_threshold=None) as connection:
            if wrong := refused_encoding(connection.info.parameter_status("server_encoding")):
                raise MigrationError(wrong)
            yield connection
    except psycopg.Error as error:
        where: list[str] = getattr(error, "__notes__", [])
        raise MigrationError(" ".join(": ".join([*where, error.diag.message_primary or str(error)]).split())) from error


def _lock(connection: psycopg.Connection, wait_s: float) -> None:
    """Wait until no other migration runs on this database; the lock ends with the session."""
    _limit(connection, wait_s, 0)
    try:
        connection.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK_KEY])
    except errors.LockNotAvailable as error:
        raise MigrationError(f"another migration has been running for more than {wait_s:g} s") from error


def _limit(connection: psycopg.Connection, lock_s: float, statement_s: float) -> None:
    connection.execute(
        "select set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false),"
        " set_config('timezone', 'UTC', false)",
        [f"{max(1, int(lock_s * 1000))}ms", f"{int(statement_s * 1000)}ms"],
    )
