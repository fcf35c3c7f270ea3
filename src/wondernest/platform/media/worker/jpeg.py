"""JPEG: only the pixels reach the new file. It is encoded with the tables of the old one, so that next to nothing is lost."""

from __future__ import annotations

from typing import IO, Any, Final, cast

from PIL import Image, JpegImagePlugin

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all
from wondernest.platform.media.worker.pictures import encode, in_srgb, opened, orientation, srgb_profile, upright

DEFAULT_SUBSAMPLING: Final = 2
"""4:2:0, as cameras do."""


def clean(given: IO[bytes], written: IO[bytes], task: Task) -> Outcome:
    """Write the picture alone, upright and in sRGB; a second picture in the file (MPF, motion photo) is left out."""
    content = read_all(given)
    picture = opened(content, "JPEG", task)
    turned, profile = orientation(picture), srgb_profile(picture.info.get("icc_profile"))
    options = _encoding(picture, keeps_tables=picture.mode in {"L", "RGB"})
    picture.load()
    return encode(upright(in_srgb(picture, profile), turned), written, "JPEG", **options)


def _encoding(picture: Image.Image, *, keeps_tables: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"optimize": True, "progressive": bool(picture.info.get("progressive"))}
    if not keeps_tables:  # CMYK becomes RGB, for which its tables were not made
        return {**options, "quality": 92}
    require(isinstance(picture, JpegImagePlugin.JpegImageFile))
    options["qtables"] = cast("Any", picture).quantization
    if picture.mode == "RGB":
        found = JpegImagePlugin.get_sampling(picture)
        options["subsampling"] = found if found >= 0 else DEFAULT_SUBSAMPLING
    return options
