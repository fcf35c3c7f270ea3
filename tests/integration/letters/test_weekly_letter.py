"""The weekly letter: once for each parent who chose it, on the family's Sunday evening."""

from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import TEST_SECRET, running
from tests.fixtures.auth import log_in
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.threads import only_here
from tests.fixtures.trail import recorded
from wondernest.analytics.days import EARLIEST_DAY
from wondernest.app import background, create_app
from wondernest.letters import jobs
from wondernest.letters.signing import EndTokens
from wondernest.platform.jobs import Running
from wondernest.platform.mail import Letter, MailFailed, OutboxMailer
from wondernest.settings import Settings

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 18, 0, tzinfo=BERLIN).astimezone(UTC)
"""When the evening begins."""
BASE = "https://api.example.com"
END = "/api/v1/letters/weekly/end"
SETTINGS = "/api/v1/family/settings"


class SetClock:
    """A clock that tests set."""

    moment = SUNDAY - timedelta(days=4)

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


class Work:
    """The jobs, run by hand. `mailer`: what the letters are given to."""

    def __init__(self, settings: Settings, clock: SetClock, database_url: str, client: httpx2.AsyncClient) -> None:
        self.client, self.database_url, self.clock = client, database_url, clock
        self.outbox = Path(settings.app.outbox_path)
        self.background = background(settings, clock=clock)
        self._numbers = itertools.count(1)
        self._handlers = {job.name: job.handler for job in self.background.jobs}

    async def find(self) -> None:
        await self.run(jobs.FIND)

    async def run(self, name: str, number: int = 0, **args: Any) -> None:
        await self._handlers[name](Running(number or next(self._numbers), name, args, 1, self.clock.moment))

    async def send_waiting(self, player: Player) -> int:
        """Run the letters that wait in the queue, and empty it; returns how many there were."""
        waiting = player.rows(
            "select id, convert_from(payload, 'UTF8')::jsonb as args from wondernest.jobs where entrypoint = %s order by id",
            jobs.SEND,
        )
        for job in waiting:
            await self.run(jobs.SEND, job["id"], **job["args"])
        player.execute("delete from wondernest.jobs where entrypoint = %s", jobs.SEND)
        return len(waiting)

    async def evening(self, player: Player, moment: datetime = SUNDAY) -> list[EmailMessage]:
        """What has been sent when the jobs have run at a moment."""
        self.clock.moment = moment
        await self.find()
        await self.send_waiting(player)
        return self.mails()

    def mails(self) -> list[EmailMessage]:
        paths = sorted(self.outbox.glob("*.eml"))
        mails = [
            email.message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default) for path in paths
        ]
        return [mail for mail in mails if mail["List-Unsubscribe"]]


@dataclass
class World:
    """A family in Berlin with a parent who chose the letter, and a child who played."""

    work: Work
    player: Player

    async def save(self, **settings: Any) -> None:
        answer = await self.work.client.put(SETTINGS, json=settings, headers=self.player.parent.bearer)
        assert answer.status_code == 200, answer.text

    async def played(self, minutes: int, at: datetime, game: str = "sticker_book", child: str | None = None) -> None:
        self.work.clock.moment = max(self.work.clock.moment, at)
        data = {"timestamp": int(at.timestamp() * 1000), "n": str(uuid4())}
        await self.report("game_progress", minutes, data, game, child)

    async def report(self, kind: str, minutes: int, data: Any, game: str, child: str | None = None) -> None:
        fields = {"childId": child} if child else {}
        answer = await self.player.report(kind, duration=minutes, contentId=game, eventData=data, **fields)
        assert answer.status_code == 201, answer.text

    async def second_parent(self, **sign_up: Any) -> Player:
        """Another parent of the family."""
        other, _ = await register_with_child(self.work.client, child_name="Nobody", **sign_up)
        family = self.player.rows(
            "select family_id from family.family_members where user_id = %s", self.player.parent.user_id
        )
        self.player.execute(
            "update family.family_members set family_id = %s where user_id = %s", family[0]["family_id"], other.user_id
        )
        prove(self.player, other.user_id)
        return Player(self.work.client, self.player.database_url, await log_in(self.work.client, other), "")


