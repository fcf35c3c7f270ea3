-- Additions: audio sessions and what was measured in them. No sound and no words: numbers only.

-- @table audio.sessions
-- One session of a child that speaks with the app. A session that nobody ended ends after an hour.
create table audio.sessions (
    id                      uuid primary key,
    child_id                uuid not null references family.child_profiles (id) on delete cascade,
    created_by              uuid,
    session_type            varchar(50),
    started_at              timestamptz not null default current_timestamp,
    ended_at                timestamptz,
    duration_seconds        integer,
    status                  varchar(20) not null default 'recording'
        check (status in ('recording', 'processing', 'completed', 'failed', 'archived')),
    processing_started_at   timestamptz,
    processing_completed_at timestamptz,
    location                varchar(100),
    background_noise_level  varchar(100),
    device_id               varchar(100),
    app_version             varchar(100),
    audio_quality_score     numeric(3, 2),
    valid_speech_percentage numeric(5, 2),
    consent_confirmed       boolean not null default false,
    parent_present          boolean,
    metadata                jsonb not null default '{}',
    created_at              timestamptz not null default current_timestamp
);
create index idx_audio_sessions_child on audio.sessions (child_id, started_at);
create index idx_audio_sessions_open on audio.sessions (started_at) where ended_at is null;

-- @table audio.speech_metrics
create table audio.speech_metrics (
    id                             uuid primary key,
    session_id                     uuid not null references audio.sessions (id) on delete cascade,
    child_id                       uuid not null references family.child_profiles (id) on delete cascade,
    start_time                     timestamptz not null,
    end_time                       timestamptz not null,
    word_count                     integer not null default 0,
    unique_word_count              integer not null default 0,
    average_word_length            numeric(4, 2),
    longest_utterance_words        integer,
    conversation_turns             integer,
    child_initiated_turns          integer,
    adult_initiated_turns          integer,
    average_response_time_ms       integer,
    clarity_score                  numeric(3, 2),
    confidence_score               numeric(3, 2),
    background_speech_detected     boolean,
    overlapping_speech_percentage  numeric(5, 2),
    positive_affect_detected       boolean,
    engagement_level               varchar(10) check (engagement_level in ('low', 'medium', 'high')),
    excitement_indicators          integer,
    created_at                     timestamptz not null default current_timestamp,
    check (end_time > start_time),
    check (unique_word_count <= word_count)
);
create index idx_speech_metrics_session on audio.speech_metrics (session_id);
create index idx_speech_metrics_child on audio.speech_metrics (child_id, end_time);
