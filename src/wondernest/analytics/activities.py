"""What a child did, as activities made from stored events and views (games contract §9). Pure; moments are whole seconds since 1970.

Three kinds of rows make activities:
- a view of content: from its start, as long as it lasted;
- a report of play (`game_progress`, `game_completion`): it names its minutes and arrives at their end;
- events of a story that no report covers: a session of them lasts as long as its gaps, each counted as five minutes at most.

The result depends only on what happened and when, never on the order of arrival. An activity depends on events within MARGIN_BEFORE_S and
MARGIN_AFTER_S alone, so a day can be computed from the events around it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from wondernest.analytics.rules import MAX_PLAY_MINUTES, STICKER_BOOK, STORY_GAMES

if TYPE_CHECKING:
    from wondernest.analytics.days import Calendar
    from wondernest.platform.large_work import Steps

MINUTE_S: Final = 60
HOUR_S: Final = 3600
ART, STORIES, EDUCATIONAL, SCIENCE, GAMES, MUSIC = "art", "stories", "educational", "science", "games", "music"
EDUCATIONAL_CATEGORIES: Final = frozenset({EDUCATIONAL, SCIENCE, STORIES})
PROGRESS, COMPLETION, STORY_COMPLETED, WORD = (
    "game_progress",
    "game_completion",
    "story_completed",
    "vocabulary_encounter",
)
STORY_KINDS: Final = ("story_started", "progress_update", WORD)
"""Events of a story whose gaps are time spent."""
INTERACTIONS: Final = ("approval_response", "parent_interaction")
"""Events in which a parent took part."""
KINDS: Final = (PROGRESS, COMPLETION, *STORY_KINDS, STORY_COMPLETED, *INTERACTIONS)
"""Every type of event that a figure counts."""
MAX_GAP_S: Final = 5 * MINUTE_S
LEAST_SESSION_S: Final = MINUTE_S
PAUSE_S: Final = 30 * MINUTE_S
"""Story events without a session id that lie so far apart, and activities that do, belong to different sessions."""
SILENCE_S: Final = 6 * HOUR_S
"""A session id that was silent for so long begins another session: so that a day does not depend on events of another week."""
MAX_ACTIVITY_S: Final = MAX_PLAY_MINUTES * MINUTE_S
MARGIN_BEFORE_S: Final = MAX_ACTIVITY_S
MARGIN_AFTER_S: Final = MAX_ACTIVITY_S + 2 * SILENCE_S
"""An activity of a day may end a day later; a story event may be followed by two that matter, and be covered by a report a day later."""
COMPLETE_PERCENT: Final = 90
EDUCATIONAL_SCORE: Final = 0.7
STEP_ROWS: Final = 1_000
"""Rows that one step of the work takes: a millisecond or two."""
VIEW, REPORT, STORY = "view", "report", "story"


class StoredEvent(Struct, frozen=True, kw_only=True):
    """A stored event, as far as figures need it. `minutes`: what it reports, already of the right field; None if it has none."""

    at: int
    kind: str
    content_id: str | None = None
    session_id: str | None = None
    minutes: float | None = None
    completed: bool = False
    educational: bool = False
    """Whether the registry names educational aims of its game."""
    by_arrival: bool = False
    """Whether the clock of the device was wrong."""


class View(Struct, frozen=True, kw_only=True):
    """A view of content."""

    at: int
    content_id: str
    category: str
    seconds: int
    completed: bool = False
    educational: bool = False


class Part(NamedTuple):
    """What lies of an activity in one day. `completed`: only the last part of an activity is. `seconds`: without the pauses."""

    day: date
    start: int
    end: int
    seconds: int
    category: str
    content_id: str | None
    source: str
    completed: bool
    educational: bool
    by_arrival: bool


class _Activity(NamedTuple):
    spans: Sequence[tuple[int, int]]
    category: str
    content_id: str | None
    source: str
    completed: bool
    educational: bool
    by_arrival: bool
    events: Sequence[StoredEvent] = ()
    """The events of a story's session, in order of time: each of its parts is named after its own."""

    def named(self, start: int, end: int) -> tuple[str | None, bool]:
        """The content of a part, and whether it was placed by arrival."""
        if not self.events:
            return self.content_id, self.by_arrival
        last = bisect_right(self.events, start, key=_moment) - 1
        first = bisect_left(self.events, self.events[max(last, 0)].at, key=_moment)
        inside = self.events[first : bisect_right(self.events, end, key=_moment)]
        return self.events[first].content_id, any(event.by_arrival for event in inside)


def _moment(event: StoredEvent) -> int:
    return event.at


def parts(
    events: Sequence[StoredEvent], views: Sequence[View], calendar: Calendar, wanted: Collection[date]
) -> Steps[list[Part]]:
    """The parts of all activities that lie in the wanted days, in order of time."""
    found: list[Part] = []
    for number, activity in enumerate(_activities(events, views)):
        found += (part for part in _split(activity, calendar) if part.day in wanted)
        if number % STEP_ROWS == 0:
            yield
    found.sort(key=_order)
    return found


