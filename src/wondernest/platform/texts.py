"""Texts that people type: whether any of it can be seen, and its normal forms."""

from __future__ import annotations

import unicodedata
from typing import Final

_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"})
"""Controls, format characters (zero-width and bidirectional marks), surrogates, spaces, and marks, which need a base character.

Unassigned and private characters count as visible: a script may be newer than this interpreter's tables.
"""
_IGNORABLE: Final = frozenset(
    (0x115F, 0x1160, 0x2065, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)),
)
"""The rest of Default_Ignorable_Code_Point (DerivedCoreProperties.txt): fillers of Hangul, and code points reserved for such use."""
_BLANK_SYMBOLS: Final = frozenset("\u2800\ufffc\U0001d159")
"""Symbols that are drawn as nothing: the empty braille pattern, the place of an object, the musical note without a head."""
MAX_NORMALISED_CHARS: Final = 1_024
"""Longer texts are not normalised: a run of marks in the wrong order costs the square of its length."""


def is_blank(text: str) -> bool:
    """Whether no character of a text can be seen. Marks and joiners between visible characters make no text blank."""
    return not any(_is_visible(char) for char in set(text))


def nfc(text: str) -> str:
    """The text with composed characters; unchanged if it is longer than MAX_NORMALISED_CHARS."""
    return unicodedata.normalize("NFC", text) if len(text) <= MAX_NORMALISED_CHARS else text


def nfd(text: str) -> str:
    """The text with decomposed characters; unchanged if it is longer than MAX_NORMALISED_CHARS."""
    return unicodedata.normalize("NFD", text) if len(text) <= MAX_NORMALISED_CHARS else text


def _is_visible(char: str) -> bool:
    hidden = unicodedata.category(char) in _HIDDEN_CATEGORIES or ord(char) in _IGNORABLE or char in _BLANK_SYMBOLS
    return not hidden
