-- The content library, uploaded files with their tags, and the event log.

-- @table content.stories
-- Plain stories.
create table content.stories (
    id          uuid primary key default gen_random_uuid(),
    title       varchar(200) not null,
    description text,
    content     text,
    created_by  uuid not null references core.users,
    family_id   uuid references family.families,
    is_public   boolean default false,
    created_at  timestamptz default current_timestamp,
    updated_at  timestamptz default current_timestamp
);
create index idx_stories_created_by on content.stories (created_by);
create index idx_stories_family_id on content.stories (family_id);

-- @table content.content_items
-- The content library.
create table content.content_items (
    id               uuid primary key default gen_random_uuid(),
    title            varchar(255) not null,
    description      text,
    content_type     varchar(50) not null,
    category         varchar(50),
    url              text,
    thumbnail_url    text,
    duration_seconds integer,
    age_min          integer default 2,
    age_max          integer default 18,
    language         varchar(10) default 'en',
    tags             text[],
    is_active        boolean default true,
    is_featured      boolean default false,
    provider         varchar(50),
    provider_id      varchar(255),
    metadata         jsonb default '{}',
    created_at       timestamptz default current_timestamp,
    updated_at       timestamptz default current_timestamp
);
create index idx_content_items_active on content.content_items (is_active);
create index idx_content_items_age on content.content_items (age_min, age_max);
create index idx_content_items_category on content.content_items (category);
create index idx_content_items_type on content.content_items (content_type);

-- @table content.content_engagement
-- What a child watched, and how far.
create table content.content_engagement (
    id                    uuid primary key default gen_random_uuid(),
    child_id              uuid not null references family.child_profiles on delete cascade,
    content_id            uuid not null references content.content_items on delete cascade,
    started_at            timestamptz default current_timestamp,
    ended_at              timestamptz,
    duration_seconds      integer,
    completion_percentage numeric(5,2),
    engagement_score      numeric(3,2),
    created_at            timestamptz default current_timestamp
);
create index idx_content_engagement_child on content.content_engagement (child_id);
create index idx_content_engagement_content on content.content_engagement (content_id);
create index idx_content_engagement_date on content.content_engagement (started_at);

-- @table content.content_filters
-- Content filters of a household.
create table content.content_filters (
    id                   uuid primary key default gen_random_uuid(),
    family_id            uuid not null references family.families on delete cascade,
    name                 varchar(100) not null,
    min_age              integer default 2,
    max_age              integer default 18,
    allowed_categories   text[],
    blocked_categories   text[],
    allowed_providers    text[],
    blocked_keywords     text[],
    max_duration_minutes integer,
    is_active            boolean default true,
    created_at           timestamptz default current_timestamp,
    updated_at           timestamptz default current_timestamp
);
create index idx_content_filters_family on content.content_filters (family_id);

-- @table core.uploaded_files
-- Metadata of uploaded files.
create table core.uploaded_files (
    id                    uuid primary key default gen_random_uuid(),
    user_id               uuid not null references core.users on delete cascade,
    child_id              uuid references family.child_profiles on delete cascade,
    file_key              varchar(500) not null unique,
    original_name         varchar(255) not null,
    mime_type             varchar(100) not null,
    file_size             bigint not null,
    storage_provider      varchar(50) not null default 'local',
    url                   text,
    is_public             boolean default false,
    category              varchar(50) not null default 'content'
        check (category in ('profile_picture', 'content', 'document', 'game_asset', 'artwork')),
    metadata              jsonb default '{}',
    uploaded_at           timestamptz default current_timestamp,
    accessed_at           timestamptz,
    deleted_at            timestamptz,
    tags                  text[] default '{}',
    tag_count             integer default 0,
    is_system_image       boolean default false,
    is_deleted            boolean default false,
    ai_analyzed           boolean default false,
    ai_description        text,
    detected_content_type varchar(50),
    ai_safety_approved    boolean default false
);
create index idx_uploaded_files_category on core.uploaded_files (category) where deleted_at is null;
create index idx_uploaded_files_child_id on core.uploaded_files (child_id) where deleted_at is null;
create index idx_uploaded_files_not_deleted on core.uploaded_files (user_id, is_deleted) where is_deleted = false;
create index idx_uploaded_files_system on core.uploaded_files (is_system_image);
create index idx_uploaded_files_tag_count on core.uploaded_files (tag_count);
create index idx_uploaded_files_tags on core.uploaded_files using gin (tags);
create index idx_uploaded_files_uploaded_at on core.uploaded_files (uploaded_at desc) where deleted_at is null;
create index idx_uploaded_files_user_id on core.uploaded_files (user_id) where deleted_at is null;

