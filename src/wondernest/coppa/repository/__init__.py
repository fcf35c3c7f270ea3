"""The room's SQL: consents as the earlier backends read them, the ledger, and the steps of verifiable consent."""

from wondernest.coppa.repository.consents import (
    CONSENTS_USED,
    UNDATED,
    ConsentRepository,
    FoundChild,
    FoundConsent,
    KnownConsent,
    NewConsent,
    StoredText,
    TooOften,
)
from wondernest.coppa.repository.ledger import LedgerRepository

__all__ = [
    "CONSENTS_USED",
    "UNDATED",
    "ConsentRepository",
    "FoundChild",
    "FoundConsent",
    "KnownConsent",
    "LedgerRepository",
    "NewConsent",
    "StoredText",
    "TooOften",
]
