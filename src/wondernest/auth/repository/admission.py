"""The rules of access as a statement of their own, for routes whose statements do not contain them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import deactivated, family_of, is_parent
from wondernest.access.proofs import proven
from wondernest.platform.faults import Refusal

if TYPE_CHECKING:
    from wondernest.platform.db.batch import LockWait
    from wondernest.platform.db.pool import Executor

_ADMIT: Final = f"""
    select case
             when {deactivated("asked.user_id")} then '{Refusal.ACCOUNT.value}'
             when asked.manages and exists (
                  select from ({family_of("asked.user_id", "asked.hint", acting=False)}) acting
                    join family.family_members member
                      on member.family_id = acting.family_id and member.user_id = asked.user_id
                   where ({is_parent("member")}) is not true) then '{Refusal.AUTHORITY.value}'
             when asked.proof is not null and not {proven("asked.user_id", "asked.token_hash", "asked.proof", "$6")}
               then '{Refusal.PROOF.value}'
           end as refusal
      from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5::text[])
           with ordinality as asked (user_id, hint, manages, token_hash, proof, place)
     order by asked.place"""
"""Plan: index probes per row: users_pkey; the members of the user where a role counts; a proof where one is asked for."""


class Question(Struct, frozen=True):
    """One caller. `manages`: the role in the family they act for counts; `proof`: None when none is required."""

    user_id: UUID
    family_hint: UUID | None
    manages: bool
    token_hash: str
    proof: str | None
    now: datetime


class AdmissionRepository:
    """Asks for many callers at once."""

    @staticmethod
    async def ask(executor: Executor, questions: Sequence[Question], _: LockWait) -> list[Refusal | None]:
        """Why each caller is refused; None for one who is admitted."""
        rows = await executor.fetch(
            _ADMIT,
            [question.user_id for question in questions],
            [question.family_hint for question in questions],
            [question.manages for question in questions],
            [question.token_hash for question in questions],
            [question.proof for question in questions],
            max(question.now for question in questions),
        )
        return [None if row["refusal"] is None else Refusal(row["refusal"]) for row in rows]
