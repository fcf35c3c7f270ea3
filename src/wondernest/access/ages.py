"""Below which age a parent consents for a child, by the country of the family. Pure data; docs/privacy/coppa.md names the laws."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

STRICTEST_AGE: Final = 16
"""The highest age of consent of any country (GDPR Art. 8): it applies where the family's country, or its law, is unknown."""
AGES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("US", "GB", "BE", "EE", "FI", "IS", "LV", "MT", "NO", "PT", "SE"), 13),
    **dict.fromkeys(("AT", "BG", "CY", "ES", "IT", "LT"), 14),
    **dict.fromkeys(("CZ", "DK", "FR", "GR", "SI"), 15),
    **dict.fromkeys(("DE", "HR", "HU", "IE", "LI", "LU", "NL", "PL", "RO", "SK"), 16),
}
"""By ISO 3166-1 alpha-2: the United States (16 CFR 312.2), the United Kingdom, and the member states of the European Economic Area."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def country_of(text: str) -> str | None:
    """A country's code as it is stored; None for a text that is none."""
    code = text.strip().upper()
    return code if _COUNTRY.fullmatch(code) else None


def consent_age(country: str | None) -> int | None:
    """The age of consent; None for a country of which none is known."""
    return None if country is None else AGES.get(country)
