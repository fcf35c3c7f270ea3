"""Mails as rendered and stored."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wondernest.platform.clock import SystemClock
from wondernest.platform.mail import Letter, MailFailed, MailRefused, OutboxMailer

SENDER = "WonderNest <no-reply@wondernest.app>"


def outbox(folder: Path) -> OutboxMailer:
    return OutboxMailer(folder, SENDER, SystemClock())


async def test_a_mail_written_is_read_back(tmp_path: Path) -> None:
    box = outbox(tmp_path / "box")
    await box.send(Letter("ann@example.com", "Grüße", "Zeile eins\nund zwei\n"))
    (mail,) = await box.latest()
    assert (mail.to, mail.subject, mail.text) == ("ann@example.com", "Grüße", "Zeile eins\nund zwei\n")


async def test_only_the_owner_may_read_the_folder(tmp_path: Path) -> None:
    await outbox(tmp_path / "box").send(Letter("ann@example.com", "x", "y"))
    assert stat.S_IMODE((tmp_path / "box").stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_created_is_a_temporary_fault(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("in the way")
    with pytest.raises(MailFailed):
        await outbox(tmp_path / "box").send(Letter("ann@example.com", "x", "y"))


@pytest.mark.parametrize(
    ("to", "subject"), [("ann@example.com\nBcc: eve@example.com", "x"), ("ann@example.com", "x\r\nBcc: e@example.com")]
)
def test_no_value_can_add_a_header(to: str, subject: str) -> None:
    with pytest.raises(MailRefused):
        Letter(to, subject, "y").rendered(SENDER, datetime.now(UTC))
