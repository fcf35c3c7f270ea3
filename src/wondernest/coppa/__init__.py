"""A parent's consent to what is collected about a child: granting, changing, revoking and asking for it.

Owns compliance.coppa_consent. Knows children only as far as consent needs: whose they are and how old.
"""
