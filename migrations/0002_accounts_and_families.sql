-- Accounts, households, children, consent and the first audit trail.

-- @table core.users
-- Parent accounts. Names and e-mail are shared with the earlier backends; e-mail is stored lower-case.
create table core.users (
    id             uuid primary key default gen_random_uuid(),
    email          varchar(255) not null unique,
    password_hash  varchar(255) not null,
    first_name     varchar(100),
    last_name      varchar(100),
    phone          varchar(20),
    email_verified boolean default false,
    is_active      boolean default true,
    created_at     timestamptz default current_timestamp,
    updated_at     timestamptz default current_timestamp,
    role           varchar(50) default 'parent',
    pin_hash       varchar(255),
    family_id      uuid
);
create index idx_users_active on core.users (is_active);
create index idx_users_email on core.users (email);
create trigger trigger_create_user_ai_quota after insert on core.users
    for each row execute function public.create_user_ai_quota();

-- @table core.user_sessions
-- One row per issued access token (SHA-256 hex of it).
create table core.user_sessions (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null references core.users on delete cascade,
    token_hash    varchar(255) not null,
    expires_at    timestamptz not null,
    created_at    timestamptz default current_timestamp,
    last_accessed timestamptz default current_timestamp,
    device_info   jsonb
);
create index idx_user_sessions_expires on core.user_sessions (expires_at);
create index idx_user_sessions_token on core.user_sessions (token_hash);
create index idx_user_sessions_user_id on core.user_sessions (user_id);

-- @table core.refresh_tokens
-- Issued refresh tokens (SHA-256 hex).
create table core.refresh_tokens (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references core.users on delete cascade,
    token_hash varchar(255) not null unique,
    expires_at timestamptz not null,
    created_at timestamptz default current_timestamp,
    revoked_at timestamptz,
    device_id  varchar(255),
    ip_address inet
);
create index idx_refresh_tokens_hash on core.refresh_tokens (token_hash);
create index idx_refresh_tokens_user on core.refresh_tokens (user_id);

-- @table core.database_info
-- Key/value marks of the earlier backends.
create table core.database_info (
    key        varchar(50) primary key,
    value      text not null,
    created_at timestamptz default current_timestamp
);
insert into core.database_info (key, value) values
    ('db_version', '1.0.0'),
    ('initialized_at', current_timestamp::text),
    ('schema_version', '3.0.0'),
    ('story_adventure_version', '1.0.0'),
    ('story_adventure_plugin_version', '2.0.0'),
    ('story_adventure_migration_v6_completed', current_timestamp::text);

-- @table core.schema_versions
-- Application version marks of the earlier backends.
create table core.schema_versions (
    version     varchar(20) primary key,
    description text not null,
    applied_at  timestamptz default current_timestamp,
    applied_by  varchar(100) default current_user
);
insert into core.schema_versions (version, description) values ('1.0.0', 'First WonderNest schema');

-- @table family.families
-- Households.
create table family.families (
    id         uuid primary key default gen_random_uuid(),
    name       varchar(100) not null,
    created_by uuid not null references core.users,
    created_at timestamptz default current_timestamp,
    updated_at timestamptz default current_timestamp
);
create index idx_families_created_by on family.families (created_by);

-- @table family.family_members
-- Who belongs to which household.
create table family.family_members (
    id        uuid primary key default gen_random_uuid(),
    family_id uuid not null references family.families on delete cascade,
    user_id   uuid not null references core.users,
    role      varchar(20) default 'member',
    joined_at timestamptz default current_timestamp,
    unique (family_id, user_id)
);
create index idx_family_members_family_id on family.family_members (family_id);
create index idx_family_members_user_id on family.family_members (user_id);

-- @table family.family_settings
-- Switches of a household.
create table family.family_settings (
    id                             uuid primary key default gen_random_uuid(),
    family_id                      uuid not null references family.families on delete cascade,
    content_filter_level           varchar(20) default 'moderate',
    enable_audio_monitoring        boolean default true,
    enable_screen_time_limits      boolean default true,
    enable_content_recommendations boolean default true,
    notification_preferences       jsonb default '{}',
    privacy_settings               jsonb default '{}',
    created_at                     timestamptz default current_timestamp,
    updated_at                     timestamptz default current_timestamp
);
create unique index idx_family_settings_family on family.family_settings (family_id);

-- @table family.child_profiles
-- Children.
create table family.child_profiles (
    id              uuid primary key default gen_random_uuid(),
    family_id       uuid not null references family.families on delete cascade,
    name            varchar(100) not null,
    nickname        varchar(50),
    birth_date      date not null,
    gender          varchar(20),
    avatar_url      text,
    interests       text[],
    favorite_colors text[],
    is_active       boolean default true,
    created_at      timestamptz default current_timestamp,
    updated_at      timestamptz default current_timestamp,
    archived_at     timestamptz
);
create index idx_child_profiles_active on family.child_profiles (is_active);
create index idx_child_profiles_family on family.child_profiles (family_id);

-- @table family.child_settings
-- Limits of one child.
create table family.child_settings (
    id                      uuid primary key default gen_random_uuid(),
    child_id                uuid not null references family.child_profiles on delete cascade,
    content_preferences     jsonb default '{}',
    time_restrictions       jsonb default '{}',
    blocked_categories      text[],
    allowed_content_types   text[],
    max_session_minutes     integer default 60,
    require_parent_approval boolean default false,
    created_at              timestamptz default current_timestamp,
    updated_at              timestamptz default current_timestamp
);
create unique index idx_child_settings_child on family.child_settings (child_id);

-- @table compliance.coppa_consent
-- Consent records.
create table compliance.coppa_consent (
    id           uuid primary key default gen_random_uuid(),
    family_id    uuid not null references family.families on delete cascade,
    child_id     uuid not null references family.child_profiles on delete cascade,
    parent_id    uuid not null references core.users,
    consent_type varchar(50) not null,
    granted      boolean not null,
    ip_address   inet,
    user_agent   text,
    consent_text text,
    version      varchar(20),
    created_at   timestamptz default current_timestamp,
    revoked_at   timestamptz
);
create index idx_coppa_consent_child on compliance.coppa_consent (child_id);
create index idx_coppa_consent_family on compliance.coppa_consent (family_id);
create index idx_coppa_consent_parent on compliance.coppa_consent (parent_id);

-- @table compliance.data_retention_policies
-- Retention rules.
create table compliance.data_retention_policies (
    id             uuid primary key default gen_random_uuid(),
    data_type      varchar(50) not null,
    retention_days integer not null,
    description    text,
    is_active      boolean default true,
    created_at     timestamptz default current_timestamp,
    updated_at     timestamptz default current_timestamp
);

-- @table audit.activity_logs
-- Who did what.
create table audit.activity_logs (
    id          uuid primary key default gen_random_uuid(),
    user_id     uuid references core.users,
    action      varchar(50) not null,
    entity_type varchar(50),
    entity_id   uuid,
    details     jsonb,
    ip_address  inet,
    user_agent  text,
    created_at  timestamptz default current_timestamp
);
create index idx_activity_logs_created_at on audit.activity_logs (created_at);
create index idx_activity_logs_user_id on audit.activity_logs (user_id);
