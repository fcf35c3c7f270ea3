"""`wondernest openapi`: the same text every time, and an outdated copy is detected."""

from __future__ import annotations

from pathlib import Path

import msgspec

from wondernest.commands.openapi import COMMITTED, check, document


def test_its_output_is_the_same_every_time_in_every_dialect() -> None:
    assert document("yaml", "3.1") == document("yaml", "3.1")
    assert msgspec.json.decode(document("json", "3.0"))["openapi"].startswith("3.0.")
    assert msgspec.json.decode(document("json", "3.1"))["openapi"].startswith("3.1.")


def test_an_outdated_committed_copy_is_detected(tmp_path: Path) -> None:
    copy = tmp_path / COMMITTED
    copy.parent.mkdir()
    said: list[str] = []
    assert not check(tmp_path, said.append)
    copy.write_bytes(document("yaml", "3.1"))
    assert check(tmp_path, said.append)
    copy.write_bytes(copy.read_bytes().replace(b"openapi: 3.1", b"openapi: 3.2"))
    said.clear()
    assert not check(tmp_path, said.append)
    assert "-openapi: 3.2.0" in said
    assert "+openapi: 3.1.0" in said
