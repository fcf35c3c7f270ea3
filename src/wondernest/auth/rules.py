"""Validation of sign-up, login, PIN and reset; the texts and their order are part of the wire format (auth contract §1.8)."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from itertools import pairwise
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.platform.texts import is_blank, nfc
from wondernest.platform.time_zones import is_time_zone

EMAIL: Final = re.compile(r"[A-Za-z0-9+_.-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
MAX_EMAIL_CHARS: Final = 255
MIN_PASSWORD_CHARS: Final = 8
MAX_PASSWORD_CHARS: Final = 128
MAX_NAME_CHARS: Final = 50
MAX_DERIVED_LAST_NAME_CHARS: Final = 100
MAX_PHONE_CHARS: Final = 20
MIN_RESET_TOKEN_CHARS: Final = 10
MAX_RESET_TOKEN_CHARS: Final = 256
MAX_ID_TOKEN_CHARS: Final = 2048
PIN_LOCK_GROWTH: Final = 4
"""Each lock of a PIN is so many times as long as the one before, until the right PIN or a sign-in."""
LONGEST_PIN_LOCK_S: Final = 24 * 3600
PIN_FORGOTTEN_S: Final = 7 * 24 * 3600
"""Wrong PINs and locks are forgotten when nobody has tried for so long: fewer guesses than after the longest lock."""
COMMON_PASSWORDS: Final = frozenset(
    {"password", "123456", "123456789", "12345678", "12345", "1234567", "password123", "admin", "qwerty", "abc123"}
)
DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final = frozenset(
    {
        "en",
        "es",
        "fr",
        "de",
        "it",
        "pt",
        "ru",
        "ja",
        "ko",
        "zh",
        "ar",
        "hi",
        "nl",
        "sv",
        "da",
        "no",
        "fi",
        "pl",
        "tr",
        "he",
    }
)
PROVIDERS: Final = ("google", "apple", "facebook")
SCRIPT_MARKS: Final = (
    "<script",
    "</script",
    "javascript:",
    "onload=",
    "onerror=",
    "onclick=",
    "onmouseover=",
    "<img",
    "<iframe",
    "<object",
    "<embed",
)
FAMILY_SUFFIX: Final = "'s Family"
MAX_FAMILY_NAME_CHARS: Final = 100
MAX_DERIVED_FIRST_NAME_CHARS: Final = MAX_FAMILY_NAME_CHARS - len(FAMILY_SUFFIX)
"""A first name taken from `name`, with the suffix, must fit the family name's column."""

INVALID_EMAIL: Final = "Invalid email format"
LONG_FIRST_NAME: Final = "First name must not exceed 50 characters"
LONG_LAST_NAME: Final = "Last name must not exceed 50 characters"
_PIN: Final = re.compile(r"\d{4}(?:\d{2})?", re.ASCII)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class PersonName(Struct, frozen=True):
    """A first and a last name as they are stored; None: not given."""

    first: str | None
    last: str | None

    @property
    def family_name(self) -> str:
        """The name of this person's family, cut to its column. A name that cannot be seen is none, also one that is stored already."""
        first = visible(self.first or "") or "Unknown"
        return f"{first[:MAX_DERIVED_FIRST_NAME_CHARS]}{FAMILY_SUFFIX}"


class NameFields(Struct, frozen=True):
    """Names as they were sent."""

    name: str | None = None
    first: str | None = None
    last: str | None = None

    def normalised(self) -> PersonName:
        """First and last name; one that was not given is taken from `name`, split at the first space."""
        head, _, rest = (visible(self.name or "") or "").partition(" ")
        return PersonName(visible(self.first or "") or visible(head), visible(self.last or "") or visible(rest))

    def problems(self) -> list[str]:
        """The broken rules of the names, each text once."""
        found: list[str] = []
        if len(clean_text(self.first or "")) > MAX_NAME_CHARS:
            found.append(LONG_FIRST_NAME)
        if len(clean_text(self.last or "")) > MAX_NAME_CHARS:
            found.append(LONG_LAST_NAME)
        if found:
            return found
        person = self.normalised()
        too_long = (
            len(person.first or "") > MAX_DERIVED_FIRST_NAME_CHARS
            or len(person.last or "") > MAX_DERIVED_LAST_NAME_CHARS
        )
        return [LONG_FIRST_NAME] if too_long else []


