"""Consent: a parent of the child asks for it, reads, changes and revokes it. `flows` has the steps of verifiable consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wondernest.coppa import errors, rules
from wondernest.coppa.flows import ConsentFlows
from wondernest.coppa.methods import AUTOMATIC
from wondernest.coppa.repository import (
    Asked,
    ConsentRepository,
    FlowRepository,
    FoundChild,
    KnownConsent,
    NewConsent,
    TooOften,
)
from wondernest.coppa.rules import ChildReference, Consent
from wondernest.coppa.terms import Terms
from wondernest.coppa.wishes import Origin, Wish
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


class Grant(Struct, frozen=True):
    """A consent a parent wants to give."""

    child: ChildReference
    kind: str
    terms: Terms
    language: str
    """Of the notice."""


class Changes(Struct, frozen=True):
    """The changes to a consent; None leaves a part as it is."""

    kind: str | None
    permissions: dict[str, bool] | None
    verification_method: str | None
    verification_data: dict[str, str] | None
    language: str


class Given(Struct, frozen=True, kw_only=True):
    """What came of a wish: what is in force now, and what waits until a parent confirms it."""

    consent: Consent | None
    pending: Asked | None = None
    child_id: UUID


class Narrowed(Struct, frozen=True):
    """A consent from which something was taken, and what it permits now."""

    consent: Consent
    left: rules.Permits


class ConsentStatus(Struct, frozen=True):
    """The state of a child's consent."""

    status: str
    is_required: bool
    collection_allowed: bool
    newest: Consent | None
    """With the end that applies."""
    pending: Asked | None
    verified: bool
    """Whether the consent in force was confirmed by a method."""
    ends_at: datetime | None


