"""No password, PIN, token, e-mail, name, document or file appears in a log, in the metrics or in the cache."""

from __future__ import annotations

import email
import email.policy
import json
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import httpx2
import jwt
import psycopg
import pytest
import redis
from psycopg import sql

from tests.faults.outages import frozen
from tests.fixtures.application import TEST_SECRET, declared
from tests.fixtures.auth import code_in
from tests.fixtures.consents import Page
from tests.fixtures.identities import CLIENT_IDS, Signer
from tests.fixtures.packs import PACKS, SAFARI, VEHICLES, stock
from tests.fixtures.payments import EVENTS, KEY, SECRET, Gateway, payment_gateway
from tests.fixtures.privacy import NAMED_IN_LOGS
from tests.fixtures.processes import wait_for
from tests.security.households import PICTURE, Form, address, body_of, sent_as
from wondernest.letters.signing import EndTokens
from wondernest.platform.signatures import signature_of
from wondernest.stories.routes.templates import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.fixtures.processes import StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres
    from wondernest.development.embedded.valkey import EmbeddedValkey
    from wondernest.platform.http.router import Route

PASSWORD, WRONG_PASSWORD, NEW_PASSWORD = "Periwinkle-Day7", "Marmalade-Day7", "Tangerine-Day7"
MAIL_ADDRESS, UNKNOWN_ADDRESS = "rosalind.quickbeam@example.com", "somebody.unheard@example.com"
PARENT_NAME, CHILD_NAME, NEW_CHILD_NAME = "Rosalind Quickbeam", "Zebulonius", "Ottokarius"
SUBJECT, NONCE = "outside-subject-7103", "nonce-of-the-sign-in"
PIN, WRONG_PIN = "918273", "645382"
DOCUMENT_TEXT, EVENT_TEXT, DEVICE = "crocodile-in-the-save", "heron-in-the-event", "Grandmas-Tablet"
PATH_TEXT, QUERY_TEXT, HEADER_TEXT, BODY_TEXT = (
    "pelican-in-the-path",
    "gannet-in-the-query",
    "puffin-header",
    "auk-body",
)
KEYWORD, DELIVERY = "osprey-in-the-filter", "bittern-in-the-report"
FILE_NAME, FILE_TEXT, TAG = "walrus-in-the-name", "narwhal-in-the-file", "tern-in-the-tag"
STORY_TEXT, WORD = "badger-in-the-story", "otterword"
CARD, FEATURE, PLAYED = "4111-of-the-dunlin", "stork-in-the-feature", "teal-in-the-metadata"
NAMED_ANYWHERE = (
    *(PASSWORD, WRONG_PASSWORD, NEW_PASSWORD),
    *(MAIL_ADDRESS, UNKNOWN_ADDRESS, "quickbeam", "somebody.unheard"),
    *(PARENT_NAME, "Rosalind", CHILD_NAME, NEW_CHILD_NAME),
    *(SUBJECT, NONCE),
    *(PIN, WRONG_PIN, DOCUMENT_TEXT, EVENT_TEXT, DEVICE, "2019-03-15", "Nut allergy"),
    *(PATH_TEXT, QUERY_TEXT, HEADER_TEXT, BODY_TEXT, TEST_SECRET),
    *(FILE_NAME, FILE_TEXT, TAG, KEYWORD, DELIVERY),
    *(STORY_TEXT, WORD),
    *(CARD, FEATURE, PLAYED, KEY, SECRET),
)
UPLOADS = "/api/v1/files/upload"
STORIES = "/api/v2/games/story-adventure"
TIMEOUT_S = 30.0