def clean_text(text: str) -> str:
    """A text as it is stored: trimmed, without control characters; never escaped."""
    return _CONTROLS.sub("", text).strip()


def visible(text: str) -> str | None:
    """A name as it is stored; None for one of nothing that can be seen."""
    cleaned = clean_text(text)
    return None if is_blank(cleaned) else cleaned


def normal_email(text: str) -> str:
    """An e-mail address as it is stored and looked up."""
    return text.strip().lower()


def is_email(text: str) -> bool:
    """Whether a text, trimmed, is an e-mail address."""
    trimmed = text.strip()
    return len(trimmed) <= MAX_EMAIL_CHARS and EMAIL.fullmatch(trimmed) is not None


def stored_phone(text: str | None) -> str | None:
    """A phone number as it is stored; None for an empty one and for one the column cannot hold."""
    cleaned = visible(text or "")
    return cleaned if cleaned is not None and len(cleaned) <= MAX_PHONE_CHARS else None


def has_script_marks(text: str) -> bool:
    """Whether a text holds characters of an injected script."""
    lowered = text.lower()
    return any(mark in lowered for mark in SCRIPT_MARKS)


def password_problems(password: str) -> list[str]:
    """The broken rules of a new password, in the normal form in which it is stored: the keyboard makes no difference."""
    if not password.strip():
        return ["Password is required"]
    password = nfc(password)
    found: list[str] = []
    if len(password) < MIN_PASSWORD_CHARS:
        found.append("Password must be at least 8 characters long")
    if len(password) > MAX_PASSWORD_CHARS:
        found.append("Password must not exceed 128 characters")
    if not re.search("[a-z]", password):
        found.append("Password must contain at least one lowercase letter")
    if not re.search("[A-Z]", password):
        found.append("Password must contain at least one uppercase letter")
    if not re.search("[0-9]", password):
        found.append("Password must contain at least one digit")
    if password.lower() in COMMON_PASSWORDS:
        found.append("Password is too common")
    return found


class SignUp(Struct, frozen=True):
    """A sign-up as it was sent."""

    email: str
    password: str
    names: NameFields
    phone: str | None
    time_zone: str
    language: str

    def problems(self) -> list[str]:
        """The broken rules, in wire order."""
        found = [] if is_email(self.email) else [INVALID_EMAIL]
        found += password_problems(self.password)
        found += self.names.problems()
        if not is_time_zone(self.time_zone.strip()):
            found.append("Invalid timezone")
        if self.language.strip().lower() not in LANGUAGES:
            found.append("Invalid language code")
        return found


def login_problems(email: str, password: str) -> list[str]:
    """The broken rules of a login, before the account is read."""
    found = [] if is_email(email) else [INVALID_EMAIL]
    if has_script_marks(email):
        found.append("Invalid characters in email")
    if not password.strip():
        found.append("Password is required")
    return found


def reset_problems(token: str, password: str) -> list[str]:
    """The broken rules of a trimmed reset token and the new password."""
    found: list[str] = []
    if not token:
        found.append("Reset token is required")
    elif not MIN_RESET_TOKEN_CHARS <= len(token) <= MAX_RESET_TOKEN_CHARS:
        found.append("Invalid reset token format")
    if has_script_marks(token):
        found.append("Invalid characters in reset token")
    return found + password_problems(password)


