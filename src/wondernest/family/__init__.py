"""The family: its members, its children, and their parental controls.

Owns family.* and wondernest.child_details. Membership in the database decides; the family in a token is only a hint.
"""
