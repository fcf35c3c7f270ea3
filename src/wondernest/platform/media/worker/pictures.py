"""What the picture formats share: opening within limits, orientation, colours as sRGB, frames of animations."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, Final, cast

from PIL import Image, ImageCms, ImageFile

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.refusals import Reason
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import write_all

MAX_SIDE: Final = 65_535
"""The longest side in pixels: that of JPEG."""
ORIENTATION_TAG: Final = 0x0112
UPRIGHT: Final = 1
SIDEWAYS: Final = range(5, 9)
"""Orientations that exchange width and height."""
_SRGB: Final[Any] = cast("Any", ImageCms).createProfile("sRGB")
_ALPHA_MODES: Final = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})

Image.MAX_IMAGE_PIXELS = None  # `require_size` checks before anything is decoded
ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.preinit()


def opened(content: bytes | bytearray | IO[bytes], form: str, task: Task) -> Image.Image:
    """The picture, its header read and its size within the limits, not yet decoded. `form`: the only accepted format."""
    source = BytesIO(content) if isinstance(content, (bytes, bytearray)) else content
    picture = Image.open(source, formats=(form,))
    require_size(picture.width, picture.height, getattr(picture, "n_frames", 1), task)
    return picture


def require_size(width: int, height: int, frames: int, task: Task) -> None:
    """Refuse a picture without pixels or with too many of them."""
    require(width > 0 and height > 0 and frames > 0)
    require(width <= MAX_SIDE and height <= MAX_SIDE, Reason.TOO_MANY_PIXELS)
    require(width * height <= task.max_pixels, Reason.TOO_MANY_PIXELS)
    require(frames == 1 or width * height * frames <= task.max_total_pixels, Reason.TOO_MANY_PIXELS)


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 for a missing or impossible one."""
    try:
        value = picture.getexif().get(ORIENTATION_TAG, UPRIGHT)
    except Exception:  # broken EXIF raises what it likes; without it the picture is shown as stored
        return UPRIGHT
    return value if value in range(1, 9) else UPRIGHT


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(picture: Image.Image, turned: int) -> Image.Image:
    """The picture as it is meant to be seen."""
    return picture.transpose(_TURNS[turned]) if turned in _TURNS else picture


def srgb_profile(profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """A profile that has to be converted; None for a missing, an unreadable and an sRGB one."""
    if not profile:
        return None
    try:
        opened_profile = ImageCms.ImageCmsProfile(BytesIO(profile))
        name = ImageCms.getProfileDescription(opened_profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if "srgb" in name.lower() else opened_profile


def in_srgb(picture: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    """The picture in RGB, RGBA, L or LA with sRGB colours; without info of any kind."""
    shown = picture
    if profile is not None:
        shown = _converted(shown, profile)
    if shown.mode.startswith("I"):  # 16 bits of grey: `convert` would cut them off instead of scaling
        shown = cast("Any", shown).point(_to_eight_bits).convert("L")
    if shown.mode not in {"RGB", "RGBA", "L", "LA"}:
        transparent = shown.mode in _ALPHA_MODES or "transparency" in picture.info
        shown = shown.convert("RGBA" if transparent else "L" if shown.mode == "1" else "RGB")
    elif "transparency" in shown.info and shown.mode in {"RGB", "L"}:
        shown = shown.convert("RGBA" if shown.mode == "RGB" else "LA")
    return bare(shown)


def _to_eight_bits(value: float) -> float:
    return value * (1 / 256)


def bare(picture: Image.Image) -> Image.Image:
    """The pixels alone: encoders write entries of `info` (comments, profiles, EXIF) into the file."""
    picture.load()
    clean = picture if type(picture) is Image.Image else picture.copy()
    clean.info = {}
    clean.getexif().clear()
    return clean


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    alpha = None
    shown = picture
    if shown.mode == "P" or "transparency" in shown.info:
        shown = shown.convert("RGBA" if "transparency" in shown.info else "RGB")
    if shown.mode in {"RGBA", "LA"}:
        alpha = shown.getchannel("A")
        shown = shown.convert("RGB" if shown.mode == "RGBA" else "L")
    try:
        made = ImageCms.profileToProfile(shown, profile, _SRGB, outputMode="RGB")
    except ImageCms.PyCMSError:  # a profile for other channels than the picture has
        made = shown.convert("RGB")
    assert made is not None
    if alpha is not None:
        made.putalpha(alpha)
    return made


def frames_of(picture: Image.Image, profile: ImageCms.ImageCmsProfile | None, turned: int) -> Iterator[Image.Image]:
    """Every frame of an animation, complete, upright and in sRGB."""
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        yield upright(in_srgb(picture.copy(), profile), turned)


def durations_of(picture: Image.Image) -> list[int]:
    """How long each frame is shown, in milliseconds."""
    shown: list[int] = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()
        shown.append(max(1, round(float(picture.info.get("duration", 100) or 100))))
    picture.seek(0)
    return shown


def encode(picture: Image.Image, written: IO[bytes], form: str, frames: int = 1, **options: Any) -> Outcome:
    """Encode into memory, then write: Pillow hides errors of files that it writes itself."""
    buffer = BytesIO()
    picture.save(buffer, form, **options)
    write_all(written, buffer.getbuffer())
    return Outcome(width=picture.width, height=picture.height, frames=frames)
