"""Admits the owners of valid tokens: the account is active, the role allows it, a step-up proof was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.auth.repository import AdmissionRepository, Question
from wondernest.platform.caller import Authority
from wondernest.platform.db.batch import Batcher
from wondernest.platform.faults import CallerRefused, Refusal

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

REMEMBERED_S: Final = 5.0
"""How long a process refuses a deactivated account without asking again: a client that repeats its requests costs no statement,
and does not split the batches of others. An account that is activated again is admitted after this time at the latest."""
MAX_REMEMBERED: Final = 10_000


class Gate:
    """Implements `Admission`. Requests that arrive together are one statement."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._questions: Batcher[Question, Refusal | None] = Batcher(database, AdmissionRepository.ask)
        self._deactivated: dict[UUID, float] = {}

    async def admit(self, caller: Caller, authority: Authority | None, proof: str | None) -> None:
        """Ask the database; raises CallerRefused."""
        refusal = await self._questions.submit(
            Question(
                user_id=caller.user_id,
                family_hint=caller.family_id,
                manages=authority is Authority.MANAGER,
                token_hash=caller.token_hash,
                proof=proof,
                now=self._clock.now(),
            )
        )
        if refusal is not None:
            raise CallerRefused(refusal)

    def recall(self, caller: Caller) -> None:
        """Raise CallerRefused for an account that was found deactivated in the last REMEMBERED_S."""
        if not self._deactivated:
            return
        ends = self._deactivated.get(caller.user_id)
        if ends is None:
            return
        if self._clock.now().timestamp() < ends:
            raise CallerRefused(Refusal.ACCOUNT)
        del self._deactivated[caller.user_id]

    def remember(self, caller: Caller) -> None:
        """Refuse the account for REMEMBERED_S from now on; not again while it is refused, so that it is asked again in time."""
        if caller.user_id in self._deactivated:
            return
        if len(self._deactivated) >= MAX_REMEMBERED:
            del self._deactivated[next(iter(self._deactivated))]
        self._deactivated[caller.user_id] = self._clock.now().timestamp() + REMEMBERED_S
