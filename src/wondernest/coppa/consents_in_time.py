"""What time does to consents: they end, another backend has ended them, or a parent is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wondernest.coppa.chain import Entry
from wondernest.coppa.flows import RENOTICE, ConsentFlows, under

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.coppa.repository import Asked
    from wondernest.platform.db.unit import UnitOfWork


class ConsentsInTime(ConsentFlows):
    """All steps: those of parents, and those of the periodic work. None of them commits."""

    async def expire(self, unit: UnitOfWork, ended: Asked) -> None:
        """Delete what is over. A child that was deleted meanwhile leaves no entry: its family may be erased."""
        family_id, now = await self._flows.lock_child(unit, ended.child_id), self._clock.now()
        known = await self._flows.find(unit, ended.family_id, ended.id)
        if known is None or known.ends_at > now:
            return
        await self._flows.delete(unit, known.family_id, [known.id])
        if family_id is None:
            return
        await self._write(unit, known, [(Entry.EXPIRE, self._purposes(known) if known.granted else ())], None, now)
        if known.granted:
            await self._flows.close_shown(unit, [known.id], now)
            await self._close_gate(unit, family_id, known.child_id, set(self._purposes(known)), now, withdrawn=False)

    async def follow_revocation(self, unit: UnitOfWork, revoked: Asked) -> None:
        """Withdraw what another backend has revoked: it has permitted nothing since."""
        family_id = await self._flows.lock_child(unit, revoked.child_id)
        known = await self._flows.find(unit, revoked.family_id, revoked.id)
        if known is None:
            return
        if family_id is None:
            await self._flows.delete(unit, known.family_id, [known.id])
            return
        await self.withdraw(unit, known.child_id, known.family_id, None, ())

    async def ask_again(self, unit: UnitOfWork, outdated: Asked, why: str, ends_by: datetime) -> None:
        """Ask a parent again, because a consent ends soon or its notice changed. It ends at `ends_by` at the latest.

        If the parent who gave it has left, another one is asked: the child's work must not stop without a word.
        """
        family_id, now = await self._flows.lock_child(unit, outdated.child_id), self._clock.now()
        known = await self._flows.find(unit, outdated.family_id, outdated.id)
        if known is None or not known.granted or known.asked_again == why:
            return
        ends_at = min(known.ends_at, ends_by)
        await self._flows.note_asked_again(unit, known, why, ends_at)
        if family_id is None:
            return
        if ends_at < known.ends_at:
            await self._open_gate(unit, replace(known, ends_at=ends_at), now)
        others = await self._flows.of_child(unit, known.child_id)
        request = next((one for one in others if not one.granted), None)
        parent_id = await self._flows.parent(unit, known.family_id, known.parent_id) or known.parent_id
        method = self._offer.choose(known.method, has_phone=await self._flows.has_phone(unit, parent_id))
        if request is None and method is not None:
            request = under(
                replace(
                    known,
                    id=self._ids.uuid(),
                    parent_id=parent_id,
                    granted=False,
                    reason=why,
                    permissions=self._allowed(known.permissions, method),
                    method=method.value,
                    reference=None,
                    requested_at=now,
                    confirmed_at=None,
                    ends_at=ends_at,
                    asked_again=None,
                ),
                self._notices.current(known.notice_language),
            )
            await self._flows.insert(unit, request)
            await self._send(unit, request)
        about = known if request is None else request
        entry = Entry.RENOTICE if why == RENOTICE else Entry.REQUEST
        await self._write(unit, about, [(entry, self._purposes(about))], None, now)
