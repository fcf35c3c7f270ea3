"""The rules of the content library (server contract §1). Pure functions."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.content.model import FamilyFilter, Picks, Place

PROVIDER: Final = "wondernest"
"""The maker of our own items: their ids on the wire are those that they have there."""
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
MAX_PAGE: Final = 100_000
MAX_WORDS_CHARS: Final = 200
"""Of a search; the rest is ignored."""
AGE_GROUP_SPAN: Final = 2
"""`ageGroup` shows items from so many years above it."""
HIGHEST_AGE: Final = 18
"""The wire's `ageRating` of an item without one."""
MOST_RECOMMENDED: Final = 5
MAX_ENGAGEMENT_S: Final = 24 * 3600
REPEATED_WITHIN: Final = timedelta(seconds=60)
"""Two deliveries with the same contents and without an identity of their own count once if they are closer than this."""
VIEW, LIKE, COMPLETE, SHARE = "view", "like", "complete", "share"
SCORES: Final = {VIEW: 0.3, COMPLETE: 0.8, LIKE: 0.9, SHARE: 1.0}
"""How much a child cared, from 0 to 1, by what it did."""
TOLD: Final = frozenset({LIKE, SHARE})
"""What is also recorded as an event."""
COMPLETED: Final = 100
_IDENTITIES: Final = ("eventId", "clientEventId", "id")
"""Where a client may give a delivery an identity, in its metadata."""
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,9}")
MAX_AGE_LIMIT: Final = 100
MAX_DURATION_MINUTES: Final = 1440
MAX_ENTRIES: Final = 200
MAX_ENTRY_CHARS: Final = 100
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
MAX_LANGUAGES: Final = 30


class Category(Struct, frozen=True, rename="camel"):
    """A category of the library."""

    id: str
    name: str
    description: str
    icon: str
    color: str
    """#RRGGBB."""
    min_age: int
    max_age: int


CATEGORIES: Final = (
    Category("educational", "Educational", "Letters, numbers, colours and how things work", "🎓", "#4CAF50", 3, 12),
    Category("stories", "Stories", "Picture stories to look at and to read aloud", "📚", "#FF9800", 4, 10),
    Category("music", "Music", "Sounds, tunes and rhythms to listen to and to clap along", "🎵", "#E91E63", 2, 8),
    Category("art", "Art & Craft", "Things to draw, to colour and to make", "🎨", "#9C27B0", 4, 12),
    Category("science", "Science", "Animals, plants, weather and the sky", "🔬", "#2196F3", 5, 12),
)
"""No table holds icon, colour and ages; ids, names, icons, colours and ages are the contract's."""


class Broken(ValueError):
    """A filter that cannot be; the message is for the client."""


def whole_number(text: str | None) -> int | None:
    """A number as the earlier backend reads it: a text that is none counts as absent."""
    found = _DIGITS.fullmatch((text or "").strip())
    return None if found is None else int(found[0])


def page_of(text: str | None) -> int:
    """A page, from 1."""
    return min(max(1 if (number := whole_number(text)) is None else number, 1), MAX_PAGE)


def limit_of(text: str | None) -> int:
    """How many items of a page."""
    number = whole_number(text)
    return DEFAULT_LIMIT if number is None else min(max(number, 1), MAX_LIMIT)


def most_age(text: str | None) -> int | None:
    """The highest minimum age for an age group."""
    number = whole_number(text)
    return None if number is None else number + AGE_GROUP_SPAN


