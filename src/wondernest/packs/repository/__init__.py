"""The SQL of packs, and the methods that run it."""

from wondernest.packs.repository.packs import (
    Asked,
    BadMetadata,
    DayFull,
    NoPack,
    NoPart,
    NotTheirChild,
    PackRepository,
)
from wondernest.packs.repository.purchases import NewOwnership, NewPurchase, Proof, PurchaseRepository
from wondernest.packs.repository.statements import PURCHASES_TODAY, USES_TODAY

__all__ = [
    "PURCHASES_TODAY",
    "USES_TODAY",
    "Asked",
    "BadMetadata",
    "DayFull",
    "NewOwnership",
    "NewPurchase",
    "NoPack",
    "NoPart",
    "NotTheirChild",
    "PackRepository",
    "Proof",
    "PurchaseRepository",
]
