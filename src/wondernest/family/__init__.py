"""The family: its members, its children, and their parental controls.

Owns family.*, wondernest.child_details, wondernest.family_locales and wondernest.letter_readers. Membership in the database decides; the family in a token is only a hint.
"""
