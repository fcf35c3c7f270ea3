"""The embedded Valkey keeps its data when durable, and recovers from files it cannot read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from wondernest.development.embedded.valkey import EmbeddedValkey


@pytest.fixture
def place(server_folder: Path) -> Iterator[Path]:
    folder = server_folder / "valkey-place"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_it_answers_only_with_its_password(valkey_server: EmbeddedValkey) -> None:
    with redis.from_url(valkey_server.url()) as client:
        assert client.ping()
    with redis.Redis(port=valkey_server.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_durable_one_keeps_data_over_a_stop(place: Path) -> None:
    with EmbeddedValkey(place) as server, redis.from_url(server.url()) as client:
        client.set("what", "kept")
    with EmbeddedValkey(place) as server, redis.from_url(server.url()) as client:
        assert client.get("what") == b"kept"


def test_an_unreadable_snapshot_is_moved_aside(place: Path) -> None:
    with EmbeddedValkey(place):
        pass
    (place / "data" / "dump.rdb").write_bytes(b"REDIS0011 this is no snapshot")
    with EmbeddedValkey(place) as server, redis.from_url(server.url()) as client:
        assert client.ping()
    assert list((place / "data").glob("dump.rdb.unusable-*"))


def test_after_a_crash_it_starts_again_at_the_same_address(own_valkey_server: EmbeddedValkey) -> None:
    address = own_valkey_server.url()
    own_valkey_server.kill()
    own_valkey_server.start()
    assert own_valkey_server.url() == address
    with redis.from_url(address) as client:
        assert client.ping()


def test_a_server_left_running_by_a_dead_run_is_stopped_first(place: Path) -> None:
    left = EmbeddedValkey(place)
    left.start()
    left._lock.release()  # as the kernel does when the process that holds it is killed
    with EmbeddedValkey(place) as server:
        assert server.pid != left.pid
    assert left._running().wait() == 0
