"""Saves, preconditions of writes, and entity tags.

Structs, not dataclasses: several are made per request, and making a frozen dataclass takes twenty times as long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from wondernest.platform.entity_tags import read_entity_tags

MAX_GAME_TYPE_CHARS: Final = 100
MAX_DATA_KEY_CHARS: Final = 200
DOT_SEGMENTS: Final = frozenset({".", ".."})
MAX_DEVICE_CHARS: Final = 100
MAX_OPERATIONS: Final = 50
"""Operations of one batch write."""
MAX_INSTANCE_SETTINGS_BYTES: Final = 48 * 1024
"""A child has one instance of each registered game."""
MAX_MADE_BYTES: Final = 1024 * 1024
"""The largest document that another room of the service makes in place of a client."""
MAX_MADE_STORED_BYTES: Final = 2 * MAX_MADE_BYTES
"""The same, as PostgreSQL prints it: with a space after each comma and colon."""
MAX_READ_BYTES: Final = 4 * 1024 * 1024
"""How much of such documents is read for one request: no more than a worker can take apart without a noticeable pause."""
MAX_HISTORY: Final = 200
DEFAULT_HISTORY: Final = 50
"""Versions listed at once."""
LARGE_DOCUMENT_BYTES: Final = 256 * 1024
"""Documents of this size and more are batched separately, so that small ones do not wait for them."""
LARGE_DOCUMENT_TIMEOUT_S: Final = 30
"""Statement timeout for large documents: an existing database indexes every value in them (games contract §2.2)."""
SMALL_LIST_BYTES: Final = 32 * 1024
"""A list whose documents are larger together, as stored, is a large list: as text it may be a hundred times as large."""
SMALL_LIST_SAVES: Final = 100
"""The list of a child with more saves is a large list too."""
SESSION_GAP: Final = timedelta(minutes=30)
"""A save after a longer pause begins a new session of the game (games contract §3)."""
LAST_PLAYED_PRECISION: Final = timedelta(seconds=10)
"""An instance's `last_played_at` is updated at most once in this time; readers also look at the times of the saves."""
FINEST_BIN: Final = timedelta(minutes=10)
"""Of the versions kept in one such span of time only the newest stays, beyond the newest few of the key."""
FOREIGN_KEPT: Final = timedelta(days=30)
"""How long a version that another device replaced is never thinned."""
WRITER_BYTES: Final = 8
"""Size of the hash that stands for a writing device."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NEVER: Final = ","
"""The expression of a list without tags."""


class Reason(Enum):
    """Why a version was kept."""

    OVERWRITTEN = "overwritten"
    DELETED = "deleted"
    RESTORED = "restored"


class SaveKey(Struct, frozen=True):
    """The key of a save within a child's saves."""

    game_type: str
    data_key: str

    @property
    def complete(self) -> bool:
        """Whether no part is empty."""
        return bool(self.game_type and self.data_key)

    @property
    def addressable(self) -> bool:
        """Whether no part is a dot segment, which URL libraries and proxies remove from a path (RFC 3986 §5.2.4).

        A delete of such a save would reach them as the delete of another save, or of all saves of a game.
        """
        return self.game_type not in DOT_SEGMENTS and self.data_key not in DOT_SEGMENTS

    @property
    def fits(self) -> bool:
        """Whether both parts fit their columns."""
        return len(self.game_type) <= MAX_GAME_TYPE_CHARS and len(self.data_key) <= MAX_DATA_KEY_CHARS


class SaveState(Struct, frozen=True):
    """What identifies one state of a save."""

    version: int
    updated_at: datetime
    digest: str
    """PostgreSQL's hash of the document, in hex."""

    @property
    def tag(self) -> str:
        """The entity tag, without quotes. It is made from the stored row, so that writes of the other backends change it too."""
        return f"{(self.updated_at - _EPOCH) // _MICROSECOND:x}-{self.digest}"

    @property
    def etag(self) -> str:
        """The entity tag in the form of a header."""
        return f'"{self.tag}"'


class Precondition(Struct, frozen=True):
    """The precondition of a write. `expression` is the parameter of the SQL statements.

    Empty: always true; `*`: a save exists; `!`: no save exists; else: the current tag is in the comma-separated list.
    """

    expression: str
    sent: str | None = None
    """The header as it was sent, for the body of a 409."""

    @property
    def makes(self) -> bool:
        """Whether it holds only while no save exists."""
        return self.expression == "!"

    @property
    def holds_always(self) -> bool:
        """Whether the precondition is empty."""
        return not self.expression


ANY_STATE: Final = Precondition("")


