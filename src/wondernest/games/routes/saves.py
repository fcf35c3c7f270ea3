"""Saves: five routes of the contract in two dialects, and the batch."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from uuid import UUID

from wondernest.access.consent import Exemption, Purpose
from wondernest.games import errors, wire
from wondernest.games.batch import BatchService, Outcome, Step
from wondernest.games.routes import parsing
from wondernest.games.rules import (
    MAX_OPERATIONS,
    Listing,
    Saved,
    SaveKey,
    StoredSave,
    is_document,
    precondition,
    tag_matches,
)
from wondernest.games.service import SaveService
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.decoding import BadBody, BodyDecoder
from wondernest.platform.http.endpoint import MIB, V1, V2, Endpoint, Query, Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.replies import StreamReply
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import Raw, encode, instant, maybe_text
from wondernest.platform.large_work import at_once
from wondernest.platform.recording import Unrecorded

MAX_BODY_BYTES = 10 * MIB
SAVED = "Game data saved successfully"
DELETED = "Game data deleted successfully"
GROUP = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    purpose=Purpose.SAVES,
    unpermitted=errors.ConsentRequired,
    rules_in_sql=True,
    mounts=(V2, V1),
    parameters=(parsing.CHILD, parsing.GAME_TYPE, parsing.DATA_KEY),
    bad_body=errors.InvalidBody,
    failure=errors.Failed,
)
DATA = "/games/children/{childId}/data"
ITEM = DATA + "/{gameType}/{dataKey}"
_operation = BodyDecoder(wire.Operation)


class SaveRoutes:
    """PUT, GET and DELETE of saves under v1 and v2 alike; the batch under v2."""

    def __init__(self, saves: SaveService, batches: BatchService) -> None:
        self._saves = saves
        self._batches = batches

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.put(
        DATA,
        body=wire.SaveForm,
        example={
            "gameType": "sticker_book",
            "dataKey": "sticker_project_1",
            "dataValue": {"stickers": ["star"]},
        },
        max_body_bytes=MAX_BODY_BYTES,
        replayable=True,
        headers=(parsing.IF_MATCH, parsing.IF_NONE_MATCH, parsing.DEVICE),
        replies={
            200: Response(wire.SimpleSaved | wire.KeySaved, "Stored"),
            404: parsing.NOT_FOUND,
            409: parsing.CONFLICT,
            413: parsing.QUOTA,
        },
        failure="Failed to save game data",
        summary="Store a save",
    )
    async def store(self, request: Request[wire.SaveForm]) -> Reply:
        """PUT …/data."""
        child_id, form = request.path(parsing.CHILD), request.body
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

    @GROUP.get(
        DATA,
        queries=(Query("gameType"), Query("gameKey"), Query("dataKey")),
        replies={
            200: Response(wire.SimpleSaveList | wire.KeySaveList, "Empty for a child that is not the caller's"),
        },
        failure="Failed to load game data",
        summary="A child's saves, newest first",
    )
    async def find(self, request: Request[None]) -> Reply | StreamReply:
        """GET …/data; a large list is streamed, in the same bytes."""
        child_id = request.path(parsing.CHILD)
        game_type, game_key = request.query("gameType"), request.query("gameKey")
        by_key = game_type is None and game_key is not None
        listing = Listing(request.caller.user_id, child_id, game_type or game_key, request.query("dataKey"))
        saves = await self._saves.find(request.caller, listing, instances=by_key)
        if not isinstance(saves, list):
            return StreamReply(200, _list_in_pieces(child_id, saves, _key_item if by_key else _item))
        if by_key:
            return reply_json(wire.KeySaveList(success=True, game_data=[_key_item(child_id, save) for save in saves]))
        return reply_json(wire.SimpleSaveList(success=True, game_data=[_item(child_id, save) for save in saves]))

    @GROUP.get(
        ITEM,
        replies={
            200: Response(wire.SimpleItem, "The save"),
            304: Response(None, "Not modified"),
            404: parsing.NOT_FOUND,
        },
        failure="Failed to load game data",
        summary="One save",
    )
    async def get(self, request: Request[None]) -> Reply:
        """GET …/data/{gameType}/{dataKey}."""
        child_id = request.path(parsing.CHILD)
        save = await self._saves.get(request.caller, child_id, parsing.path_key(request))
        etag = save.state.etag
        headers = ((b"etag", etag.encode()),)
        if tag_matches(request.header(b"if-none-match"), etag):
            return Reply(304, b"", headers=headers)
        return reply_json(_item(child_id, save), headers=headers)

    @GROUP.delete(
        ITEM,
        exempt=Exemption.ENDING,
        headers=(parsing.IF_MATCH, parsing.DEVICE),
        replies={200: Response(wire.Deleted, "Deleted"), 404: parsing.NOT_FOUND, 409: parsing.CONFLICT},
        failure="Failed to delete game data",
        summary="Delete a save; it is kept as a version",
    )
    async def delete(self, request: Request[None]) -> Reply:
        """DELETE …/data/{gameType}/{dataKey}."""
        child_id, key = request.path(parsing.CHILD), parsing.path_key(request)
        await self._saves.delete(request.caller, child_id, key, parsing.intent(request))
        return _deleted(child_id, DELETED, key.game_type, key.data_key)

    @GROUP.delete(
        DATA + "/{gameType}",
        exempt=Exemption.ENDING,
        headers=(parsing.DEVICE,),
        replies={200: Response(wire.Deleted, "The number of deleted saves")},
        failure="Failed to delete game data",
        summary="Delete all saves of a game; they are kept as versions",
    )
    async def delete_type(self, request: Request[None]) -> Reply:
        """DELETE …/data/{gameType}."""
        child_id, game_type = request.path(parsing.CHILD), request.path(parsing.GAME_TYPE)
        count = await self._saves.delete_type(request.caller, child_id, game_type, parsing.intent(request))
        return _deleted(child_id, f"Deleted {count} game data items", game_type, None)

    @GROUP.post(
        DATA + "/batch",
        mounts=(V2,),
        body=wire.BatchForm,
        example={
            "operations": [
                {
                    "op": "put",
                    "gameType": "sticker_book",
                    "dataKey": "sticker_project_1",
                    "dataValue": {"stickers": ["star"]},
                }
            ]
        },
        max_body_bytes=MAX_BODY_BYTES,
        unit=True,
        replayable=True,
        headers=(parsing.DEVICE,),
        replies={200: Response(wire.BatchAnswer, "A result for each operation"), 404: parsing.NOT_FOUND},
        failure="Failed to save game data",
        summary="Up to 50 operations in one transaction",
    )
    async def batch(self, request: Request[wire.BatchForm]) -> Reply:
        """POST …/data/batch."""
        child_id, operations = request.path(parsing.CHILD), request.body.operations
        if not 1 <= len(operations) <= MAX_OPERATIONS:
            raise errors.InvalidBody(f"operations must have 1 to {MAX_OPERATIONS} entries")
        results: dict[int, wire.OperationResult] = {}
        steps: list[Step] = []
        for place, raw in enumerate(operations):
            try:
                steps.append(_step(place, raw))
            except ApiError as error:
                results[place] = _unusable(place, error)
        outcomes = await self._batches.run(request.caller, child_id, steps, parsing.intent(request), request.unit)
        results |= {step.place: _result(step, outcomes[step.place]) for step in steps}
        ordered = [results[place] for place in sorted(results)]
        done = all(result.status == 200 for result in ordered)
        return reply_json(wire.BatchAnswer(success=done, results=ordered))


def _step(place: int, raw: Raw) -> Step:
    try:
        operation: wire.Operation = at_once(_operation.read(raw))
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


def _unusable(place: int, error: ApiError) -> wire.OperationResult:
    return wire.OperationResult(index=place, status=error.status, error="INVALID_OPERATION", message=str(error.body))


def _result(step: Step, outcome: Outcome) -> wire.OperationResult:
    key = step.key
    result = wire.OperationResult(index=step.place, status=200, game_type=key.game_type, data_key=key.data_key)
    if isinstance(outcome, errors.InvalidBody):
        result.status, result.error, result.message = outcome.status, "INVALID_OPERATION", str(outcome.body)
    elif outcome.refused:
        result.status, result.error, result.message = 409, "VERSION_CONFLICT", errors.CONFLICT
        result.current = _state(outcome)
    elif outcome.exceeds:
        result.status, result.error, result.message = 413, errors.QUOTA_EXCEEDED, errors.QUOTA_TEXT
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
    return wire.StateInfo(
        version=state.version,
        etag=state.etag,
        updated_at=instant(state.updated_at),
        size_bytes=refused.current_size or 0,
    )


def _deleted(child_id: UUID, message: str, game_type: str, data_key: str | None) -> Reply:
    return reply_json(
        wire.Deleted(success=True, message=message, child_id=str(child_id), game_type=game_type, data_key=data_key)
    )


def _simple_saved(child_id: UUID, key: SaveKey) -> wire.SimpleSaved:
    return wire.SimpleSaved(
        success=True, message=SAVED, child_id=str(child_id), game_type=key.game_type, data_key=key.data_key
    )


def _key_saved(child_id: UUID, key: SaveKey, saved: Saved, document: Raw) -> wire.KeySaved:
    assert saved.state is not None
    assert saved.created_at is not None
    child = str(child_id)
    item = wire.KeyItem(
        id=str(saved.id),
        instance_id=maybe_text(saved.instance_id),
        child_id=child,
        game_key=key.game_type,
        data_key=key.data_key,
        data_value=document,
        data_version=saved.state.version,
        created_at=instant(saved.created_at),
        updated_at=instant(saved.state.updated_at),
    )
    return wire.KeySaved(
        success=True, message=SAVED, child_id=child, game_key=key.game_type, data_key=key.data_key, data=item
    )


def _item(child_id: UUID, save: StoredSave) -> wire.SimpleItem:
    return wire.SimpleItem(
        id=str(save.id),
        child_id=str(child_id),
        game_type=save.key.game_type,
        data_key=save.key.data_key,
        data_value=Raw(save.document),
        created_at=instant(save.created_at),
        updated_at=instant(save.updated_at),
    )


def _key_item(child_id: UUID, save: StoredSave) -> wire.KeyItem:
    return wire.KeyItem(
        id=str(save.id),
        instance_id=maybe_text(save.instance_id),
        child_id=str(child_id),
        game_key=save.key.game_type,
        data_key=save.key.data_key,
        data_value=Raw(save.document),
        data_version=save.version,
        created_at=instant(save.created_at),
        updated_at=instant(save.updated_at),
    )


async def _list_in_pieces(
    child_id: UUID,
    pieces: AsyncGenerator[list[StoredSave]],
    item: Callable[[UUID, StoredSave], wire.SimpleItem | wire.KeyItem],
) -> AsyncGenerator[bytes]:
    """The bytes of `wire.SimpleSaveList` or `wire.KeySaveList`, with one part in memory at a time."""
    async with aclosing(pieces):
        yield b'{"success":true,"gameData":['
        separated = False
        async for saves in pieces:
            content = b",".join([encode(item(child_id, save)) for save in saves])
            saves.clear()
            if not content:
                continue  # deleted meanwhile
            if separated:
                yield b","
            separated = True
            yield content
            del content
        yield b"]}"
