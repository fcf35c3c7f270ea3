"""The rule of step-up, as a piece of SQL: a proof that the adult was there a moment ago, bound to the session of their token."""

from __future__ import annotations

from typing import Final

from wondernest.access.guardianship import refuse
from wondernest.platform.faults import Refusal

PROOF_LIFE_S: Final = 600
"""How long a proof is valid, and how long a sign-in counts as one for an account without password and PIN; seconds."""


def origin_of(user_id: str, token_hash: str) -> str:
    """SQL expression: the login that an access token (hex SHA-256) belongs to; NULL for a token without a row of ours."""
    return (
        "(select held.device_info ->> 'origin' from core.user_sessions held"
        f" where held.user_id = {user_id} and held.token_hash = {token_hash} and held.device_info ? 'origin' limit 1)"
    )


def proven(user_id: str, token_hash: str, proof: str, now: str) -> str:
    """SQL condition: `proof` (a text, or empty) is a valid proof of the token's session (all are SQL expressions).

    An account that has neither password nor PIN can prove nothing, so its sign-in counts for PROOF_LIFE_S; a refresh does not.
    """
    origin = origin_of(user_id, token_hash)
    return (
        "(exists (select from wondernest.step_up_proofs proof"
        f" where proof.user_id = {user_id} and proof.proof_hash = sha256(convert_to({proof}, 'UTF8'))"
        f" and proof.expires_at > {now} and proof.session = any (array[{token_hash}, {origin}]))"
        " or exists (select from core.users bare join core.refresh_tokens first on first.user_id = bare.id"
        f" where bare.id = {user_id} and coalesce(bare.password_hash, '') = '' and coalesce(bare.pin_hash, '') = ''"
        f" and first.token_hash = {origin} and first.created_at > {now} - interval '{PROOF_LIFE_S} seconds'))"
    )


def requires_proof(user_id: str, token_hash: str, proof: str, now: str) -> str:
    """SQL condition, always true: it ends the statement with CallerRefused unless there is a valid proof."""
    return f"(select case when {proven(user_id, token_hash, proof, now)} then true else {refuse(Refusal.PROOF)} end)"