-- @table content.file_references
-- Where a file is used.
create table content.file_references (
    id             uuid primary key default gen_random_uuid(),
    file_id        uuid not null references core.uploaded_files on delete cascade,
    reference_type varchar(50) not null,
    reference_id   uuid not null,
    created_at     timestamptz default current_timestamp,
    constraint unique_file_reference unique (file_id, reference_type, reference_id)
);
create index idx_file_references_file_id on content.file_references (file_id);
create index idx_file_references_reference on content.file_references (reference_type, reference_id);

-- @table content.tags
-- Tag dictionary.
create table content.tags (
    id          uuid primary key default gen_random_uuid(),
    name        varchar(50) not null unique,
    usage_count integer default 0,
    created_at  timestamptz default current_timestamp
);
create index idx_tags_name on content.tags (name);
create index idx_tags_usage on content.tags (usage_count desc);
insert into content.tags (name)
select unnest(string_to_array(
    'airplane animal baby background ball big bird black blue boat book bright brown building butterfly calm '
    'car cat character child cloud colorful colors counting dark dinosaur dog eating excited family fish '
    'flower flying forest friend funny green happy house jumping large letters medium moon mountain numbers '
    'ocean orange pattern person pink playing prop purple red river rough running sad scene shapes shiny '
    'sleeping small smooth soft star sticker sun swimming texture tiny toy train tree truck white yellow', ' '));

-- @table content.file_tags
-- File-tag links.
create table content.file_tags (
    id         uuid primary key default gen_random_uuid(),
    file_id    uuid not null,
    tag_id     uuid not null references content.tags on delete cascade,
    created_at timestamptz default current_timestamp,
    created_by uuid references core.users,
    unique (file_id, tag_id)
);
create index idx_file_tags_file on content.file_tags (file_id);
create index idx_file_tags_tag on content.file_tags (tag_id);
create trigger sync_tags_array after insert or delete on content.file_tags
    for each row execute function content.sync_file_tags();
create trigger update_tag_usage after insert or delete on content.file_tags
    for each row execute function content.update_tag_usage_count();

-- @table analytics.analytics_events
-- The event log.
create table analytics.analytics_events (
    id             uuid primary key default gen_random_uuid(),
    user_id        uuid references core.users,
    child_id       uuid references family.child_profiles,
    event_type     varchar(50) not null,
    event_category varchar(50),
    event_data     jsonb default '{}',
    session_id     uuid,
    created_at     timestamptz default current_timestamp
);
create index idx_analytics_events_child on analytics.analytics_events (child_id);
create index idx_analytics_events_date on analytics.analytics_events (created_at);
create index idx_analytics_events_type on analytics.analytics_events (event_type);
create index idx_analytics_events_user on analytics.analytics_events (user_id);

-- @table analytics.daily_child_metrics
-- Daily totals per child.
create table analytics.daily_child_metrics (
    id                         uuid primary key default gen_random_uuid(),
    child_id                   uuid not null references family.child_profiles on delete cascade,
    date                       date not null,
    screen_time_minutes        integer default 0,
    content_items_viewed       integer default 0,
    learning_time_minutes      integer default 0,
    creative_time_minutes      integer default 0,
    physical_activity_minutes  integer default 0,
    social_interaction_minutes integer default 0,
    vocabulary_words_learned   integer default 0,
    stories_completed          integer default 0,
    games_played               integer default 0,
    created_at                 timestamptz default current_timestamp,
    unique (child_id, date)
);
create index idx_daily_metrics_child on analytics.daily_child_metrics (child_id);
create index idx_daily_metrics_date on analytics.daily_child_metrics (date);

-- @table analytics.learning_insights
-- Insights.
create table analytics.learning_insights (
    id               uuid primary key default gen_random_uuid(),
    child_id         uuid not null references family.child_profiles on delete cascade,
    insight_type     varchar(50),
    category         varchar(50),
    title            varchar(255),
    description      text,
    data             jsonb default '{}',
    confidence_score numeric(3,2),
    is_read          boolean default false,
    created_at       timestamptz default current_timestamp
);
create index idx_learning_insights_child on analytics.learning_insights (child_id);
create index idx_learning_insights_type on analytics.learning_insights (insight_type);
