"""How data of a child is used by anyone but the child's own devices: the kinds in the record that parents read.

The rule: the app has one session, a parent's, and plays with it; a child has none of its own. So what a device does is told from what
a parent does by the route alone. A route that the app calls so that a child can play is the devices' (`Unrecorded.OWN_DEVICE`), whoever
calls it; every other route about a child is an adult's and declares one of these kinds. Jobs and the operator's commands declare theirs.
The values are stored, go over the wire, and have a sentence in each language in `privacy/words`.
"""

from __future__ import annotations

from enum import StrEnum


class Look(StrEnum):
    """What an adult of the family did."""

    FIGURES = "figures"
    """Saw figures, insights, milestones, activities or progress."""
    SAVES = "saves"
    """Read saves as an adult: older versions, or all of them as text."""
    RECOVERY = "recovery"
    """Made an older version of a save current again."""
    PROFILE = "profile"
    """Added a child, changed its profile or archived it."""
    SETTINGS = "settings"
    """Saw or changed the family's settings."""
    FILTERS = "filters"
    """Saw or changed what the child may be shown."""
    SCREEN_TIME = "screen_time"
    """Changed how long and when the child may play."""
    FILES = "files"
    """Saw the list of files about the child, or changed or deleted one."""
    CONSENT = "consent"
    """Gave, changed or withdrew a consent."""
    SUMMARY = "summary"
    """Saw what is held, or how much of what is limited is used, in numbers."""
    TRAIL = "trail"
    """Read this record."""
    EXPORT = "export"
    """Had everything made into a file."""
    DOWNLOAD = "download"
    """Downloaded that file."""
    ERASURE = "erasure"
    """Asked to erase the child."""
    RESTORE = "restore"
    """Took the child out of the archive, or its erasure back."""


class Service(StrEnum):
    """What the service did by itself, in a job."""

    WEEKLY_LETTER = "weekly_letter"
    """Read figures for a parent's weekly letter."""
    CONSENT_LETTER = "consent_letter"
    """Read a consent for a letter to a parent."""
    RECORDING_LETTER = "recording_letter"
    """Read when recordings end for a letter to a parent."""
    CONSENT_TIME = "consent_time"
    """Ended a consent, asked for it again, gave days of grace, or noted that the child is of age."""
    ENDED_PURPOSE = "ended_purpose"
    """Erased what is not permitted any more."""
    ARCHIVE_END = "archive_end"
    """Set the day on which an archived child is erased."""


class Operator(StrEnum):
    """What the operator of the service did, with a command. Of all children at once, unless the command names some."""

    CONSENT_CHECK = "consent_check"
    """`wondernest consent verify`."""
    REFUSAL_COUNT = "refusal_count"
    """`wondernest consent refusals`."""
    EVENT_ARCHIVE = "event_archive"
    """`wondernest events archive`."""
    ARCHIVE_ERASURE = "archive_erasure"
    """`wondernest events forget`."""
    ERASED_AGAIN = "erased_again"
    """`wondernest privacy reapply`."""


class Actor(StrEnum):
    """Who it was."""

    ADULT = "adult"
    SERVICE = "service"
    OPERATOR = "operator"
