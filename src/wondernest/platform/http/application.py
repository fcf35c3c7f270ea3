"""The application: routes a request to its endpoint, applies guards and limits, and sends the reply."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.caller import Admission, Authenticator, Caller, CallerKind
from wondernest.platform.clock import epoch_ms, monotonic
from wondernest.platform.current import ROUTE
from wondernest.platform.faults import CallerRefused, DependencyUnavailable, Refusal
from wondernest.platform.http import errors
from wondernest.platform.http.asgi import AsgiExchange, Receive, Scope, Send
from wondernest.platform.http.body import RawStream
from wondernest.platform.http.cors import METHODS as REQUEST_METHODS
from wondernest.platform.http.decoding import BodyDecoder, decoder_of, is_bounded
from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.http.exchange import ClientDisconnected, Exchange
from wondernest.platform.http.hosts import AllowedHosts
from wondernest.platform.http.incoming import decoded, decoding, refuse_coded, streamed_body, whole_body
from wondernest.platform.http.operators import bearer_token
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.replies import AnyReply, StreamReply
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.http.router import Route, Router
from wondernest.platform.http.sending import Sender
from wondernest.platform.http.streaming import as_stream
from wondernest.platform.http.units import UnitRunner, succeeded
from wondernest.platform.large_work import LARGE_BYTES
from wondernest.platform.recording import undeclared
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.telemetry.metrics import UNMATCHED, Metrics, RouteMetrics

if TYPE_CHECKING:
    from wondernest.platform.addresses import Networks
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.idempotency import IdempotencyKeys
    from wondernest.platform.db.pool import Database
    from wondernest.platform.http.operators import Operators
    from wondernest.platform.http.rate_limits import RequestLimits
    from wondernest.platform.http.user_limit import UserLimit
    from wondernest.platform.large_work import LargeWork
    from wondernest.platform.recording import Recorder
    from wondernest.platform.rooms import Rooms
    from wondernest.platform.telemetry.logs import RequestLog

log = get_logger(__name__)

CLIENT_CLOSED: Final = 499
"""Logged and counted, never sent: the client disconnected before the reply."""
FLUSH_INTERVAL_S: Final = 0.05
"""How often log lines and metrics are flushed while requests arrive."""
METHODS: Final = frozenset(REQUEST_METHODS.split(", "))
OTHER_METHOD: Final = "OTHER"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Bound:
    """A route, and what was prepared for it at the start."""

    route: Route
    endpoint: Endpoint
    parameters: tuple[PathParameter[Any], ...]
    """In the order of the path."""
    decoder: BodyDecoder | None
    stream: RawStream | None
    metrics: RouteMetrics
    head_metrics: RouteMetrics
    limit_bytes: int
    label: str
    """Method and template."""


@dataclass(slots=True, kw_only=True)
class Machinery:
    """The adapters and settings of an application; made by `app.py`."""

    authenticator: Authenticator
    admission: Admission
    recorder: Recorder
    database: Database
    idempotency: IdempotencyKeys
    large_work: LargeWork
    limits: RequestLimits
    user_limit: UserLimit | None
    sender: Sender
    metrics: Metrics
    request_log: RequestLog
    clock: Clock
    trusted_proxies: Networks
    realm: str
    body_timeout_s: float
    max_body_bytes: int
    operators: Operators
    allowed_hosts: AllowedHosts | None = None
    """None: any Host is allowed."""


class Application:
    """The application of some rooms."""

    def __init__(
        self,
        rooms: Rooms,
        machinery: Machinery,
    ) -> None:
        self.rooms = rooms
        self.router = Router(rooms.endpoints)
        self._m = machinery
        self._units = UnitRunner(machinery.database, machinery.idempotency, machinery.admission, machinery.recorder)
        self._allowed_hosts = machinery.allowed_hosts
        self._bound = {id(route): self._bind(route) for route in self.router.routes}
        self._without_endpoint: dict[tuple[str, str], RouteMetrics] = {}
        self._id_prefix = os.urandom(6).hex()
        self._id_counter = count()
        self._flush_scheduled = False
        self._stopping = asyncio.Event()

    @property
    def metric_names(self) -> set[str]:
        """The names of all metrics."""
        return self._m.metrics.names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "http":
            await self.serve(AsgiExchange(scope, receive, send, self._stopping))
        elif scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    # One request -----------------------------------------------------------------------------------------------------

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request; never raises an Exception."""
        started = monotonic()
        method = exchange.method
        request_id = self._request_id(exchange.headers)
        template = UNMATCHED
        bound: Bound | None = None
        reply: AnyReply
        request: Request[Any] | None = None
        try:
            found = self._find(exchange)
            if found is not None:
                template = next(iter(found[0].values())).template
            if method == "OPTIONS" or found is None:
                reply = self._unrouted(exchange, None if found is None else found[2])
            else:
                bound, values = self._choose(method, found)
                request = Request(exchange, values, self._m.trusted_proxies, request_id)
                reply = await self._answer(bound, request, exchange)
                if not isinstance(reply, Reply):
                    reply = as_stream(reply, exchange, replayable=bound.endpoint.replayable)
        except ClientDisconnected:
            self._account(bound, method, template, CLIENT_CLOSED, started, request_id, request)
            return
        except Exception as error:
            reply = self._refusal(error, bound, request, request_id, template)
        if request is not None and request.rate_limit_headers:
            reply.headers = (*reply.headers, *request.rate_limit_headers)
        status = reply.status
        try:
            await self._m.sender.send(exchange, reply, request_id)
        except ClientDisconnected:
            if not (isinstance(reply, StreamReply) and reply.endless):
                status = CLIENT_CLOSED
        except Exception as error:
            self._break_off(exchange, error, request_id, template)
        finally:
            self._account(bound, method, template, status, started, request_id, request)

    def _find(self, exchange: Exchange) -> tuple[dict[str, Route], list[str], str] | None:
        if exchange.repeated is not None:
            raise errors.RepeatedHeader(exchange.repeated.decode("latin-1"))
        if self._allowed_hosts is not None:
            self._allowed_hosts.check(exchange.headers)
        return self.router.find(exchange.path)

    def _unrouted(self, exchange: Exchange, allow: str | None) -> Reply:
        if exchange.method != "OPTIONS":
            raise errors.RouteNotFound
        return self._m.sender.options(exchange.headers, allow)

    async def _answer(self, bound: Bound, request: Request[Any], exchange: Exchange) -> AnyReply:
        endpoint = bound.endpoint
        machinery = self._m
        headers = exchange.headers
        caller = self._identify(endpoint, request, headers)
        request.bind(caller, None)
        ROUTE.set(bound.label)
        if endpoint.limits:
            request.rate_limit_headers = await machinery.limits.check(endpoint.limits, request.client_ip)
        elif caller is not None and machinery.user_limit is not None:
            request.rate_limit_headers = machinery.user_limit.count(caller.user_id)
        if caller is not None and not endpoint.rules_in_sql:
            await machinery.admission.admit(caller, endpoint.authority, request.proof if endpoint.step_up else None)
        if bound.parameters:
            request.read_path(bound.parameters)
        raw = b""
        if endpoint.body is not None:
            refuse_coded(headers.get(b"content-encoding"))
        if bound.decoder is not None:
            raw = await whole_body(exchange, bound.limit_bytes, machinery.body_timeout_s)
            if len(raw) < LARGE_BYTES:
                request.body = decoded(endpoint, bound.decoder, raw)
            else:
                request.body = await machinery.large_work.run(decoding(endpoint, bound.decoder, raw), len(raw))
        elif bound.stream is not None:
            request.body = streamed_body(exchange, endpoint, bound.stream, bound.limit_bytes, machinery.body_timeout_s)
            return await (
                self._units.run_once(endpoint, request, caller) if endpoint.unit else endpoint.handler(request)
            )
        if endpoint.limits:
            with machinery.limits.in_progress(endpoint.limits, request.client_ip):
                return await self._handled(bound, request, caller, headers, raw)
        return await self._handled(bound, request, caller, headers, raw)

    def _handled(
        self, bound: Bound, request: Request[Any], caller: Caller | None, headers: dict[bytes, bytes], raw: bytes
    ) -> Awaitable[AnyReply]:
        endpoint = bound.endpoint
        key = headers.get(b"idempotency-key") if endpoint.replayable else None
        if key is not None and caller is not None:
            return self._units.replay(endpoint, request, caller, key, raw, bound.route.template)
        if endpoint.unit:
            return self._units.run(endpoint, request, caller)
        return endpoint.handler(request) if endpoint.accesses is None else self._read(endpoint, request)

    async def _read(self, endpoint: Endpoint, request: Request[Any]) -> AnyReply:
        """The handler's reply, and a note of who read."""
        assert endpoint.accesses is not None  # who calls this asked
        reply = await endpoint.handler(request)
        if succeeded(reply):
            self._m.recorder.note(request.caller, endpoint.accesses, request.people)
        return reply

    # Pieces ------------------------------------------------------------------------------------------------------------

    def _choose(self, method: str, found: tuple[dict[str, Route], list[str], str]) -> tuple[Bound, list[str]]:
        routes, values, allow = found
        route = routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise errors.MethodNotAllowed(allow)
        return self._bound[id(route)], values

    def _identify(self, endpoint: Endpoint, request: Request[Any], headers: dict[bytes, bytes]) -> Caller | None:
        kind = endpoint.caller
        if kind is CallerKind.PUBLIC:
            return None
        if kind is CallerKind.OPERATOR:
            if not self._m.operators.admit(request):
                raise errors.Unauthenticated(self._m.realm)
            return None
        token = bearer_token(headers.get(b"authorization"))
        caller = self._m.authenticator.verify(token) if token else None
        if caller is not None:
            self._m.metrics.jwt_valid.inc()
            self._m.admission.recall(caller)
        elif kind is CallerKind.USER:
            self._m.metrics.jwt_invalid.inc()
            raise errors.Unauthenticated(self._m.realm)
        return caller

    def _break_off(self, exchange: Exchange, error: Exception, request_id: str, template: str) -> None:
        """Abort after an error in a reply that has begun, so that the client does not take it for complete."""
        known = isinstance(error, (DependencyUnavailable, CallerRefused))  # no fault, or one that is logged already
        log.error("reply broken off", request_id=request_id, path=template, exc_info=None if known else error)
        self._m.metrics.broken_replies.inc()
        exchange.abort()

    def _refusal(
        self, error: Exception, bound: Bound | None, request: Request[Any] | None, request_id: str, template: str
    ) -> Reply:
        if isinstance(error, errors.RateLimited):
            known = bound.endpoint.limited(error) if bound else error
        elif isinstance(error, errors.ApiError):
            known = error
        elif isinstance(error, CallerRefused) and bound is not None:
            known = self._refused(error, bound, request)
        elif isinstance(error, DependencyUnavailable):
            outage = errors.ServiceUnavailable(error.retry_after_s)
            known = bound.endpoint.unavailable(outage) if bound else outage
        else:
            log.error("request failed", request_id=request_id, path=template, exc_info=error)
            known = bound.endpoint.failure() if bound else errors.InternalError()
        content, content_type = known.render(epoch_ms(self._m.clock.now()))
        headers = tuple((name.lower().encode(), value.encode()) for name, value in known.headers.items())
        return Reply(known.status, content, content_type, headers, known.closes)

    def _refused(self, error: CallerRefused, bound: Bound, request: Request[Any] | None) -> errors.ApiError:
        """The reply of the endpoint to a caller who is refused."""
        why, endpoint = error.why, bound.endpoint
        if why is Refusal.PURPOSE:
            self._m.database.refused(error)
            return endpoint.unpermitted(error.purpose) if endpoint.unpermitted else endpoint.denied()
        if why is Refusal.AUTHORITY:
            return endpoint.denied()
        if why is Refusal.PROOF:
            return endpoint.unproven()
        caller = request.optional_caller if request is not None else None
        if caller is not None:
            self._m.admission.remember(caller)
        return errors.Unauthenticated(self._m.realm)

    def _account(
        self,
        bound: Bound | None,
        method: str,
        template: str,
        status: int,
        started: float,
        request_id: str,
        request: Request[Any] | None,
    ) -> None:
        seconds = monotonic() - started
        if bound is None:
            metrics = self._metrics_without_endpoint(method, template)
        else:
            metrics = bound.head_metrics if method == "HEAD" else bound.metrics
        metrics.count(status, seconds)
        caller = request.optional_caller if request else None
        self._m.request_log.write(
            self._m.clock.now(),
            request_id,
            method,
            template,
            status,
            seconds,
            str(caller.user_id) if caller else None,
            caller.family_claim if caller else None,
        )
        if not self._flush_scheduled:
            self._flush_scheduled = True
            asyncio.get_running_loop().call_later(FLUSH_INTERVAL_S, self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        self._m.metrics.flush()
        self._m.request_log.flush()

    def _metrics_without_endpoint(self, method: str, template: str) -> RouteMetrics:
        """The metrics of requests without an endpoint; unknown methods share one label."""
        key = (method if method in METHODS else OTHER_METHOD, template)
        metrics = self._without_endpoint.get(key)
        if metrics is None:
            metrics = self._without_endpoint[key] = self._m.metrics.route(*key)
        return metrics

    def _request_id(self, headers: dict[bytes, bytes]) -> str:
        sent = headers.get(b"x-request-id")
        if sent is not None and _REQUEST_ID.fullmatch(sent):
            return sent.decode()
        return f"{self._id_prefix}-{next(self._id_counter):x}"

    def _bind(self, route: Route) -> Bound:
        endpoint = route.endpoint
        metrics = self._m.metrics
        parameters = {parameter.name: parameter for parameter in endpoint.parameters}
        if unknown := self._m.limits.unknown(endpoint.limits):  # otherwise there would be no limit at all
            raise ValueError(f"{endpoint.method} {route.template}: no limit group is called {', '.join(unknown)}")
        if endpoint.caller is CallerKind.USER and endpoint.method != "GET" and endpoint.authority is None:
            raise ValueError(f"{endpoint.method} {route.template}: it changes something and declares no authority")
        if (
            endpoint.caller is CallerKind.USER
            and endpoint.method != "GET"
            and not (endpoint.purpose or endpoint.exempt)
        ):
            raise ValueError(f"{endpoint.method} {route.template}: it changes something and declares no purpose")
        if endpoint.caller is CallerKind.USER and undeclared(endpoint.accesses, endpoint.unrecorded):
            raise ValueError(f"{endpoint.method} {route.template}: it declares no access, and no reason to record none")
        stream = endpoint.body if isinstance(endpoint.body, RawStream) else None
        if stream is not None and endpoint.replayable:
            raise ValueError(f"{endpoint.method} {route.template}: a streamed body cannot be replayed")
        if isinstance(endpoint.body, type) and endpoint.max_body_bytes > LARGE_BYTES and not is_bounded(endpoint.body):
            raise ValueError(
                f"{endpoint.method} {route.template}: a body with a mapping is limited to {LARGE_BYTES} bytes"
            )
        return Bound(
            route,
            endpoint,
            tuple(parameters[name] for name in route.names),
            decoder_of(endpoint.body) if endpoint.body is not None and stream is None else None,
            stream,
            metrics.route(endpoint.method, route.template),
            metrics.route("HEAD", route.template),
            stream.max_bytes if stream else min(endpoint.max_body_bytes, self._m.max_body_bytes),
            f"{endpoint.method} {route.template}",
        )

    # Life ----------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the rooms. Whatever is raised stops the start."""
        await self.rooms.start()
        if self._m.user_limit is not None:
            await self._m.user_limit.start()

    async def stop(self) -> None:
        """Stop the rooms, and flush log lines and metrics."""
        self._stopping.set()
        if self._m.user_limit is not None:
            await self._m.user_limit.stop()
        await self.rooms.stop()
        self._flush()

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("start failed")
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})
