"""Rows that long-time families have beside their saves, for the plans: generated inside the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, LiteralString

import psycopg

from bench.data_set import GAME, vacuum
from bench.library import Library

_SAVES: Final = "select count(*) from games.simple_game_data"
_PRESENT: Final = "select exists (select from analytics.analytics_events)"
_HAS_ROWS: Final = "select count(*) > 0 from "
_WITHOUT_TRIGGERS: Final = "set local session_replication_role = replica"
"""Skips the triggers, which would check each of a million rows that are valid by construction."""
_RELATED_ROWS: Final = (
    """insert into family.family_settings (family_id) select id from family.families""",
    """insert into family.child_settings (child_id) select id from family.child_profiles""",
    """insert into wondernest.child_details (child_id, interests)
       select id, '{drawing,dinosaurs}' from family.child_profiles""",
    """insert into games.child_game_instances (child_id, game_id, first_played_at, last_played_at, session_count)
       select c.id, r.id, now() - interval '90 days', now() - interval '1 day', 12
         from family.child_profiles c join games.game_registry r on r.game_key = %(game)s
       on conflict do nothing""",
    """insert into compliance.coppa_consent (family_id, child_id, parent_id, consent_type, granted)
       select f.id, c.id, f.created_by, 'data_collection', true
         from family.child_profiles c join family.families f on f.id = c.family_id""",
    """insert into core.user_sessions (user_id, token_hash, expires_at, device_info)
       select u.id, encode(sha256((u.id || '-access-' || n)::bytea), 'hex'), now() + n * interval '30 minutes',
              jsonb_build_object('refreshTokenHash', encode(sha256((u.id || '-refresh-' || n)::bytea), 'hex'),
                                 'origin', encode(sha256((u.id || '-refresh-1')::bytea), 'hex'))
         from core.users u, generate_series(1, 4) n""",
    """insert into core.refresh_tokens (user_id, token_hash, expires_at, ip_address)
       select u.id, encode(sha256((u.id || '-refresh-' || n)::bytea), 'hex'), now() + n * interval '7 days', '127.0.0.1'
         from core.users u, generate_series(1, 4) n""",
    """insert into core.password_reset_tokens (user_id, token, expires_at)
       select id, encode(sha256((id || '-reset')::bytea), 'hex'), now() + interval '1 hour' from core.users where email < 'bench-2'""",
    """insert into wondernest.email_verifications (token_hash, user_id, email, expires_at)
       select sha256((id || '-verify')::bytea), id, email, now() + interval '1 day' from core.users""",
    """insert into wondernest.revoked_tokens (token_hash, user_id, expires_at, created_at)
       select sha256((id || '-revoked')::bytea), id, now() + random() * interval '1 hour', now() - random() * interval '1 hour'
         from core.users""",
    """insert into wondernest.token_cutoffs (user_id, issued_before, created_at)
       select id, now(), now() - random() * interval '1 hour' from core.users where email < 'bench-2'""",
    """insert into wondernest.idempotency_keys (user_id, key, route, request_hash, status, body, expires_at)
       select id, 'key-' || n, 'PUT /api/v2/games/children/{childId}/data', sha256(id::text::bytea), 200, '{}',
              now() + interval '24 hours'
         from core.users, generate_series(1, 2) n""",
    """insert into analytics.analytics_events (user_id, child_id, event_type, event_category, event_data, created_at)
       select f.created_by, c.id, 'game_progress', 'game',
              jsonb_build_object('contentId', 'memory_match', 'duration', 7, 'sessionId', null, 'eventData',
                  jsonb_build_object('gameId', 'memory_match', 'score', n * 10, 'level', n, 'playTimeMinutes', 7,
                                     'timestamp', 1756828143000000 + n)),
              now() - (%(each)s - n) * interval '1 day' - random() * interval '1 day'
         from generate_series(1, %(each)s) n, family.child_profiles c join family.families f on f.id = c.family_id""",
    """insert into wondernest.event_identities (child_id, fingerprint)
       select c.id, sha256((c.id || '-' || n)::bytea)
         from family.child_profiles c, generate_series(1, %(each)s) n order by 1, 2""",
)
_LATER_ROWS: Final[dict[LiteralString, LiteralString]] = {
    "wondernest.event_usage": """insert into wondernest.event_usage (child_id, day, events, bytes)
       select id, (now() at time zone 'UTC')::date, 3, 900 from family.child_profiles""",
    "games.story_templates where creator_id is not null": """insert into games.story_templates
              (title, creator_id, age_group, difficulty, content, vocabulary_words, page_count, estimated_read_time)
       select 'A story of ours ' || n, u.id, '3-5', 'emerging',
              jsonb_build_object('pages', jsonb_build_array(jsonb_build_object('text', repeat('Slowly, slowly. ', 20)))),
              '{slowly,snail}', 1, 2
         from core.users u, generate_series(1, 2) n""",
    "games.marketplace_listings": """insert into games.marketplace_listings (template_id, seller_id, price, status)
       select t.id, t.creator_id, 0, case when row_number() over () % 10000 = 0 then 'approved' else 'pending' end
         from games.story_templates t where t.creator_id is not null""",
    "wondernest.child_days": """insert into wondernest.child_days (child_id, day, time_zone, asked_at, counted_at, categories)
       select id, (now() at time zone 'UTC')::date - n, 'UTC', now(), now(), '{"games": [420, 0, 1, 0]}'
         from family.child_profiles, generate_series(4, 8) n""",
    "wondernest.pin_locks": """insert into wondernest.pin_locks (user_id, wrong, locks, updated_at)
       select id, 1, 0, now() - random() * interval '6 days' from core.users where email < 'bench-2'""",
    "wondernest.step_up_proofs": """insert into wondernest.step_up_proofs (user_id, proof_hash, session, expires_at)
       select id, sha256((id || '-proof')::bytea), encode(sha256((id || '-refresh-1')::bytea), 'hex'),
              now() + random() * interval '10 minutes'
         from core.users""",
    "wondernest.used_identity_tokens": """insert into wondernest.used_identity_tokens (token_hash, expires_at)
       select sha256((id || '-identity')::bytea), now() + random() * interval '1 hour' from core.users""",
    "wondernest.outside_identities": """insert into wondernest.outside_identities (issuer, subject, user_id, linked_at)
       select 'https://accounts.google.com', id::text, id, now() from core.users where email < 'bench-5'""",
    "wondernest.address_proofs": """insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
       select id, lower(email), 'letter', sha256((id || '-proven')::bytea), now() from core.users""",
    "wondernest.letter_readers": """insert into wondernest.letter_readers (family_id, user_id, since)
       select family_id, user_id, now() from family.family_members""",
    "content.content_filters": """insert into content.content_filters (family_id, name, min_age, max_age, blocked_categories)
       select id, 'Ours', 2, 14, '{Seasonal}' from family.families""",
    "wondernest.family_content_limits": """insert into wondernest.family_content_limits (family_id, languages)
       select id, '{en}' from family.families""",
    "wondernest.child_content_limits": """insert into wondernest.child_content_limits (child_id, allowed_providers)
       select id, '{wondernest}' from family.child_profiles""",
    "public.user_pack_ownership": """insert into public.user_pack_ownership (user_id, pack_id, acquisition_type)
       select u.id, p.id, 'free' from (select id, row_number() over (order by id) as place from core.users) u
         join (select id, row_number() over (order by id) as place from public.content_packs) p
           on p.place % 1000 = u.place % 1000""",
    "public.content_pack_usage": """insert into public.content_pack_usage (user_id, pack_id, used_in_feature, used_at)
       select o.user_id, o.pack_id, 'ai_story', now() - n * interval '1 day' from public.user_pack_ownership o, generate_series(1, 2) n""",
    "wondernest.pack_purchases": """insert into wondernest.pack_purchases
       select id, id, (select p.id from public.content_packs p limit 1), null, 299, 'USD', 'simulated', 'authorised', null,
              now() - interval '1 day', now() from core.users""",
    "public.content_pack_reviews": """insert into public.content_pack_reviews (pack_id, user_id, rating, is_approved)
       select pack_id, user_id, 4, true from public.user_pack_ownership""",
    "wondernest.family_locales": """insert into wondernest.family_locales (family_id, time_zone, updated_at)
       select id, 'UTC', now() from family.families""",
    "analytics.learning_insights": """insert into analytics.learning_insights (child_id, insight_type, title)
       select id, 'milestone', 'Milestone' from family.child_profiles, generate_series(1, 3)""",
    "audio.sessions": """insert into audio.sessions (id, child_id, started_at, ended_at, status, consent_confirmed, session_type)
       select gen_random_uuid(), c.id, now() - n * interval '7 days', now() - n * interval '7 days' + interval '5 minutes',
              'completed', true, 'story'
         from family.child_profiles c, generate_series(0, 3) n""",
    "audio.speech_metrics": """insert into audio.speech_metrics (id, session_id, child_id, start_time, end_time, clarity_score)
       select gen_random_uuid(), id, child_id, started_at, ended_at, 0.7 from audio.sessions""",
    "wondernest.event_archives": """insert into wondernest.event_archives (day, begun_at, archived_at)
       select (now() at time zone 'UTC')::date - n, now(), now() from generate_series(404, 700) n""",
    "wondernest.unrecorded_cutoffs": """insert into wondernest.unrecorded_cutoffs (user_id, issued_until)
       select id, now() from core.users where email < 'bench-2'""",
}
"""Rows of tables that are younger than data sets of earlier releases, which are kept: added where a table is empty."""
LIBRARY: Final = Library(items=100_000, engagements=1_000_000)
EVENTS_OF_A_CHILD: Final = 10
"""As many events as saves: a million of each."""


def add_related_rows(database_url: str, report: Callable[[str], None], library: Library = LIBRARY) -> int:
    """Add sessions, settings, events, revocations and a library, once; returns the number of saves in the database."""
    library.install(database_url, report)
    with psycopg.connect(database_url) as connection:
        if not _one(connection, _PRESENT):
            report("adding events, sessions and settings")
            connection.execute(_WITHOUT_TRIGGERS)
            for statement in _RELATED_ROWS:
                wanted = {"game": GAME, "each": EVENTS_OF_A_CHILD}
                connection.execute(statement, wanted if "%(" in statement else None)
        for table, statement in _LATER_ROWS.items():
            if not _one(connection, _HAS_ROWS + table):
                report(f"adding rows of {table}")
                connection.execute(statement)
        saves = _one(connection, _SAVES)
    vacuum(database_url)
    return saves


def _one(connection: psycopg.Connection, question: LiteralString) -> int:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]
