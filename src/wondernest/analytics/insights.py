"""What the last weeks of a child say to its parents, and its milestones (games contract §9). Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from wondernest.analytics import figures
from wondernest.analytics.activities import MINUTE_S, STORIES
from wondernest.analytics.catalogue import insights as texts
from wondernest.analytics.catalogue.milestones import CATALOGUE, MilestoneEntry
from wondernest.coppa.rules import age_on

if TYPE_CHECKING:
    from wondernest.analytics.catalogue import Text
    from wondernest.analytics.figures import Totals
    from wondernest.analytics.ports import Heard

LEAST_ACTIVE_DAYS: Final = 3
"""With fewer active days nothing is said but that."""
STRONG: Final = Fraction(7, 10)
WEAK: Final = Fraction(4, 10)
"""Rates of completed activities."""
KNOWN_WORDS: Final = 50
"""Below this average mastery of the words of stories, from 0 to 100, words are an area to improve."""
TREND_SESSIONS: Final = 3
"""So many sessions are needed before and after, or nothing is said about how clearly a child was heard."""
TREND_CHANGE: Final = 0.05
"""Of the clarity, from 0 to 1: a smaller change is none."""
TREND_HALF: Final = timedelta(days=14)
MOST_STRONG, MOST_WEAK, MOST_IDEAS, MOST_TITLES = 3, 2, 3, 2
LONG_DAY_MINUTES: Final = 60
MOST_MILESTONES, MOST_GOALS = 10, 3
MONTHS_OF_YEAR: Final = 12


class Insights(Struct, frozen=True, kw_only=True):
    """Texts for parents."""

    style: str
    strong: Sequence[str] = ()
    improving: Sequence[str] = ()
    ideas: Sequence[str] = ()
    weak: Sequence[str] = ()
    """The categories among `improving`."""
    wanted: Sequence[str] = ()
    """The categories (and words) for which something is recommended, the first first."""
    guidance: Sequence[str] = ()


class Reached(Struct, frozen=True):
    """A milestone of the catalogue, and whether the child reached it."""

    category: str
    text: str
    achieved: bool


class Milestones(Struct, frozen=True, kw_only=True):
    """A child's age in years, its milestones, and what may come next."""

    age: int
    reached: Sequence[Reached]
    goals: Sequence[str]


class Beside(Struct, frozen=True):
    """What other rooms know. `mastery`: of words, from 0 to 100; `before` and `after`: how clearly games heard the child."""

    mastery: float | None = None
    before: Heard | None = None
    after: Heard | None = None


def too_early(active_days: int) -> bool:
    """Whether too little happened to say anything."""
    return active_days < LEAST_ACTIVE_DAYS


def insights(
    categories: Mapping[str, Totals],
    active_days: int,
    interactions: int,
    age: int | None,
    language: str,
    beside: Beside | None = None,
) -> Insights:
    """What the sums of the last days say, with what other rooms know."""
    if too_early(active_days):
        return Insights(style=texts.NOT_ENOUGH.in_language(language))
    beside = beside or Beside()
    words = [texts.VOCABULARY] if beside.mastery is not None and beside.mastery < KNOWN_WORDS else []
    ranked = figures.ranked(categories)
    strong = [one for one in ranked if categories[one].rate >= STRONG][:MOST_STRONG]
    weak = [one for one in ranked if categories[one].rate < WEAK][:MOST_WEAK]
    wanted = [*weak, *words, *(one for one in ranked if one not in weak)]
    return Insights(
        style=_style(categories, language),
        strong=[_name(one, language) for one in strong],
        improving=[*(_name(one, language) for one in weak), *(texts.WORDS.in_language(language) for _ in words)],
        weak=weak,
        wanted=wanted,
        ideas=[_idea(one, age, language) for one in wanted if one in texts.IDEAS][:MOST_IDEAS],
        guidance=[
            *_guidance(categories, active_days, interactions, (strong, weak), language),
            *(text.in_language(language) for text in _trend(beside)),
        ],
    )


