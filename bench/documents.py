"""Save documents like those of the sticker book, of an exact size."""

from __future__ import annotations

import json
import random
from typing import Any

SMALL_BYTES = 2_048
MEDIUM_BYTES = 20_480
LARGE_BYTES = 307_200
SIZES = ((0.40, 1_024, 3_072), (0.35, 3_072, 10_240), (0.20, 10_240, 30_720), (0.04, 30_720, 153_600))
"""(share, from, to) in bytes: most saves have 1 to 30 kB."""
TAIL = (153_600, 614_400)
"""The rest: a hundred strokes of three hundred points."""
_SHELL_BYTES = 1_024
_STICKER_BYTES = 380
_STROKE_POINTS = 80
_EMOJI = "🦄🐻🐼🦊🐸🌈🚀🌻"


def drawn_size(rng: random.Random) -> int:
    """A random size in bytes, distributed as in real saves."""
    lot = rng.random()
    for share, low, high in SIZES:
        if lot < share:
            return rng.randrange(low, high)
        lot -= share
    return rng.randrange(*TAIL)


def project(size: int, rng: random.Random, *, revision: str = "0000000000000000") -> bytes:
    """A sticker book project of exactly `size` bytes of JSON (at least about 1,000); `revision` makes it unique."""
    stickers: list[dict[str, Any]] = []
    drawings: list[dict[str, Any]] = []
    document = _shell(stickers, drawings, revision)
    left = size - len(_encoded(document))
    while left > _SHELL_BYTES and len(stickers) < 40:
        stickers.append(_sticker(rng))
        left = size - len(_encoded(document))
        if len(stickers) * _STICKER_BYTES > size // 4:
            break
    drawings += _strokes(left - _SHELL_BYTES // 2, rng)
    while (left := size - len(_encoded(document))) < 0:
        (drawings or stickers).pop()
    document["description"] = "".join(rng.choices("etaoin shrdlu", k=left))
    return _encoded(document)


def _shell(stickers: list[dict[str, Any]], drawings: list[dict[str, Any]], revision: str) -> dict[str, Any]:
    canvas: dict[str, Any] = {
        "id": "default",
        "name": "My Creation",
        "background": {"id": "white", "name": "White", "backgroundColor": 16843009, "imagePath": None},
        "stickers": stickers,
        "drawings": drawings,
        "texts": [],
        "zones": [],
        "lastModified": "2025-09-02T15:00:00.330457",
        "canvasSize": {"width": 800.0, "height": 600.0},
        "viewport": {"zoom": 1.0, "center": {"x": 0.0, "y": 0.0}},
        "isInfinite": True,
    }
    project: dict[str, Any] = {"id": "default", "name": "Masterpiece", "mode": "infiniteCanvas"}
    return {
        "id": revision,
        "name": "Masterpiece",
        "originalProject": {**project, "infiniteCanvas": canvas, "flipBook": None},
        "savedAt": "2025-09-02T15:00:00.212236",
        "ageMode": "bigKid",
        "description": "",
    }


def _sticker(rng: random.Random) -> dict[str, Any]:
    kind = rng.randrange(200)
    picture = {"id": f"animals_{kind}", "name": "Unicorn", "emoji": rng.choice(_EMOJI), "category": "animals"}
    return {
        "id": str(1756828143000 + rng.randrange(10**6)),
        "sticker": {**picture, "imagePath": None, "isCustom": False, "requiresUnlock": False, "metadata": {}},
        "position": _point(rng),
        "rotation": rng.random() * 360,
        "scale": 1.0,
        "zIndex": kind,
        "placedAt": "2025-09-02T15:00:00.934010",
    }


def _strokes(size: int, rng: random.Random) -> list[dict[str, Any]]:
    strokes: list[dict[str, Any]] = []
    while size > 0:
        points = [_point(rng) for _ in range(min(_STROKE_POINTS, max(1, size // 60)))]
        stroke = {"id": "1756828143000", "points": points, "color": 4278190080, "strokeWidth": 5.0}
        strokes.append(stroke)
        size -= len(_encoded(stroke))
    return strokes


def _point(rng: random.Random) -> dict[str, float]:
    return {"x": rng.random() * 800, "y": rng.random() * 600}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
