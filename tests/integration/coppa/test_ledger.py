"""The consent ledger finds out everybody who changes it, its owner too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import register, rows, value
from tests.fixtures.consent import give_consent, withdraw_consent
from tests.fixtures.family import add_child
from wondernest.coppa import ledger as ledger_module
from wondernest.coppa.chain import Entry, Fact, Seals
from wondernest.coppa.ledger import Ledger, Verified
from wondernest.coppa.repository import LedgerRepository
from wondernest.coppa.repository import ledger as ledgers
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import unit_of
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

KEY, OTHER_KEY = "the-key-of-this-installation", "another-key"
NOW = datetime(2026, 11, 26, 12, 0, 0, 123456, tzinfo=UTC)
FAMILY, NEIGHBOUR = UUID(int=7), UUID(int=9)
OWNER = """
    alter table wondernest.consent_ledger disable trigger all; alter table wondernest.consent_heads disable trigger all;
    alter table wondernest.consent_erasures disable trigger all;"""


def fact(entry: Entry = Entry.GRANT, **fields: object) -> Fact:
    known: dict[str, object] = {
        "entry": entry,
        "child_id": UUID(int=1),
        "consent_id": UUID(int=2),
        "actor_id": UUID(int=3),
        "at": NOW,
        "method": "email_plus",
        "notice_version": 1,
        "notice_digest": bytes(32),
        "purposes": ("saves", "analytics"),
    }
    return Fact(**{**known, **fields})  # pyright: ignore[reportArgumentType]


def ledger(key: str = KEY, before: str = "") -> Ledger:
    return Ledger(LedgerRepository(), Seals(key, before), SystemClock(timedelta()))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    pool = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    yield pool
    await pool.close()


async def append(database: Database, family: UUID, facts: Sequence[Fact], key: str = KEY) -> None:
    async with unit_of(database) as unit:
        await ledger(key).append(unit, family, facts)


async def problems(database: Database, family: UUID | None = None, **keys: str) -> list[str]:
    found = [problem async for problem in ledger(**keys).verify(database, Verified(), family)]
    return [problem.removeprefix(f"family {FAMILY}: ") for problem in found]


@pytest.fixture
async def filled(database: Database) -> Database:
    """Two families with five entries each."""
    for family in (FAMILY, NEIGHBOUR):
        await append(database, family, [fact(Entry.REQUEST), fact(Entry.CONFIRM), fact(Entry.GRANT)])
        await append(database, family, [fact(Entry.WITHDRAW)])
        await append(database, family, [fact(Entry.EXPIRE, actor_id=None, method=None, purposes=())])
    return database


async def test_what_was_appended_is_verified(filled: Database) -> None:
    seen = Verified()
    assert [problem async for problem in ledger().verify(filled, seen)] == []
    assert (seen.families, seen.entries) == (2, 10)
    seen = Verified()
    assert [problem async for problem in ledger().verify(filled, seen, FAMILY)] == []
    assert (seen.families, seen.entries) == (1, 5)


@pytest.mark.parametrize(
    "statement",
    [
        "update wondernest.consent_ledger set purposes = '{}'",
        "delete from wondernest.consent_ledger",
        "truncate wondernest.consent_ledger",
        "update wondernest.consent_heads set entries = entries - 1",
        "update wondernest.consent_heads set seal = ''",
        "delete from wondernest.consent_heads",
        "truncate wondernest.consent_heads",
        "truncate wondernest.consent_erasures",
        "update wondernest.consent_ledger set child_id = null, consent_id = null",
        "update wondernest.consent_ledger set child_id = null, purposes = '{}', redacted = '{child_id}', redaction = ''",
        "update wondernest.consent_ledger set actor_id = gen_random_uuid(), redacted = '{actor_id}', redaction = ''",
        "select wondernest.redact_consent_ledger(family_id, number, null, false, '') from wondernest.consent_ledger",
    ],
)
async def test_the_database_refuses_changes_also_to_the_owner(
    filled: Database, database_url: str, statement: str
) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await rows(database_url, statement)
    assert await problems(filled) == []


LAST = f"family_id = '{FAMILY}' and number = 5"
FIRST = f"family_id = '{FAMILY}' and number = 1"
MIDDLE = f"family_id = '{FAMILY}' and number = 3"
OF_FAMILY = f"family_id = '{FAMILY}'"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"update wondernest.consent_ledger set purposes = '{{saves}}' where {MIDDLE}", ["entry 3 is not what was written"]),
        (f"update wondernest.consent_ledger set actor_id = null where {FIRST}", ["entry 1 is not what was written"]),
        (f"update wondernest.consent_ledger set at = at + interval '1 microsecond' where {LAST}", ["entry 5 is not what was written"]),
        (
            f"update wondernest.consent_ledger set digest = sha256('x') where {MIDDLE}",
            ["entry 3 is not what was written", "entry 4 is not what was written"],
        ),
        (f"delete from wondernest.consent_ledger where {MIDDLE}", ["entries 3 to 3 are missing"]),
        (f"delete from wondernest.consent_ledger where {LAST}", ["entries 5 to 5 are missing at the end"]),
        (f"delete from wondernest.consent_ledger where {OF_FAMILY}", ["entries 1 to 5 are missing at the end"]),
        (f"delete from wondernest.consent_heads where {OF_FAMILY}", ["it has no head"]),
        (
            (f"delete from wondernest.consent_ledger where {LAST};"
            " update wondernest.consent_heads head set entries = 4, digest = line.digest from wondernest.consent_ledger line"
            f" where line.family_id = head.family_id and line.number = 4 and head.{OF_FAMILY}"),
            ["the seal of its head is not by a key of this service"],
        ),
        (
            ("insert into wondernest.consent_ledger select family_id, 6, child_id, consent_id, 'grant', actor_id, at, method,"
            f" reference, notice_version, notice_digest, purposes, digest from wondernest.consent_ledger where {LAST}"),
            ["entry 6 is not what was written", "its head ends at entry 5, but there are 6"],
        ),
        (
            (f"insert into wondernest.consent_erasures select sha256(uuid_send(family_id)), 5, now(), seal from"
            f" wondernest.consent_heads where {OF_FAMILY}; delete from wondernest.consent_ledger where {OF_FAMILY};"
            f" delete from wondernest.consent_heads where {OF_FAMILY}"),
            ["the receipt {} of an erasure is not by a key of this service"],
        ),
    ],
)  # fmt: skip
async def test_what_the_owner_changes_is_found(
    filled: Database, database_url: str, statement: str, found: list[str]
) -> None:
    await rows_of_script(database_url, OWNER + statement)
    receipt = await value(database_url, "select encode(sha256(uuid_send($1)), 'hex')", FAMILY)
    assert await problems(filled) == [text.replace("{}", receipt) for text in found]
    assert await problems(filled, NEIGHBOUR) == []


async def redact(database: Database, *, children: Sequence[UUID] = (), adults: Sequence[UUID] = ()) -> int:
    number = 0
    for family in await ledger().families_naming(database, children, adults):
        whole = False
        while not whole:
            async with unit_of(database) as unit:
                redacted, whole = await ledger().redact(unit, family, children, adults)
            number += redacted
    return number


CHILD, SIBLING, PARENT, OTHER_PARENT = UUID(int=1), UUID(int=11), UUID(int=3), UUID(int=13)
NAMES_SOMEBODY = "select consent_ledger::text from wondernest.consent_ledger"


@pytest.fixture
async def shared(database: Database) -> Database:
    """A family of two children and two parents, one of whom is verified by a reference."""
    of_sibling = {"child_id": SIBLING, "consent_id": UUID(int=12), "actor_id": OTHER_PARENT}
    verified = {"reference": "v-7"}
    facts = [
        *(fact(entry, **verified) for entry in (Entry.REQUEST, Entry.CONFIRM, Entry.GRANT)),
        *(fact(entry, **of_sibling) for entry in (Entry.REQUEST, Entry.CONFIRM, Entry.GRANT)),
        fact(Entry.EXPIRE, actor_id=None, **verified),
    ]
    await append(database, FAMILY, facts)
    return database


async def test_entries_of_an_erased_child_stay_as_a_proof_that_names_it_no_more(
    shared: Database, database_url: str
) -> None:
    assert await redact(shared, children=[CHILD]) == 4
    assert await redact(shared, children=[CHILD]) == 0
    text = str(await rows(database_url, NAMES_SOMEBODY))
    assert str(CHILD) not in text
    assert str(UUID(int=2)) not in text
    assert "v-7" not in text
    assert text.count(str(SIBLING)) == 3
    assert text.count(str(PARENT)) == 3
    await append(shared, FAMILY, [fact(Entry.WITHDRAW, child_id=SIBLING, actor_id=OTHER_PARENT)])
    assert await problems(shared) == []
    assert await problems(shared, key=OTHER_KEY, before=KEY) == []


async def test_entries_of_a_parent_who_left_keep_the_child_and_lose_what_verifiers_call_the_parent(
    shared: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "_NAMING", ledgers._NAMING.replace("limit 200", "limit 2"))
    monkeypatch.setattr(ledger_module, "REDACTED_AT_ONCE", 2)
    assert await redact(shared, adults=[PARENT]) == 4
    text = str(await rows(database_url, NAMES_SOMEBODY))
    assert str(PARENT) not in text
    assert "v-7" not in text
    assert text.count(str(CHILD)) == 4
    assert await problems(shared) == []
    assert await redact(shared, children=[CHILD]) == 4, "an entry can be redacted for one after the other"
    assert await problems(shared) == []


REDACTED = "entry 3 was redacted, or changed after that, without a key of this service"
FORGED = f"select wondernest.redact_consent_ledger('{FAMILY}', 3, '{{actor_id,child_id,consent_id,reference}}', false, sha256('x'))"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"update wondernest.consent_ledger set purposes = '{{saves}}' where {MIDDLE}", [REDACTED]),
        (f"update wondernest.consent_ledger set method = 'card' where {MIDDLE}", [REDACTED]),
        (f"update wondernest.consent_ledger set child_id = gen_random_uuid() where {MIDDLE}", [REDACTED]),
        (f"update wondernest.consent_ledger set redacted = redacted || '{{actor_id}}', actor_id = null where {MIDDLE}", [REDACTED]),
        (f"update wondernest.consent_ledger set digest = sha256('x') where {MIDDLE}", [REDACTED, "entry 4 is not what was written"]),
        (f"delete from wondernest.consent_ledger where {MIDDLE}", ["entries 3 to 3 are missing"]),
        (FORGED, [REDACTED]),
    ],
)  # fmt: skip
async def test_what_the_owner_changes_in_a_redacted_entry_is_found(
    shared: Database, database_url: str, statement: str, found: list[str]
) -> None:
    await redact(shared, children=[CHILD])
    await rows_of_script(database_url, OWNER + statement)
    assert await problems(shared) == found
    await redact(shared, adults=[PARENT])
    assert await problems(shared), "redacting again makes nothing good"


async def test_a_redaction_without_the_key_is_found(filled: Database, database_url: str) -> None:
    await rows_of_script(database_url, FORGED)
    assert await problems(filled) == [REDACTED]


async def test_redacting_an_entry_that_was_changed_before_does_not_hide_that(
    shared: Database, database_url: str
) -> None:
    await rows_of_script(database_url, OWNER + f"update wondernest.consent_ledger set purposes = '{{}}' where {MIDDLE}")
    await redact(shared, children=[CHILD])
    assert await problems(shared) == ["entry 3 was not what was written when it was redacted"]
    assert str(CHILD) not in str(await rows(database_url, NAMES_SOMEBODY)), "it is erased all the same"


async def rows_of_script(database_url: str, script: str) -> None:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def test_a_head_that_was_changed_is_not_sealed_again_by_the_next_entry(
    filled: Database, database_url: str
) -> None:
    await rows_of_script(
        database_url,
        OWNER + f"delete from wondernest.consent_ledger where {LAST};"
        " update wondernest.consent_heads head set entries = 4, digest = line.digest from wondernest.consent_ledger line"
        f" where line.family_id = head.family_id and line.number = 4 and head.{OF_FAMILY}",
    )
    for _ in range(2):
        await append(filled, FAMILY, [fact(Entry.WITHDRAW)])
    assert await problems(filled) == ["the seal of its head was wrong when entry 5 was written"]


async def test_a_consent_in_force_that_the_ledger_does_not_know_is_found(filled: Database, database_url: str) -> None:
    consent_id = uuid4()
    await rows(
        database_url,
        """insert into wondernest.consents (family_id, id, child_id, parent_id, standing, reason, consent_type, permissions,
                  method, notice_version, notice_language, notice_digest, requested_at, ends_at)
           values ($1, $2, $2, $2, 'granted', 'asked', 'full', '{}', 'email_plus', 1, 'en', '', now(), now())""",
        FAMILY,
        consent_id,
    )
    assert await problems(filled) == [f"the ledger has no entry for the consent {consent_id}"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("select", []),
        ("update wondernest.consents set child_id = gen_random_uuid()", ["consent"]),
        ("update wondernest.consents set method = 'card'", ["consent"]),
        ("update wondernest.consents set notice_digest = 'x'", ["consent"]),
        ("update wondernest.consents set ends_at = ends_at + interval '3 days'", ["consent"]),
        ("update wondernest.consents set permissions = permissions || '{\"analytics\": true}'", ["permissions"]),
        ("update wondernest.consents set notice_version = 9", ["consent"]),
        ("update wondernest.consent_gates set purposes = purposes || '{analytics}'", ["gate"]),
        ("update wondernest.consent_gates set in_force_until = in_force_until + interval '3 days'", ["gate"]),
        ("update wondernest.consent_gates set consent_id = gen_random_uuid()", ["gate"]),
        ("update wondernest.consent_gates set in_force_until = now() - interval '1 day'", []),
        ("withdrawn", ["gate"]),
    ],
)
async def test_what_is_in_force_beyond_what_the_ledger_says_is_found(
    app_client: httpx2.AsyncClient, database: Database, database_url: str, change: str, found: list[str]
) -> None:
    parent = await register(app_client)
    child = UUID((await add_child(app_client, parent))["id"])
    await give_consent(app_client, parent.bearer, str(child), {"dataCollection": True})
    consent, family = (await rows(database_url, "select id, family_id from wondernest.consents"))[0]
    if change == "withdrawn":
        keep = "create table kept as select * from wondernest.consent_gates"
        await rows(database_url, keep)
        await withdraw_consent(app_client, parent.bearer, str(child))
        change = "delete from wondernest.consent_gates; insert into wondernest.consent_gates select * from kept"
    await rows_of_script(database_url, change)
    said = {
        "consent": f"family {family}: the ledger has no entry for the consent {consent}",
        "permissions": f"family {family}: the consent {consent} permits more than the ledger says",
        "gate": f"family {family}: more is permitted for the child {child} than the ledger says",
    }
    assert await problems(database, key=TEST_SECRET) == [said[one] for one in found]


async def test_another_key_and_a_key_that_was_replaced(filled: Database) -> None:
    wrong = "the seal of its head is not by a key of this service"
    assert await problems(filled, FAMILY, key=OTHER_KEY) == [wrong]
    assert await problems(filled, FAMILY, key=OTHER_KEY, before=KEY) == []


async def test_entries_of_a_family_that_are_written_at_once_are_one_chain(database: Database) -> None:
    await asyncio.gather(*(append(database, FAMILY, [fact(), fact()]) for _ in range(8)))
    seen = Verified()
    assert [problem async for problem in ledger().verify(database, seen)] == []
    assert seen.entries == 16


async def test_the_ledger_of_a_family_can_be_erased_and_leaves_a_receipt(filled: Database, database_url: str) -> None:
    async with unit_of(filled) as unit:
        assert await ledger().erase(unit, FAMILY) == 5
    for family in (FAMILY, uuid4()):
        async with unit_of(filled) as unit:
            assert await ledger().erase(unit, family) == 0, "again, or a family without entries: no other receipt"
    seen = Verified()
    assert [problem async for problem in ledger().verify(filled, seen)] == []
    assert (seen.families, seen.receipts) == (1, 1)
    stored = await value(database_url, "select consent_erasures::text from wondernest.consent_erasures")
    assert str(FAMILY) not in stored
    assert await value(database_url, "select count(*) from wondernest.consent_ledger where family_id = $1", FAMILY) == 0


async def test_a_rolled_back_entry_was_never_written(filled: Database) -> None:
    with pytest.raises(RuntimeError):
        await fail(filled)
    assert await problems(filled) == []


async def fail(database: Database) -> None:
    async with unit_of(database) as unit:
        await ledger().append(unit, FAMILY, [fact()])
        raise RuntimeError
