"""Category and consequence of an event (games contract §6, §9). Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, TypeAlias, cast

from msgspec import Struct

from wondernest.platform.texts import is_blank

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
MAX_TYPE_CHARS: Final = 50
MAX_REFERENCE_CHARS: Final = 255
"""Stored length of contentId and sessionId."""
MAX_PLAY_MINUTES: Final = 24 * 60
"""One event cannot add more than a day."""
MAX_DATA_KEY_CHARS: Final = 200
MAX_INTEGER: Final = 2**31 - 1
MAX_TRANSACTIONS: Final = 10_000
"""Of one event."""
MAX_KEPT_TRANSACTIONS: Final = 20_000
"""Stored for a child. The balance and the totals stay right: they come from the device."""
MAX_MILESTONES: Final = 1_000
"""Stored for a child; the event of a further one is stored."""
STICKER_BOOK: Final = "sticker_book"
PROJECT_KEY: Final = "sticker_project_"
DOCUMENT: Final = "fullProjectData"
"""The key of the project in the data of save_project, as JSON text or object."""
USED: Final = (
    "timestamp",
    "gameType",
    "projectId",
    DOCUMENT,
    "playTimeMinutes",
    "data",
    "balance",
    "transactions",
    "title",
    "milestone",
    "name",
    "key",
    "category",
    "description",
)
"""The keys of an event's data whose values have a meaning here."""
_STORY_TYPES: Final = frozenset(
    {
        "initialize",
        "story_started",
        "progress_update",
        "vocabulary_encounter",
        "preferences_update",
        "story_completed",
    }
)
_GAME_TYPES: Final = frozenset(
    {
        "game_progress",
        "game_completion",
        "score_update",
        "level_progress",
        "sticker_collected",
        "page_completed",
        "book_completed",
        "save_project",
        "delete_project",
    }
)
STORY_GAMES: Final = frozenset({"story_adventure", "story-adventure"})
_PREFIXES: Final = ("achievement", "approval", "milestone", "content")
"""Event types with one of these prefixes belong to the category of that name, in every game."""


class Event(Struct, frozen=True):
    """An event as it was sent; `minutes` is the duration that the client reports."""

    kind: str
    content_id: str | None
    session_id: str | None
    minutes: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Played:
    """Minutes to add to a game's instance."""

    game_key: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ProjectSaved:
    """A sticker-book project to store; the document is still JSON text or an object."""

    data_key: str
    document: Any


@dataclass(frozen=True, slots=True)
class ProjectDeleted:
    """A sticker-book project to remove."""

    data_key: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of coins, identified by its moment, amount and reason."""

    amount: int
    reason: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class Currency:
    """A child's coins and their history, as the device reports them."""

    balance: int
    earned: int
    spent: int
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone that a child reached."""

    title: str
    category: str | None
    description: str | None


Consequence: TypeAlias = Played | ProjectSaved | ProjectDeleted | Currency | Milestone
SAVING: Final = (ProjectSaved, ProjectDeleted, Currency)
"""What changes what the child made or has: it needs consent to saves, not to analytics."""


def category(event: Event) -> str:
    """The stored category of an event."""
    kind = event.kind
    game = _text(event.data.get("gameType"))
    if "currency" in kind:
        return "currency"
    for prefix in _PREFIXES:
        if kind.startswith(prefix):
            return prefix
    if kind in _STORY_TYPES or game in STORY_GAMES or kind.startswith("story"):
        return "story"
    if kind in _GAME_TYPES or kind.startswith("game"):
        return "game"
    return "game" if game else "other"


def consequence(event: Event) -> Consequence | None:
    """What has to be written besides the event, if anything."""
    match event.kind:
        case "game_progress" | "game_completion":
            return _played(event)
        case "virtual_currency_updated":
            return _currency(event.data)
        case "milestone_achieved":
            return _milestone(event)
        case "save_project" | "delete_project":
            return _project(event)
        case _:
            return None


def _played(event: Event) -> Played | None:
    """game_progress has its minutes as `duration` or in its data; game_completion one level deeper (§9)."""
    if event.kind == "game_progress":
        minutes = event.data.get("playTimeMinutes") if event.minutes is None else event.minutes
    else:
        minutes = _mapping(event.data.get("data")).get("playTimeMinutes")
    whole = _integer(minutes)
    if whole is None or whole <= 0 or not event.content_id:
        return None
    return Played(event.content_id, min(whole, MAX_PLAY_MINUTES))


def _project(event: Event) -> ProjectSaved | ProjectDeleted | None:
    project_id = event.data.get("projectId")
    if event.data.get("gameType") != STICKER_BOOK or not isinstance(project_id, str) or not project_id:
        return None
    data_key = PROJECT_KEY + project_id
    if len(data_key) > MAX_DATA_KEY_CHARS:
        return None
    if event.kind == "delete_project":
        return ProjectDeleted(data_key)
    document = event.data.get(DOCUMENT)
    return None if document is None else ProjectSaved(data_key, document)


def _currency(data: Mapping[str, Any]) -> Currency | None:
    """The totals are computed from the whole history; the balance is what the device reports."""
    balance = _integer(data.get("balance"))
    history = data.get("transactions")
    if balance is None or balance < 0:
        return None
    entries = [_mapping(entry) for entry in cast("list[Any]", history)] if isinstance(history, list) else []
    amounts = [amount for entry in entries if (amount := _integer(entry.get("amount"))) is not None]
    known = (_transaction(entry) for entry in entries[-MAX_TRANSACTIONS:])
    return Currency(
        balance,
        min(sum(amount for amount in amounts if amount > 0), MAX_INTEGER),
        min(-sum(amount for amount in amounts if amount < 0), MAX_INTEGER),
        tuple(dict.fromkeys(transaction for transaction in known if transaction is not None)),
    )


def _transaction(entry: Mapping[str, Any]) -> Transaction | None:
    amount, when = _integer(entry.get("amount")), moment(entry.get("timestamp"))
    if amount is None or when is None:
        return None
    reason = entry.get("reason")
    return Transaction(amount, reason if isinstance(reason, str) else "", when)


def _milestone(event: Event) -> Milestone | None:
    data = event.data
    title = next((text for key in ("title", "milestone", "name", "key") if (text := _text(data.get(key)))), None)
    title = title or _text(event.content_id)
    return Milestone(title, _text(data.get("category")), _text(data.get("description"))) if title else None


def seconds_left_of_day(now: datetime) -> int:
    """Seconds until the next day in UTC begins, at least 1."""
    return 24 * 3600 - (now.hour * 3600 + now.minute * 60 + now.second)


def moment(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """A time as the app writes it: ISO text, local in `zone` unless it names one, or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
        millis = _integer(value, bound=10**14)
        return None if millis is None else datetime.fromtimestamp(millis / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def same_moment(value: Any) -> Any:
    """A form that is equal for one moment however it is written; any other value as it is.

    Whole milliseconds are a number, as the app sends them. A time without a zone is compared only with others without one.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    try:
        written = datetime.fromisoformat(value)
        since = None if written.tzinfo is None else written - EPOCH
    except (ValueError, OverflowError):
        return value
    if since is None:
        return written.isoformat()
    millis, rest = divmod(since, MILLISECOND)
    return written.astimezone(UTC).isoformat() if rest else millis


def _mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    """A trimmed text; None for one of nothing that can be seen."""
    return value.strip() if isinstance(value, str) and not is_blank(value) else None


def _integer(value: Any, bound: int = MAX_INTEGER) -> int | None:
    """A JSON number as an integer that a column holds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -bound <= value <= bound:
        return None
    return int(value)
