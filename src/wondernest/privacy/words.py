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


class OfferWords(Struct, frozen=True):
    """The page behind the link of an export's letter. `{day}`, `{size}` and `{until}` are replaced."""

    title: str
    intro: str
    until: str
    keep: str
    button: str
    gone_title: str
    gone_text: str


class InsideWords(Struct, frozen=True):
    """The first page of an export. `{day}` and `{number}` are replaced."""

    title: str
    intro: str
    moment: str
    made: str
    data: str
    data_text: str
    rows: str


class GroupWords(Struct, frozen=True):
    """The classes of data about one kind of people."""

    title: str


class Explained(Struct, frozen=True):
    """A legal ground, or what an identifier is for: in some words, and in a sentence."""

    title: str
    text: str


class HeldWords(Struct, frozen=True):
    """The public page of what is held. `viewers`, `grounds` and `operations` have a word for each value that rooms can declare."""

    title: str
    intro: str
    notice: str
    rights_title: str
    rights: list[str]
    contents: str
    seen_by: str
    why: str
    kept: str
    place: str
    ground: str
    identifiers: str
    hosts: str
    grounds_title: str
    identifiers_title: str
    identifiers_intro: list[str]
    viewers: dict[str, str]
    grounds: dict[str, Explained]
    operations: dict[str, Explained]
    child: GroupWords
    family: GroupWords
    user: GroupWords
    operator: GroupWords
    nobody: GroupWords

    def group(self, kind: str) -> GroupWords:
        """The words about a kind of people."""
        known = {"child": self.child, "family": self.family, "user": self.user, "operator": self.operator}
        return known.get(kind, self.nobody)


class TrailWords(Struct, frozen=True):
    """Who used a child's data, and how: by the values of `access/accesses.py`. `who` has `you` too."""

    who: dict[str, str]
    did: dict[str, str]


class Words(Struct, frozen=True):
    """One language."""

    erased: ErasedWords
    erasure: Wording
    """The letter about an erasure; `{day}` and `{what}` are replaced."""
    export: Wording
    """The letter about an export; `{link}` is replaced."""
    offer: OfferWords
    inside: InsideWords
    held: HeldWords
    trail: TrailWords


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.privacy", language, Words)
