"""Outgoing mail: the interface `Mailer`, implemented with SMTP and with an outbox folder. Jobs send the mail."""

from wondernest.platform.mail.letter import Letter, Mailer, MailFailed, MailRefused, Wording
from wondernest.platform.mail.outbox import OutboxMailer
from wondernest.platform.mail.smtp import SmtpMailer

__all__ = ["Letter", "MailFailed", "MailRefused", "Mailer", "OutboxMailer", "SmtpMailer", "Wording"]
