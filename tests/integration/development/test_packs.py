"""The demo packs."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable
from typing import Any

import httpx2
import psycopg
import pytest
from PIL import Image

from tests.fixtures.application import running
from tests.fixtures.auth import register
from tests.fixtures.packs import ASSET, CASTLE, PACK, SAFARI, VEHICLES, buy, data_of, names
from wondernest.app import create_app
from wondernest.development import packs
from wondernest.development.packs import fill_packs
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
COUNTS = {SAFARI: 25, CASTLE: 30, VEHICLES: 15}
SHOWN = {
    SAFARI: ("Safari Animals", "characterBundle", 299, True, False, 3, 8, "standard", "#8B4513", "#FFD700"),
    CASTLE: ("Magical Castle", "backdropCollection", 399, True, True, 5, 10, "premium", "#663399", "#FFB6C1"),
    VEHICLES: ("Happy Vehicles", "stickerPack", 0, False, False, 2, 6, "standard", "#FF0000", "#0000FF"),
}
"""By pack: name, type, price, whether it is featured and premium, ages, tier, colours (server contract §2)."""


@pytest.mark.timeout(180)
async def test_the_demo_packs_of_the_contract_open_with_their_pictures_and_sounds(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(APP_ENV="development", RATE_LIMIT_UPLOAD="1", SERVER_ALLOWED_HOSTS="testserver")
    await asyncio.to_thread(fill_packs, settings)
    monkeypatch.delattr(packs, "house_files")  # the second run stores nothing
    await asyncio.to_thread(fill_packs, settings)
    async with running(create_app(settings)) as client:
        parent = await register(client)
        assert names((await data_of(client, parent, "/featured"))["packs"]) == ["Magical Castle", "Safari Animals"]
        for pack_id, count in COUNTS.items():
            assert (await buy(client, parent, pack_id)).status_code == 200
            pack = (await data_of(client, parent, f"/{pack_id}"))["pack"]
            PACK(pack)
            assert shown_of(pack) == SHOWN[pack_id]
            assets = [ASSET(asset) for asset in pack["assets"]]
            assert len({asset["name"] for asset in assets}) == len(assets) == pack["totalAssets"] == count
            sizes = [await opened(client, asset) for asset in pack["assets"]]
            assert sum(sizes) == pack["fileSizeBytes"]
            for url in (pack["thumbnailUrl"], pack["bannerImageUrl"], *pack["previewUrls"]):
                shown = await client.get(url)
                assert (shown.status_code, shown.headers["content-type"].split("/")[0]) == (200, "image"), url
        for words, found in (("lion", SAFARI), ("giraf", SAFARI), ("castle", CASTLE), ("tractor", VEHICLES)):
            page = await data_of(client, parent, query=words)
            assert found in {pack["id"] for pack in page["packs"]}, words
        listed = (await client.get("/api/v1/files", headers=parent.bearer)).json()["data"]
        assert listed == [], "the files are the house's, not the family's"
    with psycopg.connect(settings.database.url) as connection:
        rows = connection.execute("select bool_and(is_system_image), count(*) from core.uploaded_files").fetchone()
    assert rows == (True, sum(COUNTS.values()))


def shown_of(pack: dict[str, Any]) -> tuple[Any, ...]:
    names = ("name", "packType", "priceCents", "isFeatured", "isPremium", "ageMin", "ageMax", "performanceTier")
    return *(pack[name] for name in names), pack["colorPalette"]["primary"], pack["colorPalette"]["secondary"]


async def opened(client: httpx2.AsyncClient, asset: dict[str, object]) -> int:
    """The bytes of an asset, loaded without a token and read as what it is said to be."""
    answer = await client.get(str(asset["fileUrl"]))
    assert answer.status_code == 200, asset
    assert len(answer.content) == asset["fileSizeBytes"]
    if asset["assetType"] == "audioSound":
        with wave.open(io.BytesIO(answer.content)) as sound:
            assert asset["durationSeconds"] == pytest.approx(sound.getnframes() / sound.getframerate(), abs=0.01)
    else:
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.size == (asset["dimensionsWidth"], asset["dimensionsHeight"])
        assert (picture.mode == "RGBA") == asset["transparencySupport"]
    return len(answer.content)


@pytest.mark.timeout(180)
def test_packs_that_were_interrupted_are_completed_without_a_file_twice(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development")
    fill_packs(settings)
    with psycopg.connect(settings.database.url) as connection:
        connection.execute("delete from public.content_packs where id = %s", [VEHICLES])
        connection.execute("delete from core.uploaded_files where original_name like 'vehicles-t%'")
        before = connection.execute("select count(*) from core.uploaded_files").fetchone()
    fill_packs(settings)
    with psycopg.connect(settings.database.url) as connection:
        after = connection.execute("select count(*) from core.uploaded_files").fetchone()
        assets = connection.execute("select count(*) from public.content_pack_assets where pack_id = %s", [VEHICLES])
        assert assets.fetchone() == (COUNTS[VEHICLES],)
    assert (before, after) == ((67,), (70,))
