"""The jobs process killed during each kind of job, the database down while jobs wait, a poison job, a full disk."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

from tests.faults.devices import Devices
from tests.faults.household import register_household
from tests.faults.mailbox import Mailbox, mail_server
from tests.faults.outages import files_limited
from tests.faults.test_disk_full import FILLING_BYTES, LOG_SEGMENT_BYTES
from tests.fixtures.auth import code_in
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

ANN = "ann@example.com"
PASSWORD, NEW_PASSWORD = "Sunflower7", "Moonlight8"
CONFIRM, TAKEN = "Confirm your e-mail address", "You already have a WonderNest account"
RESET, CHANGED, LOCKED = (
    "Reset your WonderNest password",
    "Your WonderNest password was changed",
    "Parent mode is locked for a while",
)
WITH_JOBS = {"JOBS_PROCESSES": "1", "JOBS_LEASE_S": "1"}

VERSIONS = (
    "with counter as (insert into wondernest.child_usage (child_id, family_id, versions, history_bytes)"
    " values (gen_random_uuid(), gen_random_uuid(), 30, 30 * {size}::bigint) returning child_id)"
    " insert into wondernest.save_versions"
    " (child_id, game_type, data_key, version, data_value, size_bytes, saved_at, created_at, kept_at, reason)"
    " select child_id, 'g', 'k', n, '{{}}', {size}, now(), now(), now() - make_interval(days => {days} - n), 'overwritten'"
    " from counter, generate_series(1, 30) n"
)
CHORES = {
    "auth.forget_expired": (
        (
            "insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)"
            " values ('old', gen_random_uuid(), now() - interval '1 day'), ('new', gen_random_uuid(), now() + interval '1 day')"
        ),
        "select expires_at > now() from wondernest.revoked_tokens",
        "select from wondernest.revoked_tokens where expires_at < now() for update",
    ),
    "requests.forget_idempotency_keys": (
        (
            "insert into wondernest.idempotency_keys (user_id, key, route, request_hash, expires_at)"
            " values (gen_random_uuid(), 'old', 'r', '', now() - interval '1 day'),"
            " (gen_random_uuid(), 'new', 'r', '', now() + interval '1 day')"
        ),
        "select expires_at > now() from wondernest.idempotency_keys",
        "select from wondernest.idempotency_keys where expires_at < now() for update",
    ),
    "analytics.forget_event_identities": (
        (
            "insert into wondernest.event_identities (child_id, fingerprint, created_at)"
            " values (gen_random_uuid(), 'old', now() - interval '31 days'), (gen_random_uuid(), 'new', now() - interval '29 days')"
        ),
        "select created_at > now() - interval '30 days' from wondernest.event_identities",
        "select from wondernest.event_identities where created_at < now() - interval '30 days' for update",
    ),
    "coppa.drop_proof_texts": (
        (
            "with parent as (insert into core.users (email, password_hash) values ('old@example.com', '') returning id),"
            " household as (insert into family.families (name, created_by) select 'Old', id from parent returning id),"
            " child as (insert into family.child_profiles (family_id, name, birth_date)"
            " select id, 'Mia', date '2020-01-15' from household returning id)"
            " insert into compliance.coppa_consent (family_id, child_id, parent_id, consent_type, granted, consent_text)"
            " select household.id, child.id, parent.id, 'full', true,"
            ' \'{"permissions":{},"verificationData":{"ssn":"078-05-1120"}}\' from parent, household, child'
        ),
        "select strpos(consent_text, '078-05-1120') = 0 from compliance.coppa_consent",
        "select from compliance.coppa_consent for update",
    ),
    "files.remove_blobs": (
        (
            "insert into wondernest.blob_removals (file_key, remove_at) values"
            " ('1756800000/old.txt', now() - interval '1 day'), ('1756800000/new.txt', now() + interval '1 day')"
        ),
        "select remove_at > now() from wondernest.blob_removals",
        "select from wondernest.blob_removals where remove_at < now() for update",
    ),
    "files.remove_unused": (
        (
            "with parent as (insert into core.users (email, password_hash) values ('old@example.com', '') returning id)"
            " insert into core.uploaded_files"
            " (user_id, file_key, original_name, mime_type, file_size, is_deleted, deleted_at)"
            " select id, key, key, 'text/plain', 1, true, now() - make_interval(days => days)"
            " from parent, (values ('1756800000/old.txt', 31), ('1756800000/new.txt', 29)) file (key, days)"
        ),
        (
            "select array_agg(file.file_key) = '{1756800000/new.txt}' from core.uploaded_files file"
            " where not exists (select from wondernest.blob_removals doomed where doomed.file_key = file.file_key)"
        ),
        "select from core.uploaded_files where deleted_at < now() - interval '30 days' for update",
    ),
    "games.reconcile_usage": (
        (
            "with parent as (insert into core.users (email, password_hash) values ('old@example.com', '') returning id),"
            " household as (insert into family.families (name, created_by) select 'Old', id from parent returning id),"
            " child as (insert into family.child_profiles (family_id, name, birth_date)"
            " select id, 'Mia', date '2020-01-15' from household returning id, family_id),"
            " counter as (insert into wondernest.child_usage (child_id, family_id, saves) select id, family_id, 7 from child)"
            " insert into games.simple_game_data (child_id, game_type, data_key) select id, 'g', 'k' from child"
        ),
        "select (saves, save_bytes, versions) = (1, 2, 0) from wondernest.child_usage",
        "select from wondernest.child_usage for update",
    ),
    "games.thin_history": (
        VERSIONS.format(size=10, days=200),
        (
            "select min(version) > 1 and max(version) = 30 and count(*) = max(used.versions)"
            " and count(*) * 10 = max(used.history_bytes)"
            " from wondernest.save_versions join wondernest.child_usage used using (child_id)"
        ),
        "select from wondernest.child_usage for update",
    ),
    "games.trim_history": (
        VERSIONS.format(size=100_000_000, days=40),
        (
            "select min(version) = 21 and max(version) = 30 and count(*) = max(used.versions)"
            " from wondernest.save_versions join wondernest.child_usage used using (child_id)"
        ),
        "select from wondernest.child_usage for update",
    ),
    "jobs.forget_history": (
        (
            "insert into wondernest.job_log (job_id, status, entrypoint, priority, created)"
            " values (-1, 'picked', 'a.job', 0, now() - interval '8 days'), (-1, 'picked', 'a.job', 0, now() - interval '6 days')"
        ),
        "select created > now() - interval '7 days' from wondernest.job_log where job_id = -1",
        "select from wondernest.job_log where created < now() - interval '7 days' for update",
    ),
    "files.reconcile_references": (
        (
            "with parent as (insert into core.users (email, password_hash) values ('old@example.com', '') returning id),"
            " file as (insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size)"
            " select id, '1756800000/cat.png', 'cat.png', 'image/png', 1 from parent returning id)"
            " insert into content.file_references (file_id, reference_type, reference_id)"
            " select id, type, gen_random_uuid() from file, unnest('{save,story}'::text[]) type"
        ),
        "select reference_type = 'story' from content.file_references",
        "select from content.file_references where reference_type = 'save' for update",
    ),
}
"""For each chore: a statement that adds an old and a new row, a query for the rows left, and a lock that blocks the chore."""


@dataclass(frozen=True)
class House:
    """A server with a jobs process and a mail server."""

    server: LiveServer
    mailbox: Mailbox
    database_url: str

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute(sql.encode(), values)
            return found.fetchall() if found.description else []

    def post(self, path: str, **body: Any) -> httpx2.Response:
        bearer = {"Authorization": body.pop("bearer")} if "bearer" in body else {}
        with httpx2.Client(base_url=self.server.base_url, timeout=30) as client:
            return client.post(f"/api/v1/auth/{path}", json=body, headers=bearer)

    def sign_up(self, address: str = ANN) -> httpx2.Response:
        return self.post("parent/register", email=address, password=PASSWORD, name="Ann Lee")

    def kill_jobs(self) -> None:
        """Kill the jobs process and wait for its replacement."""
        wait_for(self.server.jobs_processes, "a jobs process")
        (victim,) = self.server.jobs_processes()
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: self.server.jobs_processes() - {victim}, "a new jobs process")

    def wait_until_idle(self) -> None:
        wait_for(
            lambda: self.rows("select status from wondernest.jobs") == [], f"no job is left\n{self.server.log_text()}"
        )


@contextmanager
def house(start: StartServer, database_url: str, **environ: str) -> Generator[House]:
    with mail_server() as (mailbox, to_mailbox):
        server = start(**WITH_JOBS, **to_mailbox, DATABASE_URL=database_url, **environ)
        yield House(server, mailbox, database_url)
        assert server.stop() == 0


def killed_during(home: House, cause: Callable[[], object], subject: str) -> str:
    """Kill the jobs process while it sends a mail; returns the mail's text, which must arrive twice, identical."""
    with home.mailbox.held():
        cause()
        home.mailbox.wait_for(subject, ANN)
        home.kill_jobs()
    first, second = home.mailbox.wait_for(subject, ANN, 2)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
    home.wait_until_idle()
    return second.get_content().replace("\r\n", "\n")


