"""The coppa room's declaration."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final, NamedTuple

from wondernest.access.consent import GateMode
from wondernest.access.people import CHILD
from wondernest.coppa.chain import Seals
from wondernest.coppa.consents_in_time import ConsentsInTime
from wondernest.coppa.ended import ANNOUNCE, EndedPurposes, EndLetters, erases
from wondernest.coppa.erasing import LedgerEraser
from wondernest.coppa.flows import Records
from wondernest.coppa.jobs import ProofTextJobs
from wondernest.coppa.ledger import Ledger
from wondernest.coppa.letters import ASK, SECOND, ConsentLetters, Sending
from wondernest.coppa.links import ConsentLinks
from wondernest.coppa.methods import Method, Offer
from wondernest.coppa.metrics import NAMES as METRICS
from wondernest.coppa.metrics import ConsentMetrics
from wondernest.coppa.notices import load
from wondernest.coppa.pages import ConsentPages
from wondernest.coppa.personal_data import PERSONAL_DATA
from wondernest.coppa.refusals import NAMES as REFUSAL_METRICS
from wondernest.coppa.refusals import RefusalJobs, Refusals
from wondernest.coppa.repository import CONSENTS_USED, ConsentGates, ConsentRepository, FlowRepository, LedgerRepository
from wondernest.coppa.repository.ended import EndedRepository
from wondernest.coppa.repository.refusals import RefusalRepository
from wondernest.coppa.repository.times import TimeRepository
from wondernest.coppa.repository.trail import TrailRepository
from wondernest.coppa.routes import ConsentRoutes, NoticeRoutes, PageRoutes, ReportRoutes
from wondernest.coppa.service import ConsentService
from wondernest.coppa.times import Enforcement, TimeJobs
from wondernest.coppa.trail import Trail
from wondernest.coppa.upkeep import ConsentUpkeep
from wondernest.coppa.verifiers import WebhookVerifier
from wondernest.coppa.wishes import Policy
from wondernest.platform.jobs.letters import LetterSender
from wondernest.platform.rooms import Room, Table
from wondernest.platform.texting import HttpTextSender
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts
    from wondernest.settings import Settings

REFUSALS_KEPT: Final = timedelta(days=90)
"""How long the operator sees counts of requests without consent."""
TABLES: Final = (
    Table("compliance.coppa_consent", ("select", "insert", "update")),
    Table("wondernest.consent_ledger", ("select", "insert")),
    Table("wondernest.consent_heads", ("select", "insert", "update")),
    Table("wondernest.consent_erasures", ("select",)),
    Table("wondernest.consents"),
    Table("wondernest.consent_gates"),
    Table("wondernest.ended_purposes"),
    Table("wondernest.child_accesses"),
    Table("wondernest.common_accesses"),
    Table("wondernest.consent_refusals"),
    Table("wondernest.consent_switches", ("select", "insert", "update")),
)


class Coppa(NamedTuple):
    """The room, and the part that other rooms use."""

    room: Room
    gates: ConsentGates
    """Sets what parents permit, in the transaction of another room."""
    ledger: Ledger
    """Erases a family's entries with a receipt; for the erasure of the family."""
    trail: Trail
    """Notes who looked at data of a child."""


def ledger(parts: Parts) -> Ledger:
    """The consent ledger."""
    settings = parts.settings
    seals = Seals(settings.consent.ledger_key or settings.jwt.secret, settings.consent.ledger_key_before)
    return Ledger(LedgerRepository(), seals, parts.clock)


def trail(parts: Parts) -> Trail:
    """The record of who used data of children."""
    return Trail(TrailRepository(), parts.database, parts.clock)


