"""Tables of the earlier backends that no room uses yet. They are kept as they are, so that a rollback finds them.

Owns those tables until a room takes one over; the declaration then moves there. Asks them nothing for any route. What they hold
about people is declared here all the same: an earlier backend may write to them beside us.
"""
