"""Reply bodies of the privacy routes. These are an addition to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from wondernest.platform.json import instant, maybe_instant

if TYPE_CHECKING:
    from wondernest.privacy.catalogue import Entry
    from wondernest.privacy.rules import Erasure, Export, Held


class Refusal(Struct):
    """Why the request was refused."""

    error: str
    message: str


class CataloguedClass(Struct, kw_only=True, rename="camel"):
    """One class of personal data. `store`: `table`, `blobs`, `cache`, `log`, `mail` or `memory`; `place`: the table, or what names begin with."""

    room: str
    store: str
    place: str
    what: str
    why: str
    kept: str
    ended_by: str
    people: Sequence[str]
    columns: Sequence[str]

    @classmethod
    def of(cls, entry: Entry) -> CataloguedClass:
        """A class of the catalogue."""
        return cls(
            room=entry.room,
            store=entry.store,
            place=entry.table,
            what=entry.what,
            why=entry.why,
            kept=entry.kept,
            ended_by=entry.ended_by,
            people=entry.people,
            columns=entry.columns,
        )


class CatalogueReply(Struct, kw_only=True):
    """Every class of personal data that is held."""

    success: bool = True
    data: Sequence[CataloguedClass]


class ErasureReceipt(Struct, kw_only=True, rename="camel"):
    """A request to erase, and how far it is.

    `kind`: `child`, `family` or `account`. `state`: `waiting` until `dueAt`, when it begins and cannot be taken back any more; `erasing`,
    `settling`; `done` or `taken_back`. `erased`: how many rows of which tables, and how many of what else. `childId` is null once the
    child is gone.
    """

    id: str
    kind: str
    state: str
    child_id: str | None
    asked_at: str
    due_at: str
    finished_at: str | None
    erased: dict[str, int]

    @classmethod
    def of(cls, erasure: Erasure) -> ErasureReceipt:
        """A request as it is shown."""
        return cls(
            id=str(erasure.id),
            kind=erasure.kind.value,
            state=erasure.state.value,
            child_id=None if erasure.child_id is None else str(erasure.child_id),
            asked_at=instant(erasure.asked_at),
            due_at=instant(erasure.due_at),
            finished_at=maybe_instant(erasure.finished_at),
            erased=dict(erasure.counts),
        )


class ErasureReply(Struct, kw_only=True):
    """The request that is open now."""

    success: bool = True
    data: ErasureReceipt


class ErasuresReply(Struct, kw_only=True):
    """The requests of the caller and of their family, newest first."""

    success: bool = True
    data: Sequence[ErasureReceipt]


class ExportShown(Struct, kw_only=True, rename="camel"):
    """`state`: `waiting`, or `ready` until `expiresAt`. `bytes`: the size of the file."""

    id: str
    state: str
    asked_at: str
    ready_at: str | None
    expires_at: str | None
    bytes: int | None

    @classmethod
    def of(cls, export: Export) -> ExportShown:
        """An export as it is shown."""
        return cls(
            id=str(export.id),
            state="waiting" if export.ready_at is None else "ready",
            asked_at=instant(export.asked_at),
            ready_at=maybe_instant(export.ready_at),
            expires_at=maybe_instant(export.expires_at),
            bytes=export.bytes,
        )


class ExportReply(Struct, kw_only=True):
    """The export that is being made."""

    success: bool = True
    data: ExportShown


class ExportsReply(Struct, kw_only=True):
    """The caller's exports, newest first."""

    success: bool = True
    data: Sequence[ExportShown]


class Restored(Struct, kw_only=True):
    """`restored`: whether there was something to take back."""

    restored: bool


class RestoredReply(Struct, kw_only=True):
    """What became of it."""

    success: bool = True
    data: Restored


class HeldClass(Struct, kw_only=True, rename="camel"):
    """What is held of one class. `bytes`: as stored, with the content of files; `oldest`: null where rows have no time."""

    place: str
    what: str
    count: int
    bytes: int
    oldest: str | None


class HeldAbout(Struct, kw_only=True, rename="camel"):
    """What is held about one person. `kind`: `child`, `family` or `user`."""

    kind: str
    id: str
    classes: Sequence[HeldClass]

    @classmethod
    def of(cls, held: Held) -> HeldAbout:
        """What is held about a person, as it is shown."""
        return cls(
            kind=held.kind,
            id=str(held.person),
            classes=[
                HeldClass(
                    place=one.table, what=one.what, count=one.count, bytes=one.bytes, oldest=maybe_instant(one.oldest)
                )
                for one in held.classes
            ],
        )


class SummaryReply(Struct, kw_only=True):
    """What is held about the caller, their family and each of its children, archived ones included."""

    success: bool = True
    data: Sequence[HeldAbout]
