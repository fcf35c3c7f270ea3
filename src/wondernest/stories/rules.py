"""Templates of stories: what one is, and what a list of them asks for (games contract §5). Pure functions."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Raw, Struct

AGE_GROUPS: Final = {"3-5": (3, 5), "6-8": (6, 8), "9-12": (9, 12)}
"""The values of the column, and the ages in years that they stand for."""
DIFFICULTIES: Final = ("emerging", "developing", "fluent")
FAMILY_PROVIDER: Final = "family"
"""Who a story of the own family comes from, for the parental filter."""
HOUSE_PROVIDER: Final = "wondernest"
CATEGORY: Final = "stories"
KIND: Final = "story"
"""What every template is, for the parental filter: its category, and its type of content (content contract §1)."""
MAX_TITLE_CHARS: Final = 255
MAX_DESCRIPTION_CHARS: Final = 2_000
MAX_CONTENT_BYTES: Final = 256 * 1024
MAX_TEXTS: Final = 200
"""Words, goals, themes or tags of a template."""
MAX_TEXT_CHARS: Final = 100
MAX_LANGUAGE_CHARS: Final = 5
MAX_VERSION_CHARS: Final = 10
MAX_PAGES: Final = 1_000
MAX_MINUTES: Final = 1_440
MAX_TEMPLATES: Final = 200
"""Of one family, those that it has switched off included."""
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 50
"""Templates of one list: each holds its whole content."""
DEFAULT_WORDS: Final = 100
MAX_WORDS: Final = 500
DEFAULT_PRACTICE: Final = 20
MAX_OFFSET: Final = 1_000_000


class BadTemplate(ValueError):
    """A template that cannot be stored; the message is for the client."""


class Draft(Struct, frozen=True, kw_only=True):
    """A template as its author sends it."""

    title: str
    description: str
    age_group: str
    difficulty: str
    content: bytes
    words: list[str]
    pages: int
    minutes: int
    language: str
    version: str
    premium: bool
    marketplace: bool
    active: bool
    private: bool
    goals: list[str]
    themes: list[str]
    tags: list[str]


class Template(Struct, frozen=True, kw_only=True):
    """A template that may be shown."""

    id: UUID
    title: str
    description: str
    creator_id: UUID | None
    age_group: str
    difficulty: str
    content: Raw
    words: list[str]
    pages: int
    minutes: int
    language: str
    version: str
    premium: bool
    marketplace: bool
    active: bool
    private: bool
    goals: list[str]
    themes: list[str]
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class Wanted(Struct, frozen=True, kw_only=True):
    """What a list asks for; None: any."""

    age_group: str | None = None
    difficulty: str | None = None
    category: str | None = None
    """A theme or a tag."""
    marketplace: bool = False
    family: bool = False
    """Whether the stories of the site's story builder that the family published are among them."""
    limit: int = DEFAULT_LIMIT
    offset: int = 0


class Shelf(Struct, frozen=True):
    """One page of the templates that fit, and the number of all that fit."""

    templates: list[Template]
    total: int


def check(draft: Draft) -> None:
    """Raises BadTemplate for a template that does not fit its columns or its limits."""
    _require(draft.title.strip() != "", "Title is required")
    _require(len(draft.title) <= MAX_TITLE_CHARS, f"Title must have at most {MAX_TITLE_CHARS} characters")
    _require(
        len(draft.description) <= MAX_DESCRIPTION_CHARS,
        f"Description must have at most {MAX_DESCRIPTION_CHARS} characters",
    )
    _require(draft.age_group in AGE_GROUPS, f"Age group must be one of {', '.join(AGE_GROUPS)}")
    _require(draft.difficulty in DIFFICULTIES, f"Difficulty must be one of {', '.join(DIFFICULTIES)}")
    _require(len(draft.content) <= MAX_CONTENT_BYTES, f"Content must have at most {MAX_CONTENT_BYTES} bytes")
    _require(0 <= draft.pages <= MAX_PAGES, f"Page count must be 0 to {MAX_PAGES}")
    _require(0 <= draft.minutes <= MAX_MINUTES, f"Estimated read time must be 0 to {MAX_MINUTES} minutes")
    _require(0 < len(draft.language) <= MAX_LANGUAGE_CHARS, f"Language must have 1 to {MAX_LANGUAGE_CHARS} characters")
    _require(len(draft.version) <= MAX_VERSION_CHARS, f"Version must have at most {MAX_VERSION_CHARS} characters")
    for texts in (draft.words, draft.goals, draft.themes, draft.tags):
        fits = len(texts) <= MAX_TEXTS and all(len(text) <= MAX_TEXT_CHARS for text in texts)
        _require(
            fits, f"Words, goals, themes and tags are at most {MAX_TEXTS} each, of at most {MAX_TEXT_CHARS} characters"
        )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise BadTemplate(message)