@dataclass
class Journey:
    """Requests of a family, successful and failing, and the secrets that must not appear afterwards."""

    client: httpx2.Client
    outbox: Path
    secrets: set[str] = field(default_factory=lambda: set(NAMED_ANYWHERE))
    bearer: dict[str, str] = field(default_factory=dict[str, str])
    child_id: str = ""
    file: dict[str, str] = field(default_factory=dict[str, str])
    """Path parameters of the family's file."""
    story: dict[str, str] = field(default_factory=dict[str, str])
    """Path parameters of the family's story and of the child's reading of it."""

    def go(self, routes: Sequence[Route], signer: Signer) -> None:
        """Everything that a family does while all works."""
        self.sign_up()
        self.guess()
        self.play()
        self.consent()
        self.export()
        self.keep_files()
        self.use_the_library()
        self.read_stories()
        self.shop()
        self.choose_the_letter()
        self.send_invalid_requests()
        self.send_marks_to_every_route(routes)
        self.reset()
        self.sign_in_outside(signer)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send a request; tokens in its answer become secrets."""
        sent: dict[str, Any] = {"content": body}
        if isinstance(body, Form):
            sent = sent_as(body)
        elif body is not None and not isinstance(body, bytes):
            sent = {"content": json.dumps(body).encode()}
        answer = self.client.request(method, path, **sent, headers={**self.bearer, **headers})
        self.secrets.update(re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|(?:parent_mode|step_up)_\w+[\w-]*", answer.text))
        return answer

    def sign_up(self) -> None:
        form = {"email": MAIL_ADDRESS, "password": PASSWORD, "name": PARENT_NAME, "phoneNumber": "+15550107733"}
        data = self.send("POST", "/api/v1/auth/parent/register", form).json()["data"]
        assert self.send("POST", "/api/v1/auth/parent/register", form).status_code == 400
        self.bearer = {"Authorization": f"Bearer {data['accessToken']}"}
        self.send("POST", "/api/v1/auth/session/refresh", {"refreshToken": data["refreshToken"]})
        child = {"name": CHILD_NAME, "birthDate": "2019-03-15", "specialNeeds": "Nut allergy"}
        self.child_id = self.send("POST", "/api/v1/family/children", child).json()["data"]["id"]
        self.secrets.add(self.child_id)
        self.send("PUT", f"/api/v1/family/children/{self.child_id}", {"name": NEW_CHILD_NAME})

    def sign_in_outside(self, signer: Signer) -> None:
        """With a new, a used, a known and a foreign identity token."""
        person = {"email": MAIL_ADDRESS, "sub": SUBJECT, "nonce": NONCE, "name": PARENT_NAME}
        token = signer.token("google", **person)
        for sent, status in ((token, 200), (token, 401), (signer.token("google", **person), 200)):
            form = {"provider": "google", "idToken": sent, "email": MAIL_ADDRESS, "nonce": NONCE}
            assert self.send("POST", "/api/v1/auth/oauth", form).status_code == status
        foreign = signer.token("google", **{**person, "sub": SUBJECT + "-2"})
        answer = self.send("POST", "/api/v1/auth/oauth", {"provider": "google", "idToken": foreign, "nonce": NONCE})
        assert answer.status_code == 401
        self.secrets |= {token, foreign}

    def guess(self) -> None:
        for mail_address in (MAIL_ADDRESS, UNKNOWN_ADDRESS):
            wrong = {"email": mail_address, "password": WRONG_PASSWORD}
            assert self.send("POST", "/api/v1/auth/parent/login", wrong).status_code == 401
        self.send("POST", "/api/v1/auth/parent/setup-pin", {"pin": PIN})
        self.send("POST", "/api/v1/auth/parent/verify-pin", {"pin": PIN})
        answers = [self.send("POST", "/api/v1/auth/parent/verify-pin", {"pin": WRONG_PIN}) for _ in range(6)]
        assert answers[-1].status_code == 429

    def play(self) -> None:
        save: dict[str, Any] = {"gameType": "sticker_book", "dataKey": "page"}
        saves = f"/api/v2/games/children/{self.child_id}/data"
        for number in range(3):
            save["dataValue"] = {"text": DOCUMENT_TEXT, "n": number}
            assert self.send("PUT", saves, save, **{"X-Device-Id": DEVICE}).status_code == 200
        self.send("PUT", saves, save, **{"Idempotency-Key": "key-1"})
        self.send("PUT", saves, {**save, "dataKey": PATH_TEXT})
        self.send("GET", f"{saves}/sticker_book/{PATH_TEXT}")
        self.send("POST", f"{saves}/batch", {"operations": [{"op": "put", **save}, {"op": "no"}]})
        event = {"eventType": "game_progress", "childId": self.child_id, "eventData": {"text": EVENT_TEXT}}
        assert self.send("POST", "/api/v1/analytics/events", event).status_code == 201
        self.send(
            "POST",
            "/api/v1/coppa/consent",
            {
                "childId": self.child_id,
                "consentType": "full",
                "permissions": {"dataCollection": True},
                "verificationMethod": "credit_card",
                "verificationData": {"holder": PARENT_NAME},
            },
        )

    def use_the_library(self) -> None:
        """A filter, a search and a report, each with words of the family."""
        limits = {"blockedKeywords": [KEYWORD]}
        body = {"family": limits, "children": [{"childId": self.child_id, **limits}]}
        assert self.send("PUT", "/api/v1/content/filters", body).status_code == 200
        bad = {"family": {"languages": [KEYWORD]}}
        assert self.send("PUT", "/api/v1/content/filters", bad).status_code == 400
        assert self.send("GET", f"/api/v1/content?q={QUERY_TEXT}&cursor={QUERY_TEXT}").status_code == 200
        report = {
            "contentId": DELIVERY,
            "childId": self.child_id,
            "engagementType": DELIVERY,
            "metadata": {"id": DELIVERY},
        }
        assert self.send("POST", "/api/v1/content/engagement", report).status_code == 404

    def keep_files(self) -> None:
        """Uploads that are stored and refused, and what is done with a file. Whoever knows its key may read it."""
        data = self.upload(201).json()["data"]
        folder, name = data["url"].rsplit("/", 2)[1:]
        self.file = {"fileId": data["id"], "folder": folder, "name": name, "owner": PATH_TEXT}
        self.secrets.add(name.partition(".")[0])
        for form in marked(text_file(self.child_id)):
            self.send("POST", UPLOADS, form, **{"Idempotency-Key": HEADER_TEXT})
        assert self.upload(400, kind="application/pdf").status_code == 400
        one = f"/api/v1/files/{data['id']}"
        assert self.send("PUT", one, {"original_name": f"{FILE_NAME} 2.txt", "tags": TAG}).status_code == 200
        for path in (f"{one}/download", f"{one}/family", f"{one}/usage", f"/files/{folder}/{name}"):
            assert self.send("GET", path).status_code == 200, path
        self.send("GET", f"{one}/signed?payload={QUERY_TEXT}&signature={QUERY_TEXT}")
        self.send("GET", f"/files/{folder}/{name}?w={QUERY_TEXT}")
        self.send("GET", f"/files/{PATH_TEXT}/{name}")

    def read_stories(self) -> None:
        """A story with the family's own text, which the child reads; the same with what cannot be stored."""
        form = {**EXAMPLE, "creatorId": None, "title": STORY_TEXT, "content": {"pages": [{"text": STORY_TEXT}]}}
        made = self.send("POST", f"{STORIES}/templates", form)
        assert made.status_code == 201, made.text
        template_id = made.json()["data"]["id"]
        assert self.send("POST", f"{STORIES}/templates", {**form, "ageGroup": STORY_TEXT}).status_code == 400
        choice = {"templateId": template_id, "customizations": {"hero": CHILD_NAME}}
        begun = self.send("POST", f"{STORIES}/instances/{self.child_id}/start", choice)
        assert begun.status_code == 201, begun.text
        self.story = {"templateId": template_id, "instanceId": begun.json()["data"]["id"]}
        met = {"word": WORD, "templateId": STORY_TEXT}
        for path, body in (
            (f"vocabulary/{self.child_id}/encounter", met),
            (f"children/{self.child_id}/preferences", met),
        ):
            assert self.send("PUT" if "preferences" in path else "POST", f"{STORIES}/{path}", body).status_code == 200
        for path in (f"children/{self.child_id}/progress-report", f"vocabulary/{self.child_id}/progress"):
            assert self.send("GET", f"{STORIES}/{path}").status_code == 200
        self.send("GET", f"{STORIES}/templates?childId={QUERY_TEXT}&category={QUERY_TEXT}")

    def upload(self, status: int, kind: str = "text/plain") -> httpx2.Response:
        answer = self.send("POST", UPLOADS, text_file(self.child_id, kind))
        assert answer.status_code == status, answer.text
        return answer

    def shop(self) -> None:
        """Packs that are got, paid, used and paid back; payments and events that are refused."""
        self.send(
            "GET", f"{PACKS}?query={QUERY_TEXT}&category={QUERY_TEXT}&educationalGoals={QUERY_TEXT}&page={QUERY_TEXT}"
        )
        proof = self.send("POST", "/api/v1/auth/step-up", {"password": PASSWORD}).json()["data"]["proof"]
        self.secrets.add(proof)
        for pack in (VEHICLES, SAFARI):
            order = {"packId": pack, "paymentMethod": CARD}
            bought = self.send("POST", f"{PACKS}/purchase", order, **{"X-Step-Up": proof})
            assert bought.status_code == 200, bought.text
        payment = bought.json()["data"]["ownership"]["transactionId"]
        self.secrets |= {payment, CARD}
        self.send(
            "POST", f"{PACKS}/purchase", {"packId": SAFARI, "childId": self.child_id}, **{"X-Step-Up": HEADER_TEXT}
        )
        use = {"packId": SAFARI, "usedInFeature": FEATURE, "metadata": {"text": PLAYED}, "childId": self.child_id}
        assert self.send("POST", f"{PACKS}/usage", use).status_code == 200
        event = json.dumps(
            {"id": BODY_TEXT, "type": "payment.refunded", "reference": BODY_TEXT, "amountCents": 1}
        ).encode()
        for body in (event, BODY_TEXT.encode()):
            signed = {"Payment-Signature": signature_of(SECRET, body, int(time.time()))}
            self.send("POST", EVENTS, body, **signed)
            self.send("POST", EVENTS, body, **{"Payment-Signature": HEADER_TEXT})

    def choose_the_letter(self) -> None:
        """The weekly letter, screen time, and the address that ends the letter."""
        assert self.send("PUT", "/api/v1/family/settings", {"weeklyLetter": True}).status_code == 200
        one = f"/api/v1/family/children/{self.child_id}"
        for path in (f"{one}/screen-time", "/api/v1/family/settings"):
            assert self.send("GET", path).status_code == 200
        assert self.send("POST", f"{one}/extra-time", {"minutes": 5}).status_code == 200
        claims = jwt.decode(self.bearer["Authorization"].split()[1], options={"verify_signature": False})
        token = EndTokens(TEST_SECRET).token(UUID(claims["userId"]))
        self.secrets.add(token)
        for method in ("GET", "POST"):
            assert self.send(method, f"/api/v1/letters/weekly/end?token={token}").status_code == 200
            assert (
                self.send(method, f"/api/v1/letters/weekly/end?token={QUERY_TEXT}&lang={QUERY_TEXT}").status_code == 400
            )

    def send_invalid_requests(self) -> None:
        """Invalid requests with personal data wherever a client can put it."""
        self.send("GET", f"/api/v1/{PATH_TEXT}")
        self.send("GET", f"/api/v1/family/children/{PATH_TEXT}?token={QUERY_TEXT}")
        self.send("GET", f"/api/v1/family/profile?email={MAIL_ADDRESS}&q={QUERY_TEXT}")
        self.send("BREW", f"/api/v1/{PATH_TEXT}")
        for name in ("Authorization", "X-Forwarded-For", "If-Match", "Origin", "Idempotency-Key", "User-Agent"):
            self.send("PUT", f"/api/v2/games/children/{self.child_id}/data", {}, **{name: f"Bearer {HEADER_TEXT}"})
        for body in (f'{{"email":"{BODY_TEXT}', f'{{"email":["{BODY_TEXT}"]}}', f'{{"password":{{"{BODY_TEXT}":1}}}}'):
            for path in ("/api/v1/auth/parent/login", "/api/v1/family/children", "/api/v1/analytics/events"):
                assert self.send("POST", path, body.encode()).status_code == 400
        long_name = {"gameType": BODY_TEXT * 100, "dataKey": "k", "dataValue": {BODY_TEXT: 1}}
        self.send("PUT", f"/api/v2/games/children/{self.child_id}/data", long_name)

    def send_marks_to_every_route(self, routes: Sequence[Route]) -> None:
        """A mark in place of each text a route takes, one at a time: of its path, then of its body."""
        values = {"childId": self.child_id, "category": "artwork", "tags": TAG, **self.file, **self.story}
        for route in routes:
            method, bodies = route.endpoint.method, list(marked(body_of(route, values)))
            for parameter in route.endpoint.parameters:
                self.send(method, address(route, {**values, parameter.name: PATH_TEXT}), body_of(route, values))
            # A delete that is right would take away what the rest of the journey needs.
            if method != "DELETE":
                for body in bodies:
                    self.send(method, address(route, values), body, **{"X-Device-Id": HEADER_TEXT})

    def reset(self) -> None:
        self.send("POST", "/api/v1/auth/password-reset", {"email": MAIL_ADDRESS})
        self.send("POST", "/api/v1/auth/password-reset", {"email": UNKNOWN_ADDRESS})
        wait_for(lambda: any("reset the password" in text for text in self._mails()), "the reset mail")
        code = next(code_in(text) for text in self._mails() if "reset the password" in text)
        self.secrets.update(code_in(text) for text in self._mails() if re.search(r"^[\w-]{43}$", text, re.MULTILINE))
        form = {"token": code, "newPassword": NEW_PASSWORD}
        assert self.send("POST", "/api/v1/auth/password-reset/confirm", form).status_code == 200
        login = {"email": MAIL_ADDRESS, "password": NEW_PASSWORD}
        data = self.send("POST", "/api/v1/auth/parent/login", login).json()["data"]
        self.bearer = {"Authorization": f"Bearer {data['accessToken']}"}

    def consent(self) -> None:
        """A consent by letter: its link is opened and used, and is a secret; a report of no verifier."""
        wait_for(self._links, "the letter that asks for consent")
        self.secrets.update(link.rpartition("/")[2] for link in self._links())
        link = self._links()[-1]
        page = self.send("GET", link)
        assert page.status_code == 200, page.text
        done = self.send("POST", link + Page(page.text).action)
        assert "your consent counts" in done.text
        for path in (f"/coppa/consents/{PATH_TEXT}", f"/coppa/undo/{PATH_TEXT}?language={QUERY_TEXT}"):
            assert self.send("POST", path).status_code == 410
        assert self.send("GET", f"/privacy/catalogue?language={QUERY_TEXT}").status_code == 200
        for path in (f"/privacy/exports/{PATH_TEXT}?language={QUERY_TEXT}", f"/privacy/exports/{PATH_TEXT}/file"):
            assert self.send("GET", path).status_code == 410
        assert self.send("POST", f"/privacy/exports/{PATH_TEXT}").status_code == 410
        signed = {"Verification-Signature": HEADER_TEXT}
        assert self.send("POST", "/api/v1/coppa/verifications/events", {"type": BODY_TEXT}, **signed).status_code == 404

    def export(self) -> None:
        """An export by letter: its link is opened and used, and is a secret."""
        proof = self.send("POST", "/api/v1/auth/step-up", {"password": PASSWORD}).json()["data"]["proof"]
        self.secrets.add(proof)
        assert self.send("POST", "/api/v1/privacy/exports", **{"X-Step-Up": proof}).status_code == 202
        wait_for(self._export_links, "the letter with the link to the export")
        [link] = self._export_links()
        self.secrets.add(link.rpartition("/")[2])
        page = self.send("GET", link)
        begun = self.send("POST", link + Page(page.text).action)
        assert begun.status_code == 303
        assert self.send("GET", f"{link}/file").status_code == 200

    def _export_links(self) -> list[str]:
        found = (re.search(r"/privacy/exports/[\w-]{86}", text) for text in self._mails())
        return [match[0] for match in found if match is not None]

    def _links(self) -> list[str]:
        found = (re.search(r"/coppa/consents/[\w-]{64}", text) for text in self._mails())
        return [match[0] for match in found if match is not None]

    def expect_failures(self, status: int) -> None:
        """Requests that must all fail with the status."""
        save = {"gameType": "sticker_book", "dataKey": PATH_TEXT, "dataValue": {"text": DOCUMENT_TEXT}}
        event = {"eventType": "game_progress", "childId": self.child_id, "eventData": {"text": EVENT_TEXT}}
        sign_up = {"email": UNKNOWN_ADDRESS, "password": PASSWORD, "name": PARENT_NAME}
        answers = [
            self.send("PUT", f"/api/v2/games/children/{self.child_id}/data", save, **{"X-Device-Id": DEVICE}),
            self.send("POST", "/api/v1/analytics/events", event),
            self.send("POST", "/api/v1/family/children", {"name": CHILD_NAME, "birthDate": "2019-03-15"}),
            self.send("POST", "/api/v1/auth/parent/register", sign_up),
        ]
        answers.append(self.send("POST", UPLOADS, text_file(self.child_id)))
        assert {answer.status_code for answer in answers} == {status}, [answer.text for answer in answers]

    def _mails(self) -> list[str]:
        paths = sorted(self.outbox.glob("*.eml"))
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
        return [mail.get_content() for mail in mails]


