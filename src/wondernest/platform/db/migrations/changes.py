"""Checks `change` blocks: they may only touch our own tables that their header names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wondernest.platform.db.migrations.files import CHANGE, BadMigrationFile, Block, MigrationFile
from wondernest.platform.db.migrations.state import OWN_TABLES, VERSION_SCHEMA

OURS_ELSEWHERE = frozenset({"audio.sessions", "audio.speech_metrics", "core.password_reset_tokens"})
"""Tables of ours outside our schema."""

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUALIFIED = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\.\s*([a-z_][a-z0-9_]*)\b")
_SYSTEM_SCHEMA = re.compile(r"pg_\w+|information_schema")
_SEARCH_PATH = re.compile(r"\bsearch_path\b")


def check_changes(files: Iterable[MigrationFile]) -> None:
    """Raise BadMigrationFile for a change that names a table outside its header's list and our schema, or a change name used twice."""
    blocks = [(file, block) for file in files for block in file.blocks()]
    schemas = {schema for _, block in blocks if (schema := _schema_of(block))} | {"public"}
    seen: set[str] = set()
    for file, block in blocks:
        if block.kind != CHANGE:
            continue
        if block.name in seen:
            raise BadMigrationFile(f"{file.path.name}: {block.key} is there twice")
        seen.add(block.name)
        for problem in _problems(block, schemas):
            raise BadMigrationFile(f"{file.path.name}: {block.key} {problem}")


def _problems(block: Block, schemas: set[str]) -> Iterator[str]:
    for table in block.tables:
        if table in OWN_TABLES or not (table.startswith(f"{VERSION_SCHEMA}.") or table in OURS_ELSEWHERE):
            yield f"is on {table}, which is no table of ours"
    sql = _COMMENT.sub(" ", block.sql).replace('"', "").lower()
    if _SEARCH_PATH.search(sql):
        yield "sets the search path"
    for schema, name in _QUALIFIED.findall(sql):
        table = f"{schema}.{name}"
        if _SYSTEM_SCHEMA.fullmatch(schema) or (schema in schemas - {VERSION_SCHEMA} and table not in block.tables):
            yield f"names {table}, which is not among its tables"
        if table in OWN_TABLES:
            yield f"names {table}, which belongs to the installer"


def _schema_of(block: Block) -> str:
    if block.kind == CHANGE:
        return ""
    return block.name if block.kind == "schema" else block.name.partition(".")[0]
