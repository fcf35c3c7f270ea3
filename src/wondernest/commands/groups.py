"""The commands that have commands of their own: jobs, content, privacy, events, consent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from cyclopts import App

from wondernest.commands.terminal import FAILURE, effective_settings, fail, print_line, settings_with_database

jobs = App(name="jobs", help="List background jobs; retry or drop dead ones.")
content = App(name="content", help="Import or export the items of the content library.")
privacy = App(name="privacy", help="Show which personal data is stored; erase again after a restore.")
events = App(name="events", help="Archive old events; take erased children out of the archive.")
consent = App(name="consent", help="Show what parents' consent decides; verify its ledger.")
GROUPS: Final = (jobs, content, privacy, events, consent)


@privacy.default
def list_personal_data() -> int:
    """Print the privacy catalogue as JSON: which personal data is stored, where, why and for how long."""
    import msgspec

    from wondernest.app import create_app
    from wondernest.privacy.catalogue import catalogue

    entries = list(catalogue(create_app(effective_settings()).rooms))
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
        return 0 if check_map(Path.cwd(), print_line) else FAILURE
    write_map(Path.cwd())
    return 0


@privacy.command
def reapply() -> int:
    """Erase again whom a restored backup has brought back, by the log of erasures. Run it before anybody is served."""
    from wondernest.commands.privacy import erase_again
    from wondernest.platform.faults import DependencyUnavailable

    try:
        people = erase_again(settings_with_database())
    except DependencyUnavailable as error:
        fail(error)
    found = ", ".join(f"{number} of the kind {kind}" for kind, number in sorted(people.items()))
    print_line(f"erased again: {found or 'nobody'}")
    return 0


@jobs.command(name="list")
def list_jobs() -> int:
    """List waiting, running and dead jobs, with attempts, age and the last error."""
    import psycopg

    from wondernest.commands.jobs import listing

    try:
        for line in listing(settings_with_database().database.direct):
            print_line(line)
    except psycopg.Error as error:
        fail(error)
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
        accepted = bring(settings_with_database(), source, print_line, dry_run=dry_run)
    except (CollectionError, DependencyUnavailable) as error:
        fail(error)
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
        number = take(settings_with_database(), folder, provider)
    except (CollectionError, DependencyUnavailable, OSError) as error:
        fail(error)
    print_line(f"{number} items")
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
        fail("--family: not the id of a family")
    try:
        return 0 if verify(settings_with_database(), family_id, print_line) else FAILURE
    except DependencyUnavailable as error:
        fail(error)


@events.command
def archive() -> int:
    """Write the events that are old enough to be removed to the file storage, as Parquet. Again it writes what is new."""
    from wondernest.analytics.archive import ArchiveError
    from wondernest.commands.events import keep
    from wondernest.platform.faults import DependencyUnavailable

    try:
        keep(settings_with_database(), print_line)
    except (ArchiveError, DependencyUnavailable) as error:
        fail(error)
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
        fail("name the children by their ids")
    try:
        forget(settings_with_database(), children, print_line)
    except (ArchiveError, DependencyUnavailable) as error:
        fail(error)
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
        refusals(settings_with_database(), days, print_line)
    except DependencyUnavailable as error:
        fail(error)
    return 0


def _decide(decide: Callable[[str, Sequence[str]], list[int]], which: Sequence[str], what: str) -> int:
    import psycopg

    if not which:
        fail("name the jobs, by id or by name; `wondernest jobs list` shows them")
    try:
        done = decide(settings_with_database().database.direct, which)
    except psycopg.Error as error:
        fail(error)
    print_line(f"{what}: {', '.join(map(str, done)) or 'none'}")
    return 0 if done else FAILURE
