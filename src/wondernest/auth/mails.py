"""The mails of this room, in the reader's language. Their texts are in `words/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.auth.words import words

if TYPE_CHECKING:
    from wondernest.access.readers import Reader
    from wondernest.auth.words import Lengths
    from wondernest.platform.mail import Letter
    from wondernest.settings import Auth

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600


class MailWriter:
    """Writes mails. They hold no name: anyone can enter another person's address at sign-up, and must not get their own text into that mail."""

    def __init__(self, settings: Auth) -> None:
        self._settings = settings

    def password_reset(self, to: Reader, token: str) -> Letter:
        """How to choose a new password, with a link if there is a page for it."""
        page, known, hours = self._settings.reset_page_url, words(to.language), str(self._settings.reset_life_h)
        if page:
            return known.password_reset_by_link.letter(to.email, link=reset_link(page, token), hours=hours)
        return known.password_reset_by_code.letter(to.email, token=token, hours=hours)

    def password_changed(self, to: Reader) -> Letter:
        """The password was changed."""
        return words(to.language).password_changed.letter(to.email)

    def new_network(self, to: Reader) -> Letter:
        """Somebody signed in from a network that the account was never used from."""
        return words(to.language).new_network.letter(to.email)

    def pin_locked(self, to: Reader, lock_s: int | None = None) -> Letter:
        """Too many wrong PINs were entered. `lock_s`: how long no PIN is accepted; None: as long as the first time."""
        settings, known = self._settings, words(to.language)
        length = _length(settings.pin_lock_s if lock_s is None else lock_s, known.lengths)
        return known.pin_locked.letter(to.email, attempts=str(settings.pin_attempts), length=length)

    def pin_set(self, to: Reader) -> Letter:
        """A parent PIN was set or replaced."""
        return words(to.language).pin_set.letter(to.email)

    def sign_up_attempt(self, to: Reader) -> Letter:
        """Somebody tried to sign up with this address, which has an account."""
        return words(to.language).sign_up_attempt.letter(to.email)

    def account_taken_over(self, to: Reader) -> Letter:
        """The owner of the address signed in from outside; nobody had proven the address before."""
        return words(to.language).account_taken_over.letter(to.email)

    def identity_linked(self, to: Reader) -> Letter:
        """The account can be opened by an outside identity too."""
        return words(to.language).identity_linked.letter(to.email)

    def verify_email(self, to: Reader, token: str) -> Letter:
        """The code that verifies the address."""
        hours = str(self._settings.verification_life_h)
        return words(to.language).verify_email.letter(to.email, token=token, hours=hours)


def reset_link(page_url: str, token: str) -> str:
    """The page with the token in its fragment, which browsers do not send to servers.

    A page that has a fragment already, as sites with routes in the fragment do, gets it as a query within the fragment.
    """
    _, mark, fragment = page_url.partition("#")
    if not fragment:
        return f"{page_url}token={token}" if mark else f"{page_url}#token={token}"
    joint = "&" if "?" in fragment or "=" in fragment else "?"
    return f"{page_url}{'' if fragment[-1] in '?&' else joint}token={token}"


def _length(seconds: int, lengths: Lengths) -> str:
    """A length of time in words, rounded up: `for 15 minutes`, `for 1 hour`."""
    if seconds >= SECONDS_PER_HOUR:
        number, one, more = -(-seconds // SECONDS_PER_HOUR), lengths.hour, lengths.hours
    else:
        number, one, more = -(-seconds // SECONDS_PER_MINUTE), lengths.minute, lengths.minutes
    return (one if number == 1 else more).format(number=number)
