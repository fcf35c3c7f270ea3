"""The room's SQL: consents as the earlier backends read them, and the children's gates."""

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
from wondernest.coppa.repository.gates import ConsentGates, Standing

__all__ = [
    "CONSENTS_USED",
    "UNDATED",
    "ConsentGates",
    "ConsentRepository",
    "FoundChild",
    "FoundConsent",
    "KnownConsent",
    "NewConsent",
    "Standing",
    "StoredText",
    "TooOften",
]
