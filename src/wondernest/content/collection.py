"""Import and export of an operator's collection: a sheet (CSV) and the files that it names."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from wondernest.content import sheet
from wondernest.content.sheet import FILES, Entry, Refusal
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.media.kinds import EXTENSIONS
from wondernest.platform.media.refusals import NotAccepted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from wondernest.content.model import NewItem
    from wondernest.content.ports import SystemFiles
    from wondernest.content.repository import CollectionRepository
    from wondernest.platform.db.pool import Database

SHEET: Final = "items.csv"
"""The name of the sheet in the folder of a collection."""
MEDIA_TYPES: Final = {extension: kind.value for kind, names in EXTENSIONS.items() for extension in names}
USUAL: Final = {kind.value: names[0] for kind, names in EXTENSIONS.items()}
BATCH_ROWS: Final = 200
MAX_SHEET_BYTES: Final = 64 * 1024 * 1024
OWN: Final = "/files/"
"""How the address of a stored file begins."""


class CollectionError(Exception):
    """The collection cannot be read or written at all; the message says why."""


class Report(Struct):
    """What became of the lines of a sheet."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = []


class _Found(Struct, frozen=True):
    """A file below the sheet."""

    content: bytes
    name: str
    media_type: str

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


class Collection:
    """Imports and exports items. A line is stored with its files or not at all; the same sheet again changes nothing."""

    def __init__(self, repository: CollectionRepository, database: Database, files: SystemFiles) -> None:
        self._repository = repository
        self._database = database
        self._files = files

    async def bring(self, source: Path, *, store: bool = True) -> Report:
        """Import a folder with SHEET, or a sheet. `store` False: check everything, also the files, and store nothing.

        Raises CollectionError, and DependencyUnavailable.
        """
        path, text = await asyncio.to_thread(_sheet_of, source)
        report, waiting = Report(), list[Entry]()
        for line in sheet.read(text):
            if isinstance(line, Refusal):
                report.refused.append(line)
                continue
            waiting.append(line)
            if len(waiting) == BATCH_ROWS:
                await self._bring_all(path.parent, waiting, report, store=store)
                waiting.clear()
        await self._bring_all(path.parent, waiting, report, store=store)
        report.refused.sort(key=lambda refusal: refusal.line)
        return report

    async def holds(self, provider: str, ids: Sequence[str]) -> bool:
        """Whether all these items of a maker are stored."""
        return len(await self._repository.known(self._database, provider, ids)) == len(ids)

    async def take(self, folder: Path, provider: str | None = None) -> int:
        """Export items, those of one maker or all, with their files, into a new or empty folder; how many. Raises CollectionError."""
        await asyncio.to_thread(_make_empty, folder)
        written: list[tuple[NewItem, str, str]] = []
        async for item in self._all(provider):
            stem = f"{item.provider}-{item.provider_id}"
            thumbnail = await self._taken(folder, f"{stem}-thumbnail", item.thumbnail_url)
            written.append((item, thumbnail, await self._taken(folder, stem, item.url)))
        await asyncio.to_thread((folder / SHEET).write_text, sheet.write(written), encoding="utf-8")
        return len(written)

    async def _bring_all(self, folder: Path, entries: list[Entry], report: Report, *, store: bool) -> None:
        by_provider: dict[str, list[str]] = {}
        for entry in entries:
            by_provider.setdefault(entry.item.provider, []).append(entry.item.provider_id)
        known = {
            (provider, name): item
            for provider, ids in by_provider.items()
            for name, item in (await self._repository.known(self._database, provider, ids)).items()
        }
        for entry in entries:
            before = known.get((entry.item.provider, entry.item.provider_id))
            try:
                became = await self._bring_one(folder, entry, before, store=store)
            except NotAccepted as problem:
                report.refused.append(Refusal(entry.line, entry.item.provider_id, str(problem)))
                continue
            setattr(report, became, getattr(report, became) + 1)

    async def _bring_one(self, folder: Path, entry: Entry, before: NewItem | None, *, store: bool) -> str:
        """Store or check a line; the name of the count that it belongs to."""
        unit = UnitOfWork(self._database)
        try:
            item = await self._with_files(unit, folder, entry, before, store=store)
            if before is not None and _same(item, before):
                became = "unchanged"
            else:
                became = "added" if before is None else "changed"
                if store:
                    await self._repository.store(unit, item)
                    for old in (
                        () if before is None else {before.url, before.thumbnail_url} - {item.url, item.thumbnail_url}
                    ):
                        if old.startswith(OWN):
                            await self._files.retire(unit, old)
            await unit.commit()
        except BaseException as error:
            await unit.rollback(error)
            raise
        return became

    async def _with_files(
        self, unit: UnitOfWork, folder: Path, entry: Entry, before: NewItem | None, *, store: bool
    ) -> NewItem:
        """The item with the addresses of its files; a file that is stored already is not stored again."""
        digests: dict[str, str] = {}
        known = _digests(before)
        addresses: dict[str, str] = {}
        for use, place, old in (
            ("content", entry.content, before.url if before else ""),
            ("thumbnail", entry.thumbnail, before.thumbnail_url if before else ""),
        ):
            if not place or sheet.is_address(place):
                addresses[use] = place
                continue
            found = await asyncio.to_thread(_file_below, folder, place)
            digests[use] = found.digest
            if old.startswith(OWN) and known.get(use) == found.digest:
                addresses[use] = old
            else:
                addresses[use] = await self._placed(unit, found, entry.item.tags, store=store)
        metadata = {**entry.item.metadata, FILES: digests} if digests else entry.item.metadata
        return replace(entry.item, url=addresses["content"], thumbnail_url=addresses["thumbnail"], metadata=metadata)

    async def _placed(self, unit: UnitOfWork, found: _Found, tags: tuple[str, ...], *, store: bool) -> str:
        content = io.BytesIO(found.content)
        if not store:
            await self._files.check(content, found.name, found.media_type)
            return ""
        return await self._files.store(unit, content, found.name, found.media_type, [tag.lower() for tag in tags])

    async def _taken(self, folder: Path, stem: str, address: str) -> str:
        """The place of a file in the sheet: written into the folder if it is stored here, else its address."""
        found = await self._files.read(address)
        if found is None:
            return address
        media_type, content = found
        name = f"{stem}.{USUAL.get(media_type, 'bin')}"
        await asyncio.to_thread((folder / name).write_bytes, content)
        return name

    async def _all(self, provider: str | None) -> AsyncIterator[NewItem]:
        after = None
        while rows := await self._repository.all(self._database, provider, after, BATCH_ROWS):
            for row in rows:
                yield row.item
            after = rows[-1].id


