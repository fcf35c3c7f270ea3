"""The registry of games and children's instances of them (games contract §4)."""

from __future__ import annotations

from wondernest.access.consent import Purpose
from wondernest.games import errors, instance_settings, wire
from wondernest.games.registry import RegistryService
from wondernest.games.routes import parsing
from wondernest.games.rules import Fields
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import V2, Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import instant, maybe_instant, maybe_text
from wondernest.platform.recording import Unrecorded

GROUP = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.SAVES,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    mounts=(V2,),
    parameters=(parsing.CHILD, parsing.GAME_KEY),
    bad_body=errors.InvalidBody,
    failure=errors.Failed,
)
INSTANCES = "/games/children/{childId}/instances"
INSTANCE = INSTANCES + "/{gameKey}"


class RegistryRoutes:
    """Games, kinds, categories, instances; all under v2."""

    def __init__(self, registry: RegistryService) -> None:
        self._registry = registry

    def endpoints(self) -> list[Endpoint]:
        """The routes; the router prefers `types` and `categories` to a game's key."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/games",
        rules_in_sql=False,
        replies={200: Response(wire.GameList, "By display name")},
        failure="Failed to get games",
        summary="Active games",
    )
    async def games(self, _request: Request[None]) -> Reply:
        """GET /games."""
        rows = await self._registry.games()
        return reply_json(wire.GameList(success=True, games=[_game(row) for row in rows]))

    @GROUP.get(
        "/games/types",
        rules_in_sql=False,
        replies={200: Response(wire.GameTypeList, "By name")},
        failure="Failed to get game types",
        summary="Kinds of games",
    )
    async def types(self, _request: Request[None]) -> Reply:
        """GET /games/types."""
        rows = await self._registry.types()
        types = [wire.GameType(id=str(row["id"]), name=row["name"], description=row["description"]) for row in rows]
        return reply_json(wire.GameTypeList(success=True, game_types=types))

    @GROUP.get(
        "/games/categories",
        rules_in_sql=False,
        replies={200: Response(wire.CategoryList, "By name")},
        failure="Failed to get categories",
        summary="Categories of games",
    )
    async def categories(self, _request: Request[None]) -> Reply:
        """GET /games/categories."""
        rows = await self._registry.categories()
        categories = [
            wire.Category(id=str(row["id"]), name=row["name"], parent_category_id=maybe_text(row["parent_category_id"]))
            for row in rows
        ]
        return reply_json(wire.CategoryList(success=True, categories=categories))

    @GROUP.get(
        "/games/{gameKey}",
        rules_in_sql=False,
        replies={200: Response(wire.GameInfo, "The game"), 404: parsing.NOT_FOUND},
        failure="Failed to get game",
        summary="One active game",
    )
    async def game(self, request: Request[None]) -> Reply:
        """GET /games/{gameKey}."""
        return reply_json(_game(await self._registry.game(request.path(parsing.GAME_KEY))))

    @GROUP.post(
        INSTANCE,
        replies={200: Response(wire.InstanceReady, "Created or found"), 404: parsing.NOT_FOUND},
        failure="Failed to create instance",
        summary="Create a child's instance of a game if it is missing",
    )
    async def prepare(self, request: Request[None]) -> Reply:
        """POST …/instances/{gameKey}."""
        row = await self._registry.prepare_instance(
            request.caller, request.path(parsing.CHILD), request.path(parsing.GAME_KEY)
        )
        ready = wire.InstanceReady(success=True, message="Game instance ready", instance=_instance(row))
        return reply_json(ready)

    @GROUP.get(
        INSTANCES,
        replies={200: Response(wire.InstanceList, "Last played first")},
        failure="Failed to get instances",
        summary="A child's instances of games",
    )
    async def instances(self, request: Request[None]) -> Reply:
        """GET …/instances."""
        rows = await self._registry.instances(request.caller, request.path(parsing.CHILD))
        return reply_json(wire.InstanceList(success=True, instances=[_instance(row) for row in rows]))

    @GROUP.put(
        INSTANCE + "/settings",
        body=wire.SettingsForm,
        example={"settings": {"music": True}},
        replies={200: Response(wire.Acknowledged, "Replaced"), 404: parsing.NOT_FOUND},
        failure="Failed to update settings",
        summary="Replace the settings of an instance",
    )
    async def replace_settings(self, request: Request[wire.SettingsForm]) -> Reply:
        """PUT …/instances/{gameKey}/settings."""
        child_id, game_key = request.path(parsing.CHILD), request.path(parsing.GAME_KEY)
        await self._registry.replace_settings(request.caller, child_id, game_key, request.body.settings)
        return reply_json(wire.Acknowledged(success=True, message="Settings updated successfully"))

    @GROUP.get(
        "/games/children/{childId}/active",
        replies={200: Response(wire.ActiveGames, "Last saved first")},
        failure="Failed to get active games",
        summary="Games the child has saves of",
    )
    async def active(self, request: Request[None]) -> Reply:
        """GET …/active."""
        rows = await self._registry.active(request.caller, request.path(parsing.CHILD))
        return reply_json(wire.ActiveGames(success=True, active_games=[_active(row) for row in rows]))


def _game(row: Fields) -> wire.GameInfo:
    return wire.GameInfo(
        id=str(row["id"]),
        game_key=row["game_key"],
        display_name=row["display_name"],
        description=row["description"],
        game_type=row["game_type"],
        category=row["category"],
        min_age_months=row["min_age_months"],
        max_age_months=row["max_age_months"],
        is_active=row["is_active"],
    )


def _instance(row: Fields) -> wire.Instance:
    return wire.Instance(
        id=str(row["id"]),
        child_id=str(row["child_id"]),
        game_id=str(row["game_id"]),
        settings=instance_settings.shown(row["settings"]),
        preferences=instance_settings.shown(row["preferences"]),
        is_unlocked=row["is_unlocked"],
        total_play_time_minutes=row["total_play_time_minutes"],
        session_count=row["session_count"],
        last_played_at=maybe_instant(row["last_played_at"]),
        created_at=instant(row["created_at"]),
        updated_at=instant(row["updated_at"]),
    )


def _active(row: Fields) -> wire.ActiveGame:
    return wire.ActiveGame(
        game_key=row["game_key"],
        display_name=row["display_name"],
        total_play_time_minutes=row["total_play_time_minutes"],
        last_played_at=maybe_instant(row["last_played_at"]),
        last_data_update=maybe_instant(row["last_data_update"]),
    )
