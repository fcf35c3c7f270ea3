"""The queue's tables are those of the pinned library, and an enqueued job has the columns that the library would write."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any, Final

import asyncpg
from pgqueuer.adapters.persistence.schema_ddl import render_install

from wondernest.platform.db.migrations.files import migration_files
from wondernest.platform.jobs.library import QueueDatabase, library_settings, queries_over
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

PINNED: Final = "1.6.0"
OURS: Final = {
    "function wondernest.enqueue_job(text, jsonb, text)",
    "table wondernest.job_processes",
    "index wondernest.idx_event_identities_created",
}
"""Parts of the file that are not the library's."""


def statements(sql: str) -> set[str]:
    """The set of statements in a text, without comments."""
    without_comments = re.sub(r"^--.*$", "", sql, flags=re.MULTILINE)
    return {
        statement.strip()
        for statement in re.split(r";\n(?=\s*CREATE|\s*\Z)", without_comments + "\n")
        if statement.strip()
    }


def test_our_migration_is_the_schema_of_the_pinned_library() -> None:
    """After an upgrade of the library: print the new schema as here, and add the difference as a `change` block."""
    assert version("pgqueuer") == PINNED
    (file,) = (file for file in migration_files() if file.name == "0013_jobs")
    theirs = "\n".join(block.sql for block in file.blocks() if block.key not in OURS)
    assert statements(theirs) == statements(render_install(library_settings(), create_schema=False))


async def test_an_enqueued_job_has_the_columns_that_the_library_would_give_it(
    make_settings: Any, database_url: str
) -> None:
    settings: Settings = make_settings()
    database = QueueDatabase(settings.database, Metrics())
    await queries_over(database).enqueue("a.job", b'{"user": null}', dedupe_key="one")
    await database.fetchval("select wondernest.enqueue_job('a.job', '{\"user\": null}', 'two')")
    await database.close()
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    jobs = await connection.fetch("select * from wondernest.jobs order by id")
    logged = await connection.fetch("select * from wondernest.job_log order by id")
    await connection.close()
    for rows, own in ((jobs, {"id", "dedupe_key", "headers"}), (logged, {"id", "job_id"})):
        theirs, ours = ({name: type(value) for name, value in row.items() if name not in own} for row in rows)
        assert theirs == ours
        kept = ("status", "priority", "entrypoint", "payload", "attempts", "traceback")
        of_theirs, of_ours = ([row.get(name) for name in kept] for row in rows)
        assert of_theirs == of_ours
