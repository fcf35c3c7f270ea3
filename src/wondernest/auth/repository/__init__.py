"""SQL of accounts: users, sessions, PINs and mailed tokens, outside identities, revocations.

Every statement names its account, address or token. Statements that must not interleave (login, refresh, logout, reset) lock
the row of the user first, then the rows of its tokens, so a token that is being made during a reset is revoked too.
"""

from wondernest.auth.repository.accounts import Account, AccountRepository, NewAccount
from wondernest.auth.repository.admission import AdmissionRepository, Question
from wondernest.auth.repository.identities import IdentityRepository, Link, Standing
from wondernest.auth.repository.letters import LANGUAGE, LetterJob
from wondernest.auth.repository.networks import NetworkRepository
from wondernest.auth.repository.pin_locks import PinAttempt, PinLockRepository
from wondernest.auth.repository.proofs import PinHolder, ProofRepository
from wondernest.auth.repository.revocations import CHANNEL, Cutoff, RevocationRepository, RevokedToken
from wondernest.auth.repository.sessions import (
    NewSession,
    Presented,
    RefreshTokenState,
    SessionRepository,
)

__all__ = [
    "CHANNEL",
    "LANGUAGE",
    "Account",
    "AccountRepository",
    "AdmissionRepository",
    "Cutoff",
    "IdentityRepository",
    "LetterJob",
    "Link",
    "NetworkRepository",
    "NewAccount",
    "NewSession",
    "PinAttempt",
    "PinHolder",
    "PinLockRepository",
    "Presented",
    "ProofRepository",
    "Question",
    "RefreshTokenState",
    "RevocationRepository",
    "RevokedToken",
    "SessionRepository",
    "Standing",
]
