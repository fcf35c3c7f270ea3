"""What people read exists in every language, with the same values filled in."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from wondernest.auth.words import words as of_accounts
from wondernest.coppa.words import words as of_consent
from wondernest.files.words import words as of_files
from wondernest.platform.languages import DEFAULT_LANGUAGE, LANGUAGES
from wondernest.privacy.words import words as of_privacy

FILLED = re.compile(r"\{\w*\}")
ROOMS = [of_accounts, of_consent, of_files, of_privacy]
OTHERS = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]


def texts(words: Any, path: str = "") -> dict[str, str]:
    """Every text, by its path."""
    if isinstance(words, str):
        return {path: words}
    if isinstance(words, list):
        words = {str(place): part for place, part in enumerate(words)}
    parts: dict[str, Any] = words if isinstance(words, dict) else msgspec.to_builtins(words)
    return {name: text for key, part in parts.items() for name, text in texts(part, f"{path}.{key}").items()}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("words", ROOMS)
def test_every_text_is_translated_and_has_the_same_values(words: Any, language: str) -> None:
    english, other = texts(words(DEFAULT_LANGUAGE)), texts(words(language))
    assert [name for name, text in other.items() if not text.strip() or text == english[name]] == []
    assert {name: sorted(FILLED.findall(text)) for name, text in other.items()} == {
        name: sorted(FILLED.findall(text)) for name, text in english.items()
    }


@pytest.mark.parametrize("words", ROOMS)
def test_another_language_gets_the_default_one(words: Any) -> None:
    assert words("pt") == words(DEFAULT_LANGUAGE)