def _same(item: NewItem, before: NewItem) -> bool:
    return replace(item, created_at=item.created_at or before.created_at) == before


def _digests(item: NewItem | None) -> Mapping[str, Any]:
    """The digests of an item's stored files, by their use."""
    stored = None if item is None else item.metadata.get(FILES)
    return cast("Mapping[str, Any]", stored) if isinstance(stored, dict) else {}


def _make_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CollectionError(f"{folder} is not an empty folder")
    folder.mkdir(parents=True, exist_ok=True)


def _sheet_of(source: Path) -> tuple[Path, str]:
    """The path of the sheet, and its text."""
    path = source / SHEET if source.is_dir() else source
    try:
        if path.stat().st_size > MAX_SHEET_BYTES:
            raise CollectionError(f"{path} is larger than {MAX_SHEET_BYTES // (1024 * 1024)} MiB")
        return path, path.read_text(encoding="utf-8")
    except OSError as error:
        raise CollectionError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CollectionError(f"{path} is not UTF-8") from None


def _file_below(folder: Path, place: str) -> _Found:
    """A file below the folder, also after following links. Raises NotAccepted."""
    try:
        path = (folder / place).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise NotAccepted(f"there is no file {place!r} below the sheet")
        content = path.read_bytes()
    except (OSError, ValueError, RuntimeError):
        raise NotAccepted(f"the file {place!r} cannot be read") from None
    media_type = MEDIA_TYPES.get(path.suffix.lower().removeprefix("."))
    if media_type is None:
        raise NotAccepted(f"{place!r} has none of the extensions {', '.join(sorted(MEDIA_TYPES))}")
    return _Found(content, path.name, media_type)
