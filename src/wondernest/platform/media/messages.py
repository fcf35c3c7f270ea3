"""What a process asks of a helper and what the helper answers: one line of JSON each."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from wondernest.platform.media.refusals import Reason

MAX_LINE_BYTES: Final = 4096


class Task(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The work on one file. `width`: of a variant in pixels; 0: the file is cleaned. `target`: the variant's media type."""

    kind: str
    max_pixels: int
    max_total_pixels: int
    """Pixels of all frames of an animation together."""
    width: int = 0
    target: str = ""


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result: a refusal, or the properties of the file that was written. `died`: the signal that ended the helper."""

    refused: Reason | None = None
    width: int = 0
    height: int = 0
    frames: int = 0
    storage_failed: bool = False
    """Whether the temporary folder is full or broken: the file may be in order."""
    failed: str = ""
    """The type of an unexpected exception."""
    died: int = 0
    late: bool = False
    """Whether the helper was ended because its time was over."""
    starved: bool = False
    """Whether it had less than half of that time on a processor: the machine is too busy, or the helper was stopped."""


class Limits(Struct, frozen=True, kw_only=True):
    """The bounds of one helper."""

    seconds: float
    memory_bytes: int
    output_bytes: int
