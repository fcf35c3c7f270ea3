"""The texts that parents read: concrete, kind, without diagnoses and without comparisons with other children.

Each exists in LANGUAGES; a family with another language reads the first of them.
"""

from __future__ import annotations

from typing import NamedTuple

from wondernest.platform.languages import LANGUAGES


class Text(NamedTuple):
    """A text in every language."""

    en: str
    es: str
    de: str
    fr: str

    def in_language(self, language: str) -> str:
        """The text in a language; in English where there is none."""
        return self[LANGUAGES.index(language)] if language in LANGUAGES else self.en
