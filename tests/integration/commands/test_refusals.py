"""`wondernest consent refusals` shows an operator whom the gate would refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from tests.fixtures.application import running
from tests.fixtures.games import player
from tests.fixtures.trail import recorded
from wondernest.app import create_app
from wondernest.commands.refusals import NOTHING, refusals
from wondernest.settings import Settings


def _shown(settings: Settings) -> list[str]:
    lines: list[str] = []
    refusals(settings, 7, lines.append)
    return lines


def test_requests_that_passed_without_consent_are_shown_by_route_and_family(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings(COPPA_GATE="record")
    assert _shown(settings)[0].startswith(NOTHING)

    async def play() -> None:
        async with running(create_app(settings)) as client:
            for number in range(2):
                mia = await player(client)
                for key in "abc"[: number + 2]:
                    assert (await mia.save({}, key=key)).status_code == 200

    asyncio.run(play())
    head, line, _, _, *families = _shown(settings)
    assert head.split() == ["route", "purpose", "what", "times", "families"]
    assert line.split() == ["PUT", "/api/v2/games/children/{childId}/data", "saves", "passed", "5", "2"]
    assert [family.split()[1] for family in families] == ["3", "2"]
    assert asyncio.run(recorded(settings.database.url, uuid4())) == {"operator:refusal_count": 2}
