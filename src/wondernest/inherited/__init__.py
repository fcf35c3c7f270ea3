"""Tables of the earlier backends that no room uses yet. They stay unchanged, so that a rollback to those backends works.

Owns those tables until a room takes one over; then its declaration moves there. No route reads them. Their personal data is
declared here because an earlier backend may write to them at the same time.
"""
