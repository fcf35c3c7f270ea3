"""The SQL of audio sessions. Each statement takes the acting adult and contains the guardianship rule."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import GateMode, Purpose, permitted, requires
from wondernest.access.guardianship import guards, stands
from wondernest.audio.rules import LONGEST_SESSION, AudioSession, Circumstances, Heard, Metrics
from wondernest.platform.json import encode
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.settings import Quotas

_SESSION: Final = (
    "{row}.id, {row}.child_id, coalesce({row}.session_type, '') as kind, {row}.status, {row}.started_at, {row}.ended_at"
)
_OVER: Final = f"interval '{LONGEST_SESSION.total_seconds():.0f} seconds'"
_BEGIN: Final = f"""
    with allowed as materialized (
        select (select count(*) from audio.sessions known
                 where known.child_id = $2 and known.started_at > $4::timestamptz - interval '1 day') < $11 as fits
         where {guards("$2", "$1", consent=requires("$2", Purpose.AUDIO_METRICS, "$12::text"))}
    ), begun as (
        insert into audio.sessions
               (id, child_id, session_type, created_by, started_at, status, location, device_id, app_version,
                background_noise_level, metadata, consent_confirmed)
        select $3, $2, $5, $1, $4, 'recording', $6, $7, $8, $9, $10,
               {permitted("$2", Purpose.AUDIO_METRICS, holds=False)} from allowed where fits
    )
    select fits from allowed"""
_END: Final = f"""
    with asked as materialized (
        select s.id, s.ended_at, least(greatest($3::timestamptz, s.started_at), s.started_at + {_OVER}) as over
          from audio.sessions s where s.id = $2 and {stands("$1")} and {guards("s.child_id", "$1", archived_too=True)}
    ), ended as (
        update audio.sessions s
           set ended_at = asked.over, duration_seconds = extract(epoch from asked.over - s.started_at)::int, status = 'completed'
          from asked where s.id = asked.id and s.ended_at is null
    )
    select true from asked"""
_FIND: Final = f"""
    select {_SESSION.format(row="s")} from audio.sessions s where s.id = $2 and {stands("$1")} and {guards("s.child_id", "$1")}"""
_MEASURE: Final = f"""
    with asked as materialized (
        select s.*, (select count(*) from audio.speech_metrics known where known.session_id = s.id) < $11 as fits
          from audio.sessions s where s.id = $2 and s.child_id = $3 and {guards("$3", "$1", archived_too=True, consent=requires("$3", Purpose.AUDIO_METRICS, "$12::text"))}
    ), measured as (
        insert into audio.speech_metrics
               (id, session_id, child_id, start_time, end_time, word_count, unique_word_count, clarity_score, engagement_level)
        select $4, asked.id, asked.child_id,
               case when $6::int is null then least(asked.started_at, $5::timestamptz - interval '1 second')
                    else $5 - greatest($6, 1) * interval '1 second' end,
               $5, $7, $8, $9, $10
          from asked where asked.fits
    )
    select fits from asked"""
END_BATCH_ROWS: Final = 1_000
_END_OPEN: Final = f"""
    update audio.sessions s
       set ended_at = s.started_at + {_OVER}, duration_seconds = extract(epoch from {_OVER})::int, status = 'completed'
      from (select id from audio.sessions where ended_at is null and started_at < $1::timestamptz - {_OVER}
             order by started_at limit $2 for update skip locked) open
     where s.id = open.id"""
"""Plan: along the index of open sessions."""

_HEARD: Final = f"""
    select count(*) filter (where part = 0) as sessions_before, avg(clarity) filter (where part = 0) as before,
           count(*) filter (where part = 1) as sessions_after, avg(clarity) filter (where part = 1) as after
      from (select (m.end_time >= $4)::int as part, m.session_id, avg(m.clarity_score)::float8 as clarity
              from audio.speech_metrics m
              join audio.sessions s on s.id = m.session_id and s.consent_confirmed
             where m.child_id = $2 and m.end_time >= $3 and m.end_time < $5 and m.clarity_score is not null
               and {guards("$2", "$1")} and {permitted("$2", Purpose.AUDIO_METRICS, holds=False)}
             group by 1, 2) heard"""
"""Each session counts once, however often it reported. Plan: the index of child and time, the sessions by their keys."""

SESSIONS_USED: Final = f"select count(*) from audio.sessions used where used.child_id = {PERSON} and used.started_at > now() - interval '1 day'"


class NewSession(Struct, frozen=True):
    """A session to begin."""

    id: UUID
    user_id: UUID
    child_id: UUID
    kind: str
    circumstances: Circumstances
    now: datetime


class NewReport(Struct, frozen=True):
    """Metrics of a session of a child, to be stored."""

    id: UUID
    user_id: UUID
    session_id: UUID
    child_id: UUID
    metrics: Metrics
    now: datetime


class AudioRepository:
    """Stores sessions and what was measured in them. False and None stand for what is not the adult's.

    Without consent `begin` and `measure` raise CallerRefused.
    """

    def __init__(self, quotas: Quotas, gate: GateMode = GateMode.ENFORCE) -> None:
        self._quotas = quotas
        self._gate = gate

    async def begin(self, executor: Executor, new: NewSession) -> bool | None:
        """Store a session; False when the child has as many as it may have of a day, None when it is not the adult's."""
        about = new.circumstances
        return await executor.fetchval(
            _BEGIN,
            new.user_id,
            new.child_id,
            new.id,
            new.now,
            new.kind,
            about.location,
            about.device_id,
            about.app_version,
            about.background_noise_level,
            encode(about.numbers),
            self._quotas.audio_sessions,
            self._gate.value,
        )

    async def end(self, executor: Executor, user_id: UUID, session_id: UUID, now: datetime) -> bool:
        """End a session, if it has not ended."""
        return await executor.fetchval(_END, user_id, session_id, now) is True

    async def find(self, executor: Executor, user_id: UUID, session_id: UUID) -> AudioSession | None:
        """A session."""
        row = await executor.fetchrow(_FIND, user_id, session_id)
        return None if row is None else AudioSession(*row)

    async def measure(self, executor: Executor, report: NewReport) -> bool | None:
        """Store metrics; False when the session has as many as it may have, None when it is not the adult's and that child's."""
        measured = report.metrics
        return await executor.fetchval(
            _MEASURE,
            report.user_id,
            report.session_id,
            report.child_id,
            report.id,
            report.now,
            measured.duration_s,
            measured.words,
            measured.unique_words,
            measured.clarity,
            measured.engagement,
            self._quotas.audio_metrics,
            self._gate.value,
        )

    async def heard(
        self, executor: Executor, user_id: UUID, child_id: UUID, span: tuple[datetime, datetime, datetime]
    ) -> tuple[Heard, Heard]:
        """The sessions of the first and the second part of a span that were and are permitted."""
        row = await executor.fetchrow(_HEARD, user_id, child_id, *span)
        assert row is not None
        return Heard(row["sessions_before"], row["before"] or 0.0), Heard(row["sessions_after"], row["after"] or 0.0)

    async def end_open(self, executor: Executor, now: datetime) -> None:
        """End the sessions that nobody ended, in small batches."""
        while await executor.execute(_END_OPEN, now, END_BATCH_ROWS) == f"UPDATE {END_BATCH_ROWS}":
            continue
