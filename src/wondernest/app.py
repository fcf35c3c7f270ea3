"""The composition root: settings → adapters → rooms → application. Adapters are built only here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wondernest.access.accesses import Operator
from wondernest.analytics import room as analytics
from wondernest.analytics.ports import Neighbours
from wondernest.audio import room as audio
from wondernest.auth import room as auth
from wondernest.content import room as content
from wondernest.coppa import room as coppa
from wondernest.family import room as family
from wondernest.files import room as files
from wondernest.games import room as games
from wondernest.health import room as health
from wondernest.inherited import room as inherited
from wondernest.letters import room as letters
from wondernest.packs import room as packs
from wondernest.platform import room as platform
from wondernest.platform.addresses import Networks
from wondernest.platform.blobs import Blobs, LocalBlobs, S3Blobs
from wondernest.platform.blobs.blobs import DEPENDENCY as STORAGE
from wondernest.platform.cache import Counters, MemoryCounters, ValkeyCounters
from wondernest.platform.clock import Clock, SystemClock
from wondernest.platform.db.idempotency import IdempotencyKeys
from wondernest.platform.db.pool import Database
from wondernest.platform.db.replica import Replica
from wondernest.platform.http.application import Application, Machinery
from wondernest.platform.http.cors import CrossOrigin
from wondernest.platform.http.hosts import AllowedHosts
from wondernest.platform.http.operators import Operators
from wondernest.platform.http.rate_limits import RequestLimits
from wondernest.platform.http.sending import Sender
from wondernest.platform.http.user_limit import UserLimit
from wondernest.platform.ids import Digests, RandomIds
from wondernest.platform.jobs import Job, QueuedJobs, Schedule
from wondernest.platform.jobs.instruments import JobInstruments
from wondernest.platform.large_work import LargeWork
from wondernest.platform.mail import Mailer, OutboxMailer, SmtpMailer
from wondernest.platform.media.inspector import Inspector
from wondernest.platform.media.instruments import MediaInstruments
from wondernest.platform.outages import Outages
from wondernest.platform.rooms import Builder, Parts, Rooms
from wondernest.platform.scan import ClamdScanner, NoScanner, Scanner
from wondernest.platform.scan.scanner import DEPENDENCY as SCANNER
from wondernest.platform.telemetry.logs import RequestLog
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.platform.telemetry.stdout import STDOUT
from wondernest.privacy import room as privacy
from wondernest.screentime import room as screentime
from wondernest.stories import room as stories
from wondernest.usage import room as usage
from wondernest.web import room as web

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.archive import EventArchive
    from wondernest.content.collection import Collection
    from wondernest.coppa.ledger import Ledger
    from wondernest.coppa.trail import Trail
    from wondernest.files.system import SystemFiles
    from wondernest.privacy.erasing import Reapplying
    from wondernest.settings import Settings


def create_app(settings: Settings, *, clock: Clock | None = None, more: Sequence[Builder] = ()) -> Application:
    """The whole service as one application; opens no connection before it is started. `more`: additional rooms."""
    parts = _parts(settings, clock or SystemClock(timedelta()))
    rooms, accounts, trail = _rooms(parts, more)
    return Application(rooms, _machinery(parts, accounts, trail))


@asynccontextmanager
async def collection(settings: Settings) -> AsyncGenerator[Collection]:
    """Import and export of the content library, for commands."""
    async with _alone(settings) as parts:
        yield content.collection(parts, files.system(parts))


@asynccontextmanager
async def system_files(settings: Settings) -> AsyncGenerator[tuple[SystemFiles, Database]]:
    """The files of the installation, for commands."""
    async with _alone(settings) as parts:
        yield files.system(parts), parts.database


@asynccontextmanager
async def reapplying(settings: Settings) -> AsyncGenerator[Reapplying]:
    """Erasing again whom a restored backup has brought back, for commands."""
    parts = _parts(settings, SystemClock(timedelta()))
    rooms, _, trail = _rooms(parts, ())
    try:
        await trail.by_operator(parts.database, Operator.ERASED_AGAIN)
        yield privacy.reapplying(parts, rooms)
    finally:
        await rooms.stop()


@asynccontextmanager
async def event_archive(settings: Settings, forgotten: Iterable[UUID] | None = None) -> AsyncGenerator[EventArchive]:
    """The archive of events, for commands. `forgotten`: the children who are taken out of it; None: all children's events are read."""
    async with _alone(settings) as parts:
        trail = coppa.trail(parts)
        what = Operator.EVENT_ARCHIVE if forgotten is None else Operator.ARCHIVE_ERASURE
        await trail.by_operator(parts.database, what, forgotten)
        yield analytics.archive(parts)


