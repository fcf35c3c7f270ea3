"""C-06: every stored identifier of a device, a session or a client names the one operation that it is for (16 CFR 312.2, 312.5(c)(7)).

Found in the migrated database by the names and types of columns; what each is for is declared beside the other personal data.
"""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import pytest

import wondernest
from tests.fixtures.application import declared
from tests.integration.platform.rooms.test_sums import columns
from wondernest.access.law import INTERNAL_OPERATIONS, ParentalGround
from wondernest.access.people import CHILD
from wondernest.platform.personal_data import GeneralGround, Ground, Holding, Operation, Store
from wondernest.platform.telemetry.logs import RequestLog
from wondernest.platform.telemetry.stdout import StdoutWriter

SOURCE: Final = Path(wondernest.__file__).parent
IDENTIFIES: Final = re.compile(
    r"(?:^|_)(?:token|session|device|install|installation|ip|network|addr|mac|agent|browser|client|visitor|cookie|fingerprint|digest|hash|"
    r"proof|seal|secret|salt|nonce|subject|sub|push|fcm|apns|idfa|gaid|advertising|serial|transaction|event|request|idempotency|dedupe|"
    r"correlation|trace|reference|named_as|replaced_by)"
    r"(?:_(?:id|ids|ref|info|hash|token|key|address|agent|name|secret|fingerprint|number|by|as))*$|^key$"
)
IDENTIFIER_TYPES: Final = ("inet", "cidr", "macaddr", "macaddr8", "bytea")
"""Types whose values recognise something, whatever the column is called: addresses and hashes."""
NO_TYPES: Final = re.compile(r"^(?:boolean|integer|smallint|numeric|double precision|date|timestamp.*)$")
"""Counts, moments, yes and no."""
NO_IDENTIFIER: Final = {
    "content.file_references.reference_id": "a save that shows a file",
    "content_workflow.content_assets.file_hash": "of a file of the installation",
    "core.database_info.key": "a name of a value",
    "public.ai_image_analysis_cache.file_hash": "of a picture's content",
    "wondernest.consent_ledger.notice_digest": "of a notice, the same for everybody",
    "wondernest.consents.notice_digest": "of a notice, the same for everybody",
    "wondernest.export_parts.record": "places, names and checksums of what an export has so far",
    "wondernest.idempotency_keys.body": "a kept reply",
    "wondernest.idempotency_keys.request_hash": "of what a request says, not of who sends it",
    "wondernest.jobs.payload": "ids of rows",
}
GROUNDS_OF: Final[dict[Operation, set[Ground]]] = {
    Operation.AUTHENTICATE: {
        GeneralGround.CONTRACT,
        GeneralGround.SECURITY,
        GeneralGround.ACCOUNTABILITY,
        ParentalGround.ASKING,
    },
    Operation.SESSIONS: {GeneralGround.CONTRACT, GeneralGround.SECURITY},
    Operation.PROTECT: {GeneralGround.SECURITY},
    Operation.REPEAT: {GeneralGround.CONTINUITY, ParentalGround.CONSENT},
    Operation.DELIVER: {GeneralGround.CONTINUITY},
    Operation.DIAGNOSE: {GeneralGround.DIAGNOSIS},
    Operation.PROVE: {ParentalGround.PROOF},
    Operation.ERASE: {GeneralGround.DUTY},
    Operation.PAY: {GeneralGround.CONTRACT, GeneralGround.CONTINUITY},
    Operation.MEASURE: {ParentalGround.CONSENT},
}
BESIDE_A_CHILD: Final = {
    Operation.REPEAT,
    Operation.MEASURE,
    Operation.PAY,
    Operation.PROVE,
    Operation.AUTHENTICATE,
}
"""What identifiers in rows about a child are for. Sessions, networks and faults are kept of accounts, apart from what a child does."""
LOGGED: Final = {
    "user_id": "users",
    "family_id": "families",
    "file_id": "files",
    "purchase": "payments",
    "erasure": "erasures",
    "id": "jobs",
    "request_id": "requests",
}
"""Fields of log lines that hold an id, and how the catalogue calls what it is of."""
READ_ELSEWHERE: Final = {
    "access/proofs.py": "who is signed in",
    "files/repository/files.py": "makes an account to which nobody can sign in",
    "privacy/repository/work.py": "makes an account to which nobody can sign in",
}
"""Production files that name an identifier of another room, and what for."""


def holdings() -> list[tuple[str, Holding]]:
    return [(room.name, holding) for room in declared().rooms.all for holding in room.personal_data]


def named() -> set[str]:
    return {f"{holding.table}.{column}" for _, holding in holdings() for column in holding.identifiers}


