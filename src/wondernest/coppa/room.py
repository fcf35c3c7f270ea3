"""The coppa room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wondernest.access.people import CHILD
from wondernest.coppa.chain import Seals
from wondernest.coppa.jobs import ProofTextJobs
from wondernest.coppa.ledger import Ledger
from wondernest.coppa.personal_data import PERSONAL_DATA
from wondernest.coppa.repository import CONSENTS_USED, ConsentRepository, LedgerRepository
from wondernest.coppa.routes import ConsentRoutes
from wondernest.coppa.service import ConsentService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("compliance.coppa_consent", ("select", "insert", "update")),
    Table("wondernest.consent_ledger", ("select", "insert")),
    Table("wondernest.consent_heads", ("select", "insert", "update")),
    Table("wondernest.consent_erasures", ("select",)),
    Table("wondernest.consents"),
    Table("wondernest.consent_gates"),
    Table("wondernest.consent_refusals"),
)


class Coppa(NamedTuple):
    """The room, and the part that other rooms use."""

    room: Room
    consents: ConsentRepository
    """Provides SQL that asks for a consent, for a statement of another room's repository."""
    ledger: Ledger
    """Erases a family's entries with a receipt; for the erasure of the family."""


def ledger(parts: Parts) -> Ledger:
    """The consent ledger."""
    settings = parts.settings
    seals = Seals(settings.coppa.ledger_key or settings.jwt.secret, settings.coppa.ledger_key_before)
    return Ledger(LedgerRepository(), seals, parts.clock)


def build(parts: Parts) -> Coppa:
    """Consents."""
    repository = ConsentRepository()
    proofs = ProofTextJobs(parts.database, repository)
    most_a_day = parts.settings.quotas.consents
    service = ConsentService(repository, parts.database, parts.clock, parts.ids, most_a_day)
    room = Room(
        name="coppa",
        endpoints=ConsentRoutes(service, parts.settings.coppa.unverified_status).endpoints(),
        tables=TABLES,
        jobs=proofs.jobs(),
        schedules=proofs.schedules(),
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="consentsToday", of=CHILD, query=CONSENTS_USED, limit=most_a_day),),
    )
    return Coppa(room, repository, ledger(parts))
