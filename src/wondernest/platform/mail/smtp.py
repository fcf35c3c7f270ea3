"""Sends mail through an SMTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.mail.letter import Letter, MailFailed, MailRefused

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.settings import Mail

PERMANENT: Final = range(500, 600)
"""SMTP reply codes of permanent failures."""


class SmtpMailer:
    """Opens one connection per mail, with or without TLS; certificates are verified."""

    def __init__(self, settings: Mail, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """Send the mail; raises MailFailed or MailRefused."""
        import aiosmtplib

        settings = self._settings
        mail = letter.rendered(settings.sender, self._clock.now())
        try:
            await aiosmtplib.send(
                mail,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username or None,
                password=str(settings.smtp_password) or None,
                use_tls=settings.smtp_tls == "tls",
                start_tls=settings.smtp_tls == "starttls",
                timeout=settings.timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            if all(code in PERMANENT for code in codes):
                raise MailRefused(f"recipient refused: {codes}") from None
            raise MailFailed(f"recipient refused: {codes}") from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailFailed(f"authentication refused: {error.code}") from None
        except aiosmtplib.SMTPResponseException as error:
            if error.code in PERMANENT:
                raise MailRefused(str(error.code)) from None
            raise MailFailed(str(error.code)) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailFailed(type(error).__name__) from None
