"""Consent: a parent of the child grants, reads, changes and revokes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wondernest.access.consent import purposes_of
from wondernest.coppa import errors, rules
from wondernest.coppa.repository import (
    ConsentGates,
    ConsentRepository,
    FoundChild,
    KnownConsent,
    NewConsent,
    Standing,
    TooOften,
)
from wondernest.coppa.rules import ChildReference, Consent
from wondernest.coppa.terms import Terms
from wondernest.platform import addresses
from wondernest.platform.clock import earliest_day
from wondernest.platform.texts import is_blank

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids


class Origin(Struct, frozen=True):
    """The client that gave a consent."""

    ip: str | None
    user_agent: str | None


class Grant(Struct, frozen=True):
    """A consent a parent wants to give."""

    child: ChildReference
    kind: str
    terms: Terms


class Changes(Struct, frozen=True):
    """The changes to a consent; None leaves a part as it is."""

    kind: str | None
    permissions: dict[str, bool] | None
    verification_method: str | None
    verification_data: dict[str, str] | None


class ConsentStatus(Struct, frozen=True):
    """The state of a child's consent."""

    status: str
    is_required: bool
    collection_allowed: bool
    newest: Consent | None


class Confirmation(Struct, frozen=True):
    """How a consent takes effect. `at_once`: without proof that a parent gave it; for development and tests.

    `third_parties`: those whom the notice names.
    """

    at_once: bool
    third_parties: tuple[str, ...] = ()


