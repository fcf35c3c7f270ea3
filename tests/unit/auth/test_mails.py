"""The mails of the room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wondernest.access.readers import Reader
from wondernest.auth.mails import MailWriter, reset_link
from wondernest.auth.words import words
from wondernest.platform.languages import LANGUAGES
from wondernest.platform.mail import Letter
from wondernest.settings import Auth

ROOT = Path(__file__).parents[3]

TOKEN = "t" * 43
ANN = Reader("ann@example.com", "en")


def test_a_reset_without_a_page_gives_the_code_on_a_line_of_its_own() -> None:
    message = MailWriter(Auth()).password_reset(ANN, TOKEN)
    assert message.to == "ann@example.com"
    assert message.subject == "Reset your WonderNest password"
    assert TOKEN in message.text.splitlines()
    assert "24 hours" in message.text


def test_a_reset_with_a_page_carries_the_code_in_the_fragment() -> None:
    message = MailWriter(Auth(reset_page_url="https://wondernest.app/reset")).password_reset(ANN, TOKEN)
    assert f"https://wondernest.app/reset#token={TOKEN}" in message.text.splitlines()


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("https://site.example/reset", "https://site.example/reset#token=TOKEN"),
        ("https://site.example/reset?lang=de", "https://site.example/reset?lang=de#token=TOKEN"),
        ("https://site.example/reset#", "https://site.example/reset#token=TOKEN"),
        ("https://site.example/#/reset", "https://site.example/#/reset?token=TOKEN"),
        ("https://site.example/#/reset?lang=de", "https://site.example/#/reset?lang=de&token=TOKEN"),
        ("https://site.example/#/reset?", "https://site.example/#/reset?token=TOKEN"),
        ("https://site.example/reset#lang=de", "https://site.example/reset#lang=de&token=TOKEN"),
    ],
)
def test_the_link_has_one_fragment_with_the_token_in_it(page: str, link: str) -> None:
    message = MailWriter(Auth(reset_page_url=page)).password_reset(ANN, "TOKEN")
    assert link in message.text.splitlines()


def test_the_documented_links_are_those_of_the_mail() -> None:
    documented = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    [row] = [line for line in documented.splitlines() if "`PASSWORD_RESET_PAGE_URL`" in line]
    examples = re.findall(r"`(https://[^`]+)`", row)
    assert len(examples) == 4
    for page, link in zip(examples[::2], examples[1::2], strict=True):
        assert reset_link(page, "TOKEN") == link


def every_letter(to: Reader) -> list[Letter]:
    writer = MailWriter(Auth(pin_lock_s=90))
    return [
        writer.password_changed(to),
        writer.pin_locked(to),
        writer.pin_set(to),
        writer.sign_up_attempt(to),
        writer.verify_email(to, TOKEN),
        writer.account_taken_over(to),
        writer.identity_linked(to),
        writer.new_network(to),
        writer.password_reset(to, TOKEN),
        MailWriter(Auth(reset_page_url="https://wondernest.app/reset")).password_reset(to, TOKEN),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_has_a_subject_and_a_text_without_leftovers_of_its_wording(language: str) -> None:
    written = every_letter(Reader("ann@example.com", language))
    for message in written:
        assert message.subject.strip() == message.subject != ""
        assert message.text.strip()
        assert "{" not in message.text
        assert "\n\n\n" not in message.text
    assert [TOKEN in message.text for message in written] == [*[False] * 4, True, *[False] * 3, True, True]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("seconds", "number"), [(60, "1"), (90, "2"), (3600, "1"), (3601, "2"), (86_400, "24")])
def test_a_lock_is_told_in_minutes_and_from_an_hour_on_in_hours_rounded_up(
    language: str, seconds: int, number: str
) -> None:
    known = words(language).lengths
    one, more = (known.hour, known.hours) if seconds >= 3600 else (known.minute, known.minutes)
    text = MailWriter(Auth()).pin_locked(Reader("ann@example.com", language), seconds).text
    assert (one if number == "1" else more).format(number=number) in text
