"""The watch over the run's logs sees what it must, and is not alarmed by what a service may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.log_watch import faults

HARMLESS = """
{"timestamp":"2026-05-01T10:00:00Z","level":"info","logger":"wondernest.request","message":"request","request_id":"a-1",
"method":"POST","path":"/api/v1/auth/parent/verify-pin","status":401,"duration_ms":1.25,"user_id":"5f0c2a44-9c3e-4a43"}
{"level":"error","message":"database unavailable","error":"ConnectionRefusedError","address":"wondernest@127.0.0.1"}
{"level":"warning","message":"JWT_SECRET must be set; no token is taken; pinned, tokens pruned"}
"""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"message":"Key (email)=(parent7@example.com) already exists"}', "an address"),
        ('{"path":"/api?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI1In0.c2lnbmF0dXJl"}', "a token"),
        ('{"message":"parent_mode_0123456789abcdef"}', "a token"),
        ('{"message":"tried Sunflower7"}', "a password"),
        ('{"child":"Zoe"}', "a name"),
        ('{"message":"{\\"pin\\":\\"2580\\"}"}', "a secret field"),
        ("newPassword=never-seen-before", "a secret field"),
    ],
)
def test_each_kind_of_personal_thing_is_seen_in_a_log(
    tmp_path_factory: pytest.TempPathFactory, line: str, kind: str
) -> None:
    folder: Path = tmp_path_factory.mktemp("service")  # not the test's own folder, which is watched itself
    (folder / "deeper").mkdir()
    (folder / "deeper" / "serve.log").write_text(HARMLESS + line)
    assert [fault.partition(":")[0] for fault in faults(folder)] == [f"serve.log tells {kind}"]


def test_what_a_service_may_say_alarms_nobody(tmp_path: Path) -> None:
    (tmp_path / "serve.log").write_text(HARMLESS)
    assert faults(tmp_path) == []
