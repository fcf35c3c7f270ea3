"""Request and reply bodies of the games routes (games contract §3, §4), in both dialects."""

from __future__ import annotations

from msgspec import Raw, Struct


class SaveForm(Struct, rename="camel"):
    """A save as clients send it: `gameType` or its alias `gameKey`."""

    data_key: str
    data_value: Raw
    game_type: str | None = None
    game_key: str | None = None


class SimpleSaved(Struct, kw_only=True, rename="camel"):
    """The answer to a save in the simple dialect."""

    success: bool
    message: str
    child_id: str
    game_type: str
    data_key: str


class SimpleItem(Struct, kw_only=True, rename="camel"):
    """A save in the simple dialect."""

    id: str
    child_id: str
    game_type: str
    data_key: str
    data_value: Raw
    created_at: str
    updated_at: str


class KeyItem(Struct, kw_only=True, rename="camel"):
    """A save in the key dialect."""

    id: str
    instance_id: str | None
    child_id: str
    game_key: str
    data_key: str
    data_value: Raw
    data_version: int
    created_at: str
    updated_at: str


class KeySaved(Struct, kw_only=True, rename="camel"):
    """The answer to a save in the key dialect."""

    success: bool
    message: str
    child_id: str
    game_key: str
    data_key: str
    data: KeyItem


class SimpleSaveList(Struct, kw_only=True, rename="camel"):
    """A child's saves in the simple dialect."""

    success: bool
    game_data: list[SimpleItem]


class KeySaveList(Struct, kw_only=True, rename="camel"):
    """A child's saves in the key dialect."""

    success: bool
    game_data: list[KeyItem]


class Deleted(Struct, kw_only=True, rename="camel"):
    """The answer to a delete; no key after a delete of a whole type."""

    success: bool
    message: str
    child_id: str
    game_type: str
    data_key: str | None


class StateInfo(Struct, kw_only=True, rename="camel"):
    """Metadata of one state of a save."""

    version: int
    etag: str
    updated_at: str
    size_bytes: int


class SentInfo(Struct, kw_only=True, rename="camel"):
    """The precondition and the size of a refused write."""

    if_match: str | None
    size_bytes: int | None


class Conflict(Struct, kw_only=True, rename="camel"):
    """409: the metadata of both states; `current` is null when there is no save."""

    error: str
    message: str
    current: StateInfo | None
    yours: SentInfo
    timestamp: int


class Operation(Struct, rename="camel"):
    """One operation of a batch, decoded alone so that a malformed one does not fail the others."""

    op: str
    data_key: str
    data_value: Raw = Raw(b"")
    """Empty: not sent."""
    game_type: str | None = None
    game_key: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None


class BatchForm(Struct, rename="camel"):
    """Up to 50 operations, written in one transaction."""

    operations: list[Raw]


class OperationResult(Struct, kw_only=True, rename="camel"):
    """The result of one operation."""

    index: int
    status: int
    game_type: str | None = None
    data_key: str | None = None
    version: int | None = None
    etag: str | None = None
    updated_at: str | None = None
    error: str | None = None
    message: str | None = None
    current: StateInfo | None = None


class BatchAnswer(Struct, kw_only=True, rename="camel"):
    """A result for each operation, in their order."""

    success: bool
    results: list[OperationResult]


class VersionInfo(Struct, kw_only=True, rename="camel"):
    """A kept version."""

    game_type: str
    data_key: str
    version: int
    size_bytes: int
    saved_at: str
    kept_at: str
    reason: str
    replaced_by_device: str | None


class VersionList(Struct, kw_only=True, rename="camel"):
    """Kept versions, the last kept first."""

    success: bool
    versions: list[VersionInfo]


class VersionDocument(VersionInfo, kw_only=True, rename="camel"):
    """A kept version with its document."""

    data_value: Raw


class Restored(Struct, kw_only=True, rename="camel"):
    """The answer to a restore: the state that is now current."""

    success: bool
    message: str
    child_id: str
    game_type: str
    data_key: str
    restored_version: int
    version: int
    etag: str
    updated_at: str


class GameInfo(Struct, kw_only=True, rename="camel"):
    """A registered game."""

    id: str
    game_key: str
    display_name: str
    description: str
    game_type: str
    category: str
    min_age_months: int
    max_age_months: int
    is_active: bool


class GameList(Struct, kw_only=True):
    """Active games."""

    success: bool
    games: list[GameInfo]


class GameType(Struct, kw_only=True):
    """A kind of game."""

    id: str
    name: str
    description: str


class GameTypeList(Struct, kw_only=True, rename="camel"):
    """Kinds of games."""

    success: bool
    game_types: list[GameType]


class Category(Struct, kw_only=True, rename="camel"):
    """A category of games."""

    id: str
    name: str
    parent_category_id: str | None


class CategoryList(Struct, kw_only=True):
    """Categories."""

    success: bool
    categories: list[Category]


class Instance(Struct, kw_only=True, rename="camel"):
    """A child's instance of a game."""

    id: str
    child_id: str
    game_id: str
    settings: Raw
    preferences: Raw
    is_unlocked: bool
    total_play_time_minutes: int
    session_count: int
    last_played_at: str | None
    created_at: str
    updated_at: str


class InstanceReady(Struct, kw_only=True):
    """The child's instance, created or found."""

    success: bool
    message: str
    instance: Instance


class InstanceList(Struct, kw_only=True):
    """A child's instances of games."""

    success: bool
    instances: list[Instance]


class SettingsForm(Struct):
    """New settings of an instance."""

    settings: dict[str, Raw]


class Acknowledged(Struct, kw_only=True):
    """A change was made."""

    success: bool
    message: str


class ActiveGame(Struct, kw_only=True, rename="camel"):
    """A game the child has saves of."""

    game_key: str
    display_name: str
    total_play_time_minutes: int
    last_played_at: str | None
    last_data_update: str | None


class ActiveGames(Struct, kw_only=True, rename="camel"):
    """Games the child has saves of."""

    success: bool
    active_games: list[ActiveGame]
