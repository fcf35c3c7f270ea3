"""Accounts: sign-up, login, tokens, sessions, PIN, password reset, e-mail verification, external identity providers.

Owns core.users, core.user_sessions, core.refresh_tokens, core.password_reset_tokens, wondernest.revoked_tokens,
wondernest.token_cutoffs, wondernest.email_verifications, wondernest.address_proofs, wondernest.outside_identities and
wondernest.used_identity_tokens. Calls access. Inserts the family of a new parent itself, because
registration is one transaction.
"""
