-- The operators' console, web sessions, the editorial workflow and bookmarks.

-- @table web_admin.admin_users
-- Admin accounts.
create table web_admin.admin_users (
    id                        uuid primary key default gen_random_uuid(),
    email                     varchar(255) not null unique,
    password_hash             varchar(255) not null,
    salt                      varchar(255) not null,
    first_name                varchar(100) not null,
    last_name                 varchar(100) not null,
    phone_number              varchar(20),
    role                      varchar(50) not null
        check (role in ('super_admin', 'content_moderator', 'content_creator', 'analytics_viewer', 'support_agent')),
    permissions               jsonb not null default '[]',
    two_fa_enabled            boolean default false,
    two_fa_secret             varchar(32),
    password_reset_token      varchar(255),
    password_reset_expires_at timestamptz,
    is_active                 boolean default true,
    email_verified            boolean default false,
    last_login_at             timestamptz,
    failed_login_attempts     integer default 0,
    locked_until              timestamptz,
    created_by                uuid references web_admin.admin_users on delete set null,
    created_at                timestamptz default current_timestamp,
    updated_at                timestamptz default current_timestamp
);

-- @table web_admin.admin_sessions
-- Admin sessions.
create table web_admin.admin_sessions (
    id                 uuid primary key default gen_random_uuid(),
    admin_user_id      uuid not null references web_admin.admin_users on delete cascade,
    session_token      varchar(255) not null unique,
    refresh_token      varchar(255) unique,
    ip_address         inet not null,
    user_agent         text,
    device_fingerprint varchar(255),
    expires_at         timestamptz not null,
    last_activity      timestamptz default current_timestamp,
    is_active          boolean default true,
    created_at         timestamptz default current_timestamp
);

-- @table web_audit.audit_log
-- Admin audit.
create table web_audit.audit_log (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null,
    user_type     varchar(50) not null,
    user_email    varchar(255),
    action        varchar(100) not null,
    resource_type varchar(50),
    resource_id   uuid,
    action_data   jsonb default '{}',
    old_values    jsonb,
    new_values    jsonb,
    ip_address    inet,
    user_agent    text,
    session_id    uuid,
    success       boolean not null,
    error_message text,
    created_at    timestamptz default current_timestamp
);

-- @table web_notifications.notifications
-- Web notices.
create table web_notifications.notifications (
    id                uuid primary key default gen_random_uuid(),
    user_id           uuid not null,
    user_type         varchar(50) not null check (user_type in ('parent', 'admin', 'content_manager')),
    notification_type varchar(100) not null,
    title             varchar(255) not null,
    message           text not null,
    data              jsonb default '{}',
    action_url        varchar(500),
    priority          varchar(20) default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    category          varchar(50),
    is_read           boolean default false,
    read_at           timestamptz,
    is_dismissed      boolean default false,
    dismissed_at      timestamptz,
    expires_at        timestamptz,
    created_at        timestamptz default current_timestamp
);

-- @table web_settings.platform_config
-- Config values.
create table web_settings.platform_config (
    id                uuid primary key default gen_random_uuid(),
    config_key        varchar(100) not null unique,
    config_value      jsonb not null,
    description       text,
    is_sensitive      boolean default false,
    is_system         boolean default false,
    validation_schema jsonb,
    modified_by       uuid references web_admin.admin_users,
    created_at        timestamptz default current_timestamp,
    updated_at        timestamptz default current_timestamp
);

-- @table web_settings.user_preferences
-- UI preferences.
create table web_settings.user_preferences (
    id           uuid primary key default gen_random_uuid(),
    user_id      uuid not null,
    user_type    varchar(50) not null check (user_type in ('parent', 'admin', 'content_manager')),
    preferences  jsonb not null default '{}',
    last_sync_at timestamptz,
    created_at   timestamptz default current_timestamp,
    updated_at   timestamptz default current_timestamp,
    constraint unique_user_preferences unique (user_id, user_type)
);

-- @table web_sessions.parent_web_sessions
-- Browser sessions of parents.
create table web_sessions.parent_web_sessions (
    id                  uuid primary key default gen_random_uuid(),
    parent_id           uuid not null references core.users on delete cascade,
    family_id           uuid not null references family.families on delete cascade,
    session_token       varchar(255) not null unique,
    refresh_token       varchar(255) unique,
    device_info         jsonb default '{}',
    ip_address          inet not null,
    user_agent          text,
    browser_fingerprint varchar(255),
    last_activity       timestamptz default current_timestamp,
    expires_at          timestamptz not null,
    is_active           boolean default true,
    requires_pin_reauth boolean default false,
    pin_reauth_at       timestamptz,
    created_at          timestamptz default current_timestamp
);

-- @table web_sessions.web_activity_log
-- Request log.
create table web_sessions.web_activity_log (
    id                uuid primary key default gen_random_uuid(),
    session_id        uuid,
    user_id           uuid not null,
    user_type         varchar(50) not null check (user_type in ('parent', 'admin', 'content_manager')),
    activity_type     varchar(100) not null,
    activity_category varchar(50),
    activity_data     jsonb default '{}',
    ip_address        inet,
    user_agent        text,
    request_method    varchar(10),
    request_path      varchar(500),
    response_status   integer,
    response_time_ms  integer,
    created_at        timestamptz default current_timestamp
);

