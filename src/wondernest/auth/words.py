"""The texts of this room's mails, in each language."""

from __future__ import annotations

from msgspec import Struct

from wondernest.platform.languages import wording
from wondernest.platform.mail import Wording


class Lengths(Struct, frozen=True):
    """How long something lasts; `{number}` is replaced."""

    minute: str
    minutes: str
    hour: str
    hours: str


class Words(Struct, frozen=True):
    """One language. `{token}`, `{link}`, `{hours}`, `{attempts}` and `{length}` are replaced."""

    lengths: Lengths
    verify_email: Wording
    password_reset_by_link: Wording
    password_reset_by_code: Wording
    password_changed: Wording
    new_network: Wording
    pin_locked: Wording
    pin_set: Wording
    sign_up_attempt: Wording
    account_taken_over: Wording
    identity_linked: Wording


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.auth", language, Words)
