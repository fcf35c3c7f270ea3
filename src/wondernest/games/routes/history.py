"""Kept versions: list, read, restore. These routes are an addition to the contract."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import asdict

from wondernest.access.accesses import Look
from wondernest.access.consent import Purpose
from wondernest.games import errors, wire
from wondernest.games.routes import parsing
from wondernest.games.rules import DEFAULT_HISTORY, MAX_HISTORY, KeptVersion
from wondernest.games.service import SaveService
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import V2, Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import Raw, instant

MAX_VERSION_DIGITS = 9


def _number(text: str) -> int | None:
    """A version number of at most nine digits; None for any other text."""
    fits = len(text) <= MAX_VERSION_DIGITS and text.isascii() and text.isdigit()
    return int(text) if fits else None


VERSION = PathParameter("version", _number, lambda _text: errors.VersionNotFound(), int, example="1")
HISTORY = "/games/children/{childId}/history"
ONE = HISTORY + "/{gameType}/{dataKey}/{version}"
GROUP = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    accesses=Look.SAVES,
    authority=Authority.MEMBER,
    purpose=Purpose.SAVES,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    mounts=(V2,),
    parameters=(parsing.CHILD, parsing.GAME_TYPE, parsing.DATA_KEY, VERSION),
    failure=errors.Failed,
)


class HistoryRoutes:
    """GET of kept versions and their restore, under v2."""

    def __init__(self, saves: SaveService) -> None:
        self._saves = saves

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        HISTORY,
        queries=(
            Query("gameType"),
            Query("dataKey"),
            Query("limit", int, f"1 to {MAX_HISTORY}, {DEFAULT_HISTORY} when absent"),
            Query("before", str, "Only versions kept before this time (ISO 8601), for the next page"),
        ),
        replies={200: Response(wire.VersionList, "The last kept first")},
        failure="Failed to load game data history",
        summary="Kept versions of a child's saves, deleted ones too",
    )
    async def find(self, request: Request[None]) -> Reply:
        """GET …/history."""
        key = (request.query("gameType"), request.query("dataKey"))
        versions = await self._saves.history(
            request.caller,
            request.path(parsing.CHILD),
            key,
            _moment(request.query("before")),
            _limit(request.query("limit")),
        )
        request.concerns([await self._saves.meant(request.caller, request.path(parsing.CHILD))])
        return reply_json(wire.VersionList(success=True, versions=[_info(version) for version in versions]))

    @GROUP.get(
        ONE,
        replies={200: Response(wire.VersionDocument, "The version"), 404: parsing.NOT_FOUND},
        failure="Failed to load game data history",
        summary="A kept version with its document",
    )
    async def get(self, request: Request[None]) -> Reply:
        """GET …/history/{gameType}/{dataKey}/{version}."""
        kept = await self._saves.version(
            request.caller, request.path(parsing.CHILD), parsing.path_key(request), request.path(VERSION)
        )
        request.concerns([await self._saves.meant(request.caller, request.path(parsing.CHILD))])
        return reply_json(wire.VersionDocument(**asdict(_info(kept)), data_value=Raw(kept.document)))

    @GROUP.post(
        ONE + "/restore",
        unit=True,
        accesses=Look.RECOVERY,
        replayable=True,
        headers=(parsing.IF_MATCH, parsing.IF_NONE_MATCH, parsing.DEVICE),
        replies={
            200: Response(wire.Restored, "Restored"),
            404: parsing.NOT_FOUND,
            409: parsing.CONFLICT,
            413: parsing.QUOTA,
        },
        failure="Failed to restore game data",
        summary="Make a kept version current again; the current one is kept as a version",
    )
    async def restore(self, request: Request[None]) -> Reply:
        """POST …/history/{gameType}/{dataKey}/{version}/restore."""
        child_id, key, version = request.path(parsing.CHILD), parsing.path_key(request), request.path(VERSION)
        saved = await self._saves.restore(request.caller, child_id, key, version, parsing.intent(request), request.unit)
        request.concerns([await self._saves.meant(request.caller, child_id, request.unit)])
        assert saved.state is not None
        body = wire.Restored(
            success=True,
            message="Game data restored successfully",
            child_id=str(child_id),
            game_type=key.game_type,
            data_key=key.data_key,
            restored_version=version,
            version=saved.state.version,
            etag=saved.state.etag,
            updated_at=instant(saved.state.updated_at),
        )
        return reply_json(body, headers=((b"etag", saved.state.etag.encode()),))


def _info(kept: KeptVersion) -> wire.VersionInfo:
    return wire.VersionInfo(
        game_type=kept.key.game_type,
        data_key=kept.key.data_key,
        version=kept.version,
        size_bytes=kept.size_bytes,
        saved_at=instant(kept.saved_at),
        kept_at=instant(kept.kept_at),
        reason=kept.reason.value,
        replaced_by_device=kept.device,
    )


def _limit(text: str | None) -> int:
    """A bad query value is ignored (server contract §5.1)."""
    limit = _number(text or "")
    return DEFAULT_HISTORY if limit is None else min(max(limit, 1), MAX_HISTORY)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
