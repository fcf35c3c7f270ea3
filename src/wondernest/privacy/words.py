"""Everything that people read of this room, in each language."""

from __future__ import annotations

from msgspec import Struct

from wondernest.platform.languages import wording
from wondernest.platform.mail import Wording
from wondernest.privacy.rules import Kind


class ErasedWords(Struct, frozen=True):
    """What is erased, as a letter says it."""

    child: str
    family: str
    account: str

    def of(self, kind: Kind) -> str:
        """What a request erases."""
        return {Kind.CHILD: self.child, Kind.FAMILY: self.family, Kind.ACCOUNT: self.account}[kind]


class Words(Struct, frozen=True):
    """One language."""

    erased: ErasedWords
    erasure: Wording
    """The letter about an erasure; `{day}` and `{what}` are replaced."""
    export: Wording
    """The letter about an export; `{link}` is replaced."""


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.privacy", language, Words)
