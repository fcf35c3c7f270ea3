"""What a parent does with the links of letters, and what a verifier reports. Whoever has a link needs no sign-in: it was sent to the parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from wondernest.access.accesses import Look
from wondernest.coppa import errors, tokens
from wondernest.coppa.methods import PLUS, BadSignature, Method, UnreadableReport
from wondernest.coppa.wishes import Origin, Outcome
from wondernest.platform.db.unit import unit_of
from wondernest.platform.faults import CallerRefused
from wondernest.platform.ids import parse_uuid
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.coppa.flows import ConsentFlows
    from wondernest.coppa.methods import Report, Verifier
    from wondernest.coppa.metrics import ConsentMetrics
    from wondernest.coppa.notices import Notice
    from wondernest.coppa.repository import Asked, FlowRepository
    from wondernest.coppa.trail import Trail
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

log = get_logger(__name__)
NOBODY: Final = Origin(None, None)


class Step(Struct, frozen=True):
    """What became of a link that was used. `url`: where the parent goes on to be verified."""

    outcome: Outcome | None
    url: str | None = None


class ConsentLinks:
    """Reading changes nothing: scanners of mail open every link. Only a POST does."""

    def __init__(
        self,
        flows: ConsentFlows,
        rows: FlowRepository,
        database: Database,
        verifier: Verifier | None,
        clock: Clock,
        metrics: ConsentMetrics,
        trail: Trail,
    ) -> None:
        self._flows = flows
        self._rows = rows
        self._database = database
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics
        self._trail = trail

    async def seen(self, text: str, *, undo: bool) -> Asked | None:
        """The consent of a link; None for a link that is not valid, or no longer. `undo`: of a second letter."""
        token = tokens.read(text)
        if token is None:
            return None
        found = await self._rows.by_token(self._database, token.family_id, token.digest, undo=undo)
        if found is None or found.ends_at <= self._clock.now() or (undo and not found.granted):
            return None
        return found

    async def confirm(self, text: str, notice: Notice, origin: Origin) -> Step:
        """Use the link of a question: the parent saw this notice and consents. Raises DependencyUnavailable."""
        found = await self.seen(text, undo=False)
        if found is None:
            return Step(Outcome.GONE)
        if found.granted:
            return Step(Outcome.ALREADY)
        method = Method(found.method)
        if method in PLUS:
            return Step(await self._settle(found, origin, notice, None))
        if self._verifier is None or method not in self._verifier.methods:
            return Step(Outcome.GONE)
        # The verifier is asked outside a transaction, so that nothing is locked while it thinks. Asked again, it answers the same.
        begun = await self._verifier.begin(method, subject_of(found.family_id, found.id))
        await self._rows.refer(
            self._database,
            replace(
                found,
                reference=begun.reference,
                notice_version=notice.version,
                notice_language=notice.language,
                notice_digest=notice.digest,
            ),
        )
        return Step(None, begun.url)

    async def undo(self, text: str) -> Outcome:
        """Use the link of a second letter: take the consent back."""
        found = await self.seen(text, undo=True)
        if found is None:
            return Outcome.GONE
        try:
            async with unit_of(self._database) as unit:
                outcome = await self._flows.undo(unit, found.family_id, found.id)
                return await self._recorded(unit, found, outcome)
        except CallerRefused:
            return Outcome.GONE

    async def report(self, body: bytes, signature: str) -> None:
        """Apply a report of the verifier; again it changes nothing. Raises ReportsOff, BadReportSignature, BadReport."""
        report = self._read(body, signature)
        found = None if report is None else await self._subject(report.subject)
        if report is None or found is None or found.reference != report.reference or not report.confirmed:
            self._metrics.reported("ignored")
            return
        outcome = await self._settle(found, NOBODY, None, report.reference)
        self._metrics.reported("applied" if outcome is Outcome.DONE else "ignored")

    async def _subject(self, text: str) -> Asked | None:
        family, _, consent = text.partition(".")
        family_id, consent_id = parse_uuid(family), parse_uuid(consent)
        if family_id is None or consent_id is None:
            return None
        return await self._rows.find(self._database, family_id, consent_id)

    def _read(self, body: bytes, signature: str) -> Report | None:
        if self._verifier is None:
            raise errors.ReportsOff
        try:
            return self._verifier.report(body, signature, self._clock.now())
        except BadSignature:
            self._metrics.reported("refused")
            raise errors.BadReportSignature from None
        except UnreadableReport as error:
            self._metrics.reported("refused")
            raise errors.BadReport(str(error)) from None

    async def _settle(self, found: Asked, origin: Origin, notice: Notice | None, reference: str | None) -> Outcome:
        try:
            async with unit_of(self._database) as unit:
                outcome = await self._flows.confirm(unit, found.family_id, found.id, origin, notice, reference)
                return await self._recorded(unit, found, outcome)
        except CallerRefused:
            # The parent was deactivated, or is none of this family any more: the link proves nothing now.
            return Outcome.GONE

    async def _recorded(self, unit: UnitOfWork, found: Asked, outcome: Outcome) -> Outcome:
        if outcome is Outcome.DONE:
            await self._trail.append(unit, found.parent_id, [found.child_id], Look.CONSENT)
        return outcome


def subject_of(family_id: UUID, consent_id: UUID) -> str:
    """What we call a verification."""
    return f"{family_id}.{consent_id}"
