"""The mails of the room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wondernest.auth.mails import MailWriter, reset_link
from wondernest.settings import Auth

ROOT = Path(__file__).parents[3]

TOKEN = "t" * 43


def test_a_reset_without_a_page_gives_the_code_on_a_line_of_its_own() -> None:
    message = MailWriter(Auth()).password_reset("ann@example.com", TOKEN)
    assert message.to == "ann@example.com"
    assert message.subject == "Reset your WonderNest password"
    assert TOKEN in message.text.splitlines()
    assert "24 hours" in message.text


def test_a_reset_with_a_page_carries_the_code_in_the_fragment() -> None:
    message = MailWriter(Auth(reset_page_url="https://wondernest.app/reset")).password_reset("ann@example.com", TOKEN)
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
    message = MailWriter(Auth(reset_page_url=page)).password_reset("ann@example.com", "TOKEN")
    assert link in message.text.splitlines()


def test_the_documented_links_are_those_of_the_mail() -> None:
    documented = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    [row] = [line for line in documented.splitlines() if "`PASSWORD_RESET_PAGE_URL`" in line]
    examples = re.findall(r"`(https://[^`]+)`", row)
    assert len(examples) == 4
    for page, link in zip(examples[::2], examples[1::2], strict=True):
        assert reset_link(page, "TOKEN") == link


def test_every_letter_has_a_subject_and_a_text_without_leftovers_of_its_template() -> None:
    writer = MailWriter(Auth(pin_lock_s=90))
    written = [
        writer.password_changed("ann@example.com"),
        writer.pin_locked("ann@example.com"),
        writer.pin_set("ann@example.com"),
        writer.sign_up_attempt("ann@example.com"),
        writer.verify_email("ann@example.com", TOKEN),
        writer.account_taken_over("ann@example.com"),
        writer.identity_linked("ann@example.com"),
    ]
    for message in written:
        assert message.subject.strip() == message.subject != ""
        assert message.text.strip()
        assert "{" not in message.text
        assert "\n\n\n" not in message.text
    assert "for 2 minutes" in written[1].text
