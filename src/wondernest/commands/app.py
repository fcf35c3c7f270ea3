"""The commands and their arguments."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn
from uuid import UUID

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from wondernest.settings import Settings

app = App(name="wondernest", help="The backend of WonderNest.", version_flags=[])

jobs = App(name="jobs", help="List background jobs; retry or drop dead ones.")
app.command(jobs)
content = App(name="content", help="Import or export the items of the content library.")
app.command(content)
privacy = App(name="privacy", help="Show which personal data is stored; erase again after a restore.")
app.command(privacy)
events = App(name="events", help="Archive old events; take erased children out of the archive.")
app.command(events)

consent = App(name="consent", help="Show what parents' consent decides; verify its ledger.")
app.command(consent)

FAILURE = 1


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

    settings = _settings_with_database()
    database, needed = settings.database, create_app(settings).rooms.needed
    try:
        result = migrate(database.direct, needed=needed, report=_print_line, lock_wait_s=database.migrate_lock_wait_s)
    except MigrationError as error:
        _fail(error)
    if result.up_to_date and not result.applied:
        _print_line("nothing to do")
    return 0 if result.usable else FAILURE


@app.command
def seed() -> int:
    """Make the demo family with its pictures, story and eight weeks of play, and the house's collection, stories and packs (development only)."""
    import psycopg

    from wondernest.content.collection import CollectionError
    from wondernest.settings import SettingsError

    settings = _settings_with_database()
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
        _fail(error)
    _print_line(f"demo parent: {demo.DEMO_EMAIL} / {demo.DEMO_PASSWORD}")
    return 0


@app.command
def doctor() -> int:
    """Print the effective settings and check database, schema and cache."""
    from wondernest.app import create_app
    from wondernest.commands.doctor import doctor

    settings = _settings()
    return 0 if doctor(settings, create_app(settings).rooms, _print_line) else FAILURE


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
        return 0 if openapi.check(Path.cwd(), _print_line) else FAILURE
    sys.stdout.write(openapi.document(fmt, version).decode())
    return 0


@app.command
def tune() -> int:
    """Drop known indexes that slow down every write and were never used, without blocking writes."""
    import psycopg

    from wondernest.app import create_app
    from wondernest.platform.db.schema_check import drop_unused_indexes

    settings = _settings_with_database()
    try:
        dropped = drop_unused_indexes(settings.database.direct, create_app(settings).rooms.costly_indexes, _print_line)
    except psycopg.Error as error:
        _fail(error)
    if not dropped:
        _print_line("nothing dropped")
    return 0


@privacy.default
def list_personal_data() -> int:
    """Print the privacy catalogue as JSON: which personal data is stored, where, why and for how long."""
    import msgspec

    from wondernest.app import create_app
    from wondernest.privacy.catalogue import catalogue

    entries = list(catalogue(create_app(_settings()).rooms))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(entries)).decode() + "\n")
    return 0


@privacy.command(name="map")
def map_personal_data(*, check: bool = False) -> int:
    """Write docs/privacy/data-map.md from the privacy catalogue.

    Parameters
    ----------
    check
        Write nothing; check whether the committed document is up to date.
    """
    from wondernest.commands.privacy import check_map, write_map

    if check:
        return 0 if check_map(Path.cwd(), _print_line) else FAILURE
    write_map(Path.cwd())
    return 0


@privacy.command
def reapply() -> int:
    """Erase again whom a restored backup has brought back, by the log of erasures. Run it before anybody is served."""
    from wondernest.commands.privacy import erase_again
    from wondernest.platform.faults import DependencyUnavailable

    try:
        people = erase_again(_settings_with_database())
    except DependencyUnavailable as error:
        _fail(error)
    found = ", ".join(f"{number} of the kind {kind}" for kind, number in sorted(people.items()))
    _print_line(f"erased again: {found or 'nobody'}")
    return 0


@jobs.command(name="list")
def list_jobs() -> int:
    """List waiting, running and dead jobs, with attempts, age and the last error."""
    import psycopg

    from wondernest.commands.jobs import listing

    try:
        for line in listing(_settings_with_database().database.direct):
            _print_line(line)
    except psycopg.Error as error:
        _fail(error)
    return 0


@jobs.command
def retry(*which: str) -> int:
    """Queue dead jobs again.

    Parameters
    ----------
    which
        Ids or names.
    """
    from wondernest.platform.jobs.operating import retry

    return _decide(retry, which, "queued again")


