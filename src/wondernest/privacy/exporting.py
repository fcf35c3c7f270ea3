"""Exports: everything that is held about a user, their family and its children, as one ZIP file. `making` makes it."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from wondernest.access.accesses import Look
from wondernest.access.people import CHILD
from wondernest.platform.blobs import Blob
from wondernest.platform.blobs.joined import JoinedBlobs
from wondernest.privacy import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wondernest.coppa.trail import Trail
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.jobs import Sender
    from wondernest.platform.rooms import Parts
    from wondernest.privacy.repository import ExportRepository, PartRepository
    from wondernest.privacy.rules import Export

MAKE: Final = "privacy.make_export"
ANNOUNCE_READY: Final = "privacy.announce_export"
FORGET: Final = "privacy.forget_exports"
USER_ARGUMENT, EXPORT = "user", "export"
MOST_A_DAY: Final = 5
DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=7)
UNFINISHED_KEPT: Final = timedelta(days=2)
"""Every attempt at an export has failed before; after a day the user may have asked for another one."""
LINK_LIFE: Final = timedelta(days=1)
"""After the first use of the mailed link: a download that breaks off goes on, also of a gigabyte at a slow line over night; a letter
that is found later opens nothing."""
LINK_PAGE: Final = "/privacy/exports/{}"
FOLDER: Final = "exports"
_LINK_PURPOSE: Final = b"wondernest export link\0"
_ID_BYTES: Final = 16
_MAC_BYTES: Final = 16
_PADDING: Final = "=="
"""Of the 64 bytes of a token."""


class Link(msgspec.Struct, frozen=True):
    """A mailed link: whose export it opens. `bound`: a keyed hash with the address that it was mailed to."""

    user_id: UUID
    export_id: UUID
    bound: bytes


class ExportService:
    """Asks for exports, lists them, and gives them out. Raises the room's errors."""

    def __init__(
        self, exports: ExportRepository, made: PartRepository, parts: Parts, make: Sender, trail: Trail
    ) -> None:
        self._exports = exports
        self._parts = made
        self._database = parts.database
        self._blobs = parts.blobs
        self._clock = parts.clock
        self._ids = parts.ids
        self._make = make
        self._trail = trail
        self._secret = parts.settings.jwt.secret.encode()

    async def ask(self, caller: Caller, family_id: UUID | None, unit: UnitOfWork) -> Export:
        """Have an export made; while one is being made, it is that one. Raises TooManyExports."""
        now = self._clock.now()
        await self._exports.lock(unit, caller.user_id)
        being_made = await self._exports.open(unit, caller.user_id, now - DAY)
        if being_made is not None:
            return being_made
        if await self._exports.number_since(unit, caller.user_id, now - DAY) >= MOST_A_DAY:
            raise errors.TooManyExports(int(DAY.total_seconds()))
        export = await self._exports.ask(unit, caller.user_id, self._ids.uuid(), family_id, now)
        await self._make(unit, {USER_ARGUMENT: export.user_id, EXPORT: export.id})
        return export

    async def own(self, caller: Caller) -> Sequence[Export]:
        """The caller's exports."""
        return await self._exports.own(self._database, caller.user_id)

    async def content(self, caller: Caller, export_id: UUID) -> tuple[JoinedBlobs, Sequence[UUID]]:
        """An export of the caller's, and the children in it. Raises ExportNotFound."""
        export, content = await self._content(await self._exports.given(self._database, caller.user_id, export_id))
        return content, await self._children(export)

    async def offered(self, token: str) -> Export:
        """The export of a mailed link, which is not used by that. Raises ExportNotFound."""
        return await self._linked(token, used=False)

    async def begin(self, token: str) -> None:
        """Use a mailed link: its last day begins, if it has not. Raises ExportNotFound."""
        known, now = await self._known(token), self._clock.now()
        if await self._exports.fetch(self._database, *known, now, now - LINK_LIFE) is None:
            raise errors.ExportNotFound

    async def begun(self, token: str) -> JoinedBlobs:
        """The file of a mailed link that was used within the last day. Raises ExportNotFound."""
        export = await self._linked(token, used=True)
        _, content = await self._content(export)
        await self._trail.append(self._database, export.user_id, await self._children(export), Look.DOWNLOAD)
        return content

    async def _children(self, export: Export) -> Sequence[UUID]:
        """Those of the family that is in the file; none in the file of a member who is no parent."""
        people = await self._exports.people(self._database, export)
        return people.get(CHILD, ())

    async def _linked(self, token: str, *, used: bool) -> Export:
        known, now = await self._known(token), self._clock.now()
        export = await self._exports.linked(self._database, *known, now, now - LINK_LIFE, used=used)
        if export is None:
            raise errors.ExportNotFound
        return export

    async def _known(self, token: str) -> tuple[UUID, UUID]:
        """User and export of a link that was mailed to the address that is still the user's."""
        link = read_link(self._secret, token)
        address = None if link is None else await self._exports.address(self._database, link.user_id)
        if link is None or address is None or not leads_from(self._secret, link, address):
            raise errors.ExportNotFound
        return link.user_id, link.export_id

    async def _content(self, export: Export | None) -> tuple[Export, JoinedBlobs]:
        if export is None or export.expires_at is None or export.expires_at <= self._clock.now():
            raise errors.ExportNotFound
        parts = await self._parts.all(self._database, export)
        first = await self._blobs.stat(parts[0].key if parts else single_key_of(export.id))
        if first is None:
            raise errors.ExportNotFound
        stored = [Blob(key=part.key, size=part.size, modified=part.made_at) for part in parts]
        return export, JoinedBlobs(self._blobs, stored or [first], f'"{export.id}"')


def folder_of(export: Export) -> str:
    """Where the parts of the file are in the blob storage."""
    return f"{FOLDER}/{export.id}"


def single_key_of(export_id: UUID) -> str:
    """Where earlier releases stored the whole file."""
    return f"{FOLDER}/{export_id}.zip"


def link_of(secret: bytes, export: Export, address: str) -> str:
    """The token of the link that is mailed to an address: ids, a keyed hash of them, and one of them with the address."""
    ids = export.user_id.bytes + export.id.bytes
    token = base64.urlsafe_b64encode(ids + _mac(secret, ids) + _mac(secret, ids, address))
    return token.rstrip(b"=").decode()


def read_link(secret: bytes, token: str) -> Link | None:
    """A token; None for one that we did not make."""
    try:
        raw = base64.b64decode(token + _PADDING, altchars=b"-_", validate=True)
    except ValueError:
        return None
    ids, known, bound = raw[: 2 * _ID_BYTES], raw[2 * _ID_BYTES : -_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(ids) < 2 * _ID_BYTES or not hmac.compare_digest(known, _mac(secret, ids)):
        return None
    return Link(UUID(bytes=ids[:_ID_BYTES]), UUID(bytes=ids[_ID_BYTES:]), bound)


def leads_from(secret: bytes, link: Link, address: str) -> bool:
    """Whether a link was mailed to this address."""
    return hmac.compare_digest(link.bound, _mac(secret, link.user_id.bytes + link.export_id.bytes, address))


def _mac(secret: bytes, ids: bytes, address: str = "") -> bytes:
    return hmac.digest(secret, _LINK_PURPOSE + ids + address.encode(), "sha256")[:_MAC_BYTES]
