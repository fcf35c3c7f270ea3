"""What can go wrong with an embedded server."""

from __future__ import annotations


class EmbeddedError(Exception):
    """An embedded server cannot run here; the message tells the user what to do."""