def text_file(child_id: str, kind: str = "text/plain") -> Form:
    """An upload with personal data wherever a client can put it."""
    fields = {"childId": child_id, "category": "artwork", "tags": TAG}
    return Form(fields, {"file": (f"{FILE_NAME}.txt", FILE_TEXT.encode(), kind)})


def marked(value: Any) -> Iterator[Any]:
    """Copies of a JSON value or form, each with the mark in place of one of its texts."""
    match value:
        case Form():
            yield from (replace(value, fields=other) for other in marked(value.fields))
            for name, (_, content, kind) in value.files.items():
                for file in (
                    (f"{BODY_TEXT}.png", content, kind),
                    (f"picture.{BODY_TEXT}", content, kind),
                    ("picture.png", PICTURE + BODY_TEXT.encode(), "image/png"),
                    ("picture.png", BODY_TEXT.encode(), "image/png"),
                    ("picture.png", content, f"image/{BODY_TEXT}"),
                ):
                    yield replace(value, files={**value.files, name: file})
        case str():
            yield BODY_TEXT
        case dict():
            fields = cast("dict[str, Any]", value)
            for name, inner in fields.items():
                yield from ({**fields, name: other} for other in marked(inner))
        case list():
            items = cast("list[Any]", value)
            for place, inner in enumerate(items):
                yield from ([*items[:place], other, *items[place + 1 :]] for other in marked(inner))
        case _:
            return


