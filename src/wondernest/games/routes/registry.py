"""The registry of games and children's copies of them (games contract §4)."""

from __future__ import annotations

from typing import Any

from wondernest.games import errors, wire
from wondernest.games.registry import RegistryService
from wondernest.games.routes import parsing
from wondernest.games.rules import Fields
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import V2, Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import Raw, encode, instant, maybe_instant


class RegistryRoutes:
    """Games, kinds, categories, instances."""

    def __init__(self, registry: RegistryService) -> None:
        self._registry = registry

    def endpoints(self) -> list[Endpoint]:
        """The routes, under v2; `types` and `categories` win over a game's key."""
        return [*self._catalogue(), *self._instances()]

    def _catalogue(self) -> list[Endpoint]:
        shared: dict[str, Any] = {"method": "GET", "caller": CallerKind.PARENT, "tag": parsing.TAG, "mounts": (V2,)}

        def failed(text: str) -> dict[str, Any]:
            return {"failure": errors.failure(text)}

        return [
            Endpoint(
                path="/games",
                handler=self.games,
                summary="Active games",
                **shared,
                **failed("Failed to get games"),
                replies={200: Response(wire.GameList, "By display name"), 500: parsing.FAILED},
            ),
            Endpoint(
                path="/games/types",
                handler=self.types,
                summary="Kinds of games",
                **shared,
                **failed("Failed to get game types"),
                replies={200: Response(wire.GameTypeList, "By name"), 500: parsing.FAILED},
            ),
            Endpoint(
                path="/games/categories",
                handler=self.categories,
                summary="Categories of games",
                **shared,
                **failed("Failed to get categories"),
                replies={200: Response(wire.CategoryList, "By name"), 500: parsing.FAILED},
            ),
            Endpoint(
                path="/games/{gameKey}",
                handler=self.game,
                summary="One active game",
                **shared,
                **failed("Failed to get game"),
                replies={200: Response(wire.GameInfo, "The game"), 404: parsing.NOT_FOUND, 500: parsing.FAILED},
            ),
        ]

    def _instances(self) -> list[Endpoint]:
        shared: dict[str, Any] = {
            "caller": CallerKind.PARENT,
            "tag": parsing.TAG,
            "mounts": (V2,),
            "precheck": parsing.child_id,
        }
        refusals = {400: parsing.BAD_REQUEST, 500: parsing.FAILED}
        instance = "/games/children/{childId}/instances/{gameKey}"
        return [
            Endpoint(
                method="POST",
                path=instance,
                handler=self.prepare,
                summary="Make a child's copy of a game ready",
                **shared,
                failure=errors.failure("Failed to create instance"),
                replies={200: Response(wire.InstanceReady, "New or not"), 404: parsing.NOT_FOUND, **refusals},
            ),
            Endpoint(
                method="GET",
                path="/games/children/{childId}/instances",
                handler=self.instances,
                summary="A child's copies of games",
                **shared,
                failure=errors.failure("Failed to get instances"),
                replies={200: Response(wire.InstanceList, "Last played first"), **refusals},
            ),
            Endpoint(
                method="PUT",
                path=instance + "/settings",
                handler=self.replace_settings,
                summary="Replace the settings of a copy",
                **shared,
                body=wire.SettingsForm,
                bad_body=errors.InvalidBody,
                failure=errors.failure("Failed to update settings"),
                replies={200: Response(wire.Acknowledged, "Replaced"), 404: parsing.NOT_FOUND, **refusals},
            ),
            Endpoint(
                method="GET",
                path="/games/children/{childId}/active",
                handler=self.active,
                summary="Games the child has saves of",
                **shared,
                failure=errors.failure("Failed to get active games"),
                replies={200: Response(wire.ActiveGames, "Last saved first"), **refusals},
            ),
        ]

    async def games(self, _request: Request[None]) -> Reply:
        """GET /games."""
        return reply_json(wire.GameList(True, [_game(row) for row in await self._registry.games()]))

    async def game(self, request: Request[None]) -> Reply:
        """GET /games/{gameKey}."""
        return reply_json(_game(await self._registry.game(request.params["gameKey"])))

    async def types(self, _request: Request[None]) -> Reply:
        """GET /games/types."""
        rows = await self._registry.types()
        types = [wire.GameType(str(row["id"]), row["name"], row["description"]) for row in rows]
        return reply_json(wire.GameTypeList(True, types))

    async def categories(self, _request: Request[None]) -> Reply:
        """GET /games/categories."""
        rows = await self._registry.categories()
        categories = [wire.Category(str(row["id"]), row["name"], _text(row["parent_category_id"])) for row in rows]
        return reply_json(wire.CategoryList(True, categories))

    async def prepare(self, request: Request[None]) -> Reply:
        """POST …/instances/{gameKey}."""
        row = await self._registry.prepare_instance(request.caller, request.found, request.params["gameKey"])
        return reply_json(wire.InstanceReady(True, "Game instance ready", _instance(row)))

    async def instances(self, request: Request[None]) -> Reply:
        """GET …/instances."""
        rows = await self._registry.instances(request.caller, request.found)
        return reply_json(wire.InstanceList(True, [_instance(row) for row in rows]))

    async def replace_settings(self, request: Request[wire.SettingsForm]) -> Reply:
        """PUT …/instances/{gameKey}/settings."""
        await self._registry.replace_settings(
            request.caller, request.found, request.params["gameKey"], encode(request.body.settings)
        )
        return reply_json(wire.Acknowledged(True, "Settings updated successfully"))

    async def active(self, request: Request[None]) -> Reply:
        """GET …/active."""
        rows = await self._registry.active(request.caller, request.found)
        games = [
            wire.ActiveGame(
                row["game_key"],
                row["display_name"],
                row["total_play_time_minutes"],
                maybe_instant(row["last_played_at"]),
                maybe_instant(row["last_data_update"]),
            )
            for row in rows
        ]
        return reply_json(wire.ActiveGames(True, games))


def _game(row: Fields) -> wire.GameInfo:
    return wire.GameInfo(
        str(row["id"]),
        row["game_key"],
        row["display_name"],
        row["description"],
        row["game_type"],
        row["category"],
        row["min_age_months"],
        row["max_age_months"],
        row["is_active"],
    )


def _instance(row: Fields) -> wire.Instance:
    return wire.Instance(
        str(row["id"]),
        str(row["child_id"]),
        str(row["game_id"]),
        Raw(row["settings"]),
        Raw(row["preferences"]),
        row["is_unlocked"],
        row["total_play_time_minutes"],
        row["session_count"],
        maybe_instant(row["last_played_at"]),
        instant(row["created_at"]),
        instant(row["updated_at"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
