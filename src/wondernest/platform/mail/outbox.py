"""Writes mail into a folder, one .eml file each: for development without a mail server."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.platform.clock import epoch_ms
from wondernest.platform.mail.letter import Letter, MailFailed

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock

SUFFIX: Final = ".eml"
SHOWN: Final = 50
FOLDER_MODE: Final = 0o700
"""Mails contain one-time tokens: only the user of the process may read them."""


class OutboxMail(Struct, frozen=True):
    """A mail in the outbox."""

    to: str
    subject: str
    date: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    """The header `List-Unsubscribe`."""


class OutboxMailer:
    """Writes mails to a folder instead of sending them."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """Write the mail atomically; raises MailFailed or MailRefused."""
        now = self._clock.now()
        content = letter.rendered(self._sender, now).as_bytes()
        name = f"{epoch_ms(now)}-{secrets.token_hex(4)}"
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise MailFailed(type(error).__name__) from None

    async def latest(self) -> list[OutboxMail]:
        """The newest mails, newest first."""
        return await asyncio.to_thread(self._read)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        draft = self._folder / name
        draft.write_bytes(content)
        draft.replace(draft.with_suffix(SUFFIX))

    def _read(self) -> list[OutboxMail]:
        paths = sorted(self._folder.glob(f"*{SUFFIX}"), reverse=True)[:SHOWN]
        return [_parse(path.read_bytes()) for path in paths]


def _parse(content: bytes) -> OutboxMail:
    import email
    import email.policy
    from email.message import EmailMessage

    mail = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    return OutboxMail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        date=str(mail["Date"]),
        text="" if plain is None else plain.get_content(),
        html="" if html is None else html.get_content(),
        unsubscribe=str(mail["List-Unsubscribe"] or ""),
    )