def break_tables(url: str) -> None:
    """Make the driver's errors quote rows: failing checks, a missing column, a missing table."""
    with psycopg.connect(url) as connection:
        connection.execute("alter table core.uploaded_files add constraint never check (false) not valid")
        connection.execute("alter table games.simple_game_data add constraint never check (false) not valid")
        connection.execute("alter table core.users add constraint never check (false) not valid")
        connection.execute("alter table analytics.analytics_events rename to gone")
        connection.execute("alter table family.child_profiles rename column name to gone")
        connection.execute("alter table public.content_packs rename column name to gone")
        connection.execute("alter table public.user_pack_ownership add constraint never check (false) not valid")


def log_everything(url: str) -> None:
    """Let PostgreSQL log notices and errors, and one statement of ten."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name, setting in (
            ("log_min_messages", "notice"),
            ("log_min_duration_sample", "0"),
            ("log_statement_sample_rate", "0.1"),
        ):
            statement = "alter database {} set {} = {}"
            parts = sql.Identifier(connection.info.dbname), sql.Identifier(name), sql.Literal(setting)
            connection.execute(sql.SQL(statement).format(*parts))


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with payment_gateway() as running:
        yield running


def assert_clean(where: str, text: str, secrets: set[str]) -> None:
    found = {secret for secret in secrets if secret.lower() in text.lower()}
    assert not found, f"{where} contains {found}"


def assert_ids_only_in_their_fields(log: str, ids: set[str]) -> None:
    """Every line is JSON, and names the account and the family in two fields alone."""
    for line in log.splitlines():
        told = json.loads(line)
        assert isinstance(told, dict), line
        others = {name: value for name, value in cast("dict[str, Any]", told).items() if name not in NAMED_IN_LOGS}
        assert_clean("a line of the log, besides its user and family,", json.dumps(others), ids)


def assert_no_values(log: str, secrets: set[str]) -> None:
    """PostgreSQL logged errors and statements, and nothing of what was in them."""
    assert "violates check constraint" in log
    assert "duration: " in log
    table = {"step_up_proofs"}  # a page names it, so it looks like a proof
    assert_clean("PostgreSQL's log", log, secrets - table)


def test_no_personal_data_appears_in_logs_metrics_or_cache(
    live_server: StartServer,
    fragile_postgres: EmbeddedPostgres,
    fragile_database: str,
    own_valkey_server: EmbeddedValkey,
    tmp_path: Path,
    gateway: Gateway,
) -> None:
    stock(fragile_database)
    log_everything(fragile_database)
    begun = fragile_postgres.log.stat().st_size
    signer, keys = Signer("key-1"), tmp_path / "keys.json"
    keys.write_bytes(signer.document())
    server = live_server(
        DATABASE_URL=fragile_database,
        DATABASE_STATEMENT_TIMEOUT_S="0.5",
        DATABASE_CONNECT_TIMEOUT_S="0.5",
        REDIS_ENABLED="true",
        REDIS_URL=own_valkey_server.url(),
        LOG_REQUESTS="true",
        LOG_LEVEL="DEBUG",
        PIN_MAX_ATTEMPTS="5",
        RATE_LIMIT_FAILED_LOGINS="50",
        RATE_LIMIT_UPLOAD="0",
        JOBS_PROCESSES="1",
        COPPA_CONFIRMATION="required",
        PUBLIC_BASE_URL="http://localhost:8082",
        OAUTH_GOOGLE_CLIENT_IDS=CLIENT_IDS["google"],
        OAUTH_GOOGLE_JWKS=str(keys),
        **gateway.settings,
    )
    with httpx2.Client(base_url=server.base_url, timeout=TIMEOUT_S) as client:
        journey = Journey(client, tmp_path / "outbox")
        journey.secrets |= {fragile_database.rpartition("/")[0], own_valkey_server.url()}
        journey.go(declared().router.routes, signer)
        with redis.from_url(own_valkey_server.url()) as cache:
            assert_clean("the cache", repr([(key, cache.hgetall(key)) for key in cache.scan_iter()]), journey.secrets)
        own_valkey_server.kill()
        with frozen(fragile_postgres):
            journey.expect_failures(503)
        wait_for(lambda: journey.send("GET", "/api/v1/family/profile").status_code == 200, "the database is back")
        break_tables(fragile_database)
        journey.expect_failures(500)
        journey.send(
            "POST", f"{PACKS}/purchase", {"packId": VEHICLES, "childId": journey.child_id, "paymentMethod": CARD}
        )
        assert "Internal error" in journey.send("GET", f"{PACKS}?query={QUERY_TEXT}").text
        metrics = client.get("/metrics").text
    assert server.stop() == 0
    log = server.log_text()
    assert "request failed" in log, "the faults were real"
    assert '"status":503' in log
    assert_clean("the log", log, journey.secrets)
    assert_clean("the metrics", metrics, journey.secrets)
    claims = jwt.decode(journey.bearer["Authorization"].split()[1], options={"verify_signature": False})
    ids = {claims["userId"], claims["familyId"]}
    assert_ids_only_in_their_fields(log, ids)
    with fragile_postgres.log.open("rb") as file:
        file.seek(begun)
        assert_no_values(file.read().decode(errors="replace"), journey.secrets | ids)
