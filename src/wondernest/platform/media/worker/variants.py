"""Smaller variants of pictures. The original is a cleaned file; its pixels are sRGB and upright."""

from __future__ import annotations

from typing import IO, Any, Final, cast

from PIL import Image

from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.pictures import durations_of, encode, frames_of, in_srgb, opened

_FORMATS: Final = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.GIF: "GIF", Kind.WEBP: "WEBP"}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 82, "progressive": True, "optimize": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 80, "method": 4},
}
_REDUCING_GAP: Final = 2.0
"""Pictures are first reduced by whole factors to at least this many times the width that is wanted."""
_WHITE: Final = (255, 255, 255)


def make(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the picture with at most `task.width` pixels across, as `task.target`; an animation stays one. Never larger than it was."""
    content = read_all(given)
    source, target = _FORMATS[Kind(task.kind)], _FORMATS[Kind(task.target)]
    picture = opened(content, source, task)
    frames = 1 if source == "JPEG" else getattr(picture, "n_frames", 1)
    width = min(task.width, picture.width)
    if width == picture.width and source == target:
        write_all(written, content)
        return Outcome(width=picture.width, height=picture.height, frames=frames)
    size = (width, max(1, round(picture.height * width / picture.width)))
    if frames > 1 and target != "JPEG":
        return _animation(picture, size, written, target)
    if source == "JPEG":
        picture.draft("RGB", size)  # decodes at a half, a quarter or an eighth of the size
    shown = _resized(in_srgb(picture, None), size)
    if target == "JPEG" and shown.mode in {"RGBA", "LA"}:
        white = Image.new("RGB", shown.size, _WHITE)
        white.paste(shown, mask=shown.getchannel("A"))
        shown = white
    return encode(shown, written, target, **_OPTIONS[target])


def _animation(picture: Image.Image, size: tuple[int, int], written: IO[bytes], target: str) -> Outcome:
    loop, shown = picture.info.get("loop"), durations_of(picture)
    first, *others = [_resized(frame, size) for frame in frames_of(picture, None, 1)]
    looping = {} if loop is None and target == "GIF" else {"loop": loop or 0}
    return encode(
        first, written, target, len(shown), save_all=True, append_images=others, duration=shown,
        **looping, **_OPTIONS[target],
    )  # fmt: skip


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    return cast("Any", picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
