"""Reply bodies of the privacy routes. These are an addition to the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.access.accesses import Actor
from wondernest.access.law import GROUNDS, INTERNAL_OPERATIONS
from wondernest.coppa.trail import Looked
from wondernest.platform.ids import parse_uuid
from wondernest.platform.json import instant, maybe_instant

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.coppa.trail import Access
    from wondernest.privacy.catalogue import Entry
    from wondernest.privacy.rules import Erasure, Export, Held
    from wondernest.privacy.words import TrailWords


class Refusal(Struct):
    """Why the request was refused."""

    error: str
    message: str


class CataloguedClass(Struct, kw_only=True, rename="camel"):
    """One class of personal data.

    `store`: `table`, `blobs`, `cache`, `log`, `mail` or `memory`; `place`: the table, or what names begin with. `grounds`: why it may be
    held, `identifiers`: what recognises a device, a session or a client, with what alone it is used for; both are explained in `legend`.
    """

    room: str
    store: str
    place: str
    what: str
    why: str
    kept: str
    ended_by: str
    people: Sequence[str]
    columns: Sequence[str]
    grounds: Sequence[str]
    purposes: Sequence[str]
    seen_by: Sequence[str]
    identifiers: Mapping[str, str]

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
            grounds=[ground.value for ground in entry.grounds],
            purposes=entry.purposes,
            seen_by=[viewer.value for viewer in entry.seen_by],
            identifiers={name: operation.value for name, operation in entry.identifiers.items()},
        )


class LegalGround(Struct, kw_only=True):
    """Where a ground stands in the law. `coppa` is null where 16 CFR Part 312 does not speak of such data."""

    name: str
    gdpr: str
    coppa: str | None


class IdentifierUse(Struct, kw_only=True, rename="camel"):
    """What an identifier is for. `internalOperation`: the paragraph of that definition in 16 CFR 312.2; null where it is none."""

    name: str
    internal_operation: str | None


class Legend(Struct, kw_only=True):
    """What the words of the classes mean."""

    grounds: Sequence[LegalGround]
    operations: Sequence[IdentifierUse]

    @classmethod
    def whole(cls) -> Legend:
        """Every ground and every use of an identifier."""
        return cls(
            grounds=[
                LegalGround(name=ground.value, gdpr=basis.gdpr, coppa=basis.coppa or None)
                for ground, basis in GROUNDS.items()
            ],
            operations=[
                IdentifierUse(name=operation.value, internal_operation=paragraph or None)
                for operation, paragraph in INTERNAL_OPERATIONS.items()
            ],
        )


class CatalogueReply(Struct, kw_only=True):
    """Every class of personal data that is held."""

    success: bool = True
    data: Sequence[CataloguedClass]
    legend: Legend


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


class EndingShown(Struct, kw_only=True, rename="camel"):
    """A purpose that is not permitted any more.

    `erasesAt`: when what is held for it alone is erased, unless a parent consents again; null while no day is set, because the
    installation does not enforce consent yet.
    """

    purpose: str
    ended_at: str
    erases_at: str | None


class RecordingsShown(Struct, kw_only=True, rename="camel"):
    """Sound and film about a child ends by its own time. `erasesAt`: when the first of these files does; a letter comes before."""

    count: int
    erases_at: str


class HeldAbout(Struct, kw_only=True, rename="camel"):
    """What is held about one person. `kind`: `child`, `family` or `user`.

    `erasesAt`: when everything of it is erased, unless that is taken back. `erasure` says why: somebody asked to erase the `child`, the `family` or the
    `account`, or the child is `archived`. `endings`: what of it is erased because it is not permitted any more.
    `recordings`: null without recordings that end.
    """

    kind: str
    id: str
    classes: Sequence[HeldClass]
    archived_at: str | None
    erasure: str | None
    erases_at: str | None
    endings: Sequence[EndingShown]
    recordings: RecordingsShown | None

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
            archived_at=maybe_instant(held.archived_at),
            erasure=None if held.planned is None else held.planned.why,
            erases_at=None if held.planned is None else instant(held.planned.at),
            endings=[
                EndingShown(purpose=one.purpose, ended_at=instant(one.ended_at), erases_at=maybe_instant(one.erase_at))
                for one in held.endings
            ],
            recordings=None
            if held.recordings is None
            else RecordingsShown(count=held.recordings.number, erases_at=instant(held.recordings.first_end)),
        )


class SummaryReply(Struct, kw_only=True):
    """What is held about the caller, their family and each of its children, archived ones included."""

    success: bool = True
    data: Sequence[HeldAbout]


class AccessShown(Struct, kw_only=True, rename="camel"):
    """That somebody used a child's data: `actor` is `adult`, `service` or `operator`; only an adult has an `actorId`.

    `who` and `what` say it in the reader's language; `kind` is the value behind `what`.
    """

    actor: str
    actor_id: str | None
    you: bool
    who: str
    kind: str
    what: str
    hour: str
    """The hour (UTC) in which it happened."""
    times: int
    last_at: str

    @classmethod
    def of(cls, access: Access, user_id: UUID, chosen: TrailWords) -> AccessShown:
        """In words for an adult."""
        looked, adult = access.looked, access.actor == Actor.ADULT.value
        you = adult and looked.actor_id == user_id
        return cls(
            actor=access.actor,
            actor_id=str(looked.actor_id) if adult else None,
            you=you,
            who=chosen.who["you"] if you else chosen.who.get(access.actor, access.actor),
            kind=looked.kind,
            what=chosen.did.get(looked.kind, looked.kind),
            hour=instant(looked.hour),
            times=access.times,
            last_at=instant(access.last_at),
        )


class AccessReply(Struct, kw_only=True, rename="camel"):
    """Who used it. `next`: the value of `after` for the page that follows; null at the end."""

    success: bool = True
    data: Sequence[AccessShown]
    next: str | None

    @classmethod
    def of(cls, found: Sequence[Access], shown: int, user_id: UUID, chosen: TrailWords) -> AccessReply:
        """A page; one more than it shows says that another one follows."""
        page = found[:shown]
        return cls(
            data=[AccessShown.of(one, user_id, chosen) for one in page],
            next=_place(page[-1].looked) if len(found) > shown else None,
        )


_PLACE: Final = re.compile(r"([0-9]{1,11})_([0-9a-f-]{36})_([a-z_]{1,40})", re.ASCII)


def _place(looked: Looked) -> str:
    return f"{int(looked.hour.timestamp())}_{looked.actor_id}_{looked.kind}"


def place_of(child_id: UUID, text: str) -> Looked | None:
    """Where a page ended; None for a text that no page gave."""
    match = _PLACE.fullmatch(text)
    actor_id = parse_uuid(match[2]) if match else None
    if match is None or actor_id is None:
        return None
    return Looked(child_id, datetime.fromtimestamp(int(match[1]), UTC), actor_id, match[3])