def identifiers(database_url: str) -> set[str]:
    """The columns that can recognise a device, a session or a client. One that refers to a row recognises nothing by itself."""
    return {
        f"{table}.{column}"
        for (table, column), (refers, kind) in columns(database_url).items()
        if not refers and (kind in IDENTIFIER_TYPES or (IDENTIFIES.search(column) and not NO_TYPES.match(kind)))
    }


def test_c_06_every_stored_identifier_names_its_operation(database_url: str) -> None:
    assert identifiers(database_url) - named() == set(NO_IDENTIFIER), "an identifier without an operation"
    assert named() <= identifiers(database_url), "what names an operation is found by name or type"


def test_a_new_identifier_without_an_operation_is_detected(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("alter table family.child_settings add column device_id text, add column seen_from inet")
        connection.execute("create table wondernest.pushes (child_id uuid, push_token text, sent_at timestamptz)")
    assert identifiers(database_url) - named() - set(NO_IDENTIFIER) == {
        "family.child_settings.device_id",
        "family.child_settings.seen_from",
        "wondernest.pushes.push_token",
    }


@pytest.mark.parametrize("name", ["installation_id", "push_token", "advertising_id", "client_id", "session", "mac"])
def test_the_search_finds_such_names(name: str) -> None:
    assert IDENTIFIES.search(name)


@pytest.mark.parametrize("name", ["session_type", "description", "event_data", "machine", "device_type", "zip"])
def test_the_search_passes_other_names(name: str) -> None:
    assert not IDENTIFIES.search(name)


def test_what_names_an_operation_is_a_personal_column() -> None:
    assert [
        f"{holding.table}.{column}"
        for _, holding in holdings()
        for column in holding.identifiers
        if column not in holding.personal
    ] == []


def test_an_operation_fits_the_legal_ground() -> None:
    assert set(GROUNDS_OF) == set(Operation) == set(INTERNAL_OPERATIONS)
    wrong = [
        (holding.table, column, use)
        for _, holding in holdings()
        for column, use in holding.identifiers.items()
        if not GROUNDS_OF[use] & set(holding.grounds)
    ]
    wrong += [
        (place.store, place.name, place.operation)
        for place in declared().rooms.elsewhere
        if place.operation is not None and not GROUNDS_OF[place.operation] & set(place.grounds)
    ]
    assert wrong == []


def test_c_06_no_session_and_no_network_is_kept_beside_what_a_child_does() -> None:
    about = [one for _, one in holdings() if CHILD in {*one.people.values(), *one.mentions.values()}]
    uses = {use for holding in about for use in holding.identifiers.values()}
    assert uses <= BESIDE_A_CHILD
    for holding in about:
        if Operation.MEASURE in holding.identifiers.values():
            assert holding.purposes, f"{holding.table}: figures of a child need a consent"


def test_c_06_no_room_reads_the_identifiers_of_another() -> None:
    """So the rooms that write letters, choose content and compute figures cannot use one to find or to describe a child."""
    texts = {path.relative_to(SOURCE): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    readers = {
        str(path)
        for room, holding in holdings()
        for column in holding.identifiers
        for path, text in texts.items()
        if path.parts[0] not in {room, "development"} and holding.table in text
        if re.search(rf"\b{column}\b|\*\s+from\s+{re.escape(holding.table)}\b", text)
    }
    assert readers == set(READ_ELSEWHERE)


def test_every_place_that_is_keyed_by_a_person_names_its_operation() -> None:
    for place in declared().rooms.elsewhere:
        if place.store in {Store.CACHE, Store.LOG, Store.MEMORY}:
            assert place.operation is not None, f"{place.store} {place.name}"


def logged_ids() -> set[str]:
    """The fields of log lines that hold an id: of `log.…(…)` by what is given to them, of the line for each request by its own text."""
    fields: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and re.fullmatch(r"log\.\w+", ast.unparse(call.func)):
                given = [(one.arg, ast.unparse(one.value)) for one in call.keywords if one.arg]
                fields |= {name for name, value in given if re.search(r"(?:\b|_)id\b|uuid|token|address", value)}
    written: list[bytes] = []
    stdout = StdoutWriter(written.append)
    line = RequestLog(stdout, enabled=True)
    line.write(datetime.now(UTC), "r", "GET", "/", 200, 0.1, "u", "f")
    line.flush()
    assert stdout.drain()
    return fields | {name for name in json.loads(b"".join(written)) if name.endswith("_id")}


def test_every_id_in_a_log_line_is_in_the_catalogue() -> None:
    [lines] = [place for place in declared().rooms.elsewhere if place.store is Store.LOG]
    assert logged_ids() == set(LOGGED)
    for field, named in LOGGED.items():
        assert named in lines.what, field


def test_no_cookie_is_set() -> None:
    """The public page says so."""
    assert [
        str(path) for path in SOURCE.rglob("*.py") if re.search(r"set-?cookie", path.read_text("utf-8"), re.IGNORECASE)
    ] == []
