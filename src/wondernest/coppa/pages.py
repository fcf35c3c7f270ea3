"""The pages of consent, as HTML: no script, no picture, nothing loaded from anywhere. Every value is escaped by the templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from wondernest.coppa.letters import filled
from wondernest.coppa.methods import PLUS
from wondernest.coppa.notices import LANGUAGES
from wondernest.coppa.words import words

if TYPE_CHECKING:
    from jinja2 import Environment

    from wondernest.coppa.notices import Notice, Notices
    from wondernest.coppa.repository import Asked

NAMES: Final = {"en": "English", "es": "Español", "de": "Deutsch", "fr": "Français"}


class Choice(Struct, frozen=True):
    """A link to the page in another language."""

    language: str
    name: str
    address: str


class Link(Struct, frozen=True):
    """Where a page leads."""

    text: str
    address: str


class ConsentPages:
    """Writes the pages. `operator`: what the notices name and settings say."""

    def __init__(self, notices: Notices, operator: Mapping[str, str]) -> None:
        self._notices = notices
        self._operator = operator
        self._style = files("wondernest.coppa").joinpath("templates", "style.css").read_text(encoding="utf-8").strip()

    @property
    def policy(self) -> str:
        """The content security policy of every page: the one style, and forms that lead back to us."""
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    def ask(self, asked: Asked, language: str) -> bytes:
        """The question, with the notice."""
        notice, chosen = self._notices.current(language), words(language)
        named = (chosen.permissions.of(name) for name, allowed in asked.permissions.items() if allowed)
        plus = asked.method in {method.value for method in PLUS}
        return self._page(
            "ask.html",
            language,
            chosen.page.ask_title,
            choices=list(_choices()),
            day=_day(asked),
            until=asked.ends_at.date().isoformat(),
            permits=[text for text in named if text is not None],
            button=chosen.page.ask_button if plus else chosen.page.verify_button,
            action=f"?language={language}&version={notice.version}",
            notice=notice,
            blocks=list(notice.blocks(filled(self._operator, language))),
        )

    def undo(self, asked: Asked, language: str) -> bytes:
        """The question whether to take a consent back."""
        page = words(language).page
        return self._page(
            "undo.html",
            language,
            page.undo_title,
            choices=list(_choices()),
            day=_day(asked),
            button=page.undo_button,
            action=f"?language={language}",
        )

    def notice(self, notice: Notice) -> bytes:
        """A notice by itself."""
        return self._page(
            "notice.html",
            notice.language,
            notice.title,
            choices=list(_choices(f"version={notice.version}&")),
            notice=notice,
            blocks=list(notice.blocks(filled(self._operator, notice.language))),
        )

    def done(self, language: str) -> bytes:
        """A consent is in force."""
        page = words(language).page
        return self._said(language, page.done_title, page.done_text)

    def already(self, language: str) -> bytes:
        """It was in force before."""
        page = words(language).page
        return self._said(language, page.already_title, page.already_text)

    def verify(self, language: str, address: str) -> bytes:
        """The parent goes on at the verifier's."""
        page = words(language).page
        return self._said(language, page.verify_title, page.verify_text, Link(page.verify_link, address))

    def undone(self, language: str) -> bytes:
        """A consent was taken back."""
        page = words(language).page
        return self._said(language, page.undone_title, page.undone_text)

    def gone(self, language: str) -> bytes:
        """The link is not valid."""
        page = words(language).page
        return self._said(language, page.gone_title, page.gone_text)

    def _said(self, language: str, title: str, text: str, link: Link | None = None) -> bytes:
        return self._page("page.html", language, title, texts=[text], link=link)

    def _page(self, template: str, language: str, title: str, **values: Any) -> bytes:
        common = {"language": language, "title": title, "words": words(language)}
        return self._environment.get_template(template).render(**common, **values).encode()

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, PackageLoader

        loader = PackageLoader("wondernest.coppa")
        return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _choices(query: str = "") -> Iterator[Choice]:
    return (Choice(language, NAMES[language], f"?{query}language={language}") for language in LANGUAGES)


def _day(asked: Asked) -> str:
    return (asked.child_added_at or asked.requested_at).date().isoformat()


def away() -> str:
    """The page for a moment in which nothing works, in every language: a fault may have come before the language was read."""
    said = "".join(
        f'<p lang="{language}"><strong>{escape(page.away_title)}.</strong> {escape(page.away_text)}</p>'
        for language, page in ((language, words(language).page) for language in LANGUAGES)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>WonderNest</title></head>'
        f"<body><main><h1>WonderNest</h1>{said}</main></body></html>"
    )
