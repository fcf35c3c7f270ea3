"""The personal data of the auth room."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import FAMILY
from wondernest.auth.jobs import FORGET_EXPIRED
from wondernest.platform.personal_data import USER, Elsewhere, Holding, Store

SIGNING_IN: Final = "Signing in and staying signed in"
WITH_ACCOUNT: Final = "Until the account is erased"

PERSONAL_DATA: Final = (
    Holding(
        table="core.users",
        people={"id": USER},
        mentions={"family_id": FAMILY},
        personal=("email", "password_hash", "first_name", "last_name", "phone", "pin_hash"),
        what="Accounts: address, name, phone number, hashes of password and PIN",
        why=SIGNING_IN,
        kept=WITH_ACCOUNT,
    ),
    Holding(
        table="core.user_sessions",
        people={"user_id": USER},
        personal=("token_hash", "device_info"),
        what="Sessions: a hash of each token, times, the family of the client (Firefox on Linux)",
        why=SIGNING_IN,
        kept="The life of a refresh token longer than the session",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="core.refresh_tokens",
        people={"user_id": USER},
        personal=("token_hash", "device_id", "ip_address"),
        what="Refresh tokens: hashes, times, the network address they were given to",
        why=SIGNING_IN,
        kept="The life of a refresh token longer than the token",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="core.password_reset_tokens",
        people={"user_id": USER},
        personal=("token", "email"),
        what="Hashes of one-time password reset tokens and the address each was sent to",
        why="Choosing a new password",
        kept="Until they expire (PASSWORD_RESET_LIFE_H)",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.email_verifications",
        people={"user_id": USER},
        personal=("token_hash", "email"),
        what="Hashes of one-time verification tokens and the address each was sent to",
        why="Confirming an address",
        kept="Until they expire (EMAIL_VERIFICATION_LIFE_H)",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.address_proofs",
        people={"user_id": USER},
        personal=("email", "token_hash"),
        what="Addresses that were proven, when, and a hash of the token that proved each",
        why="Nobody gets into the account of an address that they do not own",
        kept=WITH_ACCOUNT,
    ),
    Holding(
        table="wondernest.outside_identities",
        people={"user_id": USER},
        personal=("issuer", "subject"),
        what="The account's identifiers at Google, Apple and Facebook",
        why=SIGNING_IN,
        kept=WITH_ACCOUNT,
    ),
    Holding(
        table="wondernest.used_identity_tokens",
        people={},
        personal=("token_hash",),
        what="Hashes of identity tokens of Google, Apple and Facebook; no row names its account",
        why="An identity token opens one session only",
        kept="Until the token has expired",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.revoked_tokens",
        people={"user_id": USER},
        personal=("token_hash",),
        what="Hashes of access tokens that are refused",
        why="A token that was logged out stays refused",
        kept="Until the token would have expired",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.step_up_proofs",
        people={"user_id": USER},
        personal=("proof_hash", "session"),
        what="Hashes of proofs that a parent entered their PIN or password, and of the session each is for",
        why="A borrowed device cannot export, erase or take over an account",
        kept="Ten minutes, or until the session ends",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.unrecorded_cutoffs",
        people={"user_id": USER},
        what="A moment up to which an account's refresh tokens of earlier backends are refused",
        why="A logout ends both tokens of a pair",
        kept="The life of a refresh token",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.token_cutoffs",
        people={"user_id": USER},
        what="A moment before which an account's tokens are refused",
        why="A changed password ends every session",
        kept="The life of a refresh token",
        ended_by=FORGET_EXPIRED,
    ),
    Holding(
        table="wondernest.pin_locks",
        people={"user_id": USER},
        what="How many wrong PINs were entered for an account, and until when its PIN is locked",
        why="Nobody can guess a parent's PIN",
        kept="Until the right PIN or a sign-in, at most 7 days after the last wrong PIN",
        ended_by=FORGET_EXPIRED,
    ),
)
REFUSES_TOKENS: Final = frozenset({"wondernest.token_cutoffs", "wondernest.revoked_tokens"})
"""What refuses the access tokens of an account, as long as they would be valid."""
HASHED: Final = "; the key holds a keyed hash, never an address or a network"
ELSEWHERE: Final = tuple(
    Elsewhere(
        store=Store.CACHE,
        name=name,
        people=(USER,),
        what=what + HASHED,
        why="Nobody can guess a password or a PIN, or flood an address with mail",
        kept=kept,
        ended_by="expiry of the key",
    )
    for name, what, kept in (
        ("login:", "Sign-ins with an address from a network", "A minute"),
        ("login-account:", "Sign-ins with an address", "A minute"),
        ("login-wait:", "Whether somebody waits to sign in", "Some minutes"),
        ("login-turn:", "Turns of those who wait to sign in", "Two minutes"),
        ("pin:", "Wrong PINs from a network", "7 days"),
        ("pin-lock:", "A running lock of PINs of a network", "As long as the lock"),
        ("pin-locks:", "Locks of PINs of a network", "7 days"),
        ("mail:", "Mails to an address", "An hour"),
    )
)
