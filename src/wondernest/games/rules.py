"""What a save is, when a write may replace another, and how a save names its state.

Structs, not dataclasses: several are made for each request, and a frozen dataclass takes twenty times as long to make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

MAX_GAME_TYPE_CHARS: Final = 100
MAX_DATA_KEY_CHARS: Final = 200
MAX_DEVICE_CHARS: Final = 100
MAX_OPERATIONS: Final = 50
"""Operations of one batch write."""
MAX_HISTORY: Final = 200
DEFAULT_HISTORY: Final = 50
"""Versions listed at once."""
LARGE_DOCUMENT_BYTES: Final = 256 * 1024
"""From here on a document is stored apart from the small ones, which must not wait for it."""
LARGE_DOCUMENT_TIMEOUT_S: Final = 30
"""What one large document may take: an existing database indexes every value in it (games contract §2.2)."""
LIST_TOGETHER_BYTES: Final = 32 * 1024
"""A child's saves that take more than this, as they are stored, are a large list: as text they may be a hundred times as large."""
LIST_TOGETHER_SAVES: Final = 100
"""So are those of a child that has more."""
SESSION_GAP: Final = timedelta(minutes=30)
"""A save after a longer pause begins a new session of the game (games contract §3)."""
PLAY_GRAIN: Final = timedelta(seconds=10)
"""Saves in quick succession move an instance's `last_played_at` once; whoever reads it looks at the saves too."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_STRONG_TAG = re.compile(r'(?:^|,)\s*"([^"]*)"\s*(?=,|$)')


class Reason(Enum):
    """Why a version was kept."""

    OVERWRITTEN = "overwritten"
    DELETED = "deleted"
    RESTORED = "restored"


class SaveKey(Struct, frozen=True):
    """The name of a save within a child's games."""

    game_type: str
    data_key: str

    @property
    def complete(self) -> bool:
        """Neither part is empty."""
        return bool(self.game_type and self.data_key)

    @property
    def fits(self) -> bool:
        """Both parts fit their columns."""
        return len(self.game_type) <= MAX_GAME_TYPE_CHARS and len(self.data_key) <= MAX_DATA_KEY_CHARS


class SaveState(Struct, frozen=True):
    """What identifies one state of a save."""

    version: int
    updated_at: datetime
    digest: str
    """PostgreSQL's hash of the document, in hex."""

    @property
    def tag(self) -> str:
        """The entity tag, without quotes: made from the stored row, so that anybody's write changes it."""
        return f"{(self.updated_at - _EPOCH) // _MICROSECOND:x}-{self.digest}"

    @property
    def etag(self) -> str:
        """The entity tag as a header carries it."""
        return f'"{self.tag}"'


class Precondition(Struct, frozen=True):
    """What must hold for a write to happen. `expression` is what the store statement reads.

    Empty: anything; `*`: a save is there; `!`: none is there; else: the current tag is one between the commas.
    """

    expression: str
    sent: str | None = None
    """The header as it came, for the answer to a conflict."""

    @property
    def holds_always(self) -> bool:
        """Whether any state will do."""
        return not self.expression


ANY_STATE: Final = Precondition("")


def precondition(if_match: str | None, if_none_match: str | None) -> Precondition:
    """From If-Match and If-None-Match of a write; a weak tag matches nothing (RFC 9110 §13.1.1)."""
    if if_match is not None and if_match.strip():
        if if_match.strip() == "*":
            return Precondition("*", if_match)
        return Precondition(",".join(["", *_STRONG_TAG.findall(if_match), ""]), if_match)
    if if_none_match is not None and if_none_match.strip() == "*":
        return Precondition("!", if_none_match)
    return ANY_STATE


def tag_matches(header: str | None, etag: str) -> bool:
    """Whether If-None-Match of a read names this state: weakly compared (RFC 9110 §13.1.2)."""
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def device_name(header: str | None) -> str | None:
    """What a device calls itself, cut to what is kept; None when it says nothing printable."""
    if header is None:
        return None
    name = "".join(char for char in header if char.isprintable()).strip()[:MAX_DEVICE_CHARS]
    return name or None


def is_document(raw: bytes) -> bool:
    """Whether a JSON text is an object: what every reader of saves expects."""
    return raw.lstrip()[:1] == b"{"


class Write(Struct, frozen=True):
    """One document to be stored."""

    user_id: UUID
    """The acting adult."""
    child_id: UUID
    key: SaveKey
    document: bytes
    condition: Precondition = ANY_STATE
    device: str | None = None
    reason: Reason = Reason.OVERWRITTEN
    archived_too: bool = False
    """Whether an archived child will do."""

    @property
    def identity(self) -> tuple[UUID, SaveKey]:
        """What two writes must not share to be run at the same time."""
        return self.child_id, self.key


class Deletion(Struct, frozen=True):
    """One save to be deleted; without a key, all of a type."""

    user_id: UUID
    child_id: UUID
    game_type: str
    data_key: str | None = None
    condition: Precondition = ANY_STATE
    device: str | None = None
    archived_too: bool = False
    """Whether an archived child will do."""


class Read(Struct, frozen=True):
    """One save asked for."""

    user_id: UUID
    child_id: UUID
    key: SaveKey


class Listing(NamedTuple):
    """The saves of a child asked for: all, of one game, under one key."""

    user_id: UUID
    child_id: UUID
    game_type: str | None = None
    data_key: str | None = None


class Heading(NamedTuple):
    """A save of a large list before its document is read."""

    game_type: str
    data_key: str
    stored_bytes: int
    """Of the document as it is stored: as text it may be a hundred times as large."""


def read_at_once(headings: Iterable[Heading]) -> Iterator[list[Heading]]:
    """A large list in the groups whose documents are read at once: one large document, or small ones in the bounds of a small list."""
    group: list[Heading] = []
    total = 0
    for heading in headings:
        if group and (total + heading.stored_bytes > LIST_TOGETHER_BYTES or len(group) == LIST_TOGETHER_SAVES):
            yield group
            group, total = [], 0
        group.append(heading)
        total += heading.stored_bytes
    if group:
        yield group


class StoredSave(Struct, frozen=True):
    """A save as it stands."""

    id: UUID
    key: SaveKey
    document: bytes
    version: int
    created_at: datetime
    updated_at: datetime
    instance_id: UUID | None = None
    digest: str = ""
    """Of a save that was read alone; a list has no entity tags."""

    @property
    def state(self) -> SaveState:
        """What identifies this state."""
        return SaveState(self.version, self.updated_at, self.digest)


class Saved(Struct, frozen=True):
    """What became of a write or a delete. Not owned: the child is missing or foreign, or (delete) there was nothing."""

    owned: bool
    done: bool = False
    id: UUID | None = None
    state: SaveState | None = None
    created_at: datetime | None = None
    instance_id: UUID | None = None
    refused: bool = False
    """Whether the precondition failed."""
    current: SaveState | None = None
    """With a failed precondition: the state that stood in the way; None when no save is there."""
    current_size: int | None = None
    count: int = 0
    """Deletes: how many saves went."""


class KeptVersion(Struct, frozen=True):
    """One version that was overwritten or deleted."""

    key: SaveKey
    version: int
    size_bytes: int
    saved_at: datetime
    created_at: datetime
    kept_at: datetime
    reason: Reason
    device: str | None
    """The device whose write replaced it."""
    document: bytes = b""


class Fields(Protocol):
    """A row of the registry, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""
        ...
