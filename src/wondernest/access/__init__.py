"""Who may act for whom. Owns no table of its own; reads families, members and children.

The one guardianship rule lives in `guardianship.py`: every room that touches a child puts it into its own statement, so that
the question costs no round trip of its own and no room can ask it differently.
"""
