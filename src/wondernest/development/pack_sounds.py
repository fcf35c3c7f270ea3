"""The sounds of the demo packs: made here from tones and noise, as WAV files. Development only."""

from __future__ import annotations

import array
import io
import math
import random
import wave
from collections.abc import Callable, Iterator
from typing import Final

RATE: Final = 16_000
"""Samples per second, of 16 bits, one channel."""
LOUDEST: Final = 28_000
Sound = Callable[[], list[float]]


def encoded(samples: list[float]) -> bytes:
    """Samples from -1 to 1 as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        whole = array.array("h", (int(LOUDEST * max(-1.0, min(1.0, sample))) for sample in samples))
        file.writeframes(whole.tobytes())
    return content.getvalue()


def _times(seconds: float) -> Iterator[float]:
    return (place / RATE for place in range(int(seconds * RATE)))


def _tone(hertz: float, seconds: float, *, fade: float = 3.0, bend: float = 0.0) -> list[float]:
    """A tone that fades; `bend`: by how much it rises in a second, as a share."""
    return [
        math.sin(2 * math.pi * hertz * (1 + bend * t / 2) * t) * math.exp(-fade * t) * min(1.0, t * 200)
        for t in _times(seconds)
    ]


def _noise(seconds: float, *, fade: float, soft: float, seed: int = 7) -> list[float]:
    """Noise; the softer, the deeper (0 to 1)."""
    source = random.Random(seed)  # noqa: S311 - a sound, the same each time
    level, found = 0.0, list[float]()
    for t in _times(seconds):
        level += (source.uniform(-1, 1) - level) * (1 - soft)
        found.append(level * math.exp(-fade * t) * 1.6)
    return found


def _mixed(*sounds: list[float]) -> list[float]:
    longest = max(len(sound) for sound in sounds)
    return [sum(sound[place] for sound in sounds if place < len(sound)) / len(sounds) * 1.4 for place in range(longest)]


def _after(*sounds: list[float]) -> list[float]:
    return [sample for sound in sounds for sample in sound]


def _roar() -> list[float]:
    return _mixed(_noise(1.2, fade=1.8, soft=0.9), _tone(90, 1.2, fade=1.5, bend=-0.3), _tone(61, 1.2, fade=1.2))


def _trumpet() -> list[float]:
    return _mixed(*(_tone(330 * part, 0.9, fade=1.5, bend=0.5) for part in (1, 2, 3)))


def _chirp() -> list[float]:
    return _after(*(_tone(1800 + 200 * place, 0.12, fade=12, bend=2.0) for place in range(5)))


def _rain() -> list[float]:
    return _noise(1.5, fade=0.2, soft=0.2)


def _drum() -> list[float]:
    return _after(*(_mixed(_tone(80, 0.3, fade=12), _noise(0.3, fade=25, soft=0.7)) for _ in range(4)))


def _melody(*hertz: float, beat: float = 0.25, fade: float = 5.0) -> list[float]:
    return _after(*(_mixed(_tone(note, beat, fade=fade), _tone(note * 2, beat, fade=fade * 2)) for note in hertz))


def _harp() -> list[float]:
    return _melody(262, 330, 392, 523, 659, 784, beat=0.16)


def _fanfare() -> list[float]:
    return _melody(392, 392, 392, 523, 392, 523, beat=0.22, fade=2.0)


def _magic() -> list[float]:
    return _melody(1047, 1319, 1568, 2093, 1568, 2637, beat=0.1, fade=8.0)


def _bell() -> list[float]:
    return _mixed(*(_tone(523 * part, 1.5, fade=2.0 + part) for part in (1, 2.4, 3.0)))


def _owl() -> list[float]:
    return _after(_tone(420, 0.35, fade=3), [0.0] * (RATE // 8), _tone(390, 0.7, fade=2.5, bend=-0.1))


def _fire() -> list[float]:
    crackles = [_noise(0.05 + 0.02 * (place % 4), fade=60, soft=0.1, seed=place) for place in range(24)]
    return _mixed(_noise(1.6, fade=0.1, soft=0.97), _after(*crackles))


def _horn() -> list[float]:
    return _mixed(_tone(349, 0.6, fade=0.3), _tone(440, 0.6, fade=0.3))


def _engine() -> list[float]:
    return _mixed(*(_tone(55 * part, 1.5, fade=0.1, bend=0.2) for part in (1, 2, 3)), _noise(1.5, fade=0.1, soft=0.9))


SAFARI: Final[dict[str, Sound]] = {
    "lion's roar": _roar,
    "elephant's call": _trumpet,
    "bird song": _chirp,
    "rain": _rain,
    "drums": _drum,
}
CASTLE: Final[dict[str, Sound]] = {
    "harp": _harp,
    "fanfare": _fanfare,
    "spell": _magic,
    "tower bell": _bell,
    "night owl": _owl,
    "fireplace": _fire,
}
VEHICLES: Final[dict[str, Sound]] = {"horn": _horn, "bicycle bell": _bell, "engine": _engine}
