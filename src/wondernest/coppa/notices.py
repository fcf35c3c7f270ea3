"""The notices: versioned documents that say what is collected and why, each in every language (16 CFR 312.4).

A document is text: a head of `name: value` lines, an empty line, then headings (`## `), lists (`- `) and paragraphs. Its digest is the
SHA-256 of the file as it is, so everybody can check which text a consent is about. The operator's own data stands in settings and
is not part of the digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from wondernest.platform.languages import DEFAULT_LANGUAGE, LANGUAGES

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PLACEHOLDERS: Final[tuple[str, ...]] = ("operator", "contact", "third_parties", "recording_days")
"""What a document names and settings say."""
SUFFIX: Final = ".txt"
Kind: TypeAlias = Literal["heading", "paragraph", "list"]


class BadNotice(ValueError):
    """A document that is not written as it must be; the message says which and why."""


class Block(Struct, frozen=True):
    """A part of a document: a heading, a paragraph, or the items of a list."""

    kind: Kind
    texts: tuple[str, ...]


class Notice(Struct, frozen=True, kw_only=True):
    """One document in one language. `document`: the file as it is."""

    version: int
    language: str
    day: date
    material: bool
    """Whether it differs in substance from the version before: then consents to an older one are asked for again."""
    title: str
    document: str
    digest: bytes

    def blocks(self, values: Mapping[str, str]) -> Iterator[Block]:
        """The text with the operator's data, which is never read as a heading or a list."""
        _, _, body = self.document.partition("\n\n")
        for part in body.strip().split("\n\n"):
            lines = part.split("\n")
            if lines[0].startswith("## "):
                yield Block("heading", (_filled(lines.pop(0).removeprefix("## "), values),))
            if lines and all(line.startswith("- ") for line in lines):
                yield Block("list", tuple(_filled(line.removeprefix("- "), values) for line in lines))
            else:
                yield from (Block("paragraph", (_filled(line, values),)) for line in lines)


class Notices:
    """All documents. Raises BadNotice for a folder whose versions are not complete."""

    def __init__(self, documents: Iterable[Notice]) -> None:
        self._all = {(notice.version, notice.language): notice for notice in documents}
        self.versions = sorted({version for version, _ in self._all})
        """Oldest first."""
        for version in self.versions:
            heads = {(n.day, n.material) for (number, _), n in self._all.items() if number == version}
            languages = {language for number, language in self._all if number == version}
            if languages != set(LANGUAGES) or len(heads) != 1:
                raise BadNotice(f"version {version} is not the same in all of {', '.join(LANGUAGES)}")
        if not self.versions or not self.find(self.versions[0], DEFAULT_LANGUAGE).material:
            raise BadNotice("there is no first version, or it is not material")

    def find(self, version: int, language: str) -> Notice:
        """A document; raises KeyError for a version or a language that does not exist."""
        return self._all[version, language]

    def current(self, language: str) -> Notice:
        """The newest version, in the default language if there is none in this one."""
        return self._all[self.versions[-1], language if language in LANGUAGES else DEFAULT_LANGUAGE]

    @cached_property
    def material(self) -> int:
        """The newest version that changed something in substance: a consent to an older one has to be asked for again."""
        return max(version for version in self.versions if self.find(version, DEFAULT_LANGUAGE).material)


def load(folder: Traversable | None = None) -> Notices:
    """The documents of a folder, by default those of the project: `<version>.<language>.txt`. Raises BadNotice."""
    chosen = files("wondernest.coppa").joinpath("notices") if folder is None else folder
    return Notices(_read(item) for item in chosen.iterdir() if item.name.endswith(SUFFIX))


def _read(item: Traversable) -> Notice:
    content = item.read_bytes()
    document = content.decode()
    head, _, body = document.partition("\n\n")
    pairs = (line.partition(": ") for line in head.split("\n"))
    fields = {name: value for name, _, value in pairs}
    version, _, language = item.name.removesuffix(SUFFIX).partition(".")
    if not body or fields.get("version") != version or fields.get("material") not in {"yes", "no"}:
        raise BadNotice(f"{item.name}: its head is not complete or names another version")
    try:
        _filled(body, dict.fromkeys(PLACEHOLDERS, ""))
        return Notice(
            version=int(version),
            language=language,
            day=date.fromisoformat(fields["date"]),
            material=fields["material"] == "yes",
            title=fields["title"],
            document=document,
            digest=hashlib.sha256(content).digest(),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise BadNotice(f"{item.name}: {error}") from None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return text.format_map(values)
