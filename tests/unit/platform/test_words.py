"""Infrastructure knows nothing of children or games: none of the domain's words stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import wondernest

SOURCE = Path(wondernest.__file__).parent
INFRASTRUCTURE = sorted(
    path for folder in ("platform", "server", "supervisor") for path in (SOURCE / folder).rglob("*.py")
)
DOMAIN = re.compile(
    r"\b(?:child|children|games?|(?<!picture\.)(?<!document\.)saves?|stor(?:y|ies)|stickers?|(?<!\.)parents?(?!=)|consents?|pin)\b|login",
    re.IGNORECASE,
)
"""`parents` of pathlib is no family; libraries call writing a picture or a document `save`."""


@pytest.mark.parametrize("path", INFRASTRUCTURE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_infrastructure_has_none_of_the_domains_words(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if DOMAIN.search(line)] == []
