"""Writes the demo collection as a folder, and imports it as an operator would."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wondernest.app import collection
from wondernest.content.collection import SHEET, CollectionError
from wondernest.content.model import NewItem
from wondernest.content.rules import PROVIDER
from wondernest.content.sheet import write
from wondernest.development.collection.items import ITEMS
from wondernest.development.collection.made import EXTENSIONS, Made
from wondernest.development.collection.paper import png

if TYPE_CHECKING:
    from wondernest.settings import Settings

SECONDS: int = 60


def fill_collection(settings: Settings) -> None:
    """Make sure that the content library holds the demo collection; what is there already is not changed. Raises CollectionError."""
    asyncio.run(_fill(settings))


def write_collection(folder: Path) -> None:
    """Write the collection into a folder, with its sheet."""
    lines: list[tuple[NewItem, str, str]] = []
    for made in ITEMS:
        thumbnail, content = f"{made.id}-thumbnail.png", f"{made.id}.{EXTENSIONS[made.kind]}"
        (folder / thumbnail).write_bytes(png(made.picture))
        (folder / content).write_bytes(made.content())
        lines.append((_item(made), thumbnail, content))
    (folder / SHEET).write_text(write(lines), encoding="utf-8")


async def _fill(settings: Settings) -> None:
    async with collection(settings) as library:
        if await library.holds(PROVIDER, [made.id for made in ITEMS]):
            return
        with tempfile.TemporaryDirectory() as folder:
            await asyncio.to_thread(write_collection, Path(folder))
            report = await library.bring(Path(folder))
    if report.refused:
        raise CollectionError(f"demo collection: {report.refused[0].id}: {report.refused[0].reason}")


def _item(made: Made) -> NewItem:
    metadata = {"difficulty": made.difficulty}
    return NewItem(
        provider=PROVIDER,
        provider_id=made.id,
        title=made.title,
        description=made.description,
        kind=made.kind,
        category=made.category,
        url="",
        thumbnail_url="",
        duration_s=round(made.minutes * SECONDS),
        age_min=made.ages[0],
        age_max=made.ages[1],
        language=made.language,
        tags=made.tags,
        featured=made.featured,
        active=True,
        created_at=made.created_at,
        metadata=metadata if made.educational is None else {**metadata, "isEducational": made.educational},
    )
