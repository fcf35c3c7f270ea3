"""The auth room's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from wondernest.auth.admission import Gate
from wondernest.auth.attempts import LoginAttempts, MailAllowance, UnknownPinAttempts
from wondernest.auth.dependencies import Dependencies
from wondernest.auth.erasing import AccountEraser
from wondernest.auth.jobs import NEW_NETWORK, USER, MailJobs, PruningJobs, senders
from wondernest.auth.mails import MailWriter
from wondernest.auth.metrics import NAMES, AccountMetrics, AttemptMetrics
from wondernest.auth.oauth import IdentityVerifier, providers_of
from wondernest.auth.passwords import PasswordHasher
from wondernest.auth.personal_data import ELSEWHERE, PERSONAL_DATA
from wondernest.auth.pins import PinService
from wondernest.auth.recovery import RecoveryService
from wondernest.auth.repository import (
    AccountRepository,
    IdentityRepository,
    NetworkRepository,
    PinLockRepository,
    ProofRepository,
    SessionRepository,
)
from wondernest.auth.revocations import RevocationFollower
from wondernest.auth.routes import AccountRoutes, ProofRoutes, SessionRoutes
from wondernest.auth.service import AccountService
from wondernest.auth.sessions import SessionService
from wondernest.auth.step_up import StepUpService
from wondernest.auth.tokens import TokenIssuer, TokenVerifier, load_library
from wondernest.platform.ids import Digests
from wondernest.platform.periodic import Periodic
from wondernest.platform.rooms import Room, Table

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("core.users", ("select", "insert", "update"), ("family_id", "pin_hash", "role")),
    Table("core.user_sessions"),
    Table("core.refresh_tokens"),
    Table("core.password_reset_tokens", columns=("email",)),
    Table("wondernest.email_verifications"),
    Table("wondernest.address_proofs"),
    Table("wondernest.outside_identities"),
    Table("wondernest.used_identity_tokens"),
    Table("wondernest.revoked_tokens"),
    Table("wondernest.token_cutoffs"),
    Table("wondernest.pin_locks"),
    Table("wondernest.step_up_proofs"),
    Table("wondernest.unrecorded_cutoffs"),
)
FORGET_EVERY_S: Final = 3600.0
"""How often a process drops the revocations of expired tokens from its memory."""
INDEXES: Final = ("core.idx_users_email_mixed_case",)


class Auth(NamedTuple):
    """The room, and the parts that other rooms use."""

    room: Room
    accounts: AccountService
    verifier: TokenVerifier
    gate: Gate


def build(parts: Parts) -> Auth:
    """Accounts, sessions and proofs."""
    settings, clock, database = parts.settings, parts.clock, parts.database
    verifier = TokenVerifier(settings.jwt, clock)
    refresh_life = timedelta(milliseconds=settings.jwt.refresh_life_ms)
    follower = RevocationFollower(database, verifier, clock, refresh_life)

    async def forget() -> None:
        verifier.prune()

    forgetting = Periodic("forget expired tokens", FORGET_EVERY_S, forget)
    hasher, proofs = PasswordHasher(settings.auth), ProofRepository(database)
    mails = MailJobs(proofs, MailWriter(settings.auth), parts.mailer, clock, settings, parts.metrics)
    locks, digests, limited = PinLockRepository(database), Digests(settings.jwt.secret), AttemptMetrics(parts.metrics)
    pruning = PruningJobs(database, locks, clock, refresh_life)
    gate = Gate(database, clock)
    deps = Dependencies(
        accounts=AccountRepository(database),
        sessions=SessionRepository(database, most=settings.auth.sessions_per_user, notice=(NEW_NETWORK, USER)),
        proofs=proofs,
        outside=IdentityRepository(),
        hasher=hasher,
        issuer=TokenIssuer(settings.jwt, clock),
        verifier=verifier,
        gate=gate,
        identities=IdentityVerifier(providers_of(settings.oauth, parts.metrics), clock),
        login_attempts=LoginAttempts(
            parts.counters, settings.limits, NetworkRepository(database), digests, clock, limited
        ),
        unknown_pin_attempts=UnknownPinAttempts(parts.counters, settings.auth, digests, limited),
        pin_locks=locks,
        allowance=MailAllowance(parts.counters, digests),
        senders=senders(parts.jobs),
        database=database,
        clock=clock,
        ids=parts.ids,
    )
    accounts, counted = AccountService(deps, settings), AccountMetrics(parts.metrics)
    pins, recovery = PinService(deps, settings, limited), RecoveryService(deps, settings.auth)
    sessions = SessionService(deps, settings)
    of_sessions = SessionRoutes(sessions, StepUpService(deps, sessions, pins), counted)
    of_accounts = AccountRoutes(accounts, settings.jwt, default_pin=bool(settings.default_pin), metrics=counted)
    room = Room(
        name="auth",
        endpoints=[
            *of_accounts.endpoints(),
            *ProofRoutes(pins, recovery, counted).endpoints(),
            *of_sessions.endpoints(),
        ],
        tables=TABLES,
        indexes=INDEXES,
        jobs=(*mails.jobs(), *pruning.jobs()),
        schedules=pruning.schedules(),
        metrics=NAMES,
        on_start=(load_library, follower.start, forgetting.start),
        on_stop=(forgetting.stop, follower.stop, hasher.close),
        personal_data=PERSONAL_DATA,
        elsewhere=ELSEWHERE,
        erasers=(AccountEraser(deps).erase,),
    )
    return Auth(room, accounts, verifier, gate)
