"""The rules of packs (server contract §2). Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

DEFAULT_FEATURED: Final = 10
MAX_FEATURED: Final = 50
DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100
MAX_PAGE: Final = 1_000_000
MAX_GOALS: Final = 20
MAX_WORDS: Final = 10
MAX_WORD_CHARS: Final = 40
MAX_TEXT_CHARS: Final = 200
NO_WORDS: Final = ""
"""The text query of a search for signs only (`…`, an emoji): no pack has them, as in the library."""
MAX_NUMBER: Final = 2_147_483_647
"""The largest value of the integer columns."""
MAX_FEATURE_CHARS: Final = 100
MAX_USAGE_S: Final = 86_400
"""A longer use counts as a day."""
DEFAULT_AGE_MIN: Final = 3
DEFAULT_AGE_MAX: Final = 12
DEFAULT_PLATFORMS: Final = ("ios", "android", "web")
WHOLE: Final = 100
"""The progress of a complete download, in percent."""
LEAST_STARS: Final = 1
MOST_STARS: Final = 5
COMPLETED: Final = "completed"
DOWNLOAD_STATUSES: Final = ("pending", "downloading", COMPLETED, "failed")
SORTS: Final = ("popularity", "price", "newest", "rating")
ASCENDING: Final = "asc"
SPELLINGS: Final = {"texture_3d": "texture3D", "model_3d": "model3D"}
"""Names whose wire form is not made by joining their words."""
STORE_COLOURS: Final = ("primary", "secondary")
"""The entries of a palette that the app turns into numbers without looking."""
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
Sort: TypeAlias = Literal["popularity", "price", "newest", "rating"]


def wire_name(name: str) -> str:
    """The wire form of a type of packs or assets: `character_bundle` → `characterBundle`."""
    first, *others = name.split("_")
    return SPELLINGS.get(name) or first + "".join(word.capitalize() for word in others)


def stored_name(text: str) -> str:
    """The stored form of a type that a client names in camelCase, snake_case or capitals."""
    for stored, shown in SPELLINGS.items():
        if text in {stored, shown}:
            return stored
    spelled = text if text.isupper() else _HUMP.sub("_", text)
    return spelled.lower()


def colour(text: str | None) -> str | None:
    """A colour that the app can read (`#RRGGBB`); None for anything else."""
    return text if text is not None and _COLOUR.fullmatch(text) else None


def palette(stored: Any) -> dict[str, str] | None:
    """The texts of a stored palette; the store's own colours only where the app can read them."""
    if not isinstance(stored, Mapping):
        return None
    texts = {str(name): text for name, text in stored.items() if isinstance(text, str)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return {name: text for name, text in texts.items() if name not in STORE_COLOURS or colour(text)}


def loop_points(stored: Any) -> dict[str, int] | None:
    """The whole numbers of stored loop points."""
    if not isinstance(stored, Mapping):
        return None
    points: dict[str, int] = {}
    for name, value in stored.items():  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
            points[str(name)] = int(value)  # pyright: ignore[reportUnknownArgumentType]
    return points


def number(text: str | None) -> int | None:
    """A whole number in a query; None for an absent one and for any other text, which is ignored as by the earlier backend."""
    digits = (text or "").strip()
    if not _NUMBER.fullmatch(digits):
        return None
    return min(max(int(digits), -MAX_NUMBER), MAX_NUMBER)


def clamped(text: str | None, default: int, least: int, most: int) -> int:
    """A number of a query within bounds; the default for an absent or unreadable one."""
    found = number(text)
    return default if found is None else min(max(found, least), most)


def truth(text: str | None) -> bool | None:
    """`true` or `false`, in any case; None for anything else."""
    return {"true": True, "false": False}.get((text or "").strip().lower())


def sort_of(text: str | None) -> Sort:
    """The order that a client asks for; an unknown one is by popularity."""
    name = (text or "").strip().lower()
    return name if name in SORTS else "popularity"  # pyright: ignore[reportReturnType]


def prefix_query(text: str) -> str | None:
    """A PostgreSQL text query: each word as the beginning of a word. None for a text without words."""
    words = [word[:MAX_WORD_CHARS] for word in _WORD.findall(text)[:MAX_WORDS]]
    return " & ".join(f"'{word}':*" for word in words) or None


class BadStatus(ValueError):
    """A download status that is none."""


class Download(Struct, frozen=True):
    """How far a download is; progress in percent."""

    status: str
    progress: int

    @classmethod
    def of(cls, status: str, progress: int) -> Download:
        """From what a client reports. A completed download is whole. Raises BadStatus."""
        name = status.strip().lower()
        if name not in DOWNLOAD_STATUSES:
            raise BadStatus
        return cls(name, WHOLE if name == COMPLETED else min(max(progress, 0), WHOLE))


class Standing(Enum):
    """How a payment stands. Each value is final against all before it, so the order in which events arrive does not matter."""

    PENDING = "pending"
    DECLINED = "declined"
    AUTHORISED = "authorised"
    """After an attempt that was declined another one may succeed; never the reverse."""
    REFUNDED = "refunded"

    @property
    def rank(self) -> int:
        """Its place in the order of the class."""
        return list(Standing).index(self)


def advanced(known: Standing, told: Standing) -> Standing:
    """How a payment stands after an event: commutative, associative, idempotent."""
    return max(known, told, key=lambda standing: standing.rank)


class Weights(Struct, frozen=True, kw_only=True):
    """How popularity is made, from 0 to 1. Each share tends to its weight as its number grows; `many_…`: where it is half of it.

    owners · n / (n + many_owners) + uses · n / (n + many_uses) + rating · (sum of (stars - 1) / 4) / (n + many_ratings)
    """

    owners: float
    many_owners: int
    uses: float
    many_uses: int
    """Uses of the last `days` count."""
    rating: float
    many_ratings: int
    days: int


POPULARITY: Final = Weights(owners=0.4, many_owners=50, uses=0.3, many_uses=200, rating=0.3, many_ratings=5, days=30)
