"""The packs room's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.consent import GateMode
from wondernest.packs.gateways import SimulatedGateway, WebhookGateway
from wondernest.packs.jobs import PackJobs
from wondernest.packs.metrics import NAMES, PackMetrics
from wondernest.packs.pending import Patience, PendingPayments
from wondernest.packs.personal_data import PERSONAL_DATA
from wondernest.packs.purchases import PurchaseService, Terms
from wondernest.packs.repository import PURCHASES_TODAY, USES_TODAY, PackRepository, PurchaseRepository
from wondernest.packs.routes import EventRoutes, IconRoutes, PackRoutes, UseRoutes
from wondernest.packs.routes.parsing import Addresses
from wondernest.packs.service import PackService
from wondernest.platform.personal_data import USER
from wondernest.platform.rooms import READ, Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.packs.payments import Gateway
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("public.content_pack_categories", READ),
    Table("public.content_packs", ("select", "update")),
    Table("public.content_pack_assets", READ),
    Table("public.user_pack_ownership"),
    Table("public.content_pack_usage", ("select", "insert")),
    Table("public.content_pack_reviews"),
    Table("public.content_pack_collections", rights=()),
    Table("public.content_pack_collection_items", rights=()),
    Table("public.content_pack_compatibility", rights=()),
    Table("wondernest.pack_purchases", ("select", "insert", "update")),
    Table("wondernest.payment_events", ("select", "insert", "delete")),
    Table("wondernest.pack_usage_days"),
)
INDEXES: Final = ("public.idx_content_packs_words", "public.idx_user_pack_ownership_for_all")


def gateway(parts: Parts) -> Gateway | None:
    """The gateway of PAYMENT_GATEWAY; None where no payment can be taken."""
    match parts.settings.payment_gateway:
        case "simulated":
            return SimulatedGateway(parts.clock)
        case "webhook":
            return WebhookGateway(parts.settings.payments, parts.metrics)
        case _:
            return None


def build(parts: Parts, payments: Gateway | None) -> Room:
    """Packs. `payments`: takes the money for those that are not free."""
    settings = parts.settings
    packs, purchases = PackRepository(GateMode(settings.consent_gate)), PurchaseRepository()
    metrics = PackMetrics(parts.metrics)
    limits = settings.packs
    service = PackService(packs, parts.database, parts.clock, parts.ids, limits.uses_per_day)
    terms = Terms(settings.payments.currency, limits.purchases_per_day)
    buying = PurchaseService(purchases, parts.database, payments, terms, parts.clock, parts.ids, metrics)
    patience = Patience(
        timedelta(seconds=settings.payments.ask_after_s), timedelta(seconds=settings.payments.unknown_after_s)
    )
    pending = PendingPayments(purchases, parts.database, payments, buying, patience, parts.clock, metrics)
    jobs = PackJobs(packs, purchases, pending, parts.database, parts.clock)
    return Room(
        name="packs",
        endpoints=[
            *PackRoutes(service, Addresses(settings.files.public_base_url)).endpoints(),
            *UseRoutes(service, buying).endpoints(),
            *EventRoutes(buying).endpoints(),
            *IconRoutes().endpoints(),
        ],
        tables=TABLES,
        indexes=INDEXES,
        jobs=jobs.jobs(),
        schedules=jobs.schedules(),
        metrics=NAMES,
        personal_data=PERSONAL_DATA,
        usage=(
            UsageLine(name="packUsesToday", of=USER, query=USES_TODAY, limit=limits.uses_per_day),
            UsageLine(name="packPurchasesToday", of=USER, query=PURCHASES_TODAY, limit=limits.purchases_per_day),
        ),
    )