@asynccontextmanager
async def consent_ledger(settings: Settings, family_id: UUID | None = None) -> AsyncGenerator[tuple[Ledger, Database]]:
    """The consent ledger and the database that it is in, for commands. `family_id`: whose entries are read; None: all families'."""
    async with _alone(settings) as parts:
        trail = coppa.trail(parts)
        if family_id is None:
            await trail.by_operator(parts.database, Operator.CONSENT_CHECK)
        else:
            await trail.by_operator_in(parts.database, Operator.CONSENT_CHECK, family_id)
        yield coppa.ledger(parts), parts.database


@asynccontextmanager
async def consent_refusals(settings: Settings) -> AsyncGenerator[tuple[coppa.RefusalRepository, Parts]]:
    """The counts of requests without consent, for commands."""
    async with _alone(settings) as parts:
        await coppa.trail(parts).by_operator(parts.database, Operator.REFUSAL_COUNT)
        yield coppa.RefusalRepository(), parts


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncGenerator[Parts]:
    """The adapters, without an application."""
    parts = _parts(settings, SystemClock(timedelta()))
    try:
        yield parts
    finally:
        for stop in platform.build(parts).on_stop:
            await stop()


class Background(Struct, frozen=True, kw_only=True):
    """The jobs and schedules of the jobs process, and the rooms that it stops at its end."""

    rooms: Rooms
    jobs: tuple[Job, ...]
    schedules: tuple[Schedule, ...]
    metrics: Metrics
    instruments: JobInstruments


def background(settings: Settings, *, clock: Clock | None = None, more: Sequence[Builder] = ()) -> Background:
    """The rooms' jobs and schedules; opens no connection. `settings`: those of the jobs process, with its smaller pool."""
    parts = _parts(settings, clock or SystemClock(timedelta()))
    rooms, _, _ = _rooms(parts, more)
    return Background(
        rooms=rooms,
        jobs=rooms.jobs,
        schedules=rooms.schedules,
        metrics=parts.metrics,
        instruments=parts.instruments,
    )


def _rooms(parts: Parts, more: Sequence[Builder]) -> tuple[Rooms, auth.Auth, Trail]:
    """The rooms, lowest first; a new room is one line here. Raises UnknownJob or ValueError for names that do not exist."""
    accounts = auth.build(parts)
    play = games.build(parts, files.watcher(parts))
    consent = coppa.build(parts)
    household = family.service(parts, accounts.accounts)
    recorder = analytics.recorder(parts, play.time)
    library = content.library(parts, recorder)
    neighbours = Neighbours(library, stories.mastery(play.stories), audio.clarity(parts))
    figures = analytics.build(parts, play.projects, play.documents, play.time, neighbours)
    below = Rooms(
        (
            platform.build(parts),
            accounts.room,
            consent.room,
            family.build(parts, household),
            play.room,
            files.build(parts, play.mentions, consent.trail),
            content.build(parts, household, recorder),
            stories.build(parts, play.stories, play.published),
            packs.build(parts, packs.gateway(parts)),
            figures.room,
            screentime.build(parts, household, figures.figures),
            letters.build(parts, household, figures.figures, consent.trail),
            audio.build(parts),
            inherited.build(parts),  # depends on none: last, because people read the catalogue in this order
            *(build(parts) for build in more),
        )
    )
    below = Rooms((*below.all, privacy.build(parts, below, consent.trail)))
    rooms = Rooms((*below.all, usage.build(parts, below), health.build(parts, below), web.build(parts, below)))
    parts.jobs.check(rooms.jobs, rooms.schedules)
    rooms.require_metrics(parts.metrics.names())
    parts.instruments.show(job.name for job in rooms.jobs)
    return rooms, accounts, consent.trail


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    if settings.mail.smtp_host:
        return SmtpMailer(settings.mail, clock)
    return OutboxMailer(Path(settings.app.outbox_path), settings.mail.sender, clock)


