"""The kinds of people that data is held about, besides the user who signs in, and those who see it."""

from __future__ import annotations

from typing import Final

from wondernest.platform.personal_data import USER, Neighbour, Party, Viewer

CHILD: Final = "child"
FAMILY: Final = "family"
OPERATOR: Final = "operator"
"""A person who works for the service and has an account in `web_admin`."""
KINDS: Final = (USER, CHILD, FAMILY, OPERATOR)


class Relation(Viewer):
    """Who sees data because of a family."""

    ADULTS = "adults"
    """The adults of the family."""
    DEVICES = "devices"
    """The devices on which the child plays. They use a parent's session."""
    OTHERS = "other_families"
    """Other families, where an author offers or publishes it."""


VIEWERS: Final[tuple[Viewer, ...]] = (*Relation, *Party, *Neighbour)
