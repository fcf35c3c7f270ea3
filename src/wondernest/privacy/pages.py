"""The pages of this room, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.access.law import GROUNDS, INTERNAL_OPERATIONS
from wondernest.access.people import CHILD, FAMILY, OPERATOR
from wondernest.platform.languages import DEFAULT_LANGUAGE, LANGUAGES
from wondernest.platform.pages import PageWriter, choices
from wondernest.platform.personal_data import USER
from wondernest.privacy.catalogue import Entry
from wondernest.privacy.words import Explained, GroupWords, words

if TYPE_CHECKING:
    from wondernest.privacy.rules import Export
    from wondernest.settings import Settings

BYTES_PER_MB: Final = 1_000_000
INTERNAL: Final = "16 CFR 312.2"
"""Where COPPA defines the support for internal operations."""
NOBODY: Final = "nobody"
KINDS: Final = (CHILD, FAMILY, USER, OPERATOR, NOBODY)
"""The groups of the public page, in its order. A class of data is in the first one that fits."""


class Said(Struct, frozen=True):
    """A text of the catalogue. `language`: the one that it is in."""

    text: str
    language: str


class Shown(Struct, frozen=True):
    """A class of data on the page. `identifiers`: what those in it are for; empty if it has none."""

    what: Said
    why: Said
    ground: str
    seen_by: str
    kept: Said
    identifiers: str
    place: str


class Group(Struct, frozen=True):
    """The classes of data about one kind of people."""

    kind: str
    words: GroupWords
    classes: Sequence[Shown]


class Cited(Struct, frozen=True):
    """A legal ground, or a use of identifiers, with the law that permits it."""

    title: str
    text: str
    law: str


class PrivacyPages:
    """Writes the pages. `figures`: what stands in the catalogue's texts for values of settings."""

    def __init__(self, entries: Callable[[], Iterable[Entry]], figures: Mapping[str, str]) -> None:
        self._entries = entries
        self._figures = figures
        self._writer = PageWriter("wondernest.privacy")
        self._catalogues: dict[str, bytes] = {}

    def catalogue(self, language: str) -> bytes:
        """Every class of personal data. It changes with the program alone, so each language is written once."""
        known = self._catalogues.get(language)
        if known is None:
            known = self._catalogues[language] = self._catalogue(language)
        return known

    def export(self, export: Export, language: str) -> bytes:
        """What the link of a letter offers."""
        page = words(language).offer
        assert export.ready_at is not None and export.expires_at is not None  # noqa: PT018 - it is ready
        values = {
            "day": export.ready_at.date().isoformat(),
            "size": _megabytes(export.bytes or 0, language),
            "until": export.expires_at.strftime("%Y-%m-%d %H:%M"),
        }
        return self._writer.page(
            "export.html",
            language,
            page.title,
            choices=choices(),
            texts=[text.format_map(values) for text in (page.intro, page.until, page.keep)],
            button=page.button,
            action=f"?language={language}",
        )

    def gone(self, language: str) -> bytes:
        """The link is not valid."""
        page = words(language).offer
        return self._writer.said(language, page.gone_title, page.gone_text)

    def _catalogue(self, language: str) -> bytes:
        page = words(language).held
        return self._writer.page(
            "catalogue.html",
            language,
            page.title,
            choices=choices(),
            page=page,
            notice=f"../coppa/notice?language={language}",
            groups=list(self._groups(language)),
            grounds=[_cited(page.grounds[ground], basis.gdpr, basis.coppa) for ground, basis in GROUNDS.items()],
            operations=[
                _cited(page.operations[operation], paragraph and f"{INTERNAL} {paragraph}")
                for operation, paragraph in INTERNAL_OPERATIONS.items()
            ],
        )

    def _groups(self, language: str) -> Iterable[Group]:
        held = words(language).held
        about: dict[str, list[Shown]] = {kind: [] for kind in KINDS}
        for entry in self._entries():
            about[_kind(entry)].append(self._shown(entry, language))
        return (Group(kind, held.group(kind), about[kind]) for kind in KINDS if about[kind])

    def _shown(self, entry: Entry, language: str) -> Shown:
        texts = (entry.what, entry.why, entry.kept)
        what, why, kept = (said_in(text, language, self._figures) for text in texts)
        held = words(language).held
        return Shown(
            what=what,
            why=why,
            ground=_listed(held.grounds[ground].title for ground in entry.grounds),
            seen_by=_listed(held.viewers[viewer] for viewer in entry.seen_by),
            kept=kept,
            identifiers=_listed(held.operations[use].title for use in dict.fromkeys(entry.identifiers.values())),
            place=entry.table,
        )


def said_in(text: str, language: str, figures: Mapping[str, str]) -> Said:
    """A text of the catalogue in a language, or in the default one if nobody translated it."""
    translated = translation(text, language)
    said, chosen = (text, DEFAULT_LANGUAGE) if translated is None else (translated, language)
    for name, value in figures.items():
        said = said.replace(name, value)
    return Said(said, chosen)


@cache
def translations() -> Mapping[str, Sequence[str]]:
    """The catalogue's texts in the other languages, in the order of LANGUAGES."""
    content = files("wondernest.privacy").joinpath("words", "catalogue.toml").read_bytes()
    return msgspec.toml.decode(content, type=dict[str, list[str]])


def translation(text: str, language: str) -> str | None:
    """A text of the catalogue in a language; None if nobody translated it."""
    if language == DEFAULT_LANGUAGE:
        return text
    known = translations().get(text)
    return None if known is None else known[LANGUAGES.index(language) - 1]


def figures(settings: Settings) -> dict[str, str]:
    """What stands for the names of settings in the catalogue's texts."""
    saves, auth = settings.games, settings.auth
    return {
        "RECORDING_DAYS (90)": str(settings.files.recording_days),
        "EVENTS_KEPT_DAYS (400)": str(settings.analytics.events_kept_days),
        "LOG_KEPT_DAYS (30)": str(settings.log.kept_days),
        "IDEMPOTENCY_LIFE_H": str(saves.idempotency_life_h),
        "SAVE_KEPT_VERSIONS": str(saves.kept_versions),
        "PASSWORD_RESET_LIFE_H": f"{auth.reset_life_h} h",
        "EMAIL_VERIFICATION_LIFE_H": f"{auth.verification_life_h} h",
    }


def _kind(entry: Entry) -> str:
    return next((kind for kind in KINDS if kind in entry.people), NOBODY)


def _listed(names: Iterable[str]) -> str:
    text = "; ".join(names)
    return text[:1].upper() + text[1:]


def _cited(words: Explained, *law: str) -> Cited:
    return Cited(words.title, words.text, "; ".join(filter(None, law)))


def _megabytes(size: int, language: str) -> str:
    number = f"{max(size / BYTES_PER_MB, 0.1):.1f}"
    return number if language == DEFAULT_LANGUAGE else number.replace(".", ",")
