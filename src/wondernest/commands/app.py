"""The commands as the command line knows them."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from wondernest.settings import Settings

app = App(name="wondernest", help="The backend of WonderNest.", version_flags=[])

jobs = App(name="jobs", help="Look at background jobs, and decide about dead ones.")
app.command(jobs)

FAILURE = 1


@app.command
def serve() -> int:
    """Serve in production: worker processes behind one port. SIGTERM drains, SIGHUP replaces the workers."""
    from wondernest.supervisor.command import serve

    return serve()


@app.command
def work() -> int:
    """Run background jobs alone, beside the `serve` of other machines. SIGTERM lets running jobs end."""
    from wondernest.supervisor.jobs import work_alone

    return work_alone()


@app.command
def dev(*, host: str | None = None) -> int:
    """Run everything on this machine: database, cache, schema, demo family, server. Ctrl-C stops it all.

    Parameters
    ----------
    host
        The address to listen on: 127.0.0.1 unless given here or as SERVER_HOST; 0.0.0.0 to be reached from other machines.
    """
    return _development("dev").dev(Path.cwd(), host)


@app.command
def migrate() -> int:
    """Create the schema or complete the one that is there; nothing is altered or dropped."""
    from wondernest.app import create_app
    from wondernest.platform.db.migrations.runner import MigrationError, migrate

    settings = _settings_with_database()
    database, needed = settings.database, create_app(settings).rooms.needed
    try:
        result = migrate(database.url, needed=needed, report=_say, lock_wait_s=database.migrate_lock_wait_s)
    except MigrationError as error:
        _fail(error)
    if result.up_to_date and not result.applied:
        _say("nothing to do")
    return 0 if result.usable else FAILURE


@app.command
def seed() -> int:
    """Make the demo family (development only)."""
    import psycopg

    from wondernest.settings import SettingsError

    settings = _settings_with_database()
    demo = _development("seed")
    try:
        demo.seed(settings)
    except (SettingsError, psycopg.Error) as error:
        _fail(error)
    _say(f"demo parent: {demo.DEMO_EMAIL} / {demo.DEMO_PASSWORD}")
    return 0


@app.command
def doctor() -> int:
    """Print the effective settings and check database, schema and cache."""
    from wondernest.app import create_app
    from wondernest.commands.doctor import doctor

    settings = _settings()
    return 0 if doctor(settings, create_app(settings).rooms, _say) else FAILURE


@app.command
def openapi(
    *,
    check: bool = False,
    fmt: Annotated[Literal["yaml", "json"], Parameter(name="--format")] = "yaml",
    version: Literal["3.0", "3.1"] = "3.1",
) -> int:
    """Print the API's description.

    Parameters
    ----------
    check
        Print nothing but say whether the committed copy is up to date.
    fmt
        How to spell it.
    version
        3.0 is for client generators that do not know 3.1.
    """
    from wondernest.commands import openapi

    if check:
        return 0 if openapi.check(Path.cwd(), _say) else FAILURE
    sys.stdout.write(openapi.document(fmt, version).decode())
    return 0


@app.command
def tune() -> int:
    """Drop known indexes that every write pays for and that were never used, without blocking writes."""
    import psycopg

    from wondernest.app import create_app
    from wondernest.platform.db.schema_check import drop_unused_indexes

    settings = _settings_with_database()
    try:
        dropped = drop_unused_indexes(settings.database.url, create_app(settings).rooms.costly_indexes, _say)
    except psycopg.Error as error:
        _fail(error)
    if not dropped:
        _say("nothing dropped")
    return 0


@app.command
def privacy() -> int:
    """Print the privacy catalogue as JSON: what is held about people, where, why and for how long."""
    import msgspec

    from wondernest.app import create_app
    from wondernest.privacy.catalogue import catalogue

    entries = list(catalogue(create_app(_settings()).rooms))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(entries)).decode() + "\n")
    return 0


@jobs.command(name="list")
def list_jobs() -> int:
    """Show what waits, runs and is dead, with attempts, age and the last reason."""
    import psycopg

    from wondernest.commands.jobs import listing

    try:
        for line in listing(_settings_with_database().database.url):
            _say(line)
    except psycopg.Error as error:
        _fail(error)
    return 0


@jobs.command
def retry(*which: str) -> int:
    """Have dead jobs tried again.

    Parameters
    ----------
    which
        Ids or names.
    """
    from wondernest.platform.jobs.operating import retry

    return _decide(retry, which, "queued again")


@jobs.command
def drop(*which: str) -> int:
    """Remove dead and waiting jobs: their work is not done.

    Parameters
    ----------
    which
        Ids or names.
    """
    from wondernest.platform.jobs.operating import drop

    return _decide(drop, which, "dropped")


def _decide(decide: Callable[[str, Sequence[str]], list[int]], which: Sequence[str], what: str) -> int:
    import psycopg

    if not which:
        _fail("name the jobs, by id or by name; `wondernest jobs list` shows them")
    try:
        done = decide(_settings_with_database().database.url, which)
    except psycopg.Error as error:
        _fail(error)
    _say(f"{what}: {', '.join(map(str, done)) or 'none'}")
    return 0 if done else FAILURE


def _development(name: str) -> Any:
    """A module of the development package. Found by name: nothing of production imports that package."""
    try:
        return importlib.import_module(f"wondernest.development.{name}")
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed: this command is for development, pip install 'wondernest[dev]'")


def _settings() -> Settings:
    from wondernest.settings import SettingsError, load_settings

    try:
        return load_settings(dotenv=Path(".env"))
    except SettingsError as error:
        _fail(error, os.EX_CONFIG)


def _settings_with_database() -> Settings:
    settings = _settings()
    if not settings.database.url:
        _fail("DATABASE_URL: not set", os.EX_CONFIG)
    return settings


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fail(problem: object, code: int = FAILURE) -> NoReturn:
    sys.stderr.write(f"wondernest: {' '.join(str(problem).split())}\n")
    sys.exit(code)
