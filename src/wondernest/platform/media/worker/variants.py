"""Smaller variants of pictures, upright and in sRGB.

The original need not be a cleaned file: those that the earlier backends stored are not.
"""

from __future__ import annotations

from typing import IO, Any, Final, cast

from PIL import Image

from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker import gif, jpeg, png, webp
from wondernest.platform.media.worker.files import read_all
from wondernest.platform.media.worker.pictures import (
    SIDEWAYS,
    durations_of,
    encode,
    frames_of,
    in_srgb,
    opened,
    orientation,
    srgb_profile,
    upright,
)

_FORMATS: Final = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.GIF: "GIF", Kind.WEBP: "WEBP"}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 82, "progressive": True, "optimize": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 80, "method": 4},
}
_REDUCING_GAP: Final = 2.0
"""Pictures are first reduced by whole factors to at least this many times the width that is wanted."""
_CLEANERS: Final = {"JPEG": jpeg.clean, "PNG": png.clean, "GIF": gif.clean, "WEBP": webp.clean}


def make(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the picture with at most `task.width` pixels across, as `task.target`; an animation stays one. Never larger than it was."""
    content = read_all(given)
    source, target = _FORMATS[Kind(task.kind)], _FORMATS[Kind(task.target)]
    picture = opened(content, source, task)
    turned, profile = orientation(picture), srgb_profile(picture.info.get("icc_profile"))
    across, down = picture.size[::-1] if turned in SIDEWAYS else picture.size
    width = min(task.width, across)
    if width == across and source == target:
        return _CLEANERS[source](given, written, task)
    size = (width, max(1, round(down * width / across)))
    if source != "JPEG" and getattr(picture, "n_frames", 1) > 1:
        frames = (_resized(frame, size) for frame in frames_of(picture, profile, turned))
        return _animation(picture, list(frames), written, target)
    stored = (size[1], size[0]) if turned in SIDEWAYS else size
    if source == "JPEG":
        picture.draft("RGB", stored)  # decodes at a half, a quarter or an eighth of the size
    shown = upright(_resized(in_srgb(picture, profile), stored), turned)
    return encode(shown, written, target, **_OPTIONS[target])


def _animation(picture: Image.Image, frames: list[Image.Image], written: IO[bytes], target: str) -> Outcome:
    loop, shown = picture.info.get("loop"), durations_of(picture)
    looping = {} if loop is None and target == "GIF" else {"loop": loop or 0}
    return encode(
        frames[0], written, target, len(shown), save_all=True, append_images=frames[1:], duration=shown,
        **looping, **_OPTIONS[target],
    )  # fmt: skip


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    return cast("Any", picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
