"""Validation of a child's profile (auth contract §3). Pure functions; the texts are wire texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from wondernest.coppa.rules import age_on
from wondernest.platform.texts import is_blank

MAX_NAME_CHARS: Final = 100
MAX_GENDER_CHARS: Final = 20
MAX_AGE: Final = 18
MAX_INTERESTS: Final = 100
MAX_INTEREST_CHARS: Final = 100
MAX_AVATAR_CHARS: Final = 2_000
MAX_SCREEN_TIME_MINUTES: Final = 24 * 60
MAX_SETTINGS_BYTES: Final = 64 * 1024
"""Limit for all settings of a family together: every read of the profile decodes them."""

NAME_REQUIRED: Final = "Child name is required"
BAD_DATE: Final = "Invalid birth date format. Use YYYY-MM-DD"
FUTURE_DATE: Final = "Birth date cannot be in the future"
TOO_OLD: Final = f"Child must be {MAX_AGE} years old or younger"
NAME_TOO_LONG: Final = f"Child name must not exceed {MAX_NAME_CHARS} characters"
GENDER_TOO_LONG: Final = f"Gender must not exceed {MAX_GENDER_CHARS} characters"
AVATAR_TOO_LONG: Final = f"Avatar must not exceed {MAX_AVATAR_CHARS} characters"
SETTINGS_TOO_LARGE: Final = f"Settings must not exceed {MAX_SETTINGS_BYTES} bytes together"
TOO_MANY_INTERESTS: Final = f"There must not be more than {MAX_INTERESTS} interests of {MAX_INTEREST_CHARS} characters"

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT: Final = re.compile(
    rf"({_DAY.pattern})(?:[Tt ]00:00(?::00(?:\.0{{1,9}})?)?(?:[Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
)
"""A day, alone or with its midnight in any time zone: the written day counts."""


class Unacceptable(ValueError):
    """A value breaks a rule; the message is the wire text."""


def name(text: str) -> str:
    """A child's name as it is stored; one of nothing that can be seen counts as blank. Raises Unacceptable."""
    text = text.strip()
    if is_blank(text):
        raise Unacceptable(NAME_REQUIRED)
    return _within(text, MAX_NAME_CHARS, NAME_TOO_LONG)


def birth_date(text: str, today: date) -> date:
    """The day in `YYYY-MM-DD`, of somebody not older than 18; raises Unacceptable."""
    return _childs(_day(text) if _DAY.fullmatch(text) else None, today)


def changed_birth_date(text: str, known: date, today: date) -> date:
    """As `birth_date`, also with a time of midnight, as replies show it. The known day is accepted whatever it is."""
    match = _MIDNIGHT.fullmatch(text)
    day = None if match is None else _day(match[1])
    return known if day == known else _childs(day, today)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _childs(day: date | None, today: date) -> date:
    if day is None:
        raise Unacceptable(BAD_DATE)
    if day > today:
        raise Unacceptable(FUTURE_DATE)
    if age_on(today, day) > MAX_AGE:
        raise Unacceptable(TOO_OLD)
    return day


def gender(text: str | None) -> str | None:
    """Any text; raises Unacceptable when it is too long."""
    return None if text is None else _within(text.strip(), MAX_GENDER_CHARS, GENDER_TOO_LONG)


def avatar(text: str | None) -> str | None:
    """The URL of a picture, a path on the phone or an emoji; empty stays empty. Raises Unacceptable."""
    return None if text is None else _within(text.strip(), MAX_AVATAR_CHARS, AVATAR_TOO_LONG)


def interests(texts: Sequence[str]) -> list[str]:
    """The interests as they were sent; raises Unacceptable."""
    if len(texts) > MAX_INTERESTS or any(len(text) > MAX_INTEREST_CHARS for text in texts):
        raise Unacceptable(TOO_MANY_INTERESTS)
    return list(texts)


def _within(text: str, max_chars: int, message: str) -> str:
    if len(text) > max_chars:
        raise Unacceptable(message)
    return text
