"""Letters and upkeep of consent on bad days: the jobs process killed, the mail server away. Nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

from tests.faults.household import Household, register_household
from tests.faults.test_jobs import House, house
from tests.fixtures.consents import CONSENT, Page, link_in
from tests.fixtures.processes import wait_for
from wondernest.coppa.upkeep import EXPIRE, RENEW, SECONDS
from wondernest.coppa.words import words

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import StartServer

ASK, SECOND, RENEWAL = words("en").ask.subject, words("en").second.subject, words("en").renewal.subject
CONFIRMED = {"COPPA_CONFIRMATION": "required", "PUBLIC_BASE_URL": "http://localhost:8082"}
FORM = {"consentType": "full", "permissions": {"dataCollection": True}, "verificationMethod": "email"}
STUCK = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


def ask(family: Household) -> int:
    with family.client() as client:
        return client.post(CONSENT, json={"childId": family.child_id, **FORM}).status_code


def press(home: House, link: str) -> str:
    with httpx2.Client(base_url=home.server.base_url, timeout=30) as client:
        page = client.get(link)
        assert page.status_code == 200, page.text
        return client.post(link + Page(page.text).action).text


def entries(home: House, family: Household) -> list[str]:
    statement = "select entry from wondernest.consent_ledger where child_id = %s::uuid order by number"
    return [entry for (entry,) in home.rows(statement, family.child_id)]


def consented(home: House) -> Household:
    family = register_household(home.server.base_url)
    assert ask(family) == 201
    (letter,) = home.mailbox.wait_for(ASK, family.email)
    assert words("en").page.done_title in press(home, link_in(letter.get_content()))
    return family


def test_kill_9_during_either_letter_sends_the_same_letter_again(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    with house(live_server, database_url, **CONFIRMED) as home:
        family = register_household(home.server.base_url)
        links: dict[str, str] = {}

        def killed(cause: Callable[[], object], subject: str) -> None:
            with home.mailbox.held():
                cause()
                home.mailbox.wait_for(subject, family.email)
                home.kill_jobs()
            first, second = home.mailbox.wait_for(subject, family.email, 2)
            assert (first["Message-ID"], first.get_content()) == (second["Message-ID"], second.get_content())
            links[subject] = link_in(second.get_content())

        killed(lambda: ask(family), ASK)
        assert words("en").page.done_title in press(home, links[ASK])
        home.rows("update wondernest.consents set second_due_at = now()")
        killed(lambda: home.rows("select wondernest.enqueue_job(%s, '{}', null)", SECONDS), SECOND)
        assert words("en").page.undone_title in press(home, links[SECOND])
        home.wait_until_idle()
        assert entries(home, family) == ["request", "confirm", "grant", "undo"]
        found = bad_day.record("the jobs process killed with -9 during each letter of consent", home.server, saw=[])
    assert found.logged["job is dead"] == 0


@pytest.mark.parametrize(
    ("job", "due", "written", "letter"),
    [
        (EXPIRE, "ends_at = now() - interval '1 minute'", "expire", ""),
        (RENEW, "ends_at = now() + interval '20 days'", "request", RENEWAL),
    ],
)
def test_kill_9_during_upkeep_leaves_each_consent_done_once(
    live_server: StartServer, database_url: str, bad_day: BadDay, job: str, due: str, written: str, letter: str
) -> None:
    with house(live_server, database_url, **CONFIRMED) as home:
        families = [consented(home) for _ in range(3)]
        home.wait_until_idle()
        home.rows(f"update wondernest.consents set {due}")
        with psycopg.connect(database_url) as holder:
            locked = [families[1].child_id]
            holder.execute("select from family.child_profiles where id = any (%s::uuid[]) for update", [locked])
            home.rows("select wondernest.enqueue_job(%s, '{}', null)", job)
            wait_for(lambda: home.rows(STUCK), f"the job waits for the lock\n{home.server.log_text()}")
            home.kill_jobs()
            holder.rollback()
        home.wait_until_idle()
        for family in families:
            assert entries(home, family) == ["request", "confirm", "grant", written]
            if letter:
                # A process that is killed while it sends sends the same letter again.
                assert len({mail["Message-ID"] for mail in home.mailbox.wait_for(letter, family.email)}) == 1
        bad_day.record(f"the jobs process killed with -9 during {job}", home.server, saw=[])


def test_a_letter_waits_while_the_mail_server_is_away(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    with house(live_server, database_url, **CONFIRMED) as home:
        home.mailbox.answer = "451 try again later"
        family = register_household(home.server.base_url)
        saw: list[Any] = [ask(family)]
        waiting = "select 1 from wondernest.jobs where entrypoint = 'coppa.ask_for_consent' and attempts > 0"
        wait_for(lambda: home.rows(waiting), f"an attempt failed\n{home.server.log_text()}")
        assert entries(home, family) == ["request"], "the request is kept, whatever becomes of the letter"
        home.mailbox.answer = "250 OK"
        # The queue pauses before it tries again; the test does not.
        home.rows("update wondernest.jobs set execute_after = now() where attempts > 0")
        (letter,) = home.mailbox.wait_for(ASK, family.email)
        assert words("en").page.done_title in press(home, link_in(letter.get_content()))
        home.wait_until_idle()
        found = bad_day.record("the mail server away while a parent asks for consent", home.server, saw=saw)
    assert found.logged["job is dead"] == 0
