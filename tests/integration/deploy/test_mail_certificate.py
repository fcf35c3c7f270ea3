"""The certificate of compose's mail catcher is one that the service accepts, and refuses for any other host."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.compose.certificate import AUTHORITIES, CERTIFICATE, KEY, main
from wondernest.platform.clock import SystemClock
from wondernest.platform.mail import Letter, MailFailed, SmtpMailer
from wondernest.settings import Mail

LETTER = Letter("ann@example.com", "Hello", "Hello Ann,\n\nsee you.\n")


class Catcher:
    def __init__(self) -> None:
        self.caught: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.caught += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catcher: Catcher) -> AsyncIterator[int]:
    """A server with the certificate for `localhost`; the environment is that of compose.yaml."""
    main(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / AUTHORITIES))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / CERTIFICATE, tmp_path / KEY)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname="localhost", loop=loop, tls_context=context, require_starttls=True),
        "127.0.0.1",
        0,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def mailer(host: str, port: int) -> SmtpMailer:
    return SmtpMailer(Mail(smtp_host=host, smtp_port=port), SystemClock(timedelta()))


async def test_mail_reaches_the_catcher_under_tls(port: int, catcher: Catcher) -> None:
    await mailer("localhost", port).send(LETTER)
    assert catcher.caught == ["ann@example.com"]


async def test_the_certificate_is_none_for_another_host(port: int, catcher: Catcher) -> None:
    with pytest.raises(MailFailed):
        await mailer("127.0.0.1", port).send(LETTER)
    assert catcher.caught == []


def test_a_certificate_that_is_there_is_kept_and_its_key_is_private(tmp_path: Path) -> None:
    main(tmp_path, "mail")
    before = {name: (tmp_path / name).read_bytes() for name in (CERTIFICATE, KEY, AUTHORITIES)}
    main(tmp_path, "mail")
    assert {name: (tmp_path / name).read_bytes() for name in (CERTIFICATE, KEY, AUTHORITIES)} == before
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0
