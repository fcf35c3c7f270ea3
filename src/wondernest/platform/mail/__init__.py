"""Outgoing mail: one port, SMTP or an outbox folder behind it. Mails are sent by jobs."""

from wondernest.platform.mail.letter import Letter, Mailer, MailFailed, MailRefused
from wondernest.platform.mail.outbox import OutboxMailer
from wondernest.platform.mail.smtp import SmtpMailer

__all__ = ["Letter", "MailFailed", "MailRefused", "Mailer", "OutboxMailer", "SmtpMailer"]
