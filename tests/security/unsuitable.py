"""The ways in which the parental filter hides an item: limits, and for each of them an item that it hides."""

from __future__ import annotations

from typing import Any, Final

MARK: Final = "unsuitable"
"""In the name of everything that must be hidden."""
GOOD: Final[dict[str, Any]] = {
    "age_min": 5,
    "age_max": 8,
    "rating": 5,
    "category": "stories",
    "provider": "wondernest",
    "words": "in the garden",
    "minutes": 10,
    "language": "en",
    "tags": ["garden"],
    "educational": True,
    "kind": "story",
    "site": None,
}
"""What no limit below hides."""
FAMILY_LIMITS: Final = {
    "minAge": 5,
    "maxAge": 9,
    "allowedCategories": ["stories", "art"],
    "blockedCategories": ["art", "horror"],
    "allowedProviders": ["wondernest"],
    "blockedKeywords": ["monster"],
    "maxDurationMinutes": 20,
    "languages": ["en"],
    "educationalContentOnly": True,
}
CHILD_LIMITS: Final = {
    "maxAgeRating": 7,
    "blockedCategories": ["scary"],
    "blockedKeywords": ["ghost"],
    "maxDurationMinutes": 15,
    "allowedDomains": ["example.org"],
}
CHILD_TYPES: Final = "update family.child_settings set allowed_content_types = array['story'] where child_id = $1"
"""The limit that has no route."""
FOR_FAMILY: Final[dict[str, dict[str, Any]]] = {
    "too-young": {"age_min": 1, "age_max": 4, "rating": 1},
    "too-old": {"age_min": 10, "age_max": 12, "rating": None},
    "rated": {"rating": 12},
    "category": {"category": "music"},
    "blocked": {"category": "art"},
    "blocked-by-name": {"category": "art", "tags": ["ART"]},
    "tagged": {"tags": ["garden", "Horror"]},
    "tagged-with-spaces": {"tags": ["garden", "  horror ", "night"]},
    "tagged-in-lines": {"tags": ["garden\n horror"]},
    "provider": {"provider": "somebody"},
    "keyword": {"words": "with two MONSTERS"},
    "keyword-in-word": {"words": "of supermonsters"},
    "keyword-between-signs": {"words": "the end.(Monster!)"},
    "keyword-in-tag": {"tags": ["mónster"]},
    "keyword-far-away": {"words": f"in the garden {'and on ' * 20} to a monster"},
    "long": {"minutes": 21},
    "language": {"language": "de"},
    "not-educational": {"educational": False},
}
UNRATED: Final[dict[str, dict[str, Any]]] = {
    "without-ages": {"age_min": None, "age_max": None, "rating": None},
    "without-category": {"category": None},
    "without-provider": {"provider": None},
    "without-length": {"minutes": None},
    "without-language": {"language": None},
}
FOR_CHILD: Final[dict[str, dict[str, Any]]] = {
    "child-rated": {"rating": 8},
    "child-tagged": {"tags": ["scary"]},
    "child-keyword": {"words": "and a ghost"},
    "child-long": {"minutes": 16},
    "child-elsewhere": {"site": "example.com"},
    "child-kind": {"kind": "video"},
}
"""Hidden from the child only."""
