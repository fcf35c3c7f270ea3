"""C-08: no column of the database has a place for biometric data or identifiers that governments give (16 CFR 312.2)."""

from __future__ import annotations

import re

import psycopg
import pytest

FORBIDDEN = re.compile(
    r"(?:^|_)(?:biometrics?|faces?|facial|faceprint|voiceprint|voices?|iris|retina|gait|dna|genetic|handprint|fingerprints?|"
    r"ssn|social_security|passport|national_id|government_id|identity_card|driving_licence|drivers?_licen[cs]e|tax_id|birth_certificate)(?:_|$)"
)
NOT_OF_A_BODY = {
    "wondernest.event_identities.fingerprint": "a hash of an event",
    "web_admin.admin_sessions.device_fingerprint": "an operator's device, of an earlier backend",
    "web_sessions.parent_web_sessions.browser_fingerprint": "a parent's browser, of an earlier backend",
}
COLUMNS = """
    select n.nspname || '.' || c.relname || '.' || a.attname, a.attname
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"""


def test_c_08_no_column_can_hold_biometric_or_government_identifiers(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        columns = connection.execute(COLUMNS).fetchall()
    assert len(columns) > 500
    found = {full for full, name in columns if FORBIDDEN.search(name)}
    assert found == set(NOT_OF_A_BODY)


@pytest.mark.parametrize("name", ["face_id", "ssn", "parent_passport", "voiceprint", "government_id_number"])
def test_the_search_finds_such_names(name: str) -> None:
    assert FORBIDDEN.search(name)


@pytest.mark.parametrize("name", ["interface", "surface", "virus", "assign", "lesson"])
def test_the_search_passes_other_names(name: str) -> None:
    assert not FORBIDDEN.search(name)
