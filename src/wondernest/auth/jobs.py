"""The room's background jobs: its mails, and the removal of expired rows.

A job holds a user id, never an address or a token: the handler reads the address and makes the token when it writes the mail. The
token is derived from the job. So if the process is killed and the job runs again, the mail has the same token and Message-ID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.auth.repository import LANGUAGE, RevocationRepository
from wondernest.auth.rules import PIN_FORGOTTEN_S
from wondernest.platform.ids import sha256_hex
from wondernest.platform.jobs import Job, Jobs, Running, Schedule, Sender
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.languages import number_of, of_number
from wondernest.platform.mail import Letter, Mailer
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from wondernest.access.readers import Reader
    from wondernest.auth.mails import MailWriter
    from wondernest.auth.repository import PinLockRepository, ProofRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Settings

VERIFY_EMAIL: Final = "auth.verify_email"
RESET_PASSWORD: Final = "auth.reset_password"  # noqa: S105 - a job's name
PASSWORD_CHANGED: Final = "auth.password_changed"  # noqa: S105 - as above
NEW_NETWORK: Final = "auth.new_network"
PIN_LOCKED: Final = "auth.pin_locked"
PIN_SET: Final = "auth.pin_set"
SIGN_UP_ATTEMPT: Final = "auth.sign_up_attempt"
ACCOUNT_TAKEN_OVER: Final = "auth.account_taken_over"
IDENTITY_LINKED: Final = "auth.identity_linked"
FORGET_EXPIRED: Final = "auth.forget_expired"

USER: Final = "user"
"""The argument of every mail job: the user id. Without it (there is no account) no mail is sent."""
SECONDS: Final = "seconds"
"""The argument of the letter about a lock: its length."""
PRUNING_LIMIT_S: Final = 600.0
_TOKEN_PURPOSE: Final = b"wondernest one-time token\0"
"""Separates these tokens from everything else that is derived from the same secret."""


class Senders(Struct, frozen=True):
    """Enqueue functions of the room's mail jobs."""

    verify_email: Sender
    reset_password: Sender
    password_changed: Sender
    pin_locked: Sender
    pin_set: Sender
    sign_up_attempt: Sender
    account_taken_over: Sender
    identity_linked: Sender


def senders(jobs: Jobs) -> Senders:
    """The senders of the room's mails."""
    names = (
        VERIFY_EMAIL,
        RESET_PASSWORD,
        PASSWORD_CHANGED,
        PIN_LOCKED,
        PIN_SET,
        SIGN_UP_ATTEMPT,
        ACCOUNT_TAKEN_OVER,
        IDENTITY_LINKED,
    )
    return Senders(*(jobs.sender(name) for name in names))


class MailJobs:
    """Writes and sends the room's mails."""

    def __init__(
        self,
        proofs: ProofRepository,
        writer: MailWriter,
        mailer: Mailer,
        clock: Clock,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._proofs = proofs
        self._writer = writer
        self._letters = LetterSender(mailer, metrics)
        self._clock = clock
        self._secret = settings.jwt.secret.encode()
        self._reset_life = timedelta(hours=settings.auth.reset_life_h)
        self._verification_life = timedelta(hours=settings.auth.verification_life_h)

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        writer = self._writer
        return (
            Job(VERIFY_EMAIL, self.verify_email, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
            Job(RESET_PASSWORD, self.reset_password, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
            self._notice(PASSWORD_CHANGED, writer.password_changed),
            self._notice(NEW_NETWORK, writer.new_network),
            Job(PIN_LOCKED, self.pin_locked, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
            self._notice(PIN_SET, writer.pin_set),
            self._notice(SIGN_UP_ATTEMPT, writer.sign_up_attempt),
            self._notice(ACCOUNT_TAKEN_OVER, writer.account_taken_over),
            self._notice(IDENTITY_LINKED, writer.identity_linked),
        )

    async def verify_email(self, job: Running) -> None:
        """Mail the code that verifies an address."""
        user_id = job.uuid(USER)
        if user_id is None:
            return
        token, now = self._token(job), self._clock.now()
        digest = hashlib.sha256(token.encode()).digest()
        until, asked = now + self._verification_life, _asked(job)
        reader = await self._proofs.note_verification(user_id, digest, until, now, asked)
        if reader is not None:
            await self._letters.send(job, self._writer.verify_email(reader, token))

    async def reset_password(self, job: Running) -> None:
        """Mail a one-time token for a new password, where there is an account."""
        user_id = job.uuid(USER)
        if user_id is None:
            return
        token, now = self._token(job), self._clock.now()
        until, asked = now + self._reset_life, _asked(job)
        reader = await self._proofs.note_reset(user_id, sha256_hex(token), until, now, asked)
        if reader is not None:
            await self._letters.send(job, self._writer.password_reset(reader, token))

    async def pin_locked(self, job: Running) -> None:
        """Mail that the PIN is locked, and for how long."""
        reader, lock_s = await self._reader(job), job.args.get(SECONDS)
        if reader is not None:
            await self._letters.send(job, self._writer.pin_locked(reader, lock_s if isinstance(lock_s, int) else None))

    def _notice(self, name: str, write: Callable[[Reader], Letter]) -> Job:
        async def handler(job: Running) -> None:
            reader = await self._reader(job)
            if reader is not None:
                await self._letters.send(job, write(reader))

        return Job(name, handler, LETTER_RETRY, unrecorded=Unrecorded.NOBODY)

    async def _reader(self, job: Running) -> Reader | None:
        user_id = job.uuid(USER)
        return None if user_id is None else await self._proofs.reader(user_id, _asked(job))

    def _token(self, job: Running) -> str:
        """43 characters, derived from the job and the secret; without the secret they look random."""
        digest = hmac.digest(self._secret, _TOKEN_PURPOSE + job.reference.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def letter_to(user_id: UUID, language: str) -> dict[str, UUID | int]:
    """The arguments of a letter's job. `language`: the one that the request asked for; a family's own choice goes before it."""
    return {USER: user_id, LANGUAGE: number_of(language)}


def _asked(job: Running) -> str | None:
    """The language that the request asked for; a job of an earlier release has none."""
    return of_number(job.args.get(LANGUAGE))


class PruningJobs:
    """Removes expired rows."""

    def __init__(self, database: Database, pin_locks: PinLockRepository, clock: Clock, refresh_life: timedelta) -> None:
        self._database = database
        self._pin_locks = pin_locks
        self._clock = clock
        self._refresh_life = refresh_life

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (
            Job(
                FORGET_EXPIRED,
                self.forget_expired,
                time_limit_s=PRUNING_LIMIT_S,
                unrecorded=Unrecorded.UPKEEP,
                by_age=True,
            ),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET_EXPIRED, "17 * * * *", FORGET_EXPIRED),)

    async def forget_expired(self, _: Running) -> None:
        """Remove expired revocations, tokens and sessions, and wrong PINs of long ago."""
        now = self._clock.now()
        await RevocationRepository.prune(self._database, now, now - self._refresh_life)
        await self._pin_locks.prune(now - timedelta(seconds=PIN_FORGOTTEN_S))
