"""Outgoing mail: one port, SMTP or an outbox folder behind it, and a bounded sender that never holds up a request."""

from wondernest.platform.mail.delivery import Delivery
from wondernest.platform.mail.message import Mailer, MailFailed, MailRefused, Message
from wondernest.platform.mail.outbox import OutboxMailer
from wondernest.platform.mail.smtp import SmtpMailer

__all__ = ["Delivery", "MailFailed", "MailRefused", "Mailer", "Message", "OutboxMailer", "SmtpMailer"]