def pages(total: int, limit: int) -> int:
    """How many pages there are."""
    return -(-total // limit)


def cursor(place: Place) -> str:
    """A place as text for a client, which gives it back as it is."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def place_of(text: str | None) -> Place | None:
    """The place of a cursor; a text that is none counts as absent."""
    try:
        raw = base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}") if text else b""
        return msgspec.json.decode(raw, type=Place)
    except (ValueError, msgspec.MsgspecError):
        return None


def minutes(duration_s: int | None) -> int:
    """The wire's duration."""
    return -(-max(duration_s or 0, 0) // 60)


def reason(picks: Picks) -> str:
    """Why these were recommended, in a sentence: only what decided."""
    if not picks.picks:
        return f"Nothing in the library fits age {picks.age} and the family's filter yet"
    interests = _once(interest for pick in picks.picks for interest in pick.interests)
    parts = [f"for age {picks.age}"]
    if interests:
        parts.append(f"because of the interest in {_listed(interests)}")
    unseen = [pick for pick in picks.picks if not pick.seen]
    if len(unseen) == len(picks.picks):
        parts.append("not opened before")
    elif not unseen:
        parts.append("all of them known already")
    else:
        parts.append("new ones first")
    return f"Chosen {', '.join(parts)}"


def identities(
    now: datetime, child_id: UUID, content_id: str, kind: str, given: str | None, told: Any
) -> tuple[UUID, tuple[UUID, ...]]:
    """The id of an engagement, and ids under which the same delivery may be stored already.

    `given`: the client's own identity; `told`: the rest of what it says. A like is a state, so it has one identity. What is told
    twice within REPEATED_WITHIN in the same words is one delivery.
    """
    whose = (str(child_id), content_id, kind)
    if given is not None:
        return _named(*whose, "given", given), ()
    if kind == LIKE:
        return _named(*whose), ()
    words = msgspec.json.encode(told, order="sorted").decode()
    span = int(now.timestamp()) // int(REPEATED_WITHIN.total_seconds())
    return _named(*whose, "at", str(span), words), (_named(*whose, "at", str(span - 1), words),)


def identity_in(event_id: str | None, metadata: Any) -> str | None:
    """The client's own identity of a delivery, if it gives one."""
    if event_id:
        return event_id
    if isinstance(metadata, dict):
        for name in _IDENTITIES:
            value: Any = metadata.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if isinstance(value, str) and value:
                return value
    return None


def seconds(duration: float | None) -> int:
    """A duration, in whole seconds within a day."""
    if duration is None or math.isnan(duration):
        return 0
    return int(min(max(duration, 0), MAX_ENGAGEMENT_S))


def combined(rows: Sequence[FamilyFilter], languages: list[str]) -> FamilyFilter:
    """One filter that refuses what any of the rows refuses."""
    return FamilyFilter(
        min_age=max((row.min_age for row in rows if row.min_age is not None), default=None),
        max_age=min((row.max_age for row in rows if row.max_age is not None), default=None),
        allowed_categories=_common(row.allowed_categories for row in rows),
        blocked_categories=_once(word for row in rows for word in row.blocked_categories),
        allowed_providers=_common(row.allowed_providers for row in rows),
        blocked_keywords=_once(word for row in rows for word in row.blocked_keywords),
        max_duration_minutes=min(
            (row.max_duration_minutes for row in rows if row.max_duration_minutes is not None), default=None
        ),
        languages=languages,
    )


def checked(filtered: FamilyFilter) -> FamilyFilter:
    """The filter if its limits are possible together; raises Broken."""
    if filtered.min_age is not None and filtered.max_age is not None and filtered.min_age > filtered.max_age:
        raise Broken("minAge must not be above maxAge")
    return filtered


def entries(name: str, given: Sequence[str]) -> list[str]:
    """A list of texts as it is stored: trimmed, once each, without empty ones; raises Broken."""
    kept = _once(text.strip() for text in given)
    if len(kept) > MAX_ENTRIES or any(len(text) > MAX_ENTRY_CHARS for text in kept):
        raise Broken(f"{name} has at most {MAX_ENTRIES} entries of {MAX_ENTRY_CHARS} characters")
    if any("\x00" in text for text in kept):
        raise Broken(f"{name} contains a character that cannot be stored")
    return kept


def languages_of(given: Sequence[str]) -> list[str]:
    """Language codes as they are stored; raises Broken."""
    kept = _once(code.strip() for code in given)
    if len(kept) > MAX_LANGUAGES or not all(LANGUAGE.fullmatch(code) for code in kept):
        raise Broken(f"languages has at most {MAX_LANGUAGES} codes such as en or pt-BR")
    return kept


def within(name: str, number: int | None, low: int, high: int) -> int | None:
    """A number in a range, or none; raises Broken."""
    if number is not None and not low <= number <= high:
        raise Broken(f"{name} must be from {low} to {high}")
    return number


def _named(*parts: str) -> UUID:
    digest = hashlib.sha256("\0".join(("content engagement", *parts)).encode(errors="replace")).digest()
    return UUID(bytes=digest[:16], version=4)


def _once(texts: Iterable[str]) -> list[str]:
    seen: dict[str, str] = {}
    for text in texts:
        if text:
            seen.setdefault(text.casefold(), text)
    return list(seen.values())


def _common(lists: Iterable[list[str] | None]) -> list[str] | None:
    """What is in every list; a missing or an empty list is none."""
    given = [texts for texts in lists if texts]
    if not given:
        return None
    others = [{text.strip().casefold() for text in texts} for texts in given[1:]]
    return [text for text in _once(given[0]) if all(text.strip().casefold() in other for other in others)]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
