"""Stores the events that a device collected, many in one request, each with its own result."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from wondernest.analytics import errors
from wondernest.analytics.repository import UNSTORABLE
from wondernest.platform.faults import CallerRefused, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wondernest.analytics.service import AnalyticsService, Prepared, Report
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork

FIRST_SERVER_ERROR: Final = 500


class Outcome(Struct, frozen=True):
    """The result of one event. `refusal`: why it was not stored."""

    status: Literal["stored", "known", "refused"]
    refusal: errors.AnyRefusal | None = None


class DeliveryService:
    """Stores many events of one request. A refused event does not affect the others, and a repeated request changes nothing."""

    def __init__(self, events: AnalyticsService) -> None:
        self._events = events

    async def track(self, caller: Caller, reports: Sequence[Report], unit: UnitOfWork) -> list[Outcome]:
        """An outcome for each event. Those that follow from the unit are stored when it is committed.

        Events that change nothing else are stored first, in a batch of their own: it must not wait for rows that the unit has locked.
        """
        outcomes: dict[int, Outcome] = {}
        prepared: dict[int, Prepared] = {}
        for place, report in enumerate(reports):
            try:
                prepared[place] = await self._recognisable(caller, report)
            except errors.AnyRefusal as refusal:
                outcomes[place] = _refused(refusal)
        alone = [place for place, event in prepared.items() if event.alone]
        stored = await asyncio.gather(*(self._alone(prepared[place]) for place in alone))
        outcomes |= dict(zip(alone, stored, strict=True))
        late = [place for place, event in prepared.items() if not event.alone and event.follows_nothing]
        outcomes |= await self._together(unit, late, prepared)
        for place in [place for place in prepared if place not in outcomes]:
            outcomes |= await self._one(unit, place, prepared[place])
        return [outcomes[place] for place in range(len(reports))]

    async def _recognisable(self, caller: Caller, report: Report) -> Prepared:
        prepared = await self._events.prepare(caller, report)
        if prepared.new.fingerprint is None:
            raise errors.Unrecognisable
        return prepared

    async def _alone(self, event: Prepared) -> Outcome:
        try:
            return _outcome(is_new=await self._events.store_alone(event))
        except errors.AnyRefusal as refusal:
            return _refused(refusal)
        except CallerRefused as refusal:
            return self._unpermitted(refusal)

    def _unpermitted(self, refusal: CallerRefused) -> Outcome:
        """The outcome of an event without consent; raises any other refusal of the caller, which concerns the whole request."""
        if refusal.why is not Refusal.PURPOSE:
            raise refusal
        self._events.count_refused(refusal)
        return _refused(errors.ConsentRequired(refusal.purpose))

    async def _together(
        self, unit: UnitOfWork, places: Sequence[int], prepared: dict[int, Prepared]
    ) -> dict[int, Outcome]:
        """Store late events in one statement; one by one when one of them is refused."""
        if not places:
            return {}
        try:
            async with unit.savepoint():
                news = await self._events.store_with(unit, [prepared[place] for place in places])
        except (errors.AnyRefusal, CallerRefused, *UNSTORABLE):
            found: dict[int, Outcome] = {}
            for place in places:
                found |= await self._one(unit, place, prepared[place])
            return found
        return {place: _outcome(is_new=is_new) for place, is_new in zip(places, news, strict=True)}

    async def _one(self, unit: UnitOfWork, place: int, event: Prepared) -> dict[int, Outcome]:
        try:
            async with unit.savepoint():
                [is_new] = await self._events.store_with(unit, [event])
        except errors.AnyRefusal as refusal:
            return {place: _refused(refusal)}
        except CallerRefused as refusal:
            return {place: self._unpermitted(refusal)}
        return {place: _outcome(is_new=is_new)}


def _outcome(*, is_new: bool) -> Outcome:
    return Outcome("stored" if is_new else "known")


def _refused(refusal: errors.AnyRefusal) -> Outcome:
    """The outcome of a refused event; raises a server error again, because the client has to repeat the request."""
    if refusal.status >= FIRST_SERVER_ERROR:
        raise refusal
    return Outcome("refused", refusal)
