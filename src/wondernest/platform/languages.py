"""The languages in which pages and letters are written, and which of them a reader wants (RFC 9110 §12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

import msgspec

LANGUAGES: Final = ("en", "es", "de", "fr")
DEFAULT_LANGUAGE: Final = LANGUAGES[0]
NAMES: Final = {"en": "English", "es": "Español", "de": "Deutsch", "fr": "Français"}
"""What each calls itself."""
Words = TypeVar("Words")
MAX_CHARS: Final = 1_000
"""Of a header that is read."""
_RANGE: Final = re.compile(r"\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


def number_of(language: str) -> int:
    """A number for one of our languages, where only numbers are kept, as in jobs. A new language goes to the end of LANGUAGES."""
    return LANGUAGES.index(language)


def of_number(number: object) -> str | None:
    """The language with a number; None if there is none."""
    return LANGUAGES[number] if isinstance(number, int) and 0 <= number < len(LANGUAGES) else None


def spoken(text: str | None) -> str | None:
    """Our language of a tag as `de-AT`; None if we have none."""
    language = (text or "").strip().lower().replace("_", "-").partition("-")[0]
    return language if language in LANGUAGES else None


def accepted(header: str | None, default: str | None = None) -> str:
    """The language of an Accept-Language header that the reader prefers; without one of ours, `default`."""
    wanted: list[tuple[float, str]] = []
    for part in (header or "")[:MAX_CHARS].split(","):
        match = _RANGE.fullmatch(part)
        if match and match[1].lower() in LANGUAGES:
            wanted.append((float(match[2] or 1), match[1].lower()))
    best = max((quality for quality, _ in wanted), default=0.0)
    return _first(wanted, best) if best > 0 else default or DEFAULT_LANGUAGE


def _first(wanted: Sequence[tuple[float, str]], best: float) -> str:
    return next(language for quality, language in wanted if quality == best)


@cache
def wording(package: str, language: str, kind: type[Words]) -> Words:
    """What people read of a package, from its `words/<language>.toml`; in the default language where there is none."""
    chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
    return msgspec.toml.decode(files(package).joinpath("words", f"{chosen}.toml").read_bytes(), type=kind)
