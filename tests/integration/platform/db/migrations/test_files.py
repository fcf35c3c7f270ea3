"""How the numbered SQL files are read."""

from pathlib import Path

import pytest

from wondernest.platform.db.migrations.changes import check_changes
from wondernest.platform.db.migrations.files import CHANGE, BadMigrationFile, MigrationFile, migration_files


def written(folder: Path, text: str) -> MigrationFile:
    path = folder / "0001_test.sql"
    path.write_text(text, encoding="utf-8")
    return MigrationFile("0001", path)


def test_a_block_reaches_to_the_next_header(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "-- About.\n\n-- @table a.b\n-- Why.\ncreate table a.b ();\nselect 1;\n-- @function a.f(uuid, character varying)\nx;\n",
    )
    table, function = file.blocks()
    assert (table.key, table.statements) == ("table a.b", "create table a.b ();\nselect 1;")
    assert (function.key, function.statements) == ("function a.f(uuid, character varying)", "x;")


def test_a_header_may_narrow_its_block(tmp_path: Path) -> None:
    file = written(tmp_path, "-- @table a.b [new database]\nx;\n-- @column a.b.c [owner]\ny;\n")
    assert [(block.name, block.only) for block in file.blocks()] == [("a.b", "new database"), ("a.b.c", "owner")]


@pytest.mark.parametrize("text", ["create table a.b ();\n", "select 1;\n-- @table a.b\nx;\n", ""])
def test_a_statement_outside_a_block_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadMigrationFile, match="0001_test"):
        written(tmp_path, text).blocks()


def test_numbers_have_no_gap() -> None:
    numbers = [int(file.number) for file in migration_files()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("word", ["drop ", "truncate ", "or replace", "if not exists"])
def test_no_existing_object_is_dropped_or_replaced(word: str) -> None:
    blocks = [block for file in migration_files() for block in file.blocks()]
    statements = [block.statements for block in blocks if block.kind != CHANGE]
    assert not [text for text in statements if word in text]


def test_changes_touch_tables_of_ours_only() -> None:
    check_changes(migration_files())
