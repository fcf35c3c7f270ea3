"""The items of the demo collection, in the order of their import."""

from __future__ import annotations

from typing import Final

from wondernest.development.collection.art import ART
from wondernest.development.collection.lessons import LESSONS
from wondernest.development.collection.music import SOUNDS
from wondernest.development.collection.science import SCIENCE
from wondernest.development.collection.tales import TALES

ITEMS: Final = (*LESSONS, *TALES, *SOUNDS, *ART, *SCIENCE)