class ExternalLogin(Struct, frozen=True):
    """A login through an external provider as it was sent. `email` is only the client's claim: the address in the token counts."""

    provider: str
    id_token: str
    email: str | None
    names: NameFields
    nonce: str | None = None
    """What the client gave to the provider; the token must hold the same."""

    def problems(self) -> list[str]:
        """The broken rules, before the token is verified."""
        found: list[str] = []
        if self.provider.strip().lower() not in PROVIDERS:
            found.append("Invalid OAuth provider. Supported: google, apple, facebook")
        if not self.id_token.strip():
            found.append("ID token is required")
        elif len(self.id_token) > MAX_ID_TOKEN_CHARS:
            found.append("ID token is too long")
        if self.email is not None and not is_email(self.email):
            found.append(INVALID_EMAIL)
        fields = (
            ("provider", self.provider),
            ("email", self.email),
            ("firstName", self.names.first),
            ("lastName", self.names.last),
        )
        found += [f"Invalid characters in {field}" for field, text in fields if has_script_marks(text or "")]
        return found + self.names.problems()


class FirstSignIn(Enum):
    """What becomes of an identity that opens no account yet, when an account has its address."""

    LINK = auto()
    """The account is the person's: the identity opens it too."""
    TAKE_OVER = auto()
    """Nobody has proven the address so far. The person does it now and gets the account; what opened it before ends."""
    REFUSE = auto()


def first_sign_in(*, owns_email: bool, active: bool, proven: bool, knows_issuer: bool) -> FirstSignIn:
    """Whether an identity gets the account with its address (auth contract §2 oauth).

    `owns_email`: its provider has verified the address. `proven`: so has the account. `knows_issuer`: another subject of the same
    issuer opens the account. Then the provider has given the address to two persons: it changed hands, and the children stay with the first.
    """
    if not owns_email or not active:
        return FirstSignIn.REFUSE
    if not proven:
        return FirstSignIn.TAKE_OVER
    return FirstSignIn.REFUSE if knows_issuer else FirstSignIn.LINK


def is_pin(text: str) -> bool:
    """Whether a text is a PIN: four digits (both earlier backends) or six (the app)."""
    return _PIN.fullmatch(text) is not None


def is_simple_pin(pin: str) -> bool:
    """Whether the digits of a PIN are all equal, or each is one more (or one less) than the one before."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def pin_locks_s(first_s: int) -> tuple[int, ...]:
    """The lengths of the locks in a row, in seconds; the last one is for all later locks too."""
    locks = [first_s]
    while locks[-1] < LONGEST_PIN_LOCK_S:
        locks.append(min(locks[-1] * PIN_LOCK_GROWTH, LONGEST_PIN_LOCK_S))
    return tuple(locks)


NETWORK_BITS: Final = {4: 24, 6: 64}
"""The part of an address that one household or provider shares, by IP version: all that is shown or compared of it."""


def network_of(address: IPv4Address | IPv6Address) -> IPv4Network | IPv6Network:
    """The network of an address; an IPv4 address that is mapped into IPv6 is taken as IPv4."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return ip_network((address, NETWORK_BITS[address.version]), strict=False)


_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("Dart/", "The app"),
    ("okhttp/", "The app"),
    ("CFNetwork/", "The app"),
)
"""Marks in a User-Agent, in the order in which they decide: Edge also says Chrome, and Chrome also says Safari."""
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Darwin", "an Apple device"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str | None) -> str | None:
    """The family of a client, such as `Firefox on Linux`; None if it is unknown. Made of our own words: a User-Agent is not kept."""
    text = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in text), None)
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    return f"{browser} on {system}" if browser and system else browser or system


class Client(Struct, frozen=True):
    """Where a request comes from: its address, the family of the client, and the language that it asks for."""

    ip: str | None
    device: str | None = None
    language: str = DEFAULT_LANGUAGE


class Confirmation(Struct, frozen=True):
    """What comes with a request that must be confirmed: its client, and a step-up proof (empty without one)."""

    client: Client
    proof: str


class StoredSession(Struct, frozen=True):
    """A session of a user: the tokens of one login, or a child's session."""

    id: UUID
    child_id: str | None
    created_at: datetime
    seen_at: datetime
    """When it was opened or last renewed: other requests write nothing."""
    device: str | None
    ip: IPv4Address | IPv6Address | None
    current: bool