def test_kill_9_during_each_kind_of_mail_sends_the_same_mail_again(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    with house(live_server, database_url, PIN_MAX_ATTEMPTS="2") as home:
        answers: list[httpx2.Response] = []

        def post(path: str, **body: Any) -> None:
            answers.append(home.post(path, **body))

        signed_up: list[httpx2.Response] = []
        code_in(killed_during(home, lambda: signed_up.append(home.sign_up()), CONFIRM))
        bearer = f"Bearer {signed_up[0].json()['data']['accessToken']}"
        assert len(home.rows("select 1 from wondernest.email_verifications")) == 1
        killed_during(home, home.sign_up, TAKEN)
        killed_during(home, lambda: [post("parent/verify-pin", pin="8642", bearer=bearer) for _ in range(2)], LOCKED)
        code = code_in(killed_during(home, lambda: post("password-reset", email=ANN), RESET))
        assert len(home.rows("select 1 from core.password_reset_tokens")) == 1
        confirmed = {"token": code, "newPassword": NEW_PASSWORD}
        killed_during(home, lambda: post("password-reset/confirm", **confirmed), CHANGED)
        assert answers[-1].status_code == 200
        assert len(home.mailbox.mails) == 10, "five mails, each twice"
        statuses = [answer.status_code for answer in (*signed_up, *answers)]
        found = bad_day.record("the jobs process killed with -9 during each kind of mail", home.server, saw=statuses)
    assert found.logged["jobs process ended"] >= 5
    assert found.logged["job is dead"] == 0


@pytest.mark.parametrize("name", CHORES)
def test_kill_9_during_a_chore_leaves_it_done_once(
    live_server: StartServer, database_url: str, bad_day: BadDay, name: str
) -> None:
    before, left, hold = CHORES[name]
    with house(live_server, database_url) as home:
        home.rows(before)
        with psycopg.connect(database_url) as holder:
            holder.execute(hold.encode())
            home.rows("select wondernest.enqueue_job(%s, '{}', null)", name)
            stuck = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            wait_for(lambda: home.rows(stuck), f"the chore waits for the lock\n{home.server.log_text()}")
            home.kill_jobs()
            holder.rollback()
        home.wait_until_idle()
        assert home.rows(left) == [(True,)]
        bad_day.record(f"the jobs process killed with -9 during {name}", home.server, saw=[])


def test_jobs_wait_while_the_database_is_down_and_the_mail_server_busy(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, bad_day: BadDay
) -> None:
    with house(live_server, fragile_database) as home:
        home.mailbox.answer = "451 Try again later"
        assert home.sign_up().status_code == 201
        tried = "select 1 from wondernest.jobs where status = 'queued' and attempts > 0"
        wait_for(lambda: home.rows(tried), "the mail waits for its next attempt")
        before = home.server.jobs_processes()
        fragile_postgres.kill()
        wait_for(
            lambda: home.server.log_text().count("database unavailable") >= 2,
            "worker and jobs process noticed the outage",
        )
        refused = home.sign_up("bob@example.com").status_code
        fragile_postgres.start()
        home.mailbox.answer = "250 OK"
        home.mailbox.wait_for(CONFIRM, ANN)
        home.wait_until_idle()
        assert home.server.jobs_processes() == before, "the jobs process survived the outage"
        wait_for(
            lambda: home.server.log_text().count("database available again") >= 2, "both logged the end of the outage"
        )
        found = bad_day.record("the database down while jobs wait", home.server, saw=[201, refused])
    assert refused == 503
    assert found.logged["the queue stopped and is started again"] == 0
    assert found.failures["mail"] >= 1


def test_a_poison_job_holds_up_no_mail(live_server: StartServer, database_url: str, bad_day: BadDay) -> None:
    with house(live_server, database_url) as home:
        home.rows(
            "insert into wondernest.jobs (priority, entrypoint, payload, status)"
            " select 9, 'auth.verify_email', 'poison', 'queued' from generate_series(1, 10)"
        )
        assert home.sign_up().status_code == 201
        home.mailbox.wait_for(CONFIRM, ANN)
        dead = "select count(*) from wondernest.jobs where status = 'failed'"
        wait_for(lambda: home.rows(dead) == [(10,)], "the poison jobs are dead and kept")
        found = bad_day.record("ten poison jobs before a mail", home.server, saw=[201])
    assert found.logged["job is dead"] == 10


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="limits the files of another process with prlimit (Linux)")
def test_a_full_disk_loses_no_mail_of_an_acknowledged_sign_up(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, bad_day: BadDay
) -> None:
    with house(live_server, fragile_database) as home:
        statuses: dict[str, int] = {}
        with Devices(register_household(home.server.base_url), count=3, filling_bytes=FILLING_BYTES) as devices:
            devices.wait_for_saves(6)
            with files_limited(fragile_postgres, LOG_SEGMENT_BYTES):
                devices.wait_for_refusals(10)
                for number in range(8):
                    address = f"newcomer{number}@example.com"
                    statuses[address] = home.sign_up(address).status_code
            devices.wait_for_saves(6)
        for address, status in statuses.items():
            assert status in {201, 503}
            if status == 201:
                home.mailbox.wait_for(CONFIRM, address)
        home.wait_until_idle()
        known = {row[0] for row in home.rows("select email from core.users where email like 'newcomer%%'")}
        mailed = {str(mail["To"]) for mail in home.mailbox.mails}
        assert {address for address, status in statuses.items() if status == 201} <= known <= mailed
        bad_day.record("PostgreSQL's disk full under the jobs table", home.server, saw=statuses.values())