def build(parts: Parts) -> Coppa:
    """Consents."""
    settings, database, clock, own_trail = parts.settings, parts.database, parts.clock, trail(parts)
    repository, rows, gates, own_ledger = ConsentRepository(), FlowRepository(), ConsentGates(), ledger(parts)
    notices = load()
    refusals = Refusals(RefusalRepository(), database, clock, parts.metrics)
    forgetting = RefusalJobs(RefusalRepository(), database, clock, REFUSALS_KEPT)
    times = TimeJobs(TimeRepository(), parts, own_trail)
    enforcement = Enforcement(TimeRepository(), database, clock, settings.consent_gate)
    metrics = ConsentMetrics(parts.metrics)
    verifier = WebhookVerifier(settings.verifier, parts.metrics) if settings.verifier.url else None
    texts = HttpTextSender(settings.texts, parts.metrics) if settings.texts.url else None
    offer = _offer(settings, verifier, texts)
    ends = EndedRepository()
    ended = EndedPurposes(ends, parts.jobs.sender(ANNOUNCE), GateMode(settings.consent_gate))
    records = Records(repository, rows, gates, own_ledger, LedgerRepository(), ended, own_trail)
    asking = parts.jobs.sender(ASK)
    flows = ConsentsInTime(records, notices, offer, asking, _policy(settings), clock, parts.ids, metrics)
    operator = _operator(settings)
    letters = ConsentLetters(
        rows,
        database,
        notices,
        Sending(
            pages_url=settings.pages_url,
            secret=settings.jwt.secret,
            operator=operator,
            letters=LetterSender(parts.mailer, parts.metrics),
            texts=texts,
        ),
        own_trail,
    )
    end_letters = EndLetters(ends, rows, database, LetterSender(parts.mailer, parts.metrics), own_trail)
    upkeep = ConsentUpkeep(flows, rows, database, notices, parts.jobs.sender(SECOND), clock)
    proofs = ProofTextJobs(database, repository)
    links = ConsentLinks(flows, rows, database, verifier, clock, metrics, own_trail)
    service = ConsentService(repository, rows, flows, database, clock, parts.ids)
    consents = ConsentRoutes(
        service,
        settings.coppa.unverified_status,
        confirms=settings.confirms_consent,
        erases=erases(GateMode(settings.consent_gate), withdrawn=True),
    )
    room = Room(
        name="coppa",
        endpoints=[
            *consents.endpoints(),
            *NoticeRoutes(notices, offer, operator).endpoints(),
            *ReportRoutes(links).endpoints(),
            *PageRoutes(links, notices, ConsentPages(notices, operator)).endpoints(),
        ],
        tables=TABLES,
        jobs=(
            *proofs.jobs(),
            *forgetting.jobs(),
            *times.jobs(),
            *letters.jobs(),
            *end_letters.jobs(),
            *upkeep.jobs(),
            *own_trail.jobs(),
        ),
        schedules=(
            *proofs.schedules(),
            *forgetting.schedules(),
            *times.schedules(),
            *upkeep.schedules(),
            *own_trail.schedules(),
        ),
        metrics=(*METRICS, *REFUSAL_METRICS),
        on_start=(enforcement.start, refusals.start, own_trail.start),
        on_stop=(refusals.stop, own_trail.stop, enforcement.stop),
        personal_data=PERSONAL_DATA,
        erasers=(LedgerEraser(own_ledger, LedgerRepository(), parts.database).erase,),
        usage=(UsageLine(name="consentsToday", of=CHILD, query=CONSENTS_USED, limit=settings.quotas.consents),),
    )
    return Coppa(room, gates, own_ledger, own_trail)


def _offer(settings: Settings, verifier: WebhookVerifier | None, texts: HttpTextSender | None) -> Offer:
    """Letters need an address that their links lead to; everything else needs a service that is set up."""
    methods = set(verifier.methods) if verifier is not None else set[Method]()
    if texts is not None:
        methods.add(Method.TEXT_PLUS)
    return Offer(frozenset({*methods, Method.EMAIL_PLUS}) if settings.pages_url else frozenset())


def _policy(settings: Settings) -> Policy:
    consent = settings.consent
    return Policy(
        confirms=settings.confirms_consent,
        second_after=timedelta(hours=consent.second_letter_h),
        grace=timedelta(days=consent.renotice_grace_days),
        third_parties=settings.coppa.third_parties,
        most_a_day=settings.quotas.consents,
    )


def _operator(settings: Settings) -> dict[str, str]:
    """What the notices name; the contact is the sender's address where none is set."""
    consent = settings.consent
    contact = consent.contact or parseaddr(settings.mail.sender)[1]
    return {
        "operator": consent.operator,
        "contact": contact,
        "third_parties": ", ".join(settings.coppa.third_parties),
        "recording_days": str(settings.files.recording_days),
    }