def prove(player: Player, user_id: str) -> None:
    player.execute(
        "insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)"
        " select id, lower(email), 'letter', 'x', now() from core.users where id = %s",
        user_id,
    )


@pytest.fixture
async def world(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[World]:
    clock = SetClock()
    settings = make_settings(JWT_EXPIRES_IN=str(90 * 24 * 3600 * 1000), PUBLIC_BASE_URL=BASE)
    async with running(create_app(settings, clock=clock)) as client:
        parent, child_id = await register_with_child(
            client, child_name="Mia <b>Walker</b>", timezone="Europe/Berlin", language="de"
        )
        work = Work(settings, clock, database_url, client)
        world = World(work, Player(client, database_url, parent, child_id))
        prove(world.player, parent.user_id)
        await world.save(weeklyLetter=True, firstDayOfWeek="monday")
        await world.played(20, SUNDAY - timedelta(days=5))
        yield world
        await work.background.rooms.stop()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return body.get_content()


async def test_a_letter_tells_the_week_in_the_figures_of_the_weekly_route(world: World) -> None:
    await world.played(70, SUNDAY - timedelta(days=4), "memory_match")
    data = {
        "timestamp": int((SUNDAY - timedelta(days=4)).timestamp() * 1000),
        "data": {"playTimeMinutes": 3, "completed": True},
    }
    await world.report("game_completion", 0, data, "memory_match")
    await world.played(7, SUNDAY - timedelta(days=3), "story-adventure")
    await world.played(500, SUNDAY - timedelta(days=7), "memory_match")  # the week before
    [mail] = await world.work.evening(world.player)
    query = {"childId": world.player.child_id, "date": "2026-11-22"}
    week = await world.work.client.get("/api/v1/analytics/weekly", params=query, headers=world.player.parent.bearer)
    assert (week.json()["weekStart"], week.json()["totalScreenTime"]) == ("2026-11-16", 100)
    assert mail["To"] == world.player.parent.email
    assert mail["Subject"] == "Ihre Woche mit WonderNest"
    lines = text_of(mail).splitlines()
    assert lines[:7] == [
        "Das war vom 16. November bis zum 22. November los.",
        "",
        "Mia: 1 h 40 min an 3 von 7 Tagen",
        "- Gespielt: Spiele, 1 h 13 min, einmal bis zum Schluss",
        "- Gestaltet: Malen und Gestalten, 20 min",
        "- Gelesen: Geschichten, 7 min",
        lines[6],
    ]
    assert lines[6].startswith("Eine Frage an Mia: ")
    assert lines[6].endswith("?")
    known = await recorded(world.player.database_url, world.player.child_id)
    assert known["service:weekly_letter"] == 1


async def test_the_html_tells_the_same_with_everything_escaped_and_nothing_loaded(world: World) -> None:
    world.player.execute("update family.child_profiles set nickname = '<i>\"Mimi\"</i> & co'")
    [mail] = await world.work.evening(world.player)
    html = text_of(mail, "html")
    assert "&lt;i&gt;&#34;Mimi&#34;&lt;/i&gt; &amp; co" in html
    assert "<i>" not in html
    assert "Walker" not in html + text_of(mail), "no family name"
    assert "Gestaltet: Malen und Gestalten, 20 min" in html
    assert '<html lang="de">' in html
    assert "width=device-width" in html
    for loaded in ("<img", "<script", "<link", "url(", "src="):
        assert loaded not in html


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Your week with WonderNest"),
        ("es", "Su semana con WonderNest"),
        ("fr", "Votre semaine avec WonderNest"),
        ("ja", "Your week with WonderNest"),
    ],
)
async def test_the_letter_is_in_the_language_of_the_account_or_in_english(
    world: World, language: str, subject: str
) -> None:
    await world.save(language=language)
    [mail] = await world.work.evening(world.player)
    assert mail["Subject"] == subject