def with_titles(said: Insights, suggested: Sequence[tuple[str, str]]) -> Insights:
    """The same, with up to MOST_TITLES items of the library (title and category, the best first) before the ideas.

    Those of `improving` categories come first, in the order of the library; then what suits the child best.
    """
    ranked = sorted(suggested, key=lambda one: one[1] not in said.weak)
    titles = list(dict.fromkeys(title for title, _ in ranked))[:MOST_TITLES]
    return replace(said, ideas=[*titles, *said.ideas][:MOST_IDEAS])


def _style(categories: Mapping[str, Totals], language: str) -> str:
    """The way of learning with most time; ties in the order of the catalogue."""
    seconds: Counter[Text] = Counter()
    for category, style in texts.STYLES.items():
        seconds[style] += categories[category].seconds if category in categories else 0
    style, most = seconds.most_common(1)[0]
    return (style if most else texts.NOT_ENOUGH).in_language(language)


def _guidance(
    categories: Mapping[str, Totals],
    active_days: int,
    interactions: int,
    chosen: tuple[Sequence[str], Sequence[str]],
    language: str,
) -> list[str]:
    """One sentence for each rule that applies."""
    strong, weak = chosen
    found: list[str] = []
    if sum(one.seconds for one in categories.values()) > LONG_DAY_MINUTES * MINUTE_S * active_days:
        found.append(texts.LONG_DAYS.in_language(language))
    if strong:
        found.append(texts.FINISHES.in_language(language).format(category=_name(strong[0], language)))
    if weak:
        found.append(texts.STARTS.in_language(language).format(category=_name(weak[0], language)))
    if STORIES not in categories:
        found.append(texts.READ_TOGETHER.in_language(language))
    if not interactions:
        found.append(texts.ASK.in_language(language))
    return found


def _trend(beside: Beside) -> list[Text]:
    """How the clarity changed; never how good it is."""
    before, after = beside.before, beside.after
    if before is None or after is None or min(before.sessions, after.sessions) < TREND_SESSIONS:
        return []
    change = after.clarity - before.clarity
    if abs(change) < TREND_CHANGE:
        return []
    return [texts.CLEARER if change > 0 else texts.LESS_CLEAR]


def _name(category: str, language: str) -> str:
    return texts.NAMES[category].in_language(language) if category in texts.NAMES else category


def _idea(category: str, age: int | None, language: str) -> str:
    younger, older = texts.IDEAS[category]
    return (older if age is not None and age >= texts.SCHOOL_AGE else younger).in_language(language)


def milestones(birth_date: date, today: date, known: Collection[str], language: str) -> Milestones:
    """The milestones of a child's age, the latest first. `known`: titles and keys that were reached, in lower case."""
    months = age_in_months(today, birth_date)
    begun = sorted((one for one in CATALOGUE if one.first <= months), key=lambda one: (-one.first, -one.last, one.key))
    listed = [
        Reached(one.category, one.text.in_language(language), _is_reached(one, known))
        for one in begun[:MOST_MILESTONES]
    ]
    next_ones = sorted((one for one in CATALOGUE if one.first > months), key=lambda one: (one.first, one.key))
    goals = [one.text for one in listed if not one.achieved]
    goals += [one.text.in_language(language) for one in next_ones if not _is_reached(one, known)]
    return Milestones(age=age_on(today, birth_date), reached=listed, goals=goals[:MOST_GOALS])


def age_in_months(day: date, birth_date: date) -> int:
    """Whole months since birth, never below 0."""
    months = (day.year - birth_date.year) * MONTHS_OF_YEAR + day.month - birth_date.month
    return max(0, months - (day.day < birth_date.day))


def _is_reached(entry: MilestoneEntry, known: Collection[str]) -> bool:
    """Reported by its key, or by its text in any language."""
    return entry.key in known or any(text.lower() in known for text in entry.text)
