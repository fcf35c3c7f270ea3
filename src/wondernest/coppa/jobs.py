"""The room's background job: drops the proof texts that earlier releases stored with consents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from wondernest.coppa.rules import carried_data, recorded_method
from wondernest.coppa.terms import Terms
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.coppa.repository import ConsentRepository
    from wondernest.platform.db.pool import Database

DROP_PROOF_TEXTS: Final = "coppa.drop_proof_texts"
DROPPING_LIMIT_S: Final = 600.0


class ProofTextJobs:
    """Reduces stored terms to what is recorded today. An instance of an earlier release may still run and store others."""

    def __init__(self, database: Database, repository: ConsentRepository) -> None:
        self._database = database
        self._repository = repository

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(DROP_PROOF_TEXTS, self.drop, time_limit_s=DROPPING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night."""
        return (Schedule(DROP_PROOF_TEXTS, "41 3 * * *", DROP_PROOF_TEXTS),)

    async def drop(self, _: Running) -> None:
        """Reduce them in small batches."""
        after = None
        while batch := await self._repository.with_proof_texts(self._database, after):
            for stored in batch:
                reduced = reduced_terms(stored.text, stored.created_at)
                if reduced is not None:
                    await self._repository.replace_text(self._database, stored.id, stored.text, reduced)
            after = batch[-1].id


def reduced_terms(text: str, created_at: datetime) -> str | None:
    """The text to store in place of one of ours; None for a text in another format."""
    terms = Terms.ours(text)
    if terms is None:
        return None
    return Terms(
        terms.permissions,
        recorded_method(terms.verification_method),
        carried_data(terms.verification_data, created_at),
        terms.named_as,
    ).stored()
