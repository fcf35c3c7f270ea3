"""Drawings without a background, for the demo packs. Development only."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

from wondernest.development.pictures import FINER, PIXELS, Canvas

STICKER_PIXELS: Final = (PIXELS[0] // 2, PIXELS[1] // 2)
STONE: Final = "#9aa3b5"
SHADE: Final = "#6f7890"
SAND: Final = "#e3b46b"


class Sticker(Canvas):
    """A drawing without a background, half as wide and high as a picture."""

    def __init__(self) -> None:
        self._image = Image.new("RGBA", (PIXELS[0] * FINER, PIXELS[1] * FINER), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def png(self) -> bytes:
        """The drawing as a PNG."""
        content = io.BytesIO()
        self._image.reduce(FINER * 2).save(content, "PNG")
        return content.getvalue()