@jobs.command
def drop(*which: str) -> int:
    """Delete dead and waiting jobs; they are not run.

    Parameters
    ----------
    which
        Ids or names.
    """
    from wondernest.platform.jobs.operating import drop

    return _decide(drop, which, "dropped")


@content.command(name="import")
def import_content(source: Path, *, dry_run: bool = False) -> int:
    """Import a collection: a folder with items.csv and the files it names, or a sheet. Again it changes nothing.

    Parameters
    ----------
    source
        The folder or the sheet; docs/content.md describes it.
    dry_run
        Check everything, also the files, and store nothing.
    """
    from wondernest.commands.content import bring
    from wondernest.content.collection import CollectionError
    from wondernest.platform.faults import DependencyUnavailable

    try:
        accepted = bring(_settings_with_database(), source, _print_line, dry_run=dry_run)
    except (CollectionError, DependencyUnavailable) as error:
        _fail(error)
    return 0 if accepted else FAILURE


@content.command
def export(folder: Path, *, provider: str | None = None) -> int:
    """Export items with their files into a new folder, in the form that import reads.

    Parameters
    ----------
    folder
        A folder that is empty or does not exist.
    provider
        Only the items of this maker.
    """
    from wondernest.commands.content import take
    from wondernest.content.collection import CollectionError
    from wondernest.platform.faults import DependencyUnavailable

    try:
        number = take(_settings_with_database(), folder, provider)
    except (CollectionError, DependencyUnavailable, OSError) as error:
        _fail(error)
    _print_line(f"{number} items")
    return 0


@consent.command(name="verify")
def verify_consent(*, family: str | None = None) -> int:
    """Prove that no entry of the consent ledger was changed or deleted; the exit code is 1 if one was.

    Parameters
    ----------
    family
        The id of a family: only its entries.
    """
    from wondernest.commands.consent import verify
    from wondernest.platform.faults import DependencyUnavailable
    from wondernest.platform.ids import parse_uuid

    family_id = None if family is None else parse_uuid(family)
    if family is not None and family_id is None:
        _fail("--family: not the id of a family")
    try:
        return 0 if verify(_settings_with_database(), family_id, _print_line) else FAILURE
    except DependencyUnavailable as error:
        _fail(error)


@events.command
def archive() -> int:
    """Write the events that are old enough to be removed to the file storage, as Parquet. Again it writes what is new."""
    from wondernest.analytics.archive import ArchiveError
    from wondernest.commands.events import keep
    from wondernest.platform.faults import DependencyUnavailable

    try:
        keep(_settings_with_database(), _print_line)
    except (ArchiveError, DependencyUnavailable) as error:
        _fail(error)
    return 0


@events.command
def forget(*children: UUID) -> int:
    """Take children whose events were deleted out of the archive; the files that had their events are written again.

    Parameters
    ----------
    children
        Their ids.
    """
    from wondernest.analytics.archive import ArchiveError
    from wondernest.commands.events import forget
    from wondernest.platform.faults import DependencyUnavailable

    if not children:
        _fail("name the children by their ids")
    try:
        forget(_settings_with_database(), children, _print_line)
    except (ArchiveError, DependencyUnavailable) as error:
        _fail(error)
    return 0


@consent.command(name="refusals")
def show_refusals(*, days: int = 7) -> int:
    """Show requests about children without a parent's consent: those that were refused, or would be with COPPA_GATE=enforce.

    Parameters
    ----------
    days
        How many days, with today.
    """
    from wondernest.commands.refusals import refusals
    from wondernest.platform.faults import DependencyUnavailable

    try:
        refusals(_settings_with_database(), days, _print_line)
    except DependencyUnavailable as error:
        _fail(error)
    return 0


def _decide(decide: Callable[[str, Sequence[str]], list[int]], which: Sequence[str], what: str) -> int:
    import psycopg

    if not which:
        _fail("name the jobs, by id or by name; `wondernest jobs list` shows them")
    try:
        done = decide(_settings_with_database().database.direct, which)
    except psycopg.Error as error:
        _fail(error)
    _print_line(f"{what}: {', '.join(map(str, done)) or 'none'}")
    return 0 if done else FAILURE


def _development(name: str) -> Any:
    """A module of the development package, imported by name because no production module may import that package."""
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


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fail(problem: object, code: int = FAILURE) -> NoReturn:
    lines = "\n".join(" ".join(line.split()) for line in str(problem).splitlines())
    sys.stderr.write(f"wondernest: {lines}\n")
    sys.exit(code)
