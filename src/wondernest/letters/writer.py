"""Writes the letter and its page, from the texts and templates of the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.analytics import figures
from wondernest.analytics.activities import GAMES
from wondernest.analytics.catalogue import LANGUAGES
from wondernest.analytics.days import DAYS_OF_WEEK
from wondernest.letters import texts
from wondernest.platform.mail import Letter
from wondernest.platform.pages import PageWriter

if TYPE_CHECKING:
    from jinja2 import Environment

    from wondernest.analytics.catalogue import Text
    from wondernest.analytics.figures import Totals, Week

MINUTES_OF_HOUR: Final = 60


class ChildWeek(Struct, frozen=True, kw_only=True):
    """A child's week, as the analytics room tells it."""

    called: str
    week: Week
    categories: Mapping[str, Totals]
    active_days: int


class _Told(Struct, frozen=True):
    """A child's part of the letter."""

    name: str
    total: str
    lines: Sequence[str]
    asks: str
    question: str


class LetterWriter:
    """Writes letters in one of LANGUAGES; other languages get the first of them."""

    def __init__(self) -> None:
        self._pages = PageWriter("wondernest.letters")

    def letter(self, to: str, language: str, children: Sequence[ChildWeek], sunday: date, end_url: str) -> Letter:
        """The letter about a week, which is the same for all children."""
        first = children[0].week.start
        last = min(first + timedelta(days=DAYS_OF_WEEK - 1), sunday)
        greeting = texts.GREETING.in_language(language).format(first=_day(first, language), last=_day(last, language))
        told = [_told(child, language, sunday) for child in children]
        values = {
            "lang": shown_language(language),
            "subject": texts.SUBJECT.in_language(language),
            "greeting": greeting,
            "children": told,
            "why": texts.WHY.in_language(language),
            "end": texts.END.in_language(language),
            "end_url": end_url,
        }
        return Letter(
            to,
            texts.SUBJECT.in_language(language),
            self._environment.get_template("weekly.txt").render(values) + "\n",
            html=self._environment.get_template("weekly.html").render(values) + "\n",
            headers={"List-Unsubscribe": f"<{end_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )

    def page(self, language: str, text: Text, *, asks: bool) -> bytes:
        """The page of the address that ends the letter. `asks`: with the form that does."""
        end = texts.END.in_language(language) if asks else ""
        return self._pages.page("end.html", shown_language(language), text.in_language(language), end=end)

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

        return Environment(
            loader=PackageLoader("wondernest.letters"),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",)),
            trim_blocks=True,
            lstrip_blocks=True,
        )


def shown_language(language: str) -> str:
    """The language in which the texts are."""
    return language if language in LANGUAGES else LANGUAGES[0]


def _told(child: ChildWeek, language: str, sunday: date) -> _Told:
    ranked = figures.ranked(child.categories)
    total = texts.TOTAL.in_language(language).format(total=_length(child.week.screen_time), days=child.active_days)
    questions = texts.QUESTIONS.get(ranked[0], texts.QUESTIONS[GAMES])
    return _Told(
        name=child.called,
        total=total,
        lines=[_line(category, child.categories[category], language) for category in ranked],
        asks=texts.QUESTION.in_language(language).format(name=child.called),
        question=questions[sunday.toordinal() // DAYS_OF_WEEK % len(questions)].in_language(language),
    )


def _line(category: str, totals: Totals, language: str) -> str:
    word = texts.TOLD.get(category, texts.PLAYED).in_language(language)
    line = f"{word}: {texts.category_name(category, language)}, {_length(figures.minutes(totals.seconds))}"
    if not totals.completed:
        return line
    finished = texts.FINISHED_ONE if totals.completed == 1 else texts.FINISHED
    return f"{line}, {finished.in_language(language).format(number=totals.completed)}"


def _length(minutes: int) -> str:
    """Hours and minutes, written the same in every language of ours."""
    hours, rest = divmod(minutes, MINUTES_OF_HOUR)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _day(day: date, language: str) -> str:
    month = texts.MONTHS[day.month - 1].in_language(language)
    return texts.DAY.in_language(language).format(month=month, day=day.day)
