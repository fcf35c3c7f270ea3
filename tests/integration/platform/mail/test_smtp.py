"""Mail through a real SMTP server that the test starts."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import code_in, register
from wondernest.app import create_app
from wondernest.platform.clock import SystemClock
from wondernest.platform.mail import Letter, MailFailed, MailRefused, SmtpMailer
from wondernest.settings import Mail, Secret, Settings

Listening = Callable[..., Awaitable[int]]
PATIENCE_S = 10.0
MESSAGE = Letter("ann@example.com", "Grüße", "Hello Ann,\n\nsee you.\n")


class Mailbox:
    """The mails that the server received, and its answers."""

    def __init__(self) -> None:
        self.mails: list[tuple[Envelope, EmailMessage]] = []
        self.answer = "250 OK"
        self.recipient_answer = "250 OK"
        self._arrived = asyncio.Event()

    async def arrival(self) -> None:
        """Wait until a mail has arrived."""
        async with asyncio.timeout(PATIENCE_S):
            await self._arrived.wait()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, EmailMessage, policy=email.policy.default)
        self.mails.append((envelope, mail))
        self._arrived.set()
        return self.answer


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def listening(mailbox: Mailbox) -> AsyncIterator[Listening]:
    """Yields a function that starts a server for the mailbox and returns its port."""
    async with AsyncExitStack() as started:

        async def start(ssl_context: ssl.SSLContext | None = None, **options: Any) -> int:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: SMTP(mailbox, hostname="test", loop=loop, **options), "127.0.0.1", 0, ssl=ssl_context
            )
            await started.enter_async_context(server)
            return server.sockets[0].getsockname()[1]

        yield start


def mailer(port: int, **settings: Any) -> SmtpMailer:
    chosen: dict[str, Any] = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", **settings}
    return SmtpMailer(Mail(**chosen), SystemClock())


async def test_a_mail_arrives_with_its_headers_and_text(mailbox: Mailbox, listening: Listening) -> None:
    await mailer(await listening()).send(MESSAGE)
    ((envelope, mail),) = mailbox.mails
    assert envelope.rcpt_tos == ["ann@example.com"]
    assert envelope.mail_from == "no-reply@wondernest.app"
    assert mail["Subject"] == "Grüße"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@wondernest.app>")
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text


async def test_a_refused_recipient_is_final_and_a_busy_server_is_not(mailbox: Mailbox, listening: Listening) -> None:
    port = await listening()
    mailbox.recipient_answer = "550 No such user"
    with pytest.raises(MailRefused):
        await mailer(port).send(MESSAGE)
    mailbox.recipient_answer = "451 Try again later"
    with pytest.raises(MailFailed):
        await mailer(port).send(MESSAGE)
    mailbox.recipient_answer, mailbox.answer = "250 OK", "554 Not this"
    with pytest.raises(MailRefused):
        await mailer(port).send(MESSAGE)


async def test_a_missing_server_is_a_temporary_fault(listening: Listening) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(MailFailed):
            await mailer(unused.getsockname()[1]).send(MESSAGE)


async def test_a_server_without_starttls_gets_no_mail_when_it_is_required(
    mailbox: Mailbox, listening: Listening
) -> None:
    with pytest.raises(MailFailed):
        await mailer(await listening(), smtp_tls="starttls").send(MESSAGE)
    assert mailbox.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_mail_goes_through_tls_only_to_a_trusted_server(
    mailbox: Mailbox, listening: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    port = await listening(**({"tls_context": context} if tls == "starttls" else {"ssl_context": context}))
    with pytest.raises(MailFailed):
        await mailer(port, smtp_tls=tls).send(MESSAGE)
    assert mailbox.mails == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    await mailer(port, smtp_tls=tls).send(MESSAGE)
    assert len(mailbox.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_user_and_password_are_given_where_they_are_set(mailbox: Mailbox, listening: Listening) -> None:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given.login == b"user" and given.password == b"word", handled=False)

    port = await listening(authenticator=check, auth_required=True, auth_require_tls=False)
    with pytest.raises(MailFailed):
        await mailer(port, smtp_username="user", smtp_password=Secret("wrong")).send(MESSAGE)
    await mailer(port, smtp_username="user", smtp_password=Secret("word")).send(MESSAGE)
    assert len(mailbox.mails) == 1


async def test_a_registration_mails_its_code_through_smtp(
    mailbox: Mailbox, listening: Listening, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(SMTP_HOST="127.0.0.1", SMTP_PORT=str(await listening()), SMTP_TLS="none")
    async with jobs_running(settings), running(create_app(settings)) as client:
        parent = await register(client)
        await mailbox.arrival()
    ((envelope, mail),) = mailbox.mails
    assert envelope.rcpt_tos == [parent.email]
    assert code_in(mail.get_content().replace("\r\n", "\n"))


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