class ConsentService:
    """The operations of a parent on consents. Raises the room's errors."""

    def __init__(
        self,
        repository: ConsentRepository,
        database: Executor,
        clock: Clock,
        ids: Ids,
        most_a_day: int,
        gates: ConsentGates,
        confirmation: Confirmation,
    ) -> None:
        self._gates = gates
        self._confirmation = confirmation
        self._ids = ids
        self._most_a_day = most_a_day
        self._repository = repository
        self._database = database
        self._clock = clock

    async def grant(self, caller: Caller, grant: Grant, origin: Origin, unit: UnitOfWork) -> tuple[Consent, UUID]:
        """Store a consent in place of an open one; returns the consent and its child.

        Raises Incomplete, TypeTooLong, TooManyPermissions, TooOften, NoFamily, ForeignChild or ChildNotFound.
        """
        kind = grant.kind.strip()
        if grant.child.is_blank or is_blank(kind):
            raise errors.Incomplete
        sent = grant.terms.permissions
        _require_fitting(sent, total=len(sent))
        child = await self._locked(caller, grant.child, unit, else_newest=True)
        terms = replace(
            grant.terms,
            verification_method=rules.recorded_method(grant.terms.verification_method),
            verification_data=rules.recorded_data(grant.terms.verification_data, self._clock.now()),
            named_as=grant.child.app_id,
        )
        new = self._new(caller, child.id, _checked(kind), terms, origin)
        return await self._record(unit, new, self._most_a_day), child.id

    async def status(self, caller: Caller, reference: ChildReference) -> ConsentStatus:
        """The state of the child's consent, required until the child is 13 wherever it lives.

        Raises NoFamily, ForeignChild or ChildNotFound.
        """
        child, newest = await self._find(caller, reference, self._database, archived_too=True)
        now = self._clock.now()
        consent = None if newest is None else newest.consent
        return ConsentStatus(
            status=rules.status(consent, now),
            is_required=rules.age_on(earliest_day(now), child.birth_date) < rules.CONSENT_AGE,
            collection_allowed=consent is not None and consent.collects(now),
            newest=consent,
        )

    async def change(
        self, caller: Caller, reference: ChildReference, changes: Changes, origin: Origin, unit: UnitOfWork
    ) -> Consent:
        """Replace the open consent by one with the changes; raises as `grant`, and NoOpenConsent.

        A change that only withdraws permissions is always possible: as easy as giving them.
        """
        child = await self._locked(caller, reference, unit)
        known = await self._repository.open(unit, child.id, caller.user_id)
        if known is None or rules.status(known.consent, self._clock.now()) != rules.GRANTED:
            raise errors.NoOpenConsent
        kind = (changes.kind or "").strip()
        terms = _changed(known, changes, self._clock.now())
        _require_fitting(changes.permissions or {}, total=len(terms.permissions), known=len(known.terms.permissions))
        withdraws = rules.only_withdraws(known.terms.permissions, terms.permissions)
        new = self._new(caller, child.id, _checked(known.kind if is_blank(kind) else kind), terms, origin)
        return await self._record(unit, new, None if withdraws else self._most_a_day)

    async def revoke(self, caller: Caller, reference: ChildReference, unit: UnitOfWork) -> None:
        """Revoke every open consent of the child; raises NoFamily, ForeignChild or ChildNotFound."""
        child, _ = await self._find(caller, reference, unit, archived_too=True)
        now = self._clock.now()
        await self._repository.revoke(unit, child.id, caller.user_id, now)
        await self._gates.close(unit, [child.id], now)

    async def _locked(
        self, caller: Caller, reference: ChildReference, unit: UnitOfWork, *, else_newest: bool = False
    ) -> FoundChild:
        child, _ = await self._find(caller, reference, unit, else_newest=else_newest)
        if not await self._repository.lock(unit, child.id, caller.user_id):
            raise errors.ChildNotFound
        return child

    async def _find(
        self,
        caller: Caller,
        reference: ChildReference,
        executor: Executor,
        *,
        archived_too: bool = False,
        else_newest: bool = False,
    ) -> tuple[FoundChild, KnownConsent | None]:
        found = await self._repository.find(
            executor,
            caller.user_id,
            caller.family_id,
            reference,
            archived_too=archived_too,
            else_newest=else_newest,
        )
        if not found.has_family:
            raise errors.NoFamily
        if found.child is None:
            raise errors.ChildNotFound
        if not found.child.own:
            raise errors.ForeignChild
        return found.child, found.newest

    def _new(self, caller: Caller, child_id: UUID, kind: str, terms: Terms, origin: Origin) -> NewConsent:
        return NewConsent(
            id=self._ids.uuid(),
            child_id=child_id,
            parent_id=caller.user_id,
            kind=kind,
            terms=terms,
            ip=addresses.parse(origin.ip),
            user_agent=origin.user_agent and origin.user_agent[: rules.MAX_USER_AGENT_CHARS],
            created_at=self._clock.now(),
        )

    async def _record(self, unit: UnitOfWork, new: NewConsent, most: int | None) -> Consent:
        try:
            recorded = await self._repository.record(unit, new, most)
        except TooOften:
            raise errors.TooOften(int(rules.COUNTED_TIME.total_seconds())) from None
        if not recorded:
            raise errors.ChildNotFound
        permissions = new.terms.permissions
        if self._confirmation.at_once:
            permitted = purposes_of(permissions, new.kind, self._confirmation.third_parties)
            until = rules.year_after(new.created_at)
            standing = Standing(purposes=permitted, until=until, consent_id=new.id)
            await self._gates.replace(unit, new.child_id, standing, new.created_at)
        else:  # an unconfirmed consent permits nothing
            await self._gates.close(unit, [new.child_id], new.created_at)
        return Consent(new.id, granted=True, created_at=new.created_at, revoked_at=None, permissions=permissions)


def _require_fitting(sent: dict[str, bool], *, total: int, known: int = 0) -> None:
    if not rules.permissions_fit(sent, total=total, known=known):
        raise errors.TooManyPermissions(rules.MAX_PERMISSIONS, rules.MAX_PERMISSION_CHARS)


def _checked(kind: str) -> str:
    if len(kind) > rules.MAX_TYPE_CHARS:
        raise errors.TypeTooLong(rules.MAX_TYPE_CHARS)
    return kind


def _changed(known: KnownConsent, changes: Changes, now: datetime) -> Terms:
    """Permissions that are not given stay as they are: leaving one out must not grant it."""
    terms, data = known.terms, changes.verification_data
    return replace(
        terms,
        permissions={**terms.permissions, **(changes.permissions or {})},
        verification_method=rules.recorded_method(changes.verification_method or terms.verification_method),
        verification_data=rules.carried_data(terms.verification_data, known.consent.created_at)
        if data is None
        else rules.recorded_data(data, now),
    )
