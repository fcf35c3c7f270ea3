"""The pages of consent, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wondernest.access.consent import shared_with
from wondernest.coppa.letters import filled
from wondernest.coppa.methods import PLUS
from wondernest.coppa.rules import permitted_names
from wondernest.coppa.words import words
from wondernest.platform.pages import Link, PageWriter, choices

if TYPE_CHECKING:
    from wondernest.coppa.notices import Notice, Notices
    from wondernest.coppa.repository import Asked

CATALOGUE: Final = "../privacy/catalogue"
"""From the notice to the page of what is held: with it the online notice names the internal operations (16 CFR 312.4(d)(3))."""


class ConsentPages:
    """Writes the pages. `operator`: what the notices name and settings say."""

    def __init__(self, notices: Notices, operator: Mapping[str, str]) -> None:
        self._notices = notices
        self._operator = operator
        self._writer = PageWriter("wondernest.coppa")

    def ask(self, asked: Asked, language: str) -> bytes:
        """The question, with the notice."""
        notice, chosen = self._notices.current(language), words(language)
        recipients = shared_with(asked.permissions)
        named = (chosen.permissions.of(name, recipients) for name in permitted_names(asked.permissions, asked.kind))
        plus = asked.method in {method.value for method in PLUS}
        return self._page(
            "ask.html",
            language,
            chosen.page.ask_title,
            choices=choices(),
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
            choices=choices(),
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
            choices=choices(f"version={notice.version}&"),
            notice=notice,
            blocks=list(notice.blocks(filled(self._operator, notice.language))),
            data=f"{CATALOGUE}?language={notice.language}",
        )

    def done(self, language: str) -> bytes:
        """A consent is in force."""
        page = words(language).page
        return self._writer.said(language, page.done_title, page.done_text)

    def already(self, language: str) -> bytes:
        """It was in force before."""
        page = words(language).page
        return self._writer.said(language, page.already_title, page.already_text)

    def verify(self, language: str, address: str) -> bytes:
        """The parent goes on at the verifier's."""
        page = words(language).page
        return self._writer.said(language, page.verify_title, page.verify_text, Link(page.verify_link, address))

    def undone(self, language: str) -> bytes:
        """A consent was taken back."""
        page = words(language).page
        return self._writer.said(language, page.undone_title, page.undone_text)

    def gone(self, language: str) -> bytes:
        """The link is not valid."""
        page = words(language).page
        return self._writer.said(language, page.gone_title, page.gone_text)

    def _page(self, template: str, language: str, title: str, **values: Any) -> bytes:
        return self._writer.page(template, language, title, words=words(language), **values)


def _day(asked: Asked) -> str:
    return (asked.child_added_at or asked.requested_at).date().isoformat()
