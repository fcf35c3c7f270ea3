"""The kinds of people that data is held about, besides the user who signs in."""

from __future__ import annotations

from typing import Final

from wondernest.platform.personal_data import USER

CHILD: Final = "child"
FAMILY: Final = "family"
OPERATOR: Final = "operator"
"""A person who works for the service and has an account in `web_admin`."""
KINDS: Final = (USER, CHILD, FAMILY, OPERATOR)
