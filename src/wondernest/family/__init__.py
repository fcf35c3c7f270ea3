"""The family: who belongs to it, its children, and what they may see and for how long.

Owns family.* and wondernest.child_details. Membership in the database decides; the claim of a token is a hint.
"""
