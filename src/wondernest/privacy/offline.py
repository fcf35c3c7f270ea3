"""The first page of an export: what is in the file, in the family's language. It opens from a disk, and loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from wondernest.platform.pages import PageWriter
from wondernest.privacy.pages import KINDS, NOBODY, Said, said_in
from wondernest.privacy.sections import document_file, sheet_file, shown_columns
from wondernest.privacy.sheets import fits
from wondernest.privacy.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wondernest.platform.erasing import Step
    from wondernest.privacy.parts import Linked


class HeldTable(Struct, frozen=True):
    """A table with rows in the file."""

    what: Said
    rows: str
    document: str
    sheet: str
    """Empty: it has none."""


class HeldGroup(Struct, frozen=True):
    """Tables about one kind of people."""

    title: str
    tables: Sequence[HeldTable]


class FirstPage:
    """Writes it. `figures`: what stands in the catalogue's texts for values of settings."""

    def __init__(self, figures: Mapping[str, str]) -> None:
        self._figures = figures
        self._writer = PageWriter("wondernest.privacy")

    def content(
        self, language: str, now: datetime, links: Sequence[Linked], tables: Sequence[tuple[Step, int]]
    ) -> bytes:
        """The page. `tables`: those that have rows in the file, with their number."""
        page = words(language).inside
        return self._writer.page(
            "inside.html",
            language,
            page.title,
            page=page,
            intro=page.intro.format(day=now.date().isoformat()),
            links=links,
            groups=list(self._groups(language, tables)),
        )

    def _groups(self, language: str, tables: Sequence[tuple[Step, int]]) -> Sequence[HeldGroup]:
        held, about = words(language).held, dict[str, list[HeldTable]]()
        for step, number in tables:
            people = {**step.holding.mentions, **step.holding.people}.values()
            kind = next((kind for kind in KINDS if kind in people), NOBODY)
            about.setdefault(kind, []).append(self._table(step, number, language))
        return [HeldGroup(held.group(kind).title, about[kind]) for kind in KINDS if kind in about]

    def _table(self, step: Step, number: int, language: str) -> HeldTable:
        table = step.holding.table
        return HeldTable(
            said_in(step.holding.what, language, self._figures),
            words(language).inside.rows.format(number=number),
            document_file(table),
            sheet_file(table) if fits(shown_columns(step)) else "",
        )
