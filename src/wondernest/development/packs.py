"""The demo packs: their pictures and sounds are files of the installation. Development only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

import psycopg
from msgspec import Struct
from psycopg.types.json import Jsonb

from wondernest.development import pack_sounds
from wondernest.development.house_files import HouseFile, house_files
from wondernest.development.pack_animals import ANIMALS, animal
from wondernest.development.pack_places import LIGHTS, PLACES
from wondernest.development.pack_vehicles import VEHICLES
from wondernest.development.pictures import PIXELS
from wondernest.development.stickers import STICKER_PIXELS

if TYPE_CHECKING:
    from wondernest.settings import Settings

SAFARI, CASTLE, WHEELS = (UUID(digit * 8 + "-" + "-".join([digit * 4] * 3) + "-" + digit * 12) for digit in "123")
TAG: Final = "content pack"
CONNECT_TIMEOUT_S: Final = 10
SOUNDS: Final = "Sounds"
KINDS: Final = {"png": "image/png", "jpg": "image/jpeg", "wav": "audio/wav"}
PREVIEWS: Final = 3
PREVIEW_WIDTH: Final = 320


class Part(Struct, frozen=True, kw_only=True):
    """An asset as it is made."""

    name: str
    kind: str
    extension: str
    content: bytes
    group: str
    tags: tuple[str, ...]
    size: tuple[int, int] | None = None
    seconds: float | None = None

    def made(self) -> bytes:
        """Its file."""
        return self.content


class DemoPack(Struct, frozen=True, kw_only=True):
    """A pack of the contract, and who makes its parts."""

    id: UUID
    name: str
    slug: str
    kind: str
    category: str
    description: str
    short: str
    cents: int
    featured: bool
    premium: bool
    ages: tuple[int, int]
    colours: tuple[str, str]
    tier: str
    goals: tuple[str, ...]
    moods: tuple[str, ...]
    keywords: str
    count: int

    def made(self) -> list[Part]:
        """Its assets, in their order: the same at each call."""
        return list(self._made())

    def _made(self) -> Iterator[Part]:
        yield from {SAFARI: _animals, CASTLE: _places, WHEELS: _vehicles}[self.id]()
        sounds = {SAFARI: pack_sounds.SAFARI, CASTLE: pack_sounds.CASTLE, WHEELS: pack_sounds.VEHICLES}[self.id]
        for name, make in sounds.items():
            samples = make()
            yield Part(
                name=name.capitalize(),
                kind="audio_sound",
                extension="wav",
                content=pack_sounds.encoded(samples),
                group=SOUNDS,
                tags=("sound",),
                seconds=round(len(samples) / pack_sounds.RATE, 2),
            )


def _animals() -> Iterator[Part]:
    for name, looks in ANIMALS.items():
        yield Part(
            name=name.capitalize(),
            kind="image_static",
            extension="png",
            content=animal(looks).png(),
            group="Animals",
            tags=("animal", "safari"),
            size=STICKER_PIXELS,
        )


def _places() -> Iterator[Part]:
    for place, draw in PLACES.items():
        for light in LIGHTS:
            yield Part(
                name=f"{place.capitalize()} {light}",
                kind="image_static",
                extension="jpg",
                content=draw(light).encoded("jpg"),
                group=place.capitalize(),
                tags=("backdrop", light),
                size=PIXELS,
            )


def _vehicles() -> Iterator[Part]:
    for name, draw in VEHICLES.items():
        yield Part(
            name=name.capitalize(),
            kind="image_static",
            extension="png",
            content=draw().png(),
            group="Vehicles",
            tags=("vehicle", "sticker"),
            size=STICKER_PIXELS,
        )


PACKS: Final = (
    DemoPack(
        id=SAFARI,
        name="Safari Animals",
        slug="safari",
        kind="character_bundle",
        category="Animals & Nature",
        description="Twenty animals of the savannah for your stories, and the sounds of a day among them.",
        short="Lions, giraffes and their friends",
        cents=299,
        featured=True,
        premium=False,
        ages=(3, 8),
        colours=("#8B4513", "#FFD700"),
        tier="standard",
        goals=("Names of animals", "Telling stories"),
        moods=("adventurous", "sunny"),
        keywords="africa savannah wild zoo",
        count=25,
    ),
    DemoPack(
        id=CASTLE,
        name="Magical Castle",
        slug="castle",
        kind="backdrop_collection",
        category="Fantasy & Magic",
        description="Eight places in and around a castle, each by day, at dusk and at night, with music and sounds.",
        short="A castle at every hour",
        cents=399,
        featured=True,
        premium=True,
        ages=(5, 10),
        colours=("#663399", "#FFB6C1"),
        tier="premium",
        goals=("Telling stories", "Times of the day"),
        moods=("dreamy", "magical"),
        keywords="knight princess dragon fairy tale",
        count=30,
    ),
    DemoPack(
        id=WHEELS,
        name="Happy Vehicles",
        slug="vehicles",
        kind="sticker_pack",
        category="Transportation",
        description="Twelve vehicles that drive, sail and fly, and three sounds to go with them.",
        short="Everything that moves",
        cents=0,
        featured=False,
        premium=False,
        ages=(2, 6),
        colours=("#FF0000", "#0000FF"),
        tier="standard",
        goals=("Names of vehicles",),
        moods=("cheerful",),
        keywords="car bus train ship aeroplane",
        count=15,
    ),
)


def fill_packs(settings: Settings) -> None:
    """Make sure that the demo packs have been added, each once: where one is, it is left as it is. Raises LibraryError."""
    with psycopg.connect(settings.database.url, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True) as connection:
        known = {found for (found,) in connection.execute("select id from public.content_packs").fetchall()}
        missing = [pack for pack in PACKS if pack.id not in known]
        if not missing:
            return
        asyncio.run(_fill(settings, connection, missing))


async def _fill(settings: Settings, connection: psycopg.Connection, packs: Sequence[DemoPack]) -> None:
    async with house_files(settings) as house:
        for pack in packs:
            parts = await asyncio.to_thread(pack.made)
            files = [await house.place(_file_name(pack, part), KINDS[part.extension], TAG, part.made) for part in parts]
            await asyncio.to_thread(_add, connection, pack, parts, files)


def _file_name(pack: DemoPack, part: Part) -> str:
    return f"{pack.slug}-{part.name.lower().replace(' ', '-')}.{part.extension}"


def _add(connection: psycopg.Connection, pack: DemoPack, parts: Sequence[Part], files: Sequence[HouseFile]) -> None:
    """The rows of a pack; a pack without all of its parts is not seen by anybody."""
    paths = [file.path for file in files]
    with connection.transaction():
        _insert(
            connection,
            "public.content_packs",
            id=pack.id,
            name=pack.name,
            description=pack.description,
            short_description=pack.short,
            pack_type=pack.kind,
            category_id=_category(connection, pack.category),
            price_cents=pack.cents,
            is_free=pack.cents == 0,
            is_featured=pack.featured,
            is_premium=pack.premium,
            age_min=pack.ages[0],
            age_max=pack.ages[1],
            educational_goals=list(pack.goals),
            mood_tags=list(pack.moods),
            thumbnail_url=f"{paths[0]}?w={PREVIEW_WIDTH}",
            preview_urls=[f"{path}?w={PREVIEW_WIDTH}" for path in paths[:PREVIEWS]],
            banner_image_url=paths[1],
            color_palette=Jsonb({"primary": pack.colours[0], "secondary": pack.colours[1]}),
            art_style="cartoon",
            total_assets=len(parts),
            file_size_bytes=sum(file.size for file in files),
            performance_tier=pack.tier,
            status="published",
            search_keywords=" ".join(dict.fromkeys([*pack.keywords.split(), *_words(parts)])),
        )
        for order, (part, path, file) in enumerate(zip(parts, paths, files, strict=True)):
            _insert(
                connection,
                "public.content_pack_assets",
                id=uuid5(pack.id, part.name),
                pack_id=pack.id,
                name=part.name,
                asset_type=part.kind,
                file_url=path,
                thumbnail_url=f"{path}?w={PREVIEW_WIDTH}" if part.size else None,
                file_format=part.extension,
                file_size_bytes=file.size,
                dimensions_width=part.size[0] if part.size else None,
                dimensions_height=part.size[1] if part.size else None,
                duration_seconds=part.seconds,
                tags=list(part.tags),
                transparency_support=part.extension == "png",
                display_order=order,
                group_name=part.group,
            )


def _words(parts: Sequence[Part]) -> Iterator[str]:
    """What the parts are called: who looks for a lion finds the pack that has one."""
    for part in parts:
        yield from part.name.lower().split()


def _category(connection: psycopg.Connection, name: str) -> UUID | None:
    found = connection.execute("select id from public.content_pack_categories where name = %s", [name]).fetchone()
    return None if found is None else found[0]


def _insert(connection: psycopg.Connection, table: str, **fields: object) -> None:
    columns, places = ", ".join(fields), ", ".join(["%s"] * len(fields))
    statement = f"insert into {table} ({columns}) values ({places})"  # noqa: S608 - names of this module alone
    connection.execute(statement.encode(), list(fields.values()))
