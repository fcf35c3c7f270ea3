"""SQL of accounts: who they are, their sessions, how they prove themselves, what is revoked.

Every statement names the account, the address or the token it is about. Statements that must not interleave (login,
refresh, logout, reset) lock the row of the user first, then those of its tokens: no token in flight outlives a reset.
"""

from wondernest.auth.repository.accounts import Account, AccountRepository, NewAccount
from wondernest.auth.repository.proofs import PinHolder, ProofRepository
from wondernest.auth.repository.revocations import CHANNEL, Cutoff, RevocationRepository, RevokedToken
from wondernest.auth.repository.sessions import NewSession, RefreshStanding, SessionRepository

__all__ = [
    "CHANNEL",
    "Account",
    "AccountRepository",
    "Cutoff",
    "NewAccount",
    "NewSession",
    "PinHolder",
    "ProofRepository",
    "RefreshStanding",
    "RevocationRepository",
    "RevokedToken",
    "SessionRepository",
]
