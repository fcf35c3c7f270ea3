"""Mails with an HTML part and more headers."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from aiosmtplib.email import flatten_message

from wondernest.platform.mail import Letter, MailRefused

SENDER = "WonderNest <no-reply@wondernest.app>"
ADDRESS = f"https://api.example.com/{'a' * 200}?token={'b' * 43}&lang=de"


def written(letter: Letter) -> EmailMessage:
    return letter.rendered(SENDER, datetime.now(UTC))


def test_a_mail_has_its_text_first_and_the_same_as_html() -> None:
    letter = Letter("ann@example.com", "x", "Grüße\n", html="<p>Grüße</p>\n")
    read = email.message_from_bytes(written(letter).as_bytes(), EmailMessage, policy=email.policy.default)
    assert read.get_content_type() == "multipart/alternative"
    parts = [(part.get_content_type(), part.get_content()) for part in read.iter_parts()]
    assert parts == [("text/plain", "Grüße\n"), ("text/html", "<p>Grüße</p>\n")]


def test_a_mail_without_html_is_plain_text() -> None:
    assert written(Letter("ann@example.com", "x", "y")).get_content_type() == "text/plain"


def test_a_long_address_in_a_header_stays_whole_in_a_file_and_on_the_way_to_a_server() -> None:
    headers = {"List-Unsubscribe": f"<{ADDRESS}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = written(Letter("ann@example.com", "x", "y", headers=headers))
    for sent in (mail.as_bytes(), flatten_message(mail)):
        lines = sent.decode().splitlines()
        assert f"List-Unsubscribe: <{ADDRESS}>" in lines
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


@pytest.mark.parametrize("value", ["a\r\nBcc: eve@example.com", "a\nb", "Grüße", "x" * 1_000])
def test_a_header_is_one_line_of_ascii(value: str) -> None:
    with pytest.raises(MailRefused):
        written(Letter("ann@example.com", "x", "y", headers={"X-Test": value}))
