"""Saves: five routes of the contract in two dialects, and the batch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wondernest.games import errors, wire
from wondernest.games.batch import BatchService, Outcome, Step
from wondernest.games.routes import parsing
from wondernest.games.rules import (
    MAX_OPERATIONS,
    Listing,
    Saved,
    SaveKey,
    StoredSave,
    device_name,
    is_document,
    precondition,
    tag_matches,
)
from wondernest.games.service import SaveService
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.decoding import BadBody, BodyDecoder
from wondernest.platform.http.endpoint import MIB, V1, V2, Endpoint, Query, Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import Raw, instant

MAX_BODY_BYTES = 10 * MIB
SAVED = "Game data saved successfully"
DELETED = "Game data deleted successfully"
_operation = BodyDecoder(wire.Operation)


class SaveRoutes:
    """PUT, GET and DELETE of saves."""

    def __init__(self, saves: SaveService, batches: BatchService) -> None:
        self._saves = saves
        self._batches = batches

    def endpoints(self) -> list[Endpoint]:
        """The routes, mounted under v1 and v2 alike; the batch under v2."""
        data, item = "/games/children/{childId}/data", "/games/children/{childId}/data/{gameType}/{dataKey}"
        shared: dict[str, Any] = {
            "caller": CallerKind.PARENT,
            "tag": parsing.TAG,
            "mounts": (V2, V1),
            "precheck": parsing.child_id,
        }
        under_v2: dict[str, Any] = {**shared, "mounts": (V2,)}
        refusals = {400: parsing.BAD_REQUEST, 500: parsing.FAILED}
        return [
            Endpoint(
                method="PUT",
                path=data,
                handler=self.store,
                summary="Store a save",
                **shared,
                body=wire.SaveForm,
                bad_body=errors.InvalidBody,
                failure=errors.failure("Failed to save game data"),
                max_body_bytes=MAX_BODY_BYTES,
                replayable=True,
                replies={
                    200: Response(wire.SimpleSaved | wire.KeySaved, "Stored"),
                    404: parsing.NOT_FOUND,
                    409: parsing.CONFLICT,
                    **refusals,
                },
                headers=(parsing.IF_MATCH, parsing.IF_NONE_MATCH, parsing.DEVICE),
            ),
            Endpoint(
                method="GET",
                path=data,
                handler=self.find,
                summary="A child's saves, newest first",
                **shared,
                failure=errors.failure("Failed to load game data"),
                replies={
                    200: Response(wire.SimpleSaveList | wire.KeySaveList, "Empty for a child that is not the caller's"),
                    **refusals,
                },
                queries=(Query("gameType"), Query("gameKey"), Query("dataKey")),
            ),
            Endpoint(
                method="GET",
                path=item,
                handler=self.get,
                summary="One save",
                **shared,
                failure=errors.failure("Failed to load game data"),
                replies={
                    200: Response(wire.SimpleItem, "The save"),
                    304: Response(None, "Not modified"),
                    404: parsing.NOT_FOUND,
                    **refusals,
                },
            ),
            Endpoint(
                method="DELETE",
                path=item,
                handler=self.delete,
                summary="Delete a save; it is kept as a version",
                **shared,
                failure=errors.failure("Failed to delete game data"),
                replayable=False,
                replies={
                    200: Response(wire.Deleted, "Deleted"),
                    404: parsing.NOT_FOUND,
                    409: parsing.CONFLICT,
                    **refusals,
                },
                headers=(parsing.IF_MATCH, parsing.DEVICE),
            ),
            Endpoint(
                method="DELETE",
                path="/games/children/{childId}/data/{gameType}",
                handler=self.delete_type,
                summary="Delete all saves of a game; they are kept as versions",
                **shared,
                failure=errors.failure("Failed to delete game data"),
                replies={200: Response(wire.Deleted, "How many went"), **refusals},
                headers=(parsing.DEVICE,),
            ),
            Endpoint(
                method="POST",
                path=data + "/batch",
                handler=self.batch,
                summary="Up to 50 operations in one transaction",
                **under_v2,
                body=wire.BatchForm,
                bad_body=errors.InvalidBody,
                failure=errors.failure("Failed to save game data"),
                max_body_bytes=MAX_BODY_BYTES,
                unit=True,
                replayable=True,
                replies={
                    200: Response(wire.BatchAnswer, "A result for each operation"),
                    404: parsing.NOT_FOUND,
                    **refusals,
                },
                headers=(parsing.DEVICE,),
            ),
        ]

    async def store(self, request: Request[wire.SaveForm]) -> Reply:
        """PUT …/data."""
        child_id, form = request.found, request.body
        document = bytes(form.data_value)
        if not is_document(document):
            raise errors.InvalidBody("dataValue must be an object")
        key = parsing.form_key(form.game_type, form.game_key, form.data_key)
        saved = await self._saves.store(
            request.caller, child_id, key, document, parsing.intent(request), request.optional_unit
        )
        simple = form.game_type is not None
        body = _simple_saved(child_id, key) if simple else _key_saved(child_id, key, saved, form.data_value)
        etag = saved.state.etag.encode() if saved.state else b""
        return reply_json(body, headers=((b"etag", etag),))

    async def find(self, request: Request[None]) -> Reply:
        """GET …/data."""
        child_id: UUID = request.found
        game_type, game_key = request.query("gameType"), request.query("gameKey")
        by_key = game_type is None and game_key is not None
        listing = Listing(request.caller.user_id, child_id, game_type or game_key, request.query("dataKey"))
        saves = await self._saves.find(listing, instances=by_key)
        if by_key:
            return reply_json(wire.KeySaveList(True, [_key_item(child_id, save) for save in saves]))
        return reply_json(wire.SimpleSaveList(True, [_item(child_id, save) for save in saves]))

    async def get(self, request: Request[None]) -> Reply:
        """GET …/data/{gameType}/{dataKey}."""
        child_id: UUID = request.found
        save = await self._saves.get(request.caller, child_id, parsing.path_key(request))
        etag = save.state.etag
        headers = ((b"etag", etag.encode()),)
        if tag_matches(request.header(b"if-none-match"), etag):
            return Reply(304, b"", headers=headers)
        return reply_json(_item(child_id, save), headers=headers)

    async def delete(self, request: Request[None]) -> Reply:
        """DELETE …/data/{gameType}/{dataKey}."""
        child_id, key = request.found, parsing.path_key(request)
        await self._saves.delete(request.caller, child_id, key, parsing.intent(request))
        return reply_json(wire.Deleted(True, DELETED, str(child_id), key.game_type, key.data_key))

    async def delete_type(self, request: Request[None]) -> Reply:
        """DELETE …/data/{gameType}."""
        child_id, game_type = request.found, request.params["gameType"]
        device = device_name(request.header(b"x-device-id"))
        count = await self._saves.delete_type(request.caller, child_id, game_type, device)
        return reply_json(wire.Deleted(True, f"Deleted {count} game data items", str(child_id), game_type, None))

    async def batch(self, request: Request[wire.BatchForm]) -> Reply:
        """POST …/data/batch."""
        child_id, operations = request.found, request.body.operations
        if not 1 <= len(operations) <= MAX_OPERATIONS:
            raise errors.InvalidBody(f"operations must have 1 to {MAX_OPERATIONS} entries")
        results: dict[int, wire.OperationResult] = {}
        steps: list[Step] = []
        for place, raw in enumerate(operations):
            try:
                steps.append(_step(place, raw))
            except ApiError as error:
                results[place] = wire.OperationResult(
                    place, error.status, error="INVALID_OPERATION", message=str(error.body)
                )
        device = device_name(request.header(b"x-device-id"))
        outcomes = await self._batches.run(request.caller, child_id, steps, device, request.unit)
        results |= {step.place: _result(step, outcomes[step.place]) for step in steps}
        ordered = [results[place] for place in sorted(results)]
        done = all(result.status == 200 for result in ordered)
        return reply_json(wire.BatchAnswer(done, ordered))


def _step(place: int, raw: Raw) -> Step:
    try:
        operation: wire.Operation = _operation.decode(bytes(raw))
    except BadBody as error:
        raise errors.InvalidBody(str(error)) from None
    if operation.op not in {"put", "delete"}:
        raise errors.InvalidBody("op must be put or delete")
    document = bytes(operation.data_value)
    if operation.op == "put" and not is_document(document):
        raise errors.InvalidBody("dataValue must be an object")
    key = parsing.form_key(operation.game_type, operation.game_key, operation.data_key)
    asked = precondition(operation.if_match, operation.if_none_match)
    return Step(place, key, document if operation.op == "put" else None, asked)


def _result(step: Step, outcome: Outcome) -> wire.OperationResult:
    key = step.key
    result = wire.OperationResult(step.place, 200, key.game_type, key.data_key)
    if isinstance(outcome, ApiError):
        result.status, result.error, result.message = outcome.status, "INVALID_OPERATION", str(outcome.body)
    elif outcome.refused:
        result.status, result.error, result.message = 409, "VERSION_CONFLICT", errors.CONFLICT
        result.current = _state(outcome)
    elif not outcome.done:
        result.status, result.error = 404, "NOT_FOUND"
        result.message = "Child not found" if step.document is not None else "Game data not found"
    elif outcome.state is not None:
        result.version, result.etag = outcome.state.version, outcome.state.etag
        result.updated_at = instant(outcome.state.updated_at)
    return result


def _state(refused: Saved) -> wire.StateInfo | None:
    state = refused.current
    if state is None:
        return None
    return wire.StateInfo(state.version, state.etag, instant(state.updated_at), refused.current_size or 0)


def _simple_saved(child_id: UUID, key: SaveKey) -> wire.SimpleSaved:
    return wire.SimpleSaved(True, SAVED, str(child_id), key.game_type, key.data_key)


def _key_saved(child_id: UUID, key: SaveKey, saved: Saved, document: Raw) -> wire.KeySaved:
    assert saved.state is not None
    assert saved.created_at is not None
    item = wire.KeyItem(
        str(saved.id),
        _text(saved.instance_id),
        str(child_id),
        key.game_type,
        key.data_key,
        document,
        saved.state.version,
        instant(saved.created_at),
        instant(saved.state.updated_at),
    )
    return wire.KeySaved(True, SAVED, str(child_id), key.game_type, key.data_key, item)


def _item(child_id: UUID, save: StoredSave) -> wire.SimpleItem:
    return wire.SimpleItem(
        str(save.id),
        str(child_id),
        save.key.game_type,
        save.key.data_key,
        Raw(save.document),
        instant(save.created_at),
        instant(save.updated_at),
    )


def _key_item(child_id: UUID, save: StoredSave) -> wire.KeyItem:
    return wire.KeyItem(
        str(save.id),
        _text(save.instance_id),
        str(child_id),
        save.key.game_type,
        save.key.data_key,
        Raw(save.document),
        save.version,
        instant(save.created_at),
        instant(save.updated_at),
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
