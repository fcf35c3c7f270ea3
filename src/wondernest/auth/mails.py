"""The mails of this room, made from the texts in `templates/`: the first line is the subject."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wondernest.platform.mail import Letter

if TYPE_CHECKING:
    from jinja2 import Environment

    from wondernest.settings import Auth

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600


class MailWriter:
    """Writes mails. They hold no name: anyone can enter another person's address at sign-up, and must not get their own text into that mail."""

    def __init__(self, settings: Auth) -> None:
        self._settings = settings

    def password_reset(self, to: str, token: str) -> Letter:
        """How to choose a new password, with a link if there is a page for it."""
        page, hours = self._settings.reset_page_url, self._settings.reset_life_h
        return self._write("password_reset", to, token=token, link=page and reset_link(page, token), hours=hours)

    def password_changed(self, to: str) -> Letter:
        """The password was changed."""
        return self._write("password_changed", to)

    def new_network(self, to: str) -> Letter:
        """Somebody signed in from a network that the account was never used from."""
        return self._write("new_network", to)

    def pin_locked(self, to: str, lock_s: int | None = None) -> Letter:
        """Too many wrong PINs were entered. `lock_s`: how long no PIN is accepted; None: as long as the first time."""
        settings = self._settings
        length = _length(settings.pin_lock_s if lock_s is None else lock_s)
        return self._write("pin_locked", to, attempts=settings.pin_attempts, length=length)

    def pin_set(self, to: str) -> Letter:
        """A parent PIN was set or replaced."""
        return self._write("pin_set", to)

    def sign_up_attempt(self, to: str) -> Letter:
        """Somebody tried to sign up with this address, which has an account."""
        return self._write("sign_up_attempt", to)

    def account_taken_over(self, to: str) -> Letter:
        """The owner of the address signed in from outside; nobody had proven the address before."""
        return self._write("account_taken_over", to)

    def identity_linked(self, to: str) -> Letter:
        """The account can be opened by an outside identity too."""
        return self._write("identity_linked", to)

    def verify_email(self, to: str, token: str) -> Letter:
        """The code that verifies the address."""
        return self._write("verify_email", to, token=token, hours=self._settings.verification_life_h)

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        loader = PackageLoader("wondernest.auth")
        return Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text

    def _write(self, template: str, to: str, **values: object) -> Letter:
        text = self._environment.get_template(f"{template}.txt").render(**values)
        subject, _, body = text.partition("\n")
        return Letter(to, subject, body.lstrip("\n") + "\n")


def reset_link(page_url: str, token: str) -> str:
    """The page with the token in its fragment, which browsers do not send to servers.

    A page that has a fragment already, as sites with routes in the fragment do, gets it as a query within the fragment.
    """
    _, mark, fragment = page_url.partition("#")
    if not fragment:
        return f"{page_url}token={token}" if mark else f"{page_url}#token={token}"
    joint = "&" if "?" in fragment or "=" in fragment else "?"
    return f"{page_url}{'' if fragment[-1] in '?&' else joint}token={token}"


def _length(seconds: int) -> str:
    """A length of time in words, rounded up: `15 minutes`, `1 hour`."""
    unit, name = (SECONDS_PER_HOUR, "hour") if seconds >= SECONDS_PER_HOUR else (SECONDS_PER_MINUTE, "minute")
    number = -(-seconds // unit)
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