async def test_the_letter_is_sent_once_on_sunday_evening_however_often_the_jobs_run(world: World) -> None:
    assert await world.work.evening(world.player, SUNDAY - timedelta(seconds=1)) == []
    assert len(await world.work.evening(world.player, SUNDAY)) == 1
    for minutes in (0, 15, 30, 24 * 60):
        assert len(await world.work.evening(world.player, SUNDAY + timedelta(minutes=minutes))) == 1
    await world.played(5, SUNDAY + timedelta(days=3))
    assert len(await world.work.evening(world.player, SUNDAY + timedelta(days=7))) == 2


async def test_two_runs_at_once_enqueue_a_letter_once(world: World) -> None:
    world.work.clock.moment = SUNDAY
    await asyncio.gather(*(world.work.find() for _ in range(5)))
    assert await world.work.send_waiting(world.player) == 1


async def test_a_letter_of_which_the_job_runs_twice_is_sent_once(world: World) -> None:
    await world.work.evening(world.player)
    [reader] = world.player.rows("select family_id, user_id from wondernest.letter_readers")
    args = {jobs.FAMILY: str(reader["family_id"]), jobs.USER: str(reader["user_id"])}
    number = (SUNDAY.date() - EARLIEST_DAY).days
    await asyncio.gather(*(world.work.run(jobs.SEND, 77, **args, sunday=number) for _ in range(3)))
    assert len(world.work.mails()) == 1
    await world.work.run(jobs.SEND, 78, **args, sunday=number + 7)
    assert len(world.work.mails()) == 1, "nobody asked for a letter of that Sunday"


