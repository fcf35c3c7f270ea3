"""The objects that the services of this room share; built once in `room.py`."""

from __future__ import annotations

from msgspec import Struct

from wondernest.auth.admission import Gate
from wondernest.auth.attempts import LoginAttempts, MailAllowance, UnknownPinAttempts
from wondernest.auth.jobs import Senders
from wondernest.auth.oauth import IdentityVerifier
from wondernest.auth.passwords import PasswordHasher
from wondernest.auth.repository import (
    AccountRepository,
    IdentityRepository,
    PinLockRepository,
    ProofRepository,
    SessionRepository,
)
from wondernest.auth.tokens import TokenIssuer, TokenVerifier
from wondernest.platform.clock import Clock
from wondernest.platform.db.pool import Database
from wondernest.platform.ids import Ids


class Dependencies(Struct, frozen=True, kw_only=True):
    """Repositories, passwords, tokens, limits, jobs, time."""

    accounts: AccountRepository
    sessions: SessionRepository
    proofs: ProofRepository
    outside: IdentityRepository
    hasher: PasswordHasher
    issuer: TokenIssuer
    verifier: TokenVerifier
    gate: Gate
    identities: IdentityVerifier
    login_attempts: LoginAttempts
    unknown_pin_attempts: UnknownPinAttempts
    pin_locks: PinLockRepository
    allowance: MailAllowance
    senders: Senders
    database: Database
    """For a job that is enqueued outside a unit of work."""
    clock: Clock
    ids: Ids
