"""Pages for people, as HTML: no script, no picture, nothing loaded from anywhere. Every value is escaped by the templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cached_property
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec import Struct

from wondernest.platform.languages import DEFAULT_LANGUAGE, LANGUAGES, NAMES

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE: Final = "wondernest.platform.pages"
STYLE: Final = files(PACKAGE).joinpath("templates", "style.css").read_text(encoding="utf-8").strip()


def _digest(style: str) -> str:
    """What a policy names a style by."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


POLICY: Final = f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
"""The content security policy of every page: the one style, and forms that lead back to us."""
OFFLINE_STYLE: Final = files(PACKAGE).joinpath("templates", "offline.css").read_text(encoding="utf-8").strip()
OFFLINE_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_digest(STYLE + OFFLINE_STYLE)}'; img-src 'self' file: content: blob:;"
    " form-action 'none'; base-uri 'none'"
)
"""Of a page that is opened from a disk: its own style, and pictures that lie beside it. `content:` is a disk on Android."""
LABELS: Final = {"en": "Language", "es": "Idioma", "de": "Sprache", "fr": "Langue"}
"""Of the links to a page in other languages."""
AWAY: Final = {
    "en": ("This does not work at the moment", "Nothing was changed. Please try again in a few minutes."),
    "es": ("Esto no funciona en este momento", "No se ha cambiado nada. Inténtelo de nuevo en unos minutos."),
    "de": (
        "Das geht im Augenblick nicht",
        "Es wurde nichts geändert. Bitte versuchen Sie es in einigen Minuten wieder.",
    ),
    "fr": ("Cela ne fonctionne pas en ce moment", "Rien n'a changé. Réessayez dans quelques minutes."),
}


class Choice(Struct, frozen=True):
    """A link to the page in another language."""

    language: str
    name: str
    address: str


class Link(Struct, frozen=True):
    """Where a page leads."""

    text: str
    address: str


class PageWriter:
    """Writes the pages of a package from its `templates`, which extend `page.html`."""

    def __init__(self, package: str) -> None:
        self._package = package

    def page(self, template: str, language: str, title: str, **values: Any) -> bytes:
        """A page. With `choices` it has links to other languages."""
        common = {
            "language": language,
            "title": title,
            "language_label": LABELS[language],
            "offline_policy": OFFLINE_POLICY,
        }
        return self._environment.get_template(template).render(**common, **values).encode()

    def said(self, language: str, title: str, text: str, link: Link | None = None) -> bytes:
        """A page that says something and asks nothing."""
        return self.page("page.html", language, title, texts=[text], link=link)

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import ChoiceLoader, Environment, PackageLoader

        loader = ChoiceLoader([PackageLoader(self._package), PackageLoader(PACKAGE)])
        environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters["relative"] = relative
        return environment


def relative(path: str) -> str:
    """The path of a file beside the page as an address: no part of it is taken for a scheme, a query or a fragment."""
    return "./" + quote(path)


def choices(query: str = "") -> Sequence[Choice]:
    """The page in each language. `query`: what else its address says, with a `&` behind."""
    return [Choice(language, NAMES[language], f"?{query}language={language}") for language in LANGUAGES]


def away() -> str:
    """The page for a moment in which nothing works, in every language: a fault may have come before the language was read."""
    said = "".join(
        f'<p lang="{language}"><strong>{escape(title)}.</strong> {escape(text)}</p>'
        for language, (title, text) in AWAY.items()
    )
    return (
        f'<!doctype html><html lang="{DEFAULT_LANGUAGE}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>WonderNest</title></head>'
        f"<body><main><h1>WonderNest</h1>{said}</main></body></html>"
    )