async def test_a_process_that_is_killed_while_it_sends_sends_no_second_letter(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work.clock.moment = SUNDAY
    await world.work.find()
    send = OutboxMailer.send

    async def killed(self: OutboxMailer, letter: Letter) -> None:
        await send(self, letter)
        raise KeyboardInterrupt

    monkeypatch.setattr(OutboxMailer, "send", only_here(killed, send))
    with pytest.raises(KeyboardInterrupt):
        await world.work.send_waiting(world.player)
    monkeypatch.undo()
    assert await world.work.send_waiting(world.player) == 1, "the job is still there"
    await world.work.find()
    assert await world.work.send_waiting(world.player) == 0
    assert len(world.work.mails()) == 1


async def test_a_process_that_is_killed_before_it_sends_leaves_the_letter_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work.clock.moment = SUNDAY
    await world.work.find()

    async def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(jobs.LetterJobs, "_weeks", killed)
        with pytest.raises(KeyboardInterrupt):
            await world.work.send_waiting(world.player)
    assert await world.work.send_waiting(world.player) == 1
    assert len(world.work.mails()) == 1


async def test_a_letter_that_the_mail_server_refuses_for_now_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work.clock.moment = SUNDAY
    await world.work.find()

    async def away(*_: object) -> None:
        raise MailFailed("away")

    with monkeypatch.context() as patched:
        patched.setattr(OutboxMailer, "send", only_here(away, OutboxMailer.send))
        with pytest.raises(MailFailed):
            await world.work.send_waiting(world.player)
    assert await world.work.send_waiting(world.player) == 1
    assert len(world.work.mails()) == 1


@pytest.mark.parametrize(("late", "count"), [(timedelta(hours=36), 1), (timedelta(hours=36, seconds=1), 0)])
async def test_jobs_that_were_away_send_the_letter_later_but_not_days_later(
    world: World, late: timedelta, count: int
) -> None:
    assert len(await world.work.evening(world.player, SUNDAY + late)) == count


@pytest.mark.parametrize(
    ("zone", "evening"),
    [
        ("Pacific/Kiritimati", "2026-11-22T04:00"),
        ("Asia/Kathmandu", "2026-11-22T12:15"),
        ("UTC", "2026-11-22T18:00"),
        ("America/Los_Angeles", "2026-11-23T02:00"),
        ("Europe/Berlin", "2026-10-25T17:00"),  # a day of 25 hours
        ("America/New_York", "2026-03-08T22:00"),  # a day of 23 hours
    ],
)
async def test_sunday_evening_is_that_of_the_family(world: World, zone: str, evening: str) -> None:
    moment = datetime.fromisoformat(evening).replace(tzinfo=UTC)
    world.work.clock.moment = moment - timedelta(days=3)
    world.player.execute("update wondernest.letter_readers set since = '2026-01-01'")
    world.player = replace(world.player, parent=await log_in(world.work.client, world.player.parent))
    await world.save(timezone=zone)
    await world.played(5, moment - timedelta(days=3))
    assert await world.work.evening(world.player, moment - timedelta(seconds=1)) == []
    assert len(await world.work.evening(world.player, moment)) == 1


@pytest.mark.parametrize(
    ("first", "words"),
    [("sunday", "vom 15. November bis zum 21. November"), ("saturday", "vom 14. November bis zum 20. November")],
)
async def test_the_letter_is_about_the_last_week_that_is_over(world: World, first: str, words: str) -> None:
    await world.save(firstDayOfWeek=first)
    [mail] = await world.work.evening(world.player)
    assert words in text_of(mail)


# To whom -----------------------------------------------------------------------------------------------------------------


async def test_nobody_gets_a_letter_without_choosing_it_before_the_evening(world: World) -> None:
    await world.save(weeklyLetter=False)
    assert await world.work.evening(world.player) == []
    await world.save(weeklyLetter=True)
    assert await world.work.evening(world.player, SUNDAY + timedelta(hours=1)) == []
    await world.played(5, SUNDAY + timedelta(days=3))
    assert len(await world.work.evening(world.player, SUNDAY + timedelta(days=7))) == 1


async def test_each_parent_who_chose_it_gets_one_and_ends_their_own_alone(world: World) -> None:
    other = await world.second_parent(language="fr")
    assert len(await world.work.evening(world.player)) == 1
    world.work.clock.moment = SUNDAY + timedelta(days=1)
    await world.work.client.put(SETTINGS, json={"weeklyLetter": True}, headers=other.parent.bearer)
    await world.played(5, SUNDAY + timedelta(days=3))
    mails = await world.work.evening(world.player, SUNDAY + timedelta(days=7))
    assert sorted(str(mail["To"]) for mail in mails[1:]) == sorted([world.player.parent.email, other.parent.email])


async def test_a_family_in_which_nothing_happened_gets_no_letter(world: World) -> None:
    assert await world.work.evening(world.player, SUNDAY + timedelta(days=7)) == []


async def test_only_children_who_did_something_are_in_it_and_no_archived_or_foreign_one(world: World) -> None:
    leo = await add_child(world.work.client, world.player.parent, name="Leo Walker")
    ida = await add_child(world.work.client, world.player.parent, name="Ida Walker")
    await add_child(world.work.client, world.player.parent, name="Tom Walker")
    for child in (leo, ida):
        await world.played(9, SUNDAY - timedelta(days=2), child=child["id"])
    await world.work.client.delete(f"/api/v1/family/children/{ida['id']}", headers=world.player.parent.bearer)
    [mail] = await world.work.evening(world.player)
    names = {line.partition(":")[0] for line in text_of(mail).splitlines() if "von 7 Tagen" in line}
    assert names == {"Mia", "Leo"}


@pytest.mark.parametrize(
    "change",
    [
        "update core.users set is_active = false",
        "update family.family_members set role = 'member'",
        "delete from family.family_members",
        "delete from wondernest.address_proofs",
        "update core.users set email = 'other@example.com'",
        "delete from wondernest.letter_readers",
    ],
)
async def test_no_letter_goes_to_an_account_that_may_not_get_it(world: World, change: Any) -> None:
    world.work.clock.moment = SUNDAY
    await world.work.find()
    world.player.execute(change)
    assert await world.work.send_waiting(world.player) == 1
    assert world.work.mails() == []


async def test_without_an_address_that_ends_them_no_letters_are_sent(
    world: World, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(APP_ENV="staging")
    work = Work(settings, world.work.clock, world.player.database_url, world.work.client)
    work.clock.moment = SUNDAY
    await work.find()
    assert await work.send_waiting(world.player) == 0
    await work.background.rooms.stop()


async def test_the_queue_holds_ids_and_a_day_and_nothing_else(world: World) -> None:
    world.work.clock.moment = SUNDAY
    await world.work.find()
    [job] = world.player.rows(
        "select convert_from(payload, 'UTF8')::jsonb as args from wondernest.jobs where entrypoint = %s", jobs.SEND
    )
    [reader] = world.player.rows(
        "select family_id::text as family, user_id::text as user from wondernest.letter_readers"
    )
    assert job["args"] == {**reader, "sunday": (SUNDAY.date() - EARLIEST_DAY).days}


async def test_all_readers_are_found_however_many_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        other = await world.second_parent()
        await world.work.client.put(SETTINGS, json={"weeklyLetter": True}, headers=other.parent.bearer)
    monkeypatch.setattr("wondernest.letters.repository.READERS_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "READERS_AT_ONCE", 2)
    assert len(await world.work.evening(world.player)) == 5


# How it ends ---------------------------------------------------------------------------------------------------------------


async def ends(world: World) -> str:
    """The path and query of the address in a letter's header."""
    [mail] = await world.work.evening(world.player)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(mail["List-Unsubscribe"]).strip("<>")
    assert address in text_of(mail)
    assert address.replace("&", "&amp;") in text_of(mail, "html")
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == BASE
    return f"{parts.path}?{parts.query}"


async def chosen(world: World) -> bool:
    answer = await world.work.client.get(SETTINGS, headers=world.player.parent.bearer)
    return answer.json()["data"]["weeklyLetter"]


async def test_one_click_ends_the_letter_without_a_session(world: World) -> None:
    end = await ends(world)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = await world.work.client.post(end, content=b"List-Unsubscribe=One-Click", headers=form)
        assert answer.status_code == 200
        assert "keinen Wochenbrief mehr" in answer.text
    assert not await chosen(world)
    await world.played(5, SUNDAY + timedelta(days=3))
    assert len(await world.work.evening(world.player, SUNDAY + timedelta(days=7))) == 1


async def test_a_look_at_the_address_shows_a_form_and_changes_nothing(world: World) -> None:
    end = await ends(world)
    answer = await world.work.client.get(end)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form method="post">' in answer.text
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert await chosen(world)
    assert (await world.work.client.head(end)).status_code == 200
    assert await chosen(world)


async def test_a_token_is_for_one_account_and_for_nothing_else(world: World) -> None:
    end = await ends(world)
    [token] = parse_qs(urlsplit(end).query)["token"]
    mine = UUID(world.player.parent.user_id)
    assert token == EndTokens(TEST_SECRET).token(mine)
    other = EndTokens("another secret").token(mine)
    swapped = EndTokens(TEST_SECRET).token(uuid4())[:20] + token[20:]
    for wrong in ("", token[:-1], token + "A", swapped, other, "x" * 43, "ü" * 43, world.player.parent.access):
        for method in ("GET", "POST"):
            answer = await world.work.client.request(method, END, params={"token": wrong})
            assert answer.status_code == 400, wrong
            assert "<form" not in answer.text
    assert await chosen(world)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await world.work.client.get("/api/v1/auth/me", headers=bearer)).status_code == 401


async def test_the_page_is_in_a_language_of_ours_whatever_is_asked(world: World) -> None:
    token = EndTokens(TEST_SECRET).token(UUID(world.player.parent.user_id))
    for language, word in (("es", "carta"), ("<script>", "letter"), ("", "letter")):
        answer = await world.work.client.get(END, params={"token": token, "lang": language})
        assert word in answer.text
        assert "<script" not in answer.text
