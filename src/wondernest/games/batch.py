"""Many operations in one transaction: keys are locked in sorted order, each operation gets its own result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.games.errors import InvalidBody
from wondernest.games.repository import UNSTORABLE
from wondernest.games.rules import Deletion, Precondition, Saved, SaveKey, Write
from wondernest.games.service import Intent, unstorable

if TYPE_CHECKING:
    from wondernest.games.repository import SaveRepository
    from wondernest.games.service import Notices
    from wondernest.games.site_children import SiteChildren
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Step:
    """One valid operation. `document` None: a delete."""

    place: int
    key: SaveKey
    document: bytes | None
    condition: Precondition


Outcome = Saved | InvalidBody


class BatchService:
    """Runs the operations of one request in its unit of work."""

    def __init__(self, saves: SaveRepository, notices: Notices, site: SiteChildren) -> None:
        self._saves = saves
        self._notices = notices
        self._site = site

    async def run(
        self, caller: Caller, child_id: UUID, steps: Sequence[Step], intent: Intent, unit: UnitOfWork
    ) -> dict[int, Outcome]:
        """Outcomes by place. The precondition of `intent` is not looked at: each step has its own. Steps on one key keep their order; a refused step does not affect the others."""
        outcomes = await self._run(caller, child_id, steps, intent, unit)
        found = any(isinstance(outcome, Saved) and outcome.owned for outcome in outcomes.values())
        if not found and (child := await self._site.own(caller, child_id, unit)):
            outcomes = await self._run(caller, child, steps, intent, unit)
        return outcomes

    async def _run(
        self, caller: Caller, child_id: UUID, steps: Sequence[Step], intent: Intent, unit: UnitOfWork
    ) -> dict[int, Outcome]:
        await self._saves.lock(unit, caller.user_id, child_id, [step.key for step in steps])
        outcomes: dict[int, Outcome] = {}
        for steps_of_round in _rounds(steps):
            puts = [step for step in steps_of_round if step.document is not None]
            deletes = [step for step in steps_of_round if step.document is None]
            outcomes |= await self._put(caller, child_id, puts, intent, unit)
            for step in deletes:
                key = step.key
                deletion = Deletion(
                    caller.user_id,
                    child_id,
                    key.game_type,
                    key.data_key,
                    step.condition,
                    intent.device,
                    writer=intent.writer,
                )
                outcomes[step.place] = await self._saves.delete(deletion, unit)
        return outcomes

    async def _put(
        self, caller: Caller, child_id: UUID, steps: Sequence[Step], intent: Intent, unit: UnitOfWork
    ) -> dict[int, Outcome]:
        writes = [
            Write(
                caller.user_id,
                child_id,
                step.key,
                step.document or b"",
                step.condition,
                intent.device,
                writer=intent.writer,
            )
            for step in steps
        ]
        if not writes:
            return {}
        try:
            async with unit.savepoint():
                stored = await self._saves.store_all(unit, writes)
        except UNSTORABLE as error:
            if len(steps) == 1:
                return {steps[0].place: unstorable(error)}
            alone = [await self._put(caller, child_id, [step], intent, unit) for step in steps]
            return {place: outcome for result in alone for place, outcome in result.items()}
        for write, saved in zip(writes, stored, strict=True):
            await self._notices.stored(write.document, saved, unit)
        return {step.place: saved for step, saved in zip(steps, stored, strict=True)}


def _rounds(steps: Sequence[Step]) -> list[list[Step]]:
    """Steps in rounds without a repeated key: the n-th step on a key is in round n."""
    rounds: list[list[Step]] = []
    seen: dict[SaveKey, int] = {}
    for step in steps:
        repeat = seen.get(step.key, 0)
        seen[step.key] = repeat + 1
        if repeat == len(rounds):
            rounds.append([])
        rounds[repeat].append(step)
    return rounds
