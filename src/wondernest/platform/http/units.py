"""Runs handlers in a unit of work: commit, rollback, retry after a conflict, and replies kept for an Idempotency-Key."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.db.idempotency import MAX_KEY_CHARS, IdempotencyKeys, KeptReply, KeyReused
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.faults import MAX_ATTEMPTS, TransactionConflict
from wondernest.platform.http import errors
from wondernest.platform.http.replies import StreamReply
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from enum import Enum

    from wondernest.platform.caller import Admission, Caller
    from wondernest.platform.db.pool import Database
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.replies import AnyReply
    from wondernest.platform.recording import Recorder

FIRST_REFUSAL: Final = 400


class UnitRunner:
    """Runs the handlers of endpoints that need a unit of work."""

    def __init__(self, database: Database, keys: IdempotencyKeys, admission: Admission, recorder: Recorder) -> None:
        self._database = database
        self._keys = keys
        self._admission = admission
        self._recorder = recorder

    async def run(self, endpoint: Endpoint, request: Request[Any], caller: Caller | None) -> AnyReply:
        """The handler's reply, once its unit is committed. The handler is run again after a conflict."""
        return await _retried(lambda: self.run_once(endpoint, request, caller))

    async def run_once(self, endpoint: Endpoint, request: Request[Any], caller: Caller | None) -> AnyReply:
        """As `run`, without a retry: for a body that can be read only once."""
        unit = UnitOfWork(self._database)
        request.bind(caller, unit)
        try:
            reply = await endpoint.handler(request)
            if endpoint.accesses is not None:
                await self._record(endpoint.accesses, request, reply, unit)
            await unit.commit()
        except BaseException as error:
            await unit.rollback(error)
            raise
        return reply

    async def replay(
        self, endpoint: Endpoint, request: Request[Any], caller: Caller, key: bytes, body: bytes, template: str
    ) -> AnyReply:
        """As `run`, or the kept reply of an earlier request with this key. Raises IdempotencyMismatch or BadRequest."""
        return await _retried(lambda: self._replay_once(endpoint, request, caller, key, body, template))

    async def _replay_once(
        self, endpoint: Endpoint, request: Request[Any], caller: Caller, key: bytes, body: bytes, template: str
    ) -> Reply:
        name = key.decode("latin-1").strip()
        if not name or len(name) > MAX_KEY_CHARS or not name.isprintable():
            raise errors.BadRequest(f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} printable characters")
        unit = UnitOfWork(self._database)
        request.bind(caller, unit)
        conditions = [request.header(b"if-match") or ""]
        if (create_only := request.header(b"if-none-match")) is not None:
            conditions.append(create_only)
        target = "\0".join([*request.segments, *conditions]).encode()
        try:
            route = f"{endpoint.method} {template}"
            kept = await self._keys.claim(unit, caller.user_id, name, route, target + b"\0" + body)
            if kept is not None:
                await unit.commit()
                await self._admission.admit(caller, endpoint.authority, request.proof if endpoint.step_up else None)
                headers = tuple((n.encode(), v.encode()) for n, v in kept.headers)
                return Reply(kept.status, kept.body, headers=(*headers, (b"idempotent-replayed", b"true")))
            reply = await endpoint.handler(request)
            if not isinstance(reply, Reply):
                raise TypeError(f"{template}: a stream cannot be given again")
            shown = tuple((n.decode(), v.decode()) for n, v in reply.headers)
            await self._keys.keep(unit, caller.user_id, name, KeptReply(reply.status, reply.content, shown))
            if endpoint.accesses is not None:
                await self._record(endpoint.accesses, request, reply, unit)
            await unit.commit()
        except KeyReused as error:
            await unit.rollback(error)
            raise errors.IdempotencyMismatch from None
        except BaseException as error:
            await unit.rollback(error)
            raise
        return reply

    async def _record(self, kind: Enum, request: Request[Any], reply: AnyReply, unit: UnitOfWork) -> None:
        if succeeded(reply):
            await self._recorder.write(unit, request.caller, kind, request.people)


def succeeded(reply: AnyReply) -> bool:
    """Whether the handler did what was asked: a refusal may be a reply too. Blobs and event streams are none."""
    return not isinstance(reply, Reply | StreamReply) or reply.status < FIRST_REFUSAL


async def _retried(work: Callable[[], Awaitable[AnyReply]]) -> AnyReply:
    """Run a whole unit of work, and run it again when the database rolled it back because of another transaction."""
    for _ in range(MAX_ATTEMPTS - 1):
        with contextlib.suppress(TransactionConflict):
            return await work()
    return await work()
