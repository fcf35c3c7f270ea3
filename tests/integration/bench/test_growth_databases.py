from __future__ import annotations

import shutil
from types import SimpleNamespace

import psycopg
import pytest

from bench.data_set import FIRST_KEY
from bench.growth import FREE_BYTES, grown_database
from bench.setup import SetupError
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.settings import Games

SAVES = 40


def test_a_database_is_built_once_with_full_histories_of_requested_saves_and_not_on_a_full_disk(
    pg_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=FREE_BYTES))
    with pytest.raises(SetupError, match="15 GB of free disk are needed"):
        grown_database(pg_server, SAVES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * FREE_BYTES))
    url, data = grown_database(pg_server, SAVES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert grown_database(pg_server, SAVES)[0] == url
    assert data.missing(url) == 0
    with psycopg.connect(url) as connection:
        kept = connection.execute(
            """
            select data_key = %s, count(*) from wondernest.save_versions group by child_id, data_key""",
            [FIRST_KEY],
        ).fetchall()
        saves = connection.execute("select count(*) from games.simple_game_data").fetchone()
    assert saves == (SAVES,)
    assert set(kept) == {(True, Games().kept_versions), (False, 1)}
    assert len(kept) == SAVES
