"""Sounds: tunes and noises, computed sample by sample, as WAV. The same at each call."""

from __future__ import annotations

import io
import math
import random
import wave
from collections.abc import Iterable, Sequence
from typing import Final

RATE: Final = 16_000
"""Samples a second, one channel of 16 bits."""
LOUD: Final = 20_000
_STEPS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_MIDDLE_C: Final = 261.63
FADE_S: Final = 0.02


def tune(notes: str, beat_s: float = 0.4) -> bytes:
    """A melody: notes such as `c`, `g'` (an octave higher), `e2` (two beats), `-` (a rest)."""
    return _wav(sample for note in notes.split() for sample in _note(note, beat_s))


def clapping(pattern: str, beat_s: float = 0.25) -> bytes:
    """A rhythm: `x` claps, `o` is a deep drum, `.` is silent."""
    chance = random.Random(7)  # noqa: S311 - a sound, no secret
    samples: list[float] = []
    for stroke in pattern:
        for place in range(int(beat_s * RATE)):
            moment = place / RATE
            match stroke:
                case "x":
                    samples.append(chance.uniform(-1, 1) * math.exp(-moment * 40))
                case "o":
                    samples.append(math.sin(2 * math.pi * 90 * moment) * math.exp(-moment * 14))
                case _:
                    samples.append(0.0)
    return _wav(samples)


def rain(seconds: int) -> bytes:
    """Soft noise with drops."""
    chance = random.Random(3)  # noqa: S311 - a sound, no secret
    samples: list[float] = []
    level, drop = 0.0, 0.0
    for _ in range(seconds * RATE):
        level += (chance.uniform(-1, 1) - level) * 0.3
        if chance.random() < 0.0008:
            drop = chance.uniform(0.3, 0.9)
        drop *= 0.992
        samples.append(level * 0.35 + drop * chance.uniform(-1, 1) * 0.5)
    return _wav(samples)


def waves(seconds: int) -> bytes:
    """Noise that swells and falls like the sea."""
    chance = random.Random(5)  # noqa: S311 - a sound, no secret
    samples: list[float] = []
    level = 0.0
    for place in range(seconds * RATE):
        level += (chance.uniform(-1, 1) - level) * 0.12
        swell = 0.35 + 0.65 * math.sin(math.pi * place / RATE / 4) ** 2
        samples.append(level * swell * 1.6)
    return _wav(samples)


def birds(seconds: int) -> bytes:
    """Chirps: short tones that rise and fall."""
    chance = random.Random(11)  # noqa: S311 - a sound, no secret
    samples = [0.0] * (seconds * RATE)
    for _ in range(seconds * 3):
        start, high = chance.randrange(len(samples) - RATE // 2), chance.uniform(1800, 3200)
        phase = 0.0
        for place in range(RATE // 5):
            part = place / (RATE / 5)
            phase += 2 * math.pi * (high + 700 * math.sin(part * math.pi * 3)) / RATE
            samples[start + place] += 0.35 * math.sin(phase) * math.sin(math.pi * part)
    return _wav(samples)


def _note(note: str, beat_s: float) -> Sequence[float]:
    name, beats = (note[:-1], int(note[-1])) if note[-1].isdigit() else (note, 1)
    count = int(beats * beat_s * RATE)
    if name == "-":
        return [0.0] * count
    octave = name.count("'")
    pitch = _MIDDLE_C * 2 ** (_STEPS[name[0]] / 12 + octave)
    fade = FADE_S * RATE
    return [
        0.5
        * min(1.0, place / fade, (count - place) / fade)
        * math.exp(-place / RATE * 1.6)
        * (math.sin(2 * math.pi * pitch * place / RATE) + 0.3 * math.sin(4 * math.pi * pitch * place / RATE))
        for place in range(count)
    ]


def _wav(samples: Iterable[float]) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(
            b"".join(int(max(-1.0, min(1.0, sample)) * LOUD).to_bytes(2, "little", signed=True) for sample in samples)
        )
    return content.getvalue()
