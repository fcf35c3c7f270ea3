"""The coppa room's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from wondernest.access.consent import disclosure
from wondernest.access.people import CHILD
from wondernest.coppa.jobs import ProofTextJobs
from wondernest.coppa.personal_data import PERSONAL_DATA
from wondernest.coppa.refusals import NAMES, RefusalJobs, Refusals
from wondernest.coppa.repository import CONSENTS_USED, ConsentGates, ConsentRepository
from wondernest.coppa.repository.refusals import RefusalRepository
from wondernest.coppa.repository.times import TimeRepository
from wondernest.coppa.routes import ConsentRoutes
from wondernest.coppa.service import Confirmation, ConsentService
from wondernest.coppa.times import TimeJobs
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("compliance.coppa_consent", ("select", "insert", "update")),
    Table("wondernest.consent_gates"),
    Table("wondernest.consent_refusals"),
    Table("wondernest.consent_switches", ("select", "insert", "update")),
)


REFUSALS_KEPT: Final = timedelta(days=90)
"""How long the operator sees counts of requests without consent."""


class Coppa(NamedTuple):
    """The room, and the part that other rooms use."""

    room: Room
    gates: ConsentGates
    """Sets what parents permit, in the transaction of another room."""


def build(parts: Parts) -> Coppa:
    """Consents."""
    repository, gates = ConsentRepository(), ConsentGates()
    refusals = Refusals(RefusalRepository(), parts.database, parts.clock, parts.metrics)
    forgetting = RefusalJobs(RefusalRepository(), parts.database, parts.clock, REFUSALS_KEPT)
    times = TimeJobs(TimeRepository(), parts)
    proofs = ProofTextJobs(parts.database, repository)
    most_a_day = parts.settings.quotas.consents
    settings = parts.settings
    for recipient in settings.coppa.third_parties:
        disclosure(recipient)  # raises ValueError for what is no name
    confirmation = Confirmation(settings.app.development, settings.coppa.third_parties)
    service = ConsentService(repository, parts.database, parts.clock, parts.ids, most_a_day, gates, confirmation)
    room = Room(
        name="coppa",
        endpoints=ConsentRoutes(service, parts.settings.coppa.unverified_status).endpoints(),
        tables=TABLES,
        jobs=(*proofs.jobs(), *forgetting.jobs(), *times.jobs()),
        schedules=(*proofs.schedules(), *forgetting.schedules(), *times.schedules()),
        metrics=NAMES,
        on_start=(refusals.start,),
        on_stop=(refusals.stop,),
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="consentsToday", of=CHILD, query=CONSENTS_USED, limit=most_a_day),),
    )
    return Coppa(room, gates)
