"""Outgoing mail: one port, SMTP or an outbox folder behind it. Mails are sent by jobs."""

from wondernest.platform.mail.message import Mailer, MailFailed, MailRefused, Message
from wondernest.platform.mail.outbox import OutboxMailer
from wondernest.platform.mail.smtp import SmtpMailer

__all__ = ["MailFailed", "MailRefused", "Mailer", "Message", "OutboxMailer", "SmtpMailer"]
