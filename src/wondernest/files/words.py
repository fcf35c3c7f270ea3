"""Everything that people read of this room, in each language."""

from __future__ import annotations

from msgspec import Struct

from wondernest.platform.languages import wording
from wondernest.platform.mail import Wording


class PageWords(Struct, frozen=True):
    """The pages of an export that list files. `{number}`, `{size}` and `{moment}` are replaced."""

    title: str
    further: str
    contents: str
    previous: str
    next: str
    about: str
    missing: str


class Words(Struct, frozen=True):
    """One language."""

    infected: Wording
    """The letter about a file that the virus scanner refused. It holds no name, neither of the file nor of a person."""
    page: PageWords
    recordings: Wording
    """The letter about recordings of a child that are erased soon; `{list}` is replaced: days, each with a number of files. No names."""


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.files", language, Words)
