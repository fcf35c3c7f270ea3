"""Eight weeks of play of the demo family, and its letter. Development only.

Everything is stored in one transaction. A later start adds what would have happened since; what a developer changed or deleted stays so.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb

from wondernest.analytics.catalogue.milestones import CATALOGUE
from wondernest.analytics.days import EARLIEST_DAY
from wondernest.app import background
from wondernest.development.seed import CONNECT_TIMEOUT_S, DEMO_EMAIL
from wondernest.development.weeks import (
    HABITS,
    NAMES,
    STICKER_BOOK,
    WEEKS,
    Event,
    Habits,
    Item,
    Play,
    Save,
    View,
    weeks_of,
)
from wondernest.letters.jobs import FAMILY, SEND, SUNDAY, USER
from wondernest.letters.rules import EVENING_HOUR
from wondernest.platform.jobs import Running

if TYPE_CHECKING:
    from wondernest.settings import Settings

MONTHS_OF_YEAR: Final = 12
_ITEMS: Final = """
    select id, category, coalesce(duration_seconds, 300), age_min, age_max from content.content_items
     where provider = 'wondernest' and is_active and language = 'en' order by provider_id"""
_PARENT: Final = """
    select account.id, child.family_id from core.users account
      join family.family_members member on member.user_id = account.id
      join family.child_profiles child on child.family_id = member.family_id
     where account.email = %s and child.id = any(%s) limit 1"""
_EVENT: Final = """
    insert into analytics.analytics_events (id, user_id, child_id, event_type, event_category, event_data, created_at)
    values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
_VIEW: Final = """
    insert into content.content_engagement
           (id, child_id, content_id, started_at, ended_at, duration_seconds, completion_percentage, created_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
_SAVE: Final = """
    insert into games.simple_game_data (child_id, game_type, data_key, data_value, created_at, updated_at)
    values (%s, %s, %s, %s, %s, %s) on conflict do nothing"""
_MILESTONE: Final = """
    insert into analytics.learning_insights (id, child_id, insight_type, category, title, data, created_at)
    values (%s, %s, 'milestone', %s, %s, %s, %s) on conflict do nothing"""
_RECOUNT: Final = """
    update wondernest.child_days set counted_at = null, asked_at = now() where child_id = %s and day >= %s and not final"""
_READER: Final = """
    insert into wondernest.letter_readers (family_id, user_id, since) values (%s, %s, %s) on conflict do nothing"""
_PROOF: Final = """
    insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
    select id, lower(email), 'letter', sha256('demo'), %s from core.users where id = %s on conflict do nothing"""
_LETTER: Final = """
    insert into wondernest.weekly_letters as known (family_id, user_id, sunday)
    select family_id, user_id, %(sunday)s from wondernest.letter_readers reader
     where reader.family_id = %(family)s and reader.user_id = %(user)s
    on conflict (family_id, user_id) do update set sunday = excluded.sunday, handed_over = false
     where known.sunday < excluded.sunday
    returning true"""


def fill_weeks(settings: Settings, now: datetime | None = None) -> None:
    """Make sure that the demo family, which must exist, has played until `now` (None: this moment)."""
    now = now or datetime.now(UTC)
    with psycopg.connect(settings.database.direct, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        found = _demo(connection)
        if found is None:
            return
        parent, family = found
        items = [
            Item(id_, category, seconds, (youngest, oldest))
            for id_, category, seconds, youngest, oldest in connection.execute(_ITEMS)
        ]
        began = [_fill(connection, habits, weeks_of(habits, items, now), parent) for habits in HABITS]
        if all(began):
            first = now - timedelta(weeks=WEEKS)
            connection.execute(_READER, [family, parent, first])
            connection.execute(_PROOF, [first, parent])
            for habits in HABITS:
                _reach(connection, habits, now)


def write_letter(settings: Settings, now: datetime | None = None) -> None:
    """Write the demo parent's letter of the last Sunday into the outbox, once, if there is an outbox and the letter was not ended."""
    now = now or datetime.now(UTC)
    if settings.mail.smtp_host:
        return
    sunday = last_sunday(now)
    with psycopg.connect(settings.database.direct, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        found = _demo(connection)
        if found is None:
            return
        parent, family = found
        if connection.execute(_LETTER, {"family": family, "user": parent, "sunday": sunday}).fetchone() is None:
            return
    args: dict[str, str | int | None] = {FAMILY: str(family), USER: str(parent), SUNDAY: (sunday - EARLIEST_DAY).days}
    asyncio.run(_send(settings, Running(0, SEND, args, 1, now)))


def last_sunday(now: datetime) -> date:
    """The last Sunday whose evening has begun; the demo family lives in UTC."""
    began = now - timedelta(hours=EVENING_HOUR)
    return (began - timedelta(days=began.isoweekday() % 7)).date()


async def _send(settings: Settings, job: Running) -> None:
    work = background(settings)
    try:
        await next(one for one in work.jobs if one.name == SEND).handler(job)
    finally:
        await work.rooms.stop()


def _demo(connection: psycopg.Connection) -> tuple[UUID, UUID] | None:
    """The demo parent and the family of the demo children."""
    return connection.execute(_PARENT, [DEMO_EMAIL, [habits.child_id for habits in HABITS]]).fetchone()


def _fill(connection: psycopg.Connection, habits: Habits, play: Play, parent: UUID) -> bool:
    """Add what happened after the last event that is there; returns whether there was none."""
    known = "select max(created_at) from analytics.analytics_events where id = any(%s)"
    [last] = connection.execute(known, [[event.id for event in play.events]]).fetchone() or [None]
    since: datetime = last or datetime.min.replace(tzinfo=UTC)
    child = habits.child_id
    events = [_event(event, child, parent) for event in play.events if event.at > since]
    with connection.cursor() as cursor:
        cursor.executemany(_EVENT, events)
        cursor.executemany(_VIEW, [_view(view, child) for view in play.views if view.at > since])
        cursor.executemany(_SAVE, [_save(save, child) for save in play.saves if save.at > since])
    if last is not None and events:
        connection.execute(_RECOUNT, [child, since.date()])
    return last is None


def _event(event: Event, child: UUID, parent: UUID) -> tuple[Any, ...]:
    stored = {
        "contentId": event.content_id,
        "duration": event.minutes,
        "sessionId": event.session,
        "eventData": event.data,
    }
    category = "story" if event.session else "game"
    return (event.id, parent, child, event.kind, category, Jsonb(stored), event.at)


def _view(view: View, child: UUID) -> tuple[Any, ...]:
    ended = view.at + timedelta(seconds=view.seconds)
    return (view.id, child, view.item_id, view.at, ended, view.seconds, view.percent, ended)


def _save(save: Save, child: UUID) -> tuple[Any, ...]:
    return (child, STICKER_BOOK, save.key, Jsonb(save.document), save.at, save.at)


def _reach(connection: psycopg.Connection, habits: Habits, now: datetime) -> None:
    """Milestones of younger years, and every second one of the child's age."""
    months = habits.age * MONTHS_OF_YEAR
    reached = [
        entry
        for number, entry in enumerate(CATALOGUE)
        if entry.last <= months or (entry.first <= months and number % 2 == 0)
    ]
    rows = [
        (
            uuid5(NAMES, f"{habits.child_id}:{entry.key}"),
            habits.child_id,
            entry.category,
            entry.text.en,
            Jsonb({"key": entry.key}),
            now - timedelta(days=number),
        )
        for number, entry in enumerate(reached)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_MILESTONE, rows)