-- @table content_workflow.content_items
-- Editorial items.
create table content_workflow.content_items (
    id                     uuid primary key default gen_random_uuid(),
    content_type           varchar(50) not null
        check (content_type in ('story', 'game', 'activity', 'educational_video', 'interactive_book')),
    title                  varchar(255) not null,
    description            text,
    summary                text,
    content_data           jsonb not null default '{}',
    metadata               jsonb default '{}',
    creator_id             uuid not null references web_admin.admin_users,
    status                 varchar(50) not null default 'draft'
        check (status in ('draft', 'in_review', 'needs_revision', 'approved', 'published', 'archived', 'deleted')),
    version                integer default 1,
    parent_version_id      uuid references content_workflow.content_items,
    published_at           timestamptz,
    published_by           uuid references web_admin.admin_users,
    scheduled_publish_at   timestamptz,
    min_age_months         integer default 24 check (min_age_months >= 12),
    max_age_months         integer default 144 check (max_age_months <= 216),
    educational_objectives jsonb default '[]',
    skills_developed       jsonb default '[]',
    learning_categories    jsonb default '[]',
    difficulty_level       integer default 1 check (difficulty_level between 1 and 5),
    tags                   jsonb default '[]',
    keywords               jsonb default '[]',
    content_rating         varchar(20) default 'everyone'
        check (content_rating in ('everyone', 'early_childhood', 'preschool', 'school_age')),
    language_code          varchar(10) default 'en-US',
    localized_versions     jsonb default '{}',
    view_count             integer default 0,
    like_count             integer default 0,
    average_rating         numeric(3,2) default 0.00,
    engagement_metrics     jsonb default '{}',
    created_at             timestamptz default current_timestamp,
    updated_at             timestamptz default current_timestamp
);

-- @table content_workflow.content_versions
-- Versions.
create table content_workflow.content_versions (
    id              uuid primary key default gen_random_uuid(),
    content_item_id uuid not null references content_workflow.content_items on delete cascade,
    version_number  integer not null,
    version_name    varchar(100),
    content_data    jsonb not null,
    change_summary  text,
    change_details  jsonb default '{}',
    created_by      uuid not null references web_admin.admin_users,
    created_at      timestamptz default current_timestamp,
    constraint unique_content_version unique (content_item_id, version_number)
);

-- @table content_workflow.content_assets
-- Editorial assets.
create table content_workflow.content_assets (
    id                uuid primary key default gen_random_uuid(),
    content_item_id   uuid references content_workflow.content_items on delete cascade,
    asset_type        varchar(50) not null
        check (asset_type in ('image', 'audio', 'video', 'document', 'animation', 'interactive_element')),
    asset_category    varchar(50),
    original_filename varchar(255) not null,
    stored_filename   varchar(255) not null,
    file_path         varchar(500) not null,
    file_size_bytes   bigint not null check (file_size_bytes > 0),
    mime_type         varchar(100) not null,
    file_hash         varchar(64),
    metadata          jsonb default '{}',
    alt_text          text,
    caption           text,
    processing_status varchar(50) default 'uploaded'
        check (processing_status in (
            'uploaded', 'processing', 'processed', 'failed', 'virus_scan_pending', 'virus_scan_failed',
            'approved'
        )),
    thumbnail_path    varchar(500),
    preview_path      varchar(500),
    usage_context     jsonb default '{}',
    is_public         boolean default false,
    is_reusable       boolean default true,
    uploaded_by       uuid not null references web_admin.admin_users,
    created_at        timestamptz default current_timestamp
);

-- @table content_workflow.content_approvals
-- Review steps.
create table content_workflow.content_approvals (
    id                      uuid primary key default gen_random_uuid(),
    content_item_id         uuid not null references content_workflow.content_items on delete cascade,
    approval_stage          varchar(50) not null
        check (approval_stage in ('initial_review', 'educational_review', 'safety_review', 'final_approval')),
    reviewer_id             uuid not null references web_admin.admin_users,
    assigned_at             timestamptz default current_timestamp,
    status                  varchar(50) not null default 'pending'
        check (status in ('pending', 'approved', 'rejected', 'needs_changes', 'escalated')),
    comments                text,
    feedback_data           jsonb default '{}',
    reviewed_at             timestamptz,
    review_duration_minutes integer,
    created_at              timestamptz default current_timestamp
);

-- @table bookmarks.bookmark_categories
-- Bookmark folders.
create table bookmarks.bookmark_categories (
    id                 uuid primary key default gen_random_uuid(),
    family_id          uuid not null references family.families on delete cascade,
    name               varchar(100) not null,
    description        text,
    icon_name          varchar(50),
    color_hex          varchar(7) check (color_hex ~ '^#[0-9A-Fa-f]{6}$'),
    is_system_category boolean default false,
    is_active          boolean default true,
    sort_order         integer default 0,
    created_at         timestamptz default current_timestamp,
    constraint unique_family_category unique (family_id, name)
);

-- @table bookmarks.child_game_bookmarks
-- Bookmarks per child.
create table bookmarks.child_game_bookmarks (
    id               uuid primary key default gen_random_uuid(),
    child_id         uuid not null references family.child_profiles on delete cascade,
    parent_id        uuid not null references core.users on delete cascade,
    game_id          uuid references games.game_registry on delete set null,
    content_item_id  uuid references content_workflow.content_items on delete set null,
    bookmark_type    varchar(50) not null default 'game'
        check (bookmark_type in ('game', 'story', 'activity', 'educational_video', 'external_link')),
    title            varchar(255) not null,
    description      text,
    thumbnail_url    varchar(500),
    external_url     varchar(500),
    category_id      uuid references bookmarks.bookmark_categories on delete set null,
    custom_category  varchar(100),
    age_appropriate  boolean default true,
    parent_notes     text,
    parent_rating    integer check (parent_rating between 1 and 5),
    is_active        boolean default true,
    is_favorite      boolean default false,
    sort_order       integer default 0,
    last_accessed_at timestamptz,
    access_count     integer default 0,
    created_at       timestamptz default current_timestamp,
    updated_at       timestamptz default current_timestamp,
    constraint unique_child_bookmark unique nulls not distinct (child_id, game_id, content_item_id, external_url)
);