def precondition(if_match: str | None, if_none_match: str | None) -> Precondition:
    """From If-Match and If-None-Match of a write. A list without a tag that can be read holds never.

    Of If-None-Match only `*` counts. With If-Match it holds never: the save would have to be there and not there.
    """
    create_only = if_none_match is not None and read_entity_tags(if_none_match).any_state
    if if_match is not None and if_match.strip():
        tags = read_entity_tags(if_match)
        if create_only:
            return Precondition(_NEVER, if_match)
        if tags.any_state:
            return Precondition("*", if_match)
        known = sorted(tag for tag in tags.opaque if "," not in tag)  # ours have no comma
        return Precondition(",".join(["", *known, ""]), if_match)
    return Precondition("!", if_none_match) if create_only else ANY_STATE


def tag_matches(header: str | None, etag: str) -> bool:
    """Whether If-None-Match of a read contains this tag (RFC 9110 §13.1.2)."""
    return header is not None and read_entity_tags(header).name(etag)


def device_name(header: str | None) -> str | None:
    """The device's name for itself, cut to the stored length; None without a printable character."""
    if header is None:
        return None
    name = "".join(char for char in header if char.isprintable()).strip()[:MAX_DEVICE_CHARS]
    return name or None


def writer(user_id: UUID, device: str | None, agent: str | None = None) -> bytes:
    """A hash that stands for the writing device: of the name it sends, else of the user and the User-Agent."""
    known = b"device\0" + device.encode() if device else b"user\0" + user_id.bytes + b"\0" + (agent or "").encode()
    return hashlib.blake2b(known, digest_size=WRITER_BYTES).digest()


def is_document(raw: bytes) -> bool:
    """Whether a JSON text is an object, which every reader of saves expects."""
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
    """Whether the child may be archived."""
    writer: bytes | None = None
    """Made by `writer`; None counts as another device than any."""

    @property
    def identity(self) -> tuple[UUID, SaveKey]:
        """Writes with the same identity must not run at the same time."""
        return self.child_id, self.key


class Limits(Struct, frozen=True):
    """What the statements that write saves keep to."""

    kept_versions: int
    """The newest versions of each key, which are always kept; 0: no versions are kept."""
    saves_per_child: int
    bytes_per_family: int
    """Of the current saves, as text."""


class Deletion(Struct, frozen=True):
    """One save to be deleted; without a key, all of a type."""

    user_id: UUID
    child_id: UUID
    game_type: str
    data_key: str | None = None
    condition: Precondition = ANY_STATE
    device: str | None = None
    archived_too: bool = False
    """Whether the child may be archived."""
    writer: bytes | None = None
    """Made by `writer`; None counts as another device than any."""


class Read(Struct, frozen=True):
    """A request for one save."""

    user_id: UUID
    child_id: UUID
    key: SaveKey


class Listing(NamedTuple):
    """A request for a child's saves: all, those of one game, or those of one key."""

    user_id: UUID
    child_id: UUID
    game_type: str | None = None
    data_key: str | None = None


class Heading(NamedTuple):
    """A save of a large list before its document is read."""

    game_type: str
    data_key: str
    stored_bytes: int
    """Size of the stored document, compressed: as text it may be a hundred times as large."""


def read_groups(headings: Iterable[Heading]) -> Iterator[list[Heading]]:
    """Split a large list into groups that are read together: one large document, or small ones up to the size of a small list."""
    group: list[Heading] = []
    total = 0
    for heading in headings:
        if group and (total + heading.stored_bytes > SMALL_LIST_BYTES or len(group) == SMALL_LIST_SAVES):
            yield group
            group, total = [], 0
        group.append(heading)
        total += heading.stored_bytes
    if group:
        yield group


class StoredSave(Struct, frozen=True):
    """A stored save."""

    id: UUID
    key: SaveKey
    document: bytes
    version: int
    created_at: datetime
    updated_at: datetime
    instance_id: UUID | None = None
    digest: str = ""
    """Set only when one save was read; saves of a list have no entity tags."""

    @property
    def state(self) -> SaveState:
        """What identifies this state."""
        return SaveState(self.version, self.updated_at, self.digest)


class Saved(Struct, frozen=True):
    """The result of a write or delete. `owned` False: no such child of the caller's or, for a delete, no such save."""

    owned: bool
    done: bool = False
    id: UUID | None = None
    state: SaveState | None = None
    created_at: datetime | None = None
    instance_id: UUID | None = None
    refused: bool = False
    """Whether the precondition failed."""
    exceeds: bool = False
    """Whether the write was refused because the child or the family has too much stored."""
    unpermitted: bool = False
    """Whether nobody permitted saves of the child. It is done if the gate does not enforce."""
    current: SaveState | None = None
    """After a failed precondition: the current state; None when there is no save."""
    current_size: int | None = None
    count: int = 0
    """Deletes: the number of deleted saves."""


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
    """The device that overwrote or deleted it."""
    document: bytes = b""


class Fields(Protocol):
    """A row of the registry: column values by name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""
        ...
