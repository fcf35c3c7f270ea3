"""Kept versions: listed, read, brought back. Ours, beside the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wondernest.games import errors, wire
from wondernest.games.routes import parsing
from wondernest.games.rules import DEFAULT_HISTORY, MAX_HISTORY, KeptVersion
from wondernest.games.service import SaveService
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import V2, Endpoint, Query, Response
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import Raw, instant

MAX_VERSION_DIGITS = 9


class HistoryRoutes:
    """GET of kept versions and their restore."""

    def __init__(self, saves: SaveService) -> None:
        self._saves = saves

    def endpoints(self) -> list[Endpoint]:
        """The routes, under v2."""
        version = "/games/children/{childId}/history/{gameType}/{dataKey}/{version}"
        shared: dict[str, Any] = {
            "caller": CallerKind.PARENT,
            "tag": parsing.TAG,
            "mounts": (V2,),
            "precheck": parsing.child_id,
        }
        refusals = {400: parsing.BAD_REQUEST, 500: parsing.FAILED}
        return [
            Endpoint(
                method="GET",
                path="/games/children/{childId}/history",
                handler=self.find,
                summary="Kept versions of a child's saves, deleted ones too",
                **shared,
                failure=errors.failure("Failed to load game data history"),
                replies={200: Response(wire.VersionList, "The last kept first"), **refusals},
                queries=(
                    Query("gameType"),
                    Query("dataKey"),
                    Query("limit", int, f"1 to {MAX_HISTORY}, {DEFAULT_HISTORY} when absent"),
                    Query("before", str, "Only versions kept before this time (ISO 8601), for the next page"),
                ),
            ),
            Endpoint(
                method="GET",
                path=version,
                handler=self.get,
                summary="A kept version with its document",
                **shared,
                failure=errors.failure("Failed to load game data history"),
                replies={200: Response(wire.VersionDocument, "The version"), 404: parsing.NOT_FOUND, **refusals},
            ),
            Endpoint(
                method="POST",
                path=version + "/restore",
                handler=self.restore,
                summary="Make a kept version current again; what was current is kept",
                **shared,
                replayable=True,
                failure=errors.failure("Failed to restore game data"),
                replies={
                    200: Response(wire.Restored, "Restored"),
                    404: parsing.NOT_FOUND,
                    409: parsing.CONFLICT,
                    **refusals,
                },
                headers=(parsing.IF_MATCH, parsing.IF_NONE_MATCH, parsing.DEVICE),
            ),
        ]

    async def find(self, request: Request[None]) -> Reply:
        """GET …/history."""
        key = (request.query("gameType"), request.query("dataKey"))
        versions = await self._saves.history(
            request.caller,
            request.found,
            key,
            _moment(request.query("before")),
            _limit(request.query("limit")),
        )
        return reply_json(wire.VersionList(True, [_info(version) for version in versions]))

    async def get(self, request: Request[None]) -> Reply:
        """GET …/history/{gameType}/{dataKey}/{version}."""
        kept = await self._saves.version(request.caller, request.found, parsing.path_key(request), _version(request))
        info = _info(kept)
        return reply_json(
            wire.VersionDocument(
                info.game_type,
                info.data_key,
                info.version,
                info.size_bytes,
                info.saved_at,
                info.kept_at,
                info.reason,
                info.replaced_by_device,
                Raw(kept.document),
            )
        )

    async def restore(self, request: Request[None]) -> Reply:
        """POST …/history/{gameType}/{dataKey}/{version}/restore."""
        child_id, key, version = request.found, parsing.path_key(request), _version(request)
        saved = await self._saves.restore(
            request.caller, child_id, key, version, parsing.intent(request), request.optional_unit
        )
        assert saved.state is not None
        body = wire.Restored(
            True,
            "Game data restored successfully",
            str(child_id),
            key.game_type,
            key.data_key,
            version,
            saved.state.version,
            saved.state.etag,
            instant(saved.state.updated_at),
        )
        return reply_json(body, headers=((b"etag", saved.state.etag.encode()),))


def _info(kept: KeptVersion) -> wire.VersionInfo:
    return wire.VersionInfo(
        kept.key.game_type,
        kept.key.data_key,
        kept.version,
        kept.size_bytes,
        instant(kept.saved_at),
        instant(kept.kept_at),
        kept.reason.value,
        kept.device,
    )


def _version(request: Request[Any]) -> int:
    version = _number(request.params["version"])
    if version is None:
        raise errors.VersionNotFound
    return version


def _limit(text: str | None) -> int:
    """A bad query value is ignored (server contract §5.1)."""
    limit = _number(text or "")
    return DEFAULT_HISTORY if limit is None else min(max(limit, 1), MAX_HISTORY)


def _number(text: str) -> int | None:
    """A number of a plausible length; versions of up to a billion fit."""
    fits = len(text) <= MAX_VERSION_DIGITS and text.isascii() and text.isdigit()
    return int(text) if fits else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
