"""The children's gates: what their parents' consents permit at this moment. access/consent.py asks them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_REPLACE: Final = """
    with before as materialized (
        select gate.purposes from wondernest.consent_gates gate where gate.child_id = $1 for update)
    insert into wondernest.consent_gates as gate (child_id, purposes, in_force_until, consent_id, updated_at)
    select $1, $2, $3, $4, $5 from (select true) asked left join before on true
    on conflict (child_id) do update
       set purposes = excluded.purposes, in_force_until = excluded.in_force_until, consent_id = excluded.consent_id,
           grace_until = null, updated_at = excluded.updated_at
    returning array(select ended from before, unnest(before.purposes) ended where not ended = any ($2))"""
_CLOSE: Final = """
    with before as materialized (
        select gate.child_id, gate.purposes from wondernest.consent_gates gate
         where gate.child_id = any ($1::uuid[]) order by gate.child_id for update)
    insert into wondernest.consent_gates as gate (child_id, updated_at)
    select closed.id, $2 from family.child_profiles closed where closed.id = any ($1::uuid[]) order by closed.id
    on conflict (child_id) do update
       set purposes = excluded.purposes, in_force_until = null, consent_id = null, grace_until = null,
           updated_at = excluded.updated_at
    returning gate.child_id, coalesce((select before.purposes from before where before.child_id = gate.child_id), '{}') as ended"""
"""Also for a child that never had a gate: a closed one gets no days of grace."""


class Standing(Struct, frozen=True, kw_only=True):
    """A verified consent in force: what it permits (`access.consent.purposes_of`), and until when.

    `consent_id`: the row of `compliance.coppa_consent` that stands for it, in the same transaction; None: there is none.
    """

    purposes: frozenset[str]
    until: datetime
    consent_id: UUID | None = None


class ConsentGates:
    """Sets gates. Call it in the transaction that records the consent or its end, after the child's row was locked.

    Each call waits for the transactions that write the child's data at this moment: they come before it.
    """

    async def replace(self, unit: Executor, child_id: UUID, standing: Standing, now: datetime) -> frozenset[str]:
        """Permit exactly this from now on; days of grace end. Returns the purposes that were permitted and are no longer."""
        purposes = sorted(standing.purposes)
        ended = await unit.fetchval(_REPLACE, child_id, purposes, standing.until, standing.consent_id, now)
        return frozenset(ended)

    async def close(self, unit: Executor, children: Iterable[UUID], now: datetime) -> dict[UUID, frozenset[str]]:
        """Permit nothing from now on: the consent was withdrawn, undone or has ended. Also ends days of grace.

        Returns the purposes that were permitted, by child.
        """
        return {row["child_id"]: frozenset(row["ended"]) for row in await unit.fetch(_CLOSE, list(children), now)}
