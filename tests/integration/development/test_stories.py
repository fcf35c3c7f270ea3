"""The demo stories of the house."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import psycopg

from tests.fixtures.application import running
from tests.fixtures.stories import STORIES as ROUTES
from wondernest.app import create_app
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD, seed
from wondernest.development.stories import fill_shelf
from wondernest.development.story_texts import STORIES
from wondernest.settings import Settings
from wondernest.stories.rules import AGE_GROUPS, DIFFICULTIES

MakeSettings = Callable[..., Settings]
OWNER = "files@wondernest.invalid"
"""The account of the files of the installation (docs/content.md)."""


def test_every_story_has_pages_words_that_stand_in_them_and_a_group_that_it_is_for() -> None:
    assert len(STORIES) == len({story.id for story in STORIES}) == len({story.slug for story in STORIES}) == 6
    for story in STORIES:
        assert (story.age_group in AGE_GROUPS, story.difficulty in DIFFICULTIES) == (True, True)
        assert len(story.pages) >= 4
        for page in story.pages:
            assert page.words
            assert all(word in page.text.lower() for word in page.words), page.text


async def test_the_stories_are_on_every_childs_shelf_with_pictures_that_load_without_a_token(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(APP_ENV="development", RATE_LIMIT_UPLOAD="1", SERVER_ALLOWED_HOSTS="testserver,localhost")
    await asyncio.to_thread(seed, settings)
    for _ in range(2):
        await asyncio.to_thread(fill_shelf, settings)
    async with running(create_app(settings)) as client:
        login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        session = (await client.post("/api/v1/auth/parent/login", json=login)).json()["data"]
        bearer = {"Authorization": f"Bearer {session['accessToken']}"}
        shown = 0
        for story in STORIES:
            template = (await client.get(f"{ROUTES}/templates/{story.id}", headers=bearer)).json()
            assert (template["title"], template["creatorId"], template["pageCount"]) == (
                story.title,
                None,
                len(story.pages),
            )
            for page in template["content"]["pages"]:
                picture = await client.get(page["imageUrl"])
                assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
                shown += 1
        assert shown == sum(len(story.pages) for story in STORIES)
        body = {"templateId": str(STORIES[0].id), "customizations": {}}
        begun = await client.post(f"{ROUTES}/instances/{CLIENTS_CHILD}/start", json=body, headers=bearer)
        assert begun.status_code == 201
    with psycopg.connect(settings.database.url) as connection:
        [files] = connection.execute(
            "select array_agg(distinct (is_system_image, is_public)::text) || count(*)::text from core.uploaded_files f"
            " join core.users u on u.id = f.user_id where u.email = %s",
            [OWNER],
        ).fetchall()
    assert files[0] == ["(t,t)", str(shown)], "uploaded once, as system files"


async def test_a_story_that_was_deleted_stays_deleted_while_another_is_there(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development", SERVER_ALLOWED_HOSTS="testserver")
    await asyncio.to_thread(fill_shelf, settings)
    with psycopg.connect(settings.database.url) as connection:
        connection.execute("delete from games.story_templates where id = %s", [STORIES[2].id])
        connection.commit()
        await asyncio.to_thread(fill_shelf, settings)
        left = connection.execute(
            "select count(*) from games.story_templates where id = any (%s)", [[story.id for story in STORIES]]
        ).fetchone()
    assert left == (len(STORIES) - 1,)


async def test_the_pictures_follow_the_address_of_the_service(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development", SERVER_ALLOWED_HOSTS="testserver,tablet.example")
    await asyncio.to_thread(seed, settings)
    await asyncio.to_thread(fill_shelf, settings)
    with psycopg.connect(settings.database.url) as connection:
        row = connection.execute(
            "select content::text from games.story_templates where id = %s", [STORIES[0].id]
        ).fetchone()
    assert row is not None
    assert "://" not in row[0]
    async with running(create_app(settings)) as client:
        assert await hosts(client, {}) == {"http://testserver"}
        assert await hosts(client, {"Host": "tablet.example:8090"}) == {"http://tablet.example:8090"}
    elsewhere = make_settings(
        APP_ENV="development", SERVER_ALLOWED_HOSTS="testserver", PUBLIC_BASE_URL="https://play.example.org"
    )
    async with running(create_app(elsewhere)) as client:
        assert await hosts(client, {}) == {"https://play.example.org"}


async def hosts(client: httpx2.AsyncClient, headers: dict[str, str]) -> set[str]:
    """Where the pictures of the demo stories are, in a list and in one template."""
    login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    session = (await client.post("/api/v1/auth/parent/login", json=login)).json()["data"]
    asked = {"Authorization": f"Bearer {session['accessToken']}", **headers}
    listed = (await client.get(f"{ROUTES}/templates", params={"childId": CLIENTS_CHILD}, headers=asked)).json()
    one = (await client.get(f"{ROUTES}/templates/{STORIES[0].id}", headers=asked)).json()
    ours = {str(story.id) for story in STORIES}
    shown = [template for template in (*listed["templates"], one) if template["id"] in ours]
    pages = [page for template in shown for page in template["content"]["pages"]]
    assert len(pages) > len(STORIES)
    return {page["imageUrl"].partition("/files/")[0] for page in pages}
