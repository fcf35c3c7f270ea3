"""What the demo children did in a day: the same for a child and a day at each call. Development only.

Mia is six: she makes pictures after kindergarten and hears a story before bed. Leo is nine: games, science, stories that he reads
himself. Both play less on school days than on weekends, not every day, and one week nearly nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from msgspec import Struct

from wondernest.development.seed import CLIENTS_CHILD, SECOND_CHILD
from wondernest.development.story_texts import STORIES, Story

WEEKS: Final = 8
NAMES: Final = UUID("6d1f6c0e-4b0e-4c6f-9a57-0c8f2f0a1d11")
"""The ids of all rows are made from it, so that none is stored twice."""
STICKER_BOOK, STORY_GAME, STORY_CONTENT = "sticker_book", "story_adventure", "story-adventure"
QUIET_WEEK: Final = 5
"""Of so many weeks one is a holiday: nearly no play."""
FINISHED_PERCENT: Final = 100
STICKERS: Final = ("🦕", "🦖", "🌋", "🌿", "🥚", "☁️", "🌞", "🦋", "🚀", "⭐", "🪐", "🌙")
PICTURES: Final = (
    *("Dino Park", "Our Garden", "A Day at the Sea", "Grandma's House", "The Night Sky", "Rocket Race"),
    *("Flower Field", "The Big Volcano", "Birthday", "Snail Town"),
)
GAMES_OF_FAMILY: Final = ("memory_match", "number_rocket", "word_ladder")


class Item(Struct, frozen=True):
    """An item of the library, as far as a view needs it."""

    id: UUID
    category: str
    seconds: int
    ages: tuple[int, int]


class Habits(Struct, frozen=True, kw_only=True):
    """What a child likes. Shares are of 1; `age` in years, `from_hour` the hour of a school day from which it plays."""

    child_id: UUID
    age: int
    story_age: str
    from_hour: int
    plays: float
    reads: float
    draws: float
    games: tuple[str, ...]
    likes: tuple[str, ...]
    """Categories of the library."""


HABITS: Final = (
    Habits(
        child_id=UUID(CLIENTS_CHILD),
        age=6,
        story_age="6-8",
        from_hour=15,
        plays=0.75,
        reads=0.6,
        draws=0.7,
        games=("memory_match",),
        likes=("stories", "art", "educational", "music"),
    ),
    Habits(
        child_id=UUID(SECOND_CHILD),
        age=9,
        story_age="9-12",
        from_hour=16,
        plays=0.7,
        reads=0.45,
        draws=0.2,
        games=GAMES_OF_FAMILY,
        likes=("science", "science", "educational", "music"),
    ),
)


class Event(Struct, frozen=True, kw_only=True):
    """An event of the app."""

    id: UUID
    at: datetime
    kind: str
    content_id: str
    minutes: int = 0
    session: str | None = None
    data: dict[str, Any]


class View(Struct, frozen=True, kw_only=True):
    """A view of an item of the library."""

    id: UUID
    at: datetime
    item_id: UUID
    seconds: int
    percent: int


class Save(Struct, frozen=True, kw_only=True):
    """A saved project."""

    at: datetime
    key: str
    document: dict[str, Any]


class Play(Struct, frozen=True):
    """What a child did."""

    events: list[Event]
    views: list[View]
    saves: list[Save]


def weeks_of(habits: Habits, items: Sequence[Item], now: datetime) -> Play:
    """The last WEEKS of a child, until a moment."""
    told = Play([], [], [])
    today = now.astimezone(UTC).date()
    for back in range(7 * WEEKS - 1, -1, -1):
        _Day(habits, today - timedelta(days=back), items, told).live()
    return Play(
        [event for event in told.events if event.at <= now],
        [view for view in told.views if view.at + timedelta(seconds=view.seconds) <= now],
        [save for save in told.saves if save.at <= now],
    )


class _Day:
    """One day of a child, written down in `told`. The time of day goes on with everything that is done."""

    def __init__(self, habits: Habits, day: date, items: Sequence[Item], told: Play) -> None:
        self._habits = habits
        self._day = day
        self._items = [one for one in items if one.ages[0] <= habits.age <= one.ages[1]]
        self._told = told
        self._chance = random.Random(f"{habits.child_id}:{day.isoformat()}")  # noqa: S311 - the same at each call
        self._number = 0
        weekend = day.isoweekday() >= 6
        self._weekend = weekend
        hour = self._chance.choice((9, 10, 14)) if weekend else habits.from_hour
        self._now = datetime(day.year, day.month, day.day, hour, self._chance.randrange(60), tzinfo=UTC)

    def live(self) -> None:
        """Play, or not."""
        chance, habits = self._chance, self._habits
        week = self._day.toordinal() // 7
        holiday = week % QUIET_WEEK == habits.age % QUIET_WEEK
        if chance.random() > (0.15 if holiday else min(1.0, habits.plays + 0.2 * self._weekend)):
            return
        for _ in range(chance.choice((1, 1, 2)) + self._weekend):
            if chance.random() < habits.draws:
                self._draw()
            else:
                self._play(chance.choice(habits.games))
            if chance.random() < 0.6:
                self._look()
            self._wait(5, 60)
        if chance.random() < habits.reads:
            evening = self._now.replace(hour=18, minute=chance.randrange(10, 40))
            self._now = max(self._now, evening)
            self._read(chance.choice([story for story in STORIES if story.age_group == habits.story_age]))
        if chance.random() < 0.2:
            self._wait(1, 4)
            self._event("parent_interaction", "family", data={"kind": "asked about the day"})

    def _draw(self) -> None:
        """A picture, which is saved, and on some days one of the days before goes on."""
        minutes = self._chance.randrange(8, 24)
        begun, number = self._now, self._day.toordinal() * 10 + self._number
        self._now += timedelta(minutes=minutes)
        self._event("game_progress", STICKER_BOOK, minutes, data={"gameId": STICKER_BOOK, "playTimeMinutes": minutes})
        if self._chance.random() < 0.35:
            key = f"sticker_project_{int(begun.timestamp() * 1000)}_{number % 1000}"
            self._told.saves.append(Save(at=self._now, key=key, document=self._picture(key, begun)))

    def _play(self, game: str) -> None:
        """A few rounds of a game: most are finished, and more of them as the weeks pass."""
        finished = 0.55 + 0.3 * (self._day.toordinal() % (7 * WEEKS)) / (7 * WEEKS)
        for level in range(self._chance.randrange(1, 4)):
            minutes = self._chance.randrange(3, 8)
            self._now += timedelta(minutes=minutes)
            done = self._chance.random() < finished
            score = self._chance.randrange(40, 100) if done else self._chance.randrange(5, 40)
            play = {"playTimeMinutes": minutes, "completed": done, "finalScore": score, "level": level + 1}
            self._event("game_completion", game, data={"gameId": game, "data": play})
        self._wait(1, 3)

    def _look(self) -> None:
        """An item of the library, often to the end."""
        liked = self._chance.choice(self._habits.likes)
        fitting = [one for one in self._items if one.category == liked] or self._items
        if not fitting:
            return
        item = self._chance.choice(fitting)
        whole = self._chance.random() < 0.7
        share = 1.0 if whole else self._chance.uniform(0.2, 0.8)
        seconds = max(30, round(item.seconds * share * self._chance.uniform(0.8, 1.2)))
        percent = FINISHED_PERCENT if whole else round(share * FINISHED_PERCENT)
        self._told.views.append(
            View(id=self._id("view"), at=self._now, item_id=item.id, seconds=seconds, percent=percent)
        )
        self._now += timedelta(seconds=seconds)

    def _read(self, story: Story) -> None:
        """A story page by page, with its new words, mostly to its end."""
        session = f"session-{int(self._now.timestamp() * 1000)}"
        pages = len(story.pages) if self._chance.random() < 0.75 else self._chance.randrange(1, len(story.pages))
        self._tell("story_started", session, story, {})
        for number, page in enumerate(story.pages[:pages], 1):
            for word in page.words:
                if self._chance.random() < 0.6:
                    self._now += timedelta(seconds=self._chance.randrange(15, 45))
                    self._tell("vocabulary_encounter", session, story, {"word": word, "interactionType": "tap"})
            self._now += timedelta(seconds=self._chance.randrange(50, 130))
            self._tell("progress_update", session, story, {"currentPage": number})
        if pages == len(story.pages):
            self._now += timedelta(seconds=20)
            self._tell("story_completed", session, story, {})

    def _tell(self, kind: str, session: str, story: Story, more: dict[str, Any]) -> None:
        data = {"gameType": STORY_CONTENT, "templateId": str(story.id), **more}
        self._event(kind, STORY_CONTENT, session=session, data=data)

    def _event(
        self, kind: str, content_id: str, minutes: int = 0, *, session: str | None = None, data: dict[str, Any]
    ) -> None:
        stamped = {**data, "timestamp": int(self._now.timestamp() * 1000)}
        event = Event(
            id=self._id(kind),
            at=self._now,
            kind=kind,
            content_id=content_id,
            minutes=minutes,
            session=session,
            data=stamped,
        )
        self._told.events.append(event)

    def _picture(self, key: str, begun: datetime) -> dict[str, Any]:
        """A project as the app saves it (games contract §8), with a few stickers."""
        name = self._chance.choice(PICTURES)
        started, ended = (moment.replace(tzinfo=None).isoformat() for moment in (begun, self._now))
        stickers: list[dict[str, Any]] = []
        for number in range(self._chance.randrange(4, 12)):
            emoji = self._chance.choice(STICKERS)
            kind = {"id": f"sticker_{ord(emoji[0])}", "name": "Sticker", "emoji": emoji, "category": "stickers"}
            place = {"x": round(self._chance.uniform(20, 780), 1), "y": round(self._chance.uniform(20, 580), 1)}
            turned = {"rotation": 0.0, "scale": round(self._chance.uniform(0.6, 1.8), 2), "zIndex": number}
            stickers.append({"id": str(number), "sticker": kind, "position": place, **turned, "placedAt": started})
        canvas: dict[str, Any] = {
            "id": "default",
            "name": name,
            "background": {"id": "white", "name": "White", "backgroundColor": 16843009, "category": "solid"},
            "stickers": stickers,
            "drawings": [],
            "texts": [],
            "zones": [],
            "createdAt": started,
            "lastModified": ended,
            "canvasSize": {"width": 800.0, "height": 600.0},
            "viewport": {"zoom": 1.0, "center": {"x": 0.0, "y": 0.0}, "screenSize": {"width": 800.0, "height": 600.0}},
            "isInfinite": True,
        }
        project = {
            "id": "default",
            "name": name,
            "description": "",
            "mode": "infiniteCanvas",
            "infiniteCanvas": canvas,
            "flipBook": None,
            "createdAt": started,
            "lastModified": ended,
            "thumbnailPath": None,
        }
        mode = "littleKid" if self._habits.age < 7 else "bigKid"
        identity = key.removeprefix("sticker_project_")
        return {"id": identity, "name": name, "originalProject": project, "savedAt": ended, "ageMode": mode}

    def _wait(self, least: int, most: int) -> None:
        self._now += timedelta(minutes=self._chance.randrange(least, most))

    def _id(self, kind: str) -> UUID:
        self._number += 1
        return uuid5(NAMES, f"{self._habits.child_id}:{self._day.isoformat()}:{kind}:{self._number}")