class ConsentService:
    """The operations of a parent on consents. Raises the room's errors."""

    def __init__(
        self,
        repository: ConsentRepository,
        rows: FlowRepository,
        flows: ConsentFlows,
        database: Executor,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._ids = ids
        self._flows = flows
        self._rows = rows
        self._most_a_day = flows.policy.most_a_day
        self._confirms = flows.policy.confirms
        self._repository = repository
        self._database = database
        self._clock = clock

    async def grant(self, caller: Caller, grant: Grant, origin: Origin, unit: UnitOfWork) -> Given:
        """Ask for a consent; where none has to be confirmed, it is in force at once, in place of an open one.

        What it refuses by name is taken away at once: the app has no other way to withdraw a part.
        Raises Incomplete, TypeTooLong, TooManyPermissions, TooOften, NothingOffered, NoFamily, ForeignChild or ChildNotFound.
        """
        kind = grant.kind.strip()
        if grant.child.is_blank or is_blank(kind):
            raise errors.Incomplete
        sent = grant.terms.permissions
        _require_fitting(sent, total=len(sent))
        kind = _checked(kind)
        child_id, family_id = await self._locked(caller, grant.child, unit, else_newest=True)
        terms = replace(
            grant.terms,
            verification_method=rules.recorded_method(grant.terms.verification_method),
            verification_data=rules.recorded_data(grant.terms.verification_data, self._clock.now()),
            named_as=grant.child.app_id,
        )
        wish = Wish(
            child_id=child_id,
            family_id=family_id,
            parent_id=caller.user_id,
            kind=kind,
            permissions=sent,
            method=grant.terms.verification_method or "",
            named_as=grant.child.app_id,
            language=grant.language,
        )
        if self._confirms:
            narrowed = await self._take_refused(caller, wish, origin, unit)
            if narrowed is not None and not await self._flows.would_add(unit, wish, narrowed.left):
                return Given(consent=narrowed.consent, child_id=child_id)
            return Given(consent=None, pending=await self._flows.ask(unit, wish), child_id=child_id)
        consent = await self._record(unit, self._new(caller, child_id, kind, terms, origin), self._most_a_day)
        await self._flows.permit_at_once(unit, wish, consent.id)
        return Given(consent=consent, child_id=child_id)

    async def _take_refused(self, caller: Caller, wish: Wish, origin: Origin, unit: UnitOfWork) -> Narrowed | None:
        """Take from the consent in force what a wish refuses by name; None if that is nothing. The child's row is locked."""
        known = await self._repository.open(unit, wish.child_id, caller.user_id)
        standing = await self._rows.of_child(unit, wish.child_id)
        ours = next((one for one in standing if one.granted and known is not None and one.id == known.consent.id), None)
        if known is None or ours is None:
            return None
        before = rules.Permits(ours.permissions, ours.kind)
        left = rules.refusing(before, wish.permissions)
        if not rules.takes(before, left):
            return None
        terms = replace(known.terms, permissions=left.permissions)
        consent = await self._record(unit, self._new(caller, wish.child_id, left.kind, terms, origin), None)
        await self._flows.narrow(unit, ours, consent.id, left, caller.user_id)
        refused = [name for name, allowed in wish.permissions.items() if not allowed]
        await self._flows.narrow_requests(unit, wish.child_id, refused, left, caller.user_id)
        return Narrowed(consent, left)

    async def status(self, caller: Caller, reference: ChildReference) -> ConsentStatus:
        """The state of the child's consent, required until the child is 13 wherever it lives.

        Raises NoFamily, ForeignChild or ChildNotFound.
        """
        child, newest = await self._find(caller, reference, self._database, archived_too=True)
        now = self._clock.now()
        consent = None if newest is None else newest.consent
        known = await self._rows.of_child(self._database, child.id)
        in_force = next((one for one in known if consent is not None and one.granted and one.id == consent.id), None)
        verified = in_force is not None and in_force.method != AUTOMATIC
        ends_at = None if consent is None else consent.expires_at
        if ends_at is not None and in_force is not None:
            ends_at = min(ends_at, in_force.ends_at)
        return ConsentStatus(
            status=rules.status(consent, now),
            is_required=rules.age_on(earliest_day(now), child.birth_date) < rules.CONSENT_AGE,
            collection_allowed=consent is not None and consent.collects(now) and (verified or not self._confirms),
            newest=consent,
            pending=next((one for one in known if not one.granted and one.ends_at > now), None),
            verified=verified,
            ends_at=ends_at,
        )

    async def change(
        self, caller: Caller, reference: ChildReference, changes: Changes, origin: Origin, unit: UnitOfWork
    ) -> Given:
        """Replace the open consent by one with the changes; raises as `grant`, and NoOpenConsent.

        What is taken away is taken away at once, as easily as it was given; what is added waits until a parent confirms it.
        """
        child_id, family_id = await self._locked(caller, reference, unit)
        known = await self._repository.open(unit, child_id, caller.user_id)
        if known is None or rules.status(known.consent, self._clock.now()) != rules.GRANTED:
            raise errors.NoOpenConsent
        kind = (changes.kind or "").strip()
        kind = _checked(known.kind if is_blank(kind) else kind)
        ours = [one for one in await self._rows.of_child(unit, child_id) if one.granted and one.id == known.consent.id]
        before = rules.Permits(known.terms.permissions, known.kind)
        for one in ours:  # what a parent confirmed, whatever another backend wrote into the row that stands for it
            before = rules.Permits(one.permissions, one.kind)
        wanted = _changed(known, before.permissions, changes, self._clock.now())
        _require_fitting(changes.permissions or {}, total=len(wanted.permissions), known=len(before.permissions))
        after = rules.Permits(wanted.permissions, kind)
        withdraws = rules.only_withdraws(before, after)
        adds = rules.adds(before, after)
        wish = Wish(
            child_id=child_id,
            family_id=family_id,
            parent_id=caller.user_id,
            kind=kind,
            permissions=wanted.permissions,
            method=changes.verification_method or wanted.verification_method or "",
            named_as=known.terms.named_as,
            language=changes.language,
        )
        if not self._confirms and adds:
            consent = await self._record(unit, self._new(caller, child_id, kind, wanted, origin), self._most_a_day)
            await self._flows.permit_at_once(unit, wish, consent.id)
            return Given(consent=consent, child_id=child_id)
        pending = await self._flows.ask(unit, wish) if adds else None
        kept = rules.kept(before, after)
        left = replace(wanted, permissions=kept.permissions)
        if not adds:
            refused = [name for name, allowed in (changes.permissions or {}).items() if not allowed]
            await self._flows.narrow_requests(unit, child_id, refused, kept, caller.user_id)
        if adds and not rules.takes(before, after):
            return Given(consent=known.consent, pending=pending, child_id=child_id)
        most = None if withdraws or adds else self._most_a_day
        consent = await self._record(unit, self._new(caller, child_id, kept.kind, left, origin), most)
        for one in ours:
            await self._flows.narrow(unit, one, consent.id, kept, caller.user_id)
        if not ours and not self._confirms:  # it was given before consents were kept
            await self._flows.permit_at_once(
                unit, replace(wish, permissions=kept.permissions, kind=kept.kind), consent.id
            )
        return Given(consent=consent, pending=pending, child_id=child_id)

    async def revoke(self, caller: Caller, reference: ChildReference, unit: UnitOfWork) -> UUID:
        """Withdraw every consent of the child, asked for or in force; returns its id. Raises NoFamily, ForeignChild or ChildNotFound."""
        child, _ = await self._find(caller, reference, unit, archived_too=True)
        family_id = await self._rows.lock_own(unit, child.id, caller.user_id, archived_too=True)
        if family_id is None:
            raise errors.ChildNotFound
        revoked = await self._repository.revoke(unit, child.id, caller.user_id, self._clock.now())
        await self._flows.withdraw(unit, child.id, family_id, caller.user_id, revoked)
        return child.id

    async def _locked(
        self, caller: Caller, reference: ChildReference, unit: UnitOfWork, *, else_newest: bool = False
    ) -> tuple[UUID, UUID]:
        """The child and its family."""
        child, _ = await self._find(caller, reference, unit, else_newest=else_newest)
        family_id = await self._rows.lock_own(unit, child.id, caller.user_id)
        if family_id is None:
            raise errors.ChildNotFound
        return child.id, family_id

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
        return Consent(new.id, granted=True, created_at=new.created_at, revoked_at=None, permissions=permissions)


def _require_fitting(sent: dict[str, bool], *, total: int, known: int = 0) -> None:
    if not rules.permissions_fit(sent, total=total, known=known):
        raise errors.TooManyPermissions(rules.MAX_PERMISSIONS, rules.MAX_PERMISSION_CHARS)


def _checked(kind: str) -> str:
    if len(kind) > rules.MAX_TYPE_CHARS:
        raise errors.TypeTooLong(rules.MAX_TYPE_CHARS)
    return kind


def _changed(known: KnownConsent, permissions: dict[str, bool], changes: Changes, now: datetime) -> Terms:
    """Permissions that are not given stay as they are in `permissions`: leaving one out must not grant it."""
    terms, data = known.terms, changes.verification_data
    return replace(
        terms,
        permissions={**permissions, **(changes.permissions or {})},
        verification_method=rules.recorded_method(changes.verification_method or terms.verification_method),
        verification_data=rules.carried_data(terms.verification_data, known.consent.created_at)
        if data is None
        else rules.recorded_data(data, now),
    )