def _order(part: Part) -> tuple[int, int, str, str, str, bool, bool]:
    """Of time; then of everything else, so that the order of arrival does not show."""
    content = part.content_id or ""
    return (part.start, part.end, part.category, content, part.source, part.completed, part.by_arrival)


def _activities(events: Sequence[StoredEvent], views: Sequence[View]) -> Iterator[_Activity]:
    for view in views:
        span = (view.at, view.at + min(max(view.seconds, 0), MAX_ACTIVITY_S))
        educational = view.educational or view.category in EDUCATIONAL_CATEGORIES
        yield _Activity([span], view.category, view.content_id, VIEW, view.completed, educational, by_arrival=False)
    covered: list[tuple[int, int]] = []
    for event in events:
        if event.kind in {PROGRESS, COMPLETION}:
            report = _report(event)
            if report.category == STORIES:
                covered += report.spans
            yield report
    story = [event for event in events if event.kind == STORY_COMPLETED or event.kind in STORY_KINDS]
    for session in _sessions(_uncovered(story, covered)):
        yield _session(session)


def _report(event: StoredEvent) -> _Activity:
    """A report names its minutes and arrives at their end."""
    seconds = min(max(int((event.minutes or 0) * MINUTE_S), 0), MAX_ACTIVITY_S)
    category = _category_of_game(event)
    return _Activity(
        [(event.at - seconds, event.at)],
        category,
        event.content_id,
        REPORT,
        event.kind == COMPLETION and event.completed,
        category in EDUCATIONAL_CATEGORIES,
        event.by_arrival,
    )


def _category_of_game(event: StoredEvent) -> str:
    if event.content_id == STICKER_BOOK:
        return ART
    if event.content_id in STORY_GAMES:
        return STORIES
    return EDUCATIONAL if event.educational else GAMES


def _uncovered(story: Iterable[StoredEvent], covered: list[tuple[int, int]]) -> list[StoredEvent]:
    """The story's events that lie in no report of a story; in order of time, the completion last."""
    spans = iter([*_united(covered), (_NEVER, _NEVER)])
    start, end = next(spans)
    left: list[StoredEvent] = []
    for event in sorted(story, key=_story_order):
        while end < event.at:
            start, end = next(spans)
        if event.kind == STORY_COMPLETED or event.at < start:
            left.append(event)
    return left


_NEVER: Final = 2**62


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that do not overlap and cover the same moments, in order; those without length cover nothing."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _story_order(event: StoredEvent) -> tuple[int, bool, str, str, bool]:
    return (event.at, event.kind == STORY_COMPLETED, event.content_id or "", event.kind, event.by_arrival)


def _sessions(events: Iterable[StoredEvent]) -> Iterator[list[StoredEvent]]:
    """Events of one session each: by session id, without one by pauses. A completed story ends its session."""
    by_id: defaultdict[str, list[StoredEvent]] = defaultdict(list)
    for event in events:
        by_id[event.session_id or ""].append(event)
    for session_id, members in by_id.items():
        silence = SILENCE_S if session_id else PAUSE_S
        session: list[StoredEvent] = []
        for event in members:
            if session and (event.at - session[-1].at >= silence or session[-1].kind == STORY_COMPLETED):
                yield session
                session = []
            session.append(event)
        yield session


def _session(events: Sequence[StoredEvent]) -> _Activity:
    """A session. One of nothing but a completion has no spans, so it is no activity."""
    timed = [event for event in events if event.kind != STORY_COMPLETED]
    spans = _united([(one.at, one.at + min(other.at - one.at, MAX_GAP_S)) for one, other in pairwise(timed)])
    if timed and sum(end - start for start, end in spans) < LEAST_SESSION_S:
        spans = [(timed[0].at, timed[0].at + LEAST_SESSION_S)]
    return _Activity(
        spans,
        STORIES,
        None,
        STORY,
        events[-1].kind == STORY_COMPLETED,
        educational=True,
        by_arrival=False,
        events=timed,
    )


def _split(activity: _Activity, calendar: Calendar) -> list[Part]:
    """The activity's parts, one for each day in which some of it lies."""
    pieces: dict[date, tuple[int, int, int]] = {}
    for span in activity.spans:
        for day, start, end in calendar.split(*span):
            first, _, seconds = pieces.get(day, (start, end, 0))
            pieces[day] = (first, end, seconds + end - start)
    last = max(pieces, default=None)
    found: list[Part] = []
    for day, (start, end, seconds) in pieces.items():
        content_id, by_arrival = activity.named(start, end)
        completed = activity.completed and day == last
        what = (activity.category, content_id, activity.source, completed, activity.educational, by_arrival)
        found.append(Part(day, start, end, seconds, *what))
    return found
