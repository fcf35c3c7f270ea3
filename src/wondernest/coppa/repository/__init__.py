"""The room's SQL: consents as the earlier backends read them, the ledger, the steps of verifiable consent, and the children's gates."""

from wondernest.coppa.repository.consents import (
    CONSENTS_USED,
    UNDATED,
    ConsentRepository,
    FoundChild,
    FoundConsent,
    KnownConsent,
    NewConsent,
    Revoked,
    StoredText,
    TooOften,
)
from wondernest.coppa.repository.flows import Addressee, Asked, FlowRepository
from wondernest.coppa.repository.gates import ConsentGates, Standing
from wondernest.coppa.repository.ledger import LedgerRepository

__all__ = [
    "CONSENTS_USED",
    "UNDATED",
    "Addressee",
    "Asked",
    "ConsentGates",
    "ConsentRepository",
    "FlowRepository",
    "FoundChild",
    "FoundConsent",
    "KnownConsent",
    "LedgerRepository",
    "NewConsent",
    "Revoked",
    "Standing",
    "StoredText",
    "TooOften",
]
