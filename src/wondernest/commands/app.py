"""The commands and their arguments."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from wondernest.commands.groups import GROUPS
from wondernest.commands.terminal import FAILURE, effective_settings, fail, print_line, settings_with_database

app = App(name="wondernest", help="The backend of WonderNest.", version_flags=[])
for group in GROUPS:
    app.command(group)


@app.command
def serve() -> int:
    """Serve in production: worker processes behind one port. SIGTERM drains, SIGHUP replaces the workers."""
    from wondernest.supervisor.command import serve

    return serve()


@app.command
def work() -> int:
    """Run only background jobs, with `serve` on other machines. After SIGTERM running jobs may finish."""
    from wondernest.supervisor.first_process import as_first_process
    from wondernest.supervisor.jobs import work_alone

    return as_first_process(work_alone)


@app.command
def dev(*, host: str | None = None) -> int:
    """Run everything on this machine: database, cache, schema, demo family, server. Ctrl-C stops it all.

    Parameters
    ----------
    host
        The address to listen on, by default SERVER_HOST or 127.0.0.1; 0.0.0.0 accepts other machines.
    """
    return _development("dev").dev(Path.cwd(), host)


@app.command
def migrate() -> int:
    """Create the schema, or add what an existing one lacks; tables of the earlier backends are not changed."""
    from wondernest.app import create_app
    from wondernest.platform.db.migrations.runner import MigrationError, migrate

    settings = settings_with_database()
    database, needed = settings.database, create_app(settings).rooms.needed
    try:
        result = migrate(database.direct, needed=needed, report=print_line, lock_wait_s=database.migrate_lock_wait_s)
    except MigrationError as error:
        fail(error)
    if result.up_to_date and not result.applied:
        print_line("nothing to do")
    return 0 if result.usable else FAILURE


@app.command
def seed() -> int:
    """Make the demo family with its pictures, story and eight weeks of play, and the house's collection, stories and packs (development only)."""
    import psycopg

    from wondernest.content.collection import CollectionError
    from wondernest.settings import SettingsError

    settings = settings_with_database()
    demo, library, collection, stories, packs, play = (
        _development(name) for name in ("seed", "library", "collection.filling", "stories", "packs", "play")
    )
    try:
        demo.seed(settings)
        library.fill_library(settings)
        collection.fill_collection(settings)
        stories.fill_shelf(settings)
        packs.fill_packs(settings)
        play.fill_weeks(settings)
    except (SettingsError, psycopg.Error, library.LibraryError, CollectionError) as error:
        fail(error)
    print_line(f"demo parent: {demo.DEMO_EMAIL} / {demo.DEMO_PASSWORD}")
    return 0


@app.command
def doctor() -> int:
    """Print the effective settings and check database, schema and cache."""
    from wondernest.app import create_app
    from wondernest.commands.doctor import doctor

    settings = effective_settings()
    return 0 if doctor(settings, create_app(settings).rooms, print_line) else FAILURE


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
        Do not print the description; check whether the committed copy is up to date.
    fmt
        The format.
    version
        The OpenAPI version; 3.0 is for client generators that do not support 3.1.
    """
    from wondernest.commands import openapi

    if check:
        return 0 if openapi.check(Path.cwd(), print_line) else FAILURE
    sys.stdout.write(openapi.document(fmt, version).decode())
    return 0


@app.command
def tune() -> int:
    """Drop known indexes that slow down every write and were never used, without blocking writes."""
    import psycopg

    from wondernest.app import create_app
    from wondernest.platform.db.schema_check import drop_unused_indexes

    settings = settings_with_database()
    try:
        dropped = drop_unused_indexes(settings.database.direct, create_app(settings).rooms.costly_indexes, print_line)
    except psycopg.Error as error:
        fail(error)
    if not dropped:
        print_line("nothing dropped")
    return 0


def _development(name: str) -> Any:
    """A module of the development package, imported by name because no production module may import that package."""
    try:
        return importlib.import_module(f"wondernest.development.{name}")
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: this command is for development, pip install 'wondernest[dev]'")
