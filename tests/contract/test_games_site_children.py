"""A child id that clients have hard-wired stands for the caller's own oldest child (games contract §1, §3)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import UNREACHED, running
from tests.fixtures.auth import register, value
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.games import Player, player
from tests.fixtures.trail import recorded
from wondernest.app import create_app
from wondernest.games.repository import SiteChildRepository
from wondernest.games.site_children import SiteChildren
from wondernest.platform.caller import Caller
from wondernest.platform.db.pool import Database
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.ids import new_uuid
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import CLIENTS_CHILD, Settings, load_settings


def through_site(own: Player) -> Player:
    """The same parent, whose client sends the hard-wired id."""
    return Player(own.client, own.parent, CLIENTS_CHILD)


@pytest.fixture
async def site(app_client: httpx2.AsyncClient) -> tuple[Player, Player]:
    """A parent's own child, and the same parent using the site."""
    own = await player(app_client)
    return own, through_site(own)


async def test_every_parent_saves_for_a_child_of_their_own(site: tuple[Player, Player]) -> None:
    own, shown = site
    stored = await shown.save({"title": "A day out"}, "story_draft_1")
    assert stored.status_code == 200
    assert stored.json()["childId"] == CLIENTS_CHILD
    assert (await own.load("story_draft_1")).json()["dataValue"] == {"title": "A day out"}
    item = (await shown.load("story_draft_1")).json()
    assert (item["childId"], item["dataValue"]) == (CLIENTS_CHILD, {"title": "A day out"})
    [listed] = (await shown.ask("GET", shown.saves)).json()["gameData"]
    assert listed == item


async def test_a_whole_document_in_the_key_dialect_names_the_id_as_sent(site: tuple[Player, Player]) -> None:
    _, shown = site
    body = {"gameKey": "story_adventure", "dataKey": "k", "dataValue": {}}
    saved = (await shown.ask("PUT", shown.saves, body)).json()
    assert (saved["childId"], saved["data"]["childId"]) == (CLIENTS_CHILD, CLIENTS_CHILD)
    [item] = (await shown.ask("GET", f"{shown.saves}?gameKey=story_adventure")).json()["gameData"]
    assert item["childId"] == CLIENTS_CHILD


async def test_deletes_history_and_restores_act_on_the_parents_own_child(
    site: tuple[Player, Player], database_url: str
) -> None:
    own, shown = site
    await shown.save({"n": 1})
    await shown.save({"n": 2})
    [kept] = await shown.kept()
    version = f"{shown.history}/sticker_book/k/{kept['version']}"
    assert (await shown.ask("GET", version)).json()["dataValue"] == {"n": 1}
    restored = await shown.ask("POST", version + "/restore")
    assert (restored.status_code, restored.json()["childId"]) == (200, CLIENTS_CHILD)
    assert (await own.load()).json()["dataValue"] == {"n": 1}
    assert (await recorded(database_url, own.child_id))["adult:recovery"] == 1
    gone = await shown.ask("DELETE", f"{shown.saves}/sticker_book/k")
    assert (gone.status_code, gone.json()["childId"]) == (200, CLIENTS_CHILD)
    assert (await own.load()).status_code == 404
    await own.save({}, "a")
    cleared = (await shown.ask("DELETE", f"{shown.saves}/sticker_book")).json()
    assert (cleared["message"], cleared["childId"]) == ("Deleted 1 game data items", CLIENTS_CHILD)


async def test_a_batch_and_a_replayed_save_act_on_the_parents_own_child(site: tuple[Player, Player]) -> None:
    own, shown = site
    operations = [
        {"op": "delete", "gameType": "g", "dataKey": "missing"},
        {"op": "put", "gameType": "g", "dataKey": "a", "dataValue": {"n": 1}},
    ]
    answer = await shown.ask("POST", f"{shown.saves}/batch", {"operations": operations})
    assert [result["status"] for result in answer.json()["results"]] == [404, 200]
    for _ in range(2):
        saved = await shown.save({"n": 2}, "b", "g", Idempotency_Key="once")
        assert (saved.status_code, saved.json()["childId"]) == (200, CLIENTS_CHILD)
    assert (await own.load("a", "g")).json()["dataValue"] == {"n": 1}
    assert (await own.load("b", "g")).json()["dataValue"] == {"n": 2}


async def test_it_is_the_oldest_active_child(site: tuple[Player, Player]) -> None:
    own, shown = site
    older = await add_child(own.client, own.parent, name="Leo", birthDate="2016-05-01")
    await add_child(own.client, own.parent, name="Ida", birthDate="2022-05-01")
    await shown.save({}, "for-leo")
    leo = Player(own.client, own.parent, older["id"])
    assert (await leo.load("for-leo")).status_code == 200
    deleted = await own.client.delete(f"/api/v1/family/children/{older['id']}", headers=own.parent.bearer)
    assert deleted.status_code == 200
    await shown.save({}, "for-mia")
    assert (await own.load("for-mia")).status_code == 200


async def test_its_guardian_reaches_the_child_itself(
    app_client: httpx2.AsyncClient, database_url: str, site: tuple[Player, Player]
) -> None:
    demo, younger = await register_with_child(app_client, birth_date="2021-01-01")
    elder = await add_child(app_client, demo, name="Leo", birthDate="2015-01-01")
    await value(
        database_url,
        "insert into family.child_profiles (id, family_id, name, birth_date)"
        " select $1, family_id, 'Mia', '2020-01-01' from family.child_profiles where id = $2 returning id",
        UUID(CLIENTS_CHILD),
        UUID(younger),
    )
    mia = Player(app_client, demo, CLIENTS_CHILD)
    await mia.save({"whose": "the demo child's"})
    assert (await Player(app_client, demo, elder["id"]).load()).status_code == 404
    assert (await mia.load()).json()["dataValue"] == {"whose": "the demo child's"}
    _, shown = site
    assert (await shown.load()).status_code == 404, "the demo child's saves are its family's alone"
    await shown.save({"whose": "another's"})
    assert (await mia.load()).json()["dataValue"] == {"whose": "the demo child's"}


async def test_a_parent_without_children_sees_a_missing_child(app_client: httpx2.AsyncClient) -> None:
    nobody = Player(app_client, await register(app_client), CLIENTS_CHILD)
    stored = await nobody.save({})
    assert (stored.status_code, stored.json()["message"]) == (404, "Child not found")
    assert (await nobody.ask("GET", nobody.saves)).json() == {"success": True, "gameData": []}


async def test_any_other_foreign_child_stays_missing(app_client: httpx2.AsyncClient) -> None:
    own, other = await player(app_client), await player(app_client)
    foreign = Player(own.client, own.parent, other.child_id)
    assert (await foreign.save({})).status_code == 404
    assert (await own.ask("GET", own.saves)).json()["gameData"] == []


async def test_without_the_setting_the_id_is_a_child_like_any_other(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(SITE_CHILD_IDS=","))) as client:
        shown = through_site(await player(client))
        assert (await shown.save({})).status_code == 404


async def test_other_ids_cost_no_round_trip() -> None:
    unreachable = Database(load_settings(UNREACHED).database, Metrics())
    children = SiteChildren({UUID(CLIENTS_CHILD)}, SiteChildRepository(unreachable))
    caller = Caller(new_uuid(), None, None, "a@example.com", "PARENT", True, "", 0, 0)
    assert await children.own(caller, new_uuid()) is None
    with pytest.raises(DependencyUnavailable):
        await children.own(caller, UUID(CLIENTS_CHILD))
