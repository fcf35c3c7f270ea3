"""Verifiable consent, step by step: asked for, confirmed, in force, taken back. Each step is written to the ledger.

Whoever changes a child's consents locks the child's row first, then the family's ledger, then the child's gate: so of a confirmation
and a withdrawal that meet, the one that commits first is the earlier entry, and the other one sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from wondernest.access.accesses import Service
from wondernest.access.consent import for_each, purposes_of, without_sharing
from wondernest.coppa import errors, rules
from wondernest.coppa.chain import Entry, Fact
from wondernest.coppa.methods import AUTOMATIC, PLUS, Method
from wondernest.coppa.repository import Asked, NewConsent, Standing
from wondernest.coppa.terms import Terms
from wondernest.coppa.wishes import Outcome
from wondernest.platform import addresses

if TYPE_CHECKING:
    from wondernest.coppa.ended import EndedPurposes
    from wondernest.coppa.ledger import Ledger
    from wondernest.coppa.methods import Offer
    from wondernest.coppa.metrics import ConsentMetrics
    from wondernest.coppa.notices import Notice, Notices
    from wondernest.coppa.repository import ConsentGates, ConsentRepository, FlowRepository, LedgerRepository, Revoked
    from wondernest.coppa.trail import Trail
    from wondernest.coppa.wishes import Origin, Policy, Wish
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.platform.jobs import Sender

FAMILY: Final = "family"
CONSENT: Final = "consent"
CHILD: Final = "child"
"""The arguments of the jobs that send letters. The second letter is also found by its child: a consent that is narrowed gets another id."""
ASKED: Final = "asked"
RENEWAL: Final = "renewal"
RENOTICE: Final = "re-notice"
"""Why a consent is asked for."""


DISCLOSING: Final = frozenset({AUTOMATIC, *(method.value for method in Method if method.discloses)})
"""What may permit disclosure; in development everything can be tried."""


class Records(Struct, frozen=True):
    """What a step reads and writes."""

    consents: ConsentRepository
    flows: FlowRepository
    gates: ConsentGates
    ledger: Ledger
    entries: LedgerRepository
    ended: EndedPurposes
    trail: Trail


class ConsentFlows:
    """The steps. None of them commits."""

    def __init__(
        self,
        records: Records,
        notices: Notices,
        offer: Offer,
        letter: Sender,
        policy: Policy,
        clock: Clock,
        ids: Ids,
        metrics: ConsentMetrics,
    ) -> None:
        self._consents = records.consents
        self._flows = records.flows
        self._gates = records.gates
        self._ledger = records.ledger
        self._entries = records.entries
        self._ended = records.ended
        self._trail = records.trail
        self._notices = notices
        self._offer = offer
        self._letter = letter
        self.policy = policy
        self._clock = clock
        self._ids = ids
        self._metrics = metrics

    async def ask(self, unit: UnitOfWork, wish: Wish) -> Asked:
        """Begin the method that the wish names, or e-mail. Nothing is permitted yet. Raises TooOften, NothingOffered."""
        now = self._clock.now()
        method = self._offer.choose(wish.method, has_phone=await self._flows.has_phone(unit, wish.parent_id))
        if method is None:
            raise errors.NothingOffered
        asked = await self._entries.requests(unit, wish.family_id, wish.child_id, now - rules.COUNTED_TIME)
        if asked >= self.policy.most_a_day:
            raise errors.TooOften(int(rules.COUNTED_TIME.total_seconds()))
        request = self._new(wish, method.value, now, permissions=self._allowed(wish.permissions, method))
        await self._flows.insert(unit, request)
        await self._write(unit, request, [(Entry.REQUEST, self._purposes(request))], wish.parent_id, now)
        await self._send(unit, request)
        return request

    async def would_add(self, unit: UnitOfWork, wish: Wish, left: rules.Permits) -> bool:
        """Whether a wish asks for something, besides what is in force, that its method may give."""
        method = self._offer.choose(wish.method, has_phone=await self._flows.has_phone(unit, wish.parent_id))
        permissions = wish.permissions if method is None else self._allowed(wish.permissions, method)
        return rules.adds(left, rules.Permits(permissions, wish.kind))

    async def permit_at_once(self, unit: UnitOfWork, wish: Wish, shown_id: UUID) -> Asked:
        """Put a consent into force that nobody confirmed. `shown_id`: its row of compliance.coppa_consent."""
        now = self._clock.now()
        consent = replace(
            self._new(wish, AUTOMATIC, now, permissions=for_each(wish.permissions, self.policy.third_parties)),
            id=shown_id,
            granted=True,
            confirmed_at=now,
            ends_at=rules.year_after(now),
        )
        await self._drop_others(unit, consent)
        await self._flows.insert(unit, consent)
        purposes = self._purposes(consent)
        steps = [(Entry.REQUEST, purposes), (Entry.CONFIRM, purposes), (Entry.GRANT, purposes)]
        await self._write(unit, consent, steps, wish.parent_id, now)
        await self._open_gate(unit, consent, now)
        return consent

    async def confirm(
        self,
        unit: UnitOfWork,
        family_id: UUID,
        consent_id: UUID,
        origin: Origin,
        notice: Notice | None,
        reference: str | None,
    ) -> Outcome:
        """Put a request into force. `notice`: the one that the parent saw now; None: the one that is noted with the request.

        Raises CallerRefused when the parent's account was deactivated, or the parent is none of the family any more.
        """
        known = await self._locked(unit, family_id, consent_id)
        if known is None:
            return Outcome.GONE
        now = self._clock.now()
        if known.granted:
            return Outcome.ALREADY
        if known.ends_at <= now:
            return Outcome.GONE
        consent = replace(
            known, granted=True, confirmed_at=now, ends_at=rules.year_after(now), reference=reference or known.reference
        )
        if notice is not None:
            consent = under(consent, notice)
        terms = Terms(consent.permissions, consent.method, None, consent.named_as)
        await self._consents.record(
            unit,
            NewConsent(
                id=consent.id,
                child_id=consent.child_id,
                parent_id=consent.parent_id,
                kind=consent.kind,
                terms=terms,
                ip=addresses.parse(origin.ip),
                user_agent=origin.user_agent and origin.user_agent[: rules.MAX_USER_AGENT_CHARS],
                created_at=now,
            ),
            None,
        )
        await self._drop_others(unit, consent)
        plus = consent.method in {method.value for method in PLUS}
        await self._flows.confirm(unit, consent, now + self.policy.second_after if plus else None)
        purposes = self._purposes(consent)
        await self._write(unit, consent, [(Entry.CONFIRM, purposes), (Entry.GRANT, purposes)], consent.parent_id, now)
        await self._open_gate(unit, consent, now)
        return Outcome.DONE

    async def narrow(self, unit: UnitOfWork, known: Asked, shown_id: UUID, left: rules.Permits, actor_id: UUID) -> None:
        """Permit less from now on, under another id; the consent ends when it would have ended. The child's row is locked."""
        now = self._clock.now()
        consent = replace(known, id=shown_id, permissions=left.permissions, kind=left.kind)
        await self._flows.narrow(unit, known, consent)
        kept = self._purposes(consent)
        taken = tuple(sorted(set(self._purposes(known)) - set(kept)))
        facts = [self._fact(known, Entry.WITHDRAW, taken, actor_id, now)] if taken else []
        facts.append(self._fact(consent, Entry.GRANT, kept, actor_id, now))
        await self._append(unit, known.family_id, facts)
        await self._open_gate(unit, consent, now)

    async def narrow_requests(
        self, unit: UnitOfWork, child_id: UUID, refused: Collection[str], left: rules.Permits, actor_id: UUID
    ) -> None:
        """Take from what waits for a confirmation the permissions that a parent refuses now: an older letter must not bring them back.

        `left`: what is in force from now on. A request that would add nothing to it is dropped, unless it asks to go on.
        """
        now, held = self._clock.now(), purposes_of(left.permissions, left.kind)
        for known in await self._flows.of_child(unit, child_id):  # what is in force comes first
            if known.granted:
                held = rules.named_in(held, known.notice_version)
                continue
            permissions = {name: allowed and name not in refused for name, allowed in known.permissions.items()}
            request = replace(known, permissions=permissions)
            asked = set(self._purposes(request))
            taken = tuple(sorted(set(self._purposes(known)) - asked))
            if known.reason == ASKED and asked <= held:
                await self._flows.delete(unit, known.family_id, [known.id])
            elif permissions != known.permissions:
                await self._flows.narrow(unit, known, request)
            else:
                continue
            await self._write(unit, known, [(Entry.WITHDRAW, taken)], actor_id, now)

    async def withdraw(
        self,
        unit: UnitOfWork,
        child_id: UUID,
        family_id: UUID,
        actor_id: UUID | None,
        revoked: Iterable[Revoked],
        entry: Entry = Entry.WITHDRAW,
    ) -> None:
        """End everything that is in force or asked for, whichever parent gave it. The child's row is locked.

        `actor_id`: the parent who does; None: another backend noted it.
        `revoked`: rows of compliance.coppa_consent that were revoked for it, some perhaps without a consent of ours.
        """
        now = self._clock.now()
        known = await self._flows.of_child(unit, child_id)
        facts = [
            self._fact(
                one, entry if one.granted else Entry.WITHDRAW, self._purposes(one) if one.granted else (), actor_id, now
            )
            for one in known
        ]
        ids = {one.id for one in known}
        facts += [
            Fact(
                entry=entry,
                child_id=child_id,
                consent_id=one.id,
                actor_id=actor_id,
                at=now,
                purposes=tuple(sorted(purposes_of(one.permissions, one.kind))),
            )
            for one in revoked
            if one.id not in ids
        ]
        await self._flows.delete(unit, family_id, list(ids))
        await self._append(unit, family_id, facts)
        withdrawn = {purpose for fact in facts for purpose in fact.purposes}
        await self._close_gate(unit, family_id, child_id, withdrawn, now, withdrawn=True)

    async def undo(self, unit: UnitOfWork, family_id: UUID, consent_id: UUID) -> Outcome:
        """Take a consent back with the second letter's link. Raises CallerRefused, as `confirm`."""
        known = await self._locked(unit, family_id, consent_id, archived_too=True)
        if known is None or not known.granted:
            return Outcome.GONE
        revoked = await self._consents.revoke(unit, known.child_id, known.parent_id, self._clock.now())
        await self.withdraw(unit, known.child_id, family_id, known.parent_id, revoked, Entry.UNDO)
        return Outcome.DONE

    def _new(self, wish: Wish, method: str, now: datetime, *, permissions: dict[str, bool]) -> Asked:
        notice = self._notices.current(wish.language)
        return Asked(
            family_id=wish.family_id,
            id=self._ids.uuid(),
            child_id=wish.child_id,
            parent_id=wish.parent_id,
            granted=False,
            reason=ASKED,
            kind=wish.kind,
            permissions=permissions,
            named_as=wish.named_as,
            method=method,
            reference=None,
            notice_version=notice.version,
            notice_language=notice.language,
            notice_digest=notice.digest,
            requested_at=now,
            confirmed_at=None,
            ends_at=now + rules.REQUEST_LIFE,
            asked_again=None,
        )

    def _allowed(self, permissions: dict[str, bool], method: Method) -> dict[str, bool]:
        """The permissions that the method may give: e-mail and text messages never permit disclosure."""
        if method.discloses and self.policy.third_parties:
            return for_each(permissions, self.policy.third_parties)
        return without_sharing(permissions)

    def _purposes(self, consent: Asked) -> tuple[str, ...]:
        discloses = consent.method in DISCLOSING
        recipients = self.policy.third_parties if discloses else ()
        permitted = purposes_of(consent.permissions, consent.kind, recipients)
        return tuple(sorted(rules.named_in(permitted, consent.notice_version)))

    async def _locked(
        self, unit: UnitOfWork, family_id: UUID, consent_id: UUID, *, archived_too: bool = False
    ) -> Asked | None:
        """A consent, with its child's row locked; None if it or its child is not there any more."""
        seen = await self._flows.find(unit, family_id, consent_id)
        if seen is None:
            return None
        locked = await self._flows.lock_own(unit, seen.child_id, seen.parent_id, archived_too=archived_too)
        return None if locked is None else await self._flows.find(unit, family_id, consent_id)

    async def _drop_others(self, unit: UnitOfWork, consent: Asked) -> None:
        others = [one.id for one in await self._flows.of_child(unit, consent.child_id) if one.id != consent.id]
        if others:
            await self._flows.delete(unit, consent.family_id, others)

    async def _open_gate(self, unit: UnitOfWork, consent: Asked, now: datetime) -> None:
        standing = Standing(purposes=frozenset(self._purposes(consent)), until=consent.ends_at, consent_id=consent.id)
        ended = await self._gates.replace(unit, consent.child_id, standing, now)
        await self._ended.take_back(unit, consent.child_id, standing.purposes)
        await self._ended.begin(unit, consent.family_id, consent.child_id, ended, now, withdrawn=True)

    async def _close_gate(
        self, unit: UnitOfWork, family_id: UUID, child_id: UUID, purposes: set[str], now: datetime, *, withdrawn: bool
    ) -> None:
        """`purposes`: what the consents permitted; of an earlier backend's, for which no gate was open, too. `withdrawn`: by a parent."""
        closed = await self._gates.close(unit, [child_id], now)
        await self._ended.begin(unit, family_id, child_id, purposes.union(*closed.values()), now, withdrawn=withdrawn)

    async def _send(self, unit: UnitOfWork, request: Asked) -> None:
        await self._letter(unit, {FAMILY: request.family_id, CONSENT: request.id})

    async def _write(
        self,
        unit: UnitOfWork,
        consent: Asked,
        steps: Sequence[tuple[Entry, tuple[str, ...]]],
        actor_id: UUID | None,
        now: datetime,
    ) -> None:
        facts = [self._fact(consent, entry, purposes, actor_id, now) for entry, purposes in steps]
        await self._append(unit, consent.family_id, facts)

    async def _append(self, unit: UnitOfWork, family_id: UUID, facts: Sequence[Fact]) -> None:
        await self._ledger.append(unit, family_id, facts)
        by_itself = {fact.child_id for fact in facts if fact.actor_id is None and fact.child_id is not None}
        await self._trail.by_service(unit, by_itself, Service.CONSENT_TIME)
        for fact in facts:
            unit.after_commit(lambda entry=fact.entry: self._metrics.written(entry))

    @staticmethod
    def _fact(consent: Asked, entry: Entry, purposes: tuple[str, ...], actor_id: UUID | None, now: datetime) -> Fact:
        return Fact(
            entry=entry,
            child_id=consent.child_id,
            consent_id=consent.id,
            actor_id=actor_id,
            at=now,
            method=consent.method,
            reference=consent.reference,
            notice_version=consent.notice_version,
            notice_digest=consent.notice_digest,
            purposes=purposes,
        )


def under(consent: Asked, notice: Notice) -> Asked:
    """The consent, given to this notice."""
    return replace(consent, notice_version=notice.version, notice_language=notice.language, notice_digest=notice.digest)
