"""`wondernest consent verify`: says what is wrong, and its exit code says whether something is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import psycopg

from tests.fixtures.application import TEST_ENVIRONMENT
from tests.fixtures.family import register_with_child
from tests.fixtures.trail import recorded

GRANT = {"consentType": "full", "permissions": {"dataCollection": True}, "verificationMethod": "credit_card"}


def verify(folder: Path, database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "wondernest", "consent", "verify", *arguments],
        cwd=folder,
        env={"PATH": os.defpath, **TEST_ENVIRONMENT, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_a_ledger_of_real_consents_is_good_until_somebody_changes_it(
    app_client: httpx2.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    parent, child_id = await register_with_child(app_client)
    answer = await app_client.post(
        "/api/v1/coppa/consent", json={"childId": str(child_id), **GRANT}, headers=parent.bearer
    )
    assert answer.status_code == 201
    good = verify(tmp_path, database_url)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout == "1 families, 3 entries, 0 redacted, 0 erasures, 0 problems\n"
    with psycopg.connect(database_url) as owner:
        (family,) = owner.execute("select family_id from wondernest.consent_heads").fetchone() or ("",)
        owner.execute("select wondernest.redact_consent_ledger(%s, 1, '{child_id,consent_id}', false, '')", [family])
        owner.execute("alter table wondernest.consent_ledger disable trigger all")
        owner.execute("delete from wondernest.consent_ledger where number = 3")
    bad = verify(tmp_path, database_url, "--family", str(family))
    assert bad.returncode == 1
    assert f"family {family}: entries 3 to 3 are missing at the end\n" in bad.stdout
    assert f"family {family}: entry 1 was redacted, or changed after that, without a key" in bad.stdout
    known = await recorded(database_url, child_id)
    assert known == {"adult:consent": 1, "operator:consent_check": 2}, "of all families, and of this one"


def test_a_text_that_is_no_id_of_a_family_is_refused(tmp_path: Path) -> None:
    refused = verify(tmp_path, "postgresql://nobody@127.0.0.1:1/none", "--family", "mine")
    assert (refused.returncode, refused.stderr) == (1, "wondernest: --family: not the id of a family\n")
