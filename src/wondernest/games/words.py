"""Everything that people read of this room, in each language."""

from __future__ import annotations

from msgspec import Struct

from wondernest.platform.languages import wording


class MadeWords(Struct, frozen=True):
    """The pages of an export with what a child made. `{name}`, `{number}` and `{moment}` are replaced."""

    title: str
    further: str
    contents: str
    previous: str
    next: str
    saved: str
    picture: str
    page: str
    large: str
    nothing: str


class Words(Struct, frozen=True):
    """One language."""

    made: MadeWords


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.games", language, Words)
