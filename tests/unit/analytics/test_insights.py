"""What insights and milestones say, and in which words."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import pytest

from wondernest.analytics.catalogue import LANGUAGES, Text
from wondernest.analytics.catalogue import insights as texts
from wondernest.analytics.catalogue.milestones import CATALOGUE
from wondernest.analytics.figures import Totals
from wondernest.analytics.insights import MOST_GOALS, Beside, age_in_months, insights, milestones, with_titles
from wondernest.auth.rules import LANGUAGES as ACCOUNT_LANGUAGES

HOUR = 3600
UNKIND = re.compile(
    r"disorder|delay|diagnos|normal|average|behind|weak|poor|problem|deficit|should be able|other children|compared"
    r"|trastorno|retraso|débil|otros niños|störung|verzögert|schwach|andere kinder|trouble|retard|faible|autres enfants",
    re.IGNORECASE,
)


def totals(minutes: int, activities: int = 1, completed: int = 0) -> Totals:
    return Totals(seconds=minutes * 60, activities=activities, completed=completed)


def every_text() -> list[Text]:
    fixed = [value for value in vars(texts).values() if isinstance(value, Text)]
    named = [*texts.NAMES.values(), *(idea for ideas in texts.IDEAS.values() for idea in ideas)]
    return [*fixed, *named, *(entry.text for entry in CATALOGUE)]


def test_every_text_exists_in_every_language_and_is_kind() -> None:
    for text in every_text():
        assert len(set(text)) == len(LANGUAGES) or text.en == "Visual and Interactive", text
        for words in text:
            assert words.strip() == words != ""
            assert not UNKIND.search(words), words
            assert re.findall(r"\{\w+\}", words) == re.findall(r"\{\w+\}", text.en)


@pytest.mark.parametrize("language", sorted(ACCOUNT_LANGUAGES))
def test_a_language_without_texts_falls_back_to_english(language: str) -> None:
    shown = insights({}, 0, 0, 5, language).style
    assert shown == texts.NOT_ENOUGH[LANGUAGES.index(language) if language in LANGUAGES else 0]


def test_fewer_than_three_active_days_say_so_and_nothing_else() -> None:
    found = insights({"art": totals(100, 10, 10)}, 2, 0, 5, "en")
    assert found.style == "Not enough data yet"
    assert (found.strong, found.improving, found.ideas, found.guidance) == ((), (), (), ())


@pytest.mark.parametrize(
    ("most", "style"),
    [
        ("art", "Visual and Interactive"),
        ("games", "Visual and Interactive"),
        ("stories", "Reading and Storytelling"),
        ("music", "Auditory and Musical"),
        ("educational", "Exploratory and Hands-on"),
        ("science", "Exploratory and Hands-on"),
        ("video", "Not enough data yet"),
    ],
)
def test_the_way_of_learning_is_that_of_most_time(most: str, style: str) -> None:
    others = {name: totals(5) for name in ("art", "stories", "music", "science") if most != "video"}
    assert insights({**others, most: totals(60)}, 3, 0, 5, "en").style == style


def test_categories_of_one_way_of_learning_count_together() -> None:
    sums = {"stories": totals(50), "science": totals(30), "educational": totals(30)}
    assert insights(sums, 3, 0, 5, "en").style == "Exploratory and Hands-on"


def test_strong_and_improving_follow_the_rates_and_the_time() -> None:
    sums = {
        "art": totals(10, 10, 7),
        "music": totals(40, 10, 10),
        "science": totals(30, 10, 4),
        "games": totals(20, 10, 3),
        "stories": totals(60, 100, 39),
        "educational": totals(5, 10, 0),
    }
    found = insights(sums, 3, 1, 5, "en")
    assert found.strong == ["Music", "Art"]
    assert found.improving == ["Stories", "Games"]
    assert found.ideas == [
        texts.IDEAS["stories"][0].en,
        texts.IDEAS["games"][0].en,
        texts.IDEAS["music"][0].en,
    ]
    assert insights(sums, 3, 1, 6, "de").ideas[0] == texts.IDEAS["stories"][1].de


def test_items_of_the_library_come_before_ideas_and_those_of_improving_categories_first() -> None:
    said = insights({"art": totals(10, 10, 0), "music": totals(40, 10, 10)}, 3, 1, 5, "en")
    ideas = [texts.IDEAS["art"][0].en, texts.IDEAS["music"][0].en]
    assert said.ideas == ideas
    library = [("A song", "music"), ("Clouds", "science"), ("Paint a cat", "art"), ("A song", "music")]
    assert with_titles(said, library).ideas == ["Paint a cat", "A song", ideas[0]]
    assert with_titles(said, []).ideas == ideas
    assert with_titles(said, [("Clouds", "science")]).ideas == ["Clouds", *ideas]


def test_each_rule_of_guidance_gives_one_sentence() -> None:
    quiet = {"stories": totals(180, 10, 5)}
    assert insights(quiet, 3, 1, 5, "en").guidance == []
    assert insights(quiet, 3, 0, 5, "en").guidance == [texts.ASK.en]
    assert insights({"stories": totals(181, 10, 5)}, 3, 1, 5, "en").guidance == [texts.LONG_DAYS.en]
    assert insights({"art": totals(9, 10, 5)}, 3, 1, 5, "en").guidance == [texts.READ_TOGETHER.en]
    assert insights({"stories": totals(9, 10, 9)}, 3, 1, 5, "fr").guidance == [
        "Votre enfant va souvent jusqu'au bout : Histoires. Demandez-lui de vous montrer ce qu'il préfère."
    ]
    assert len(insights({"stories": totals(9, 10, 1)}, 3, 1, 5, "en").guidance) == 1


# Milestones ----------------------------------------------------------------------------------------------------------

TODAY = date(2026, 11, 26)


def born(months: int) -> date:
    """The birthday of a child that is so many months old today."""
    number = TODAY.year * 12 + TODAY.month - 1 - months
    return date(number // 12, number % 12 + 1, TODAY.day)


def test_the_catalogue_has_something_for_every_month_from_two_to_twelve_years() -> None:
    assert len({entry.key for entry in CATALOGUE}) == len(CATALOGUE)
    assert all(entry.first < entry.last for entry in CATALOGUE)
    for months in range(24, 145):
        assert any(entry.first <= months <= entry.last for entry in CATALOGUE), months
        found = milestones(born(months), TODAY, set(), "en")
        assert 0 < len(found.reached) <= 10
        assert len(found.goals) == MOST_GOALS


def test_milestones_of_the_age_are_listed_latest_first_with_those_that_were_reached() -> None:
    found = milestones(born(48), TODAY, {"counts_to_five", "consuela a otros"}, "en")
    assert found.age == 4
    assert [one.text for one in found.reached][:3] == [
        "Tells what happens next in a story",
        "Comforts others",
        "Names some colors",
    ]
    assert {one.text for one in found.reached if one.achieved} == {"Comforts others", "Counts to five"}
    assert found.goals[0] == "Tells what happens next in a story"


def test_a_child_who_reached_everything_looks_at_what_comes_next() -> None:
    known = {entry.key for entry in CATALOGUE if entry.first <= 48}
    assert milestones(born(48), TODAY, known, "es").goals[0] == "Cuenta hasta diez"


@pytest.mark.parametrize("months", [0, 23])
def test_a_baby_has_no_milestones_here_but_goals(months: int) -> None:
    found = milestones(born(months), TODAY, set(), "de")
    assert found.reached == []
    assert len(found.goals) == MOST_GOALS


@pytest.mark.parametrize(
    ("birth_date", "months"),
    [(date(2026, 11, 26), 0), (date(2026, 10, 27), 0), (date(2026, 10, 26), 1), (date(2024, 2, 29), 32), (date(2027, 1, 1), 0)],
)  # fmt: skip
def test_months_are_whole(birth_date: date, months: int) -> None:
    assert age_in_months(TODAY, birth_date) == months


# What other rooms know -----------------------------------------------------------------------------------------------

PLAYED = {"art": totals(30, 10, 10), "stories": totals(20, 10, 6)}


class Sessions(NamedTuple):
    """Some sessions in which a game listened."""

    sessions: int
    clarity: float


@pytest.mark.parametrize(("mastery", "listed"), [(None, []), (0.0, ["Vocabulary"]), (49.9, ["Vocabulary"]), (50.0, [])])
def test_little_known_words_are_an_area_to_improve(mastery: float | None, listed: list[str]) -> None:
    said = insights(PLAYED, 3, 1, 5, "en", Beside(mastery))
    assert said.improving == listed
    assert (texts.IDEAS[texts.VOCABULARY][0].en in said.ideas) is bool(listed)


def test_items_of_the_library_are_ranked_by_categories_and_not_by_words() -> None:
    weak = {"art": totals(30, 10, 1), "stories": totals(20, 10, 6)}
    said = insights(weak, 3, 1, 5, "en", Beside(10.0))
    assert said.improving == ["Art", "Vocabulary"]
    assert with_titles(said, [("A story", "stories"), ("Paint", "art")]).ideas[:2] == ["Paint", "A story"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Sessions(3, 0.5), Sessions(3, 0.56), [texts.CLEARER]),
        (Sessions(3, 0.5), Sessions(3, 0.44), [texts.LESS_CLEAR]),
        (Sessions(3, 0.5), Sessions(3, 0.54), []),
        (Sessions(2, 0.1), Sessions(9, 0.9), []),
        (Sessions(9, 0.1), Sessions(2, 0.9), []),
        (Sessions(0, 0.0), Sessions(0, 0.0), []),
    ],
)
def test_clarity_is_told_as_a_change_of_enough_sessions(before: Sessions, after: Sessions, said: list[Text]) -> None:
    found = insights(PLAYED, 3, 1, 5, "fr", Beside(None, before, after)).guidance
    quiet = insights(PLAYED, 3, 1, 5, "fr").guidance
    assert found == [*quiet, *(text.fr for text in said)]
