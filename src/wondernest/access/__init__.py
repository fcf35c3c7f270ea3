"""Who may act for whom. Owns no table of its own; reads families, members and children.

The one guardianship rule is in `guardianship.py`. Every room that touches a child puts it into its own SQL statement, so the
check costs no extra round trip and is the same in every room.
"""
