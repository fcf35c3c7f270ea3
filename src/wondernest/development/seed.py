"""`wondernest seed`: the demo family. Development only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import bcrypt
import psycopg

from wondernest.access.consent import Purpose
from wondernest.coppa.chain import START, Entry, Fact, Head, Seals, linked
from wondernest.coppa.methods import AUTOMATIC
from wondernest.settings import CLIENTS_CHILD, Settings, SettingsError

DEMO_EMAIL: Final = "demo@wondernest.dev"
DEMO_PASSWORD: Final = "Sunny-Day-7"  # noqa: S105 - printed on purpose, and never set outside development
SECOND_CHILD: Final = "8f6d2c1e-5b7a-4e0d-9a43-2d61c7b0f5aa"
CONNECT_TIMEOUT_S: Final = 10
_PERMIT: Final = """
    with missing as (
        select c.id, c.family_id, gen_random_uuid() as consent_id from family.child_profiles c
         where c.id = %(child)s and not exists (select from wondernest.consent_gates gate where gate.child_id = c.id)),
    shown as (
        insert into compliance.coppa_consent (id, family_id, child_id, parent_id, consent_type, granted)
        select consent_id, family_id, id, %(parent)s, 'full', true from missing)
    insert into wondernest.consent_gates (child_id, purposes, in_force_until, consent_id, updated_at)
    select id, %(purposes)s, now() + interval '1 year', consent_id, now() from missing"""
"""The demo parent consents to everything, once: what is withdrawn stays so."""
_UNWRITTEN: Final = """
    select gate.child_id, gate.consent_id, gate.purposes::text[] from wondernest.consent_gates gate
     where gate.child_id = any (%s) and gate.consent_id is not null
       and not exists (select from wondernest.consent_ledger entry where entry.child_id = gate.child_id)
     order by gate.child_id"""
_HEAD: Final = """
    select family_id, entries, digest, doubted, seal from wondernest.consent_heads where family_id = %s for update"""
_ENTRY: Final = """
    insert into wondernest.consent_ledger (family_id, number, child_id, consent_id, entry, actor_id, at, method, purposes, digest)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_SEAL: Final = """
    insert into wondernest.consent_heads (family_id, entries, digest, doubted, seal) values (%s, %s, %s, %s, %s)
        on conflict (family_id) do update set entries = excluded.entries, digest = excluded.digest, seal = excluded.seal"""

_CHILDREN: Final = (
    (CLIENTS_CHILD, "Mia", "2020-04-12", ["dinosaurs", "drawing"]),
    (SECOND_CHILD, "Leo", "2017-09-30", ["space", "music"]),
)


def seed(settings: Settings) -> None:
    """Make sure the demo family exists and its password is the printed one; raises SettingsError outside development."""
    if not settings.app.development:
        raise SettingsError(f"APP_ENV: demo data is for development, this is {settings.app.environment}")
    with psycopg.connect(settings.database.direct, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        parent = _parent(connection, settings.auth.bcrypt_cost)
        family = _family(connection, parent)
        for child, name, birth_date, interests in _CHILDREN:
            connection.execute(
                "insert into family.child_profiles (id, family_id, name, birth_date) values (%s, %s, %s, %s)"
                " on conflict (id) do nothing",
                (child, family, name, birth_date),
            )
            connection.execute(
                "insert into wondernest.child_details (child_id, interests) values (%s, %s) on conflict do nothing",
                (child, interests),
            )
            connection.execute(
                _PERMIT, {"child": child, "parent": parent, "purposes": [part.value for part in Purpose]}
            )
        seals = Seals(settings.consent.ledger_key or settings.jwt.secret, settings.consent.ledger_key_before)
        _write_down(connection, family, parent, seals)


def _write_down(connection: psycopg.Connection, family: UUID, parent: UUID, seals: Seals) -> None:
    """Write the demo parent's consents to the ledger, as every other consent is: else its verification reports them."""
    now = datetime.now(UTC)
    facts = [
        Fact(
            entry=Entry.GRANT,
            child_id=child,
            consent_id=consent,
            actor_id=parent,
            at=now,
            method=AUTOMATIC,
            purposes=tuple(purposes),
        )
        for child, consent, purposes in connection.execute(_UNWRITTEN, [[child for child, *_ in _CHILDREN]])
    ]
    if not facts:
        return
    known = connection.execute(_HEAD, [family]).fetchone()
    head = Head(family, 0, START, None, b"") if known is None else Head(*known)
    for line in linked(head, facts):
        fact = line.fact
        entry = [fact.child_id, fact.consent_id, fact.entry.value, fact.actor_id, fact.at, fact.method]
        connection.execute(_ENTRY, [family, line.number, *entry, sorted(fact.purposes), line.digest])
        head = seals.head(family, line.number, line.digest, head.doubted)
    connection.execute(_SEAL, [head.family_id, head.entries, head.digest, head.doubted, head.seal])


def _parent(connection: psycopg.Connection, cost: int) -> Any:
    found = connection.execute(
        "select id, password_hash from core.users where email = %s for update", [DEMO_EMAIL]
    ).fetchone()
    if found is not None and bcrypt.checkpw(DEMO_PASSWORD.encode(), found[1].encode()):
        return found[0]
    digest = bcrypt.hashpw(DEMO_PASSWORD.encode(), bcrypt.gensalt(cost)).decode()
    return _only(
        connection.execute(
            "insert into core.users (email, password_hash, first_name, last_name, email_verified, role)"
            " values (%s, %s, 'Demo', 'Parent', true, 'parent')"
            " on conflict (email) do update set password_hash = excluded.password_hash returning id",
            [DEMO_EMAIL, digest],
        )
    )


def _family(connection: psycopg.Connection, parent: Any) -> Any:
    found = connection.execute(
        "select family_id from family.family_members where user_id = %s order by joined_at limit 1", [parent]
    ).fetchone()
    if found is not None:
        return found[0]
    family = _only(
        connection.execute(
            "insert into family.families (name, created_by) values ('Demo Family', %s) returning id", [parent]
        )
    )
    connection.execute(
        "insert into family.family_members (family_id, user_id, role) values (%s, %s, 'parent')", [family, parent]
    )
    connection.execute("update core.users set family_id = %s where id = %s", [family, parent])
    return family


def _only(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]