def _blobs(settings: Settings, clock: Clock, metrics: Metrics) -> Blobs:
    storage, outages = settings.storage, Outages(STORAGE, metrics)
    bucket = settings.bucket
    if bucket is not None:
        return S3Blobs(bucket, storage.timeout_s, outages)
    return LocalBlobs(Path(storage.local_path), storage.timeout_s, clock, outages)


def _scanner(settings: Settings, metrics: Metrics) -> Scanner:
    return ClamdScanner(settings.scan, Outages(SCANNER, metrics)) if settings.scan.address else NoScanner()


def _parts(settings: Settings, clock: Clock) -> Parts:
    metrics = Metrics()
    metrics.sample(lambda: metrics.dropped_log_lines.set(STDOUT.dropped))
    cache = settings.cache
    counters: Counters = MemoryCounters(clock)
    if cache.enabled and cache.url:
        counters = ValkeyCounters(cache.url, cache.timeout_s, clock, metrics)
    database = Database(settings.database, metrics)
    return Parts(
        settings=settings,
        clock=clock,
        ids=RandomIds(clock),
        metrics=metrics,
        database=database,
        replica=Replica(settings.database, database, metrics) if settings.database.replica_url else None,
        counters=counters,
        idempotency=IdempotencyKeys(settings.games.idempotency_life_h, settings.quotas.idempotency_keys),
        large_work=LargeWork(),
        jobs=QueuedJobs(),
        instruments=JobInstruments(metrics),
        mailer=_mailer(settings, clock),
        blobs=_blobs(settings, clock, metrics),
        scanner=_scanner(settings, metrics),
        inspector=Inspector(settings.media, MediaInstruments(metrics)),
    )


def _machinery(parts: Parts, accounts: auth.Auth, trail: Trail) -> Machinery:
    settings = parts.settings
    server = settings.server
    return Machinery(
        authenticator=accounts.verifier,
        admission=accounts.gate,
        recorder=trail,
        database=parts.database,
        idempotency=parts.idempotency,
        large_work=parts.large_work,
        limits=_limits(parts),
        user_limit=_user_limit(parts),
        sender=Sender(
            CrossOrigin(settings.cors_origins, allow_localhost=settings.app.development), hsts_s=server.hsts_s
        ),
        metrics=parts.metrics,
        request_log=RequestLog(enabled=settings.log.requests, style=settings.log.format),
        clock=parts.clock,
        trusted_proxies=Networks(server.proxy_networks),
        realm=settings.jwt.realm,
        body_timeout_s=server.body_timeout_s,
        max_body_bytes=server.max_body_bytes,
        operators=Operators(server.metrics_token, server.operator_networks),
        allowed_hosts=AllowedHosts(server.allowed_hosts) if server.allowed_hosts else None,
    )


def _limits(parts: Parts) -> RequestLimits:
    limits, auth = parts.settings.limits, parts.settings.auth
    per_minute = {"credentials": limits.credentials_per_minute, "auth": limits.auth_per_minute}
    return RequestLimits(
        parts.counters,
        per_minute if limits.enabled else dict.fromkeys(per_minute, 0),
        parts.clock,
        Digests(parts.settings.jwt.secret),
        parts.metrics,
        at_once={"credentials": max(1, auth.bcrypt_room // 2)},  # one network cannot fill the queue of passwords
    )


def _user_limit(parts: Parts) -> UserLimit | None:
    limits = parts.settings.limits
    if not (limits.enabled and limits.api_per_minute):
        return None
    return UserLimit(parts.counters, limits.api_per_minute, parts.clock, parts.metrics)
