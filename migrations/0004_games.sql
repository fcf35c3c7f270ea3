-- Games: the saves the apps use, the registry, instances, rewards and approvals.

-- @table games.simple_game_data
-- Saves by child, game type and key: what the apps read and write. No foreign key on the child.
create table games.simple_game_data (
    id         uuid primary key default gen_random_uuid(),
    child_id   uuid not null,
    game_type  varchar(100) not null,
    data_key   varchar(200) not null,
    data_value jsonb not null default '{}',
    created_at timestamptz default current_timestamp,
    updated_at timestamptz default current_timestamp,
    unique (child_id, game_type, data_key)
);
create index idx_simple_game_data_child_id on games.simple_game_data (child_id);
create index idx_simple_game_data_content on games.simple_game_data using gin (data_value);
create index idx_simple_game_data_game_type on games.simple_game_data (game_type);
create index idx_simple_game_data_story_adventure on games.simple_game_data (child_id, game_type, data_key)
    where game_type = 'story-adventure';
create index idx_simple_game_data_story_jsonb on games.simple_game_data using gin (data_value)
    where game_type = 'story-adventure';
create index idx_simple_game_data_updated_at on games.simple_game_data (updated_at);
create index idx_simple_game_data_vocab_words on games.simple_game_data using gin ((data_value -> 'words'))
    where game_type = 'story-adventure' and data_key = 'vocabulary_progress';
create trigger update_simple_game_data_updated_at before update on games.simple_game_data
    for each row execute function games.update_updated_at_column();

-- @table games.game_types
-- Kinds of game.
create table games.game_types (
    id             uuid primary key default gen_random_uuid(),
    name           varchar(100) not null unique,
    description    text,
    default_schema jsonb not null default '{}',
    created_at     timestamptz default current_timestamp
);
insert into games.game_types (name, description, default_schema) values
    ('collection', 'Gather things and look at them again.',
        '{"inventory": {}, "collections": [], "display_settings": {}}'),
    ('puzzle', 'Solve one level after another.',
        '{"hints_used": 0, "current_level": 1, "solved_puzzles": []}'),
    ('creative', 'Make things and keep them in a gallery.',
        '{"gallery": [], "creations": [], "tools_unlocked": []}'),
    ('educational', 'Learn a subject lesson by lesson.',
        '{"score": 0, "knowledge_areas": {}, "lessons_completed": []}'),
    ('creative_game', 'Open-ended making whose projects are saved as documents.',
        '{"type": "creative_game", "data_format": "json", "supports_saving": true, "supports_sharing": true}');

-- @table games.game_categories
-- Category tree.
create table games.game_categories (
    id                 uuid primary key default gen_random_uuid(),
    name               varchar(100) not null unique,
    parent_category_id uuid references games.game_categories,
    icon_url           varchar(500),
    sort_order         integer default 0,
    is_active          boolean default true,
    created_at         timestamptz default current_timestamp
);
insert into games.game_categories (name, sort_order) values
    ('sticker_books', 1), ('Stickers', 10), ('Drawing', 20), ('Math', 30), ('Reading', 40), ('Science', 50),
    ('Music', 60);

-- @table games.game_registry
-- Game catalogue.
create table games.game_registry (
    id                     uuid primary key default gen_random_uuid(),
    game_key               varchar(100) not null unique,
    display_name           varchar(200) not null,
    description            text,
    version                varchar(20) not null default '1.0.0',
    game_type_id           uuid not null references games.game_types,
    category_id            uuid references games.game_categories,
    min_age_months         integer not null default 24,
    max_age_months         integer not null default 144,
    configuration          jsonb not null default '{}',
    default_settings       jsonb not null default '{}',
    implementation_type    games.implementation_type not null default 'native',
    entry_point            varchar(500),
    resource_bundle_url    varchar(500),
    content_rating         varchar(20) default 'everyone',
    safety_reviewed        boolean default false,
    safety_reviewed_at     timestamptz,
    safety_reviewer_id     uuid references core.users,
    is_active              boolean default false,
    is_premium             boolean default false,
    release_date           timestamptz,
    sunset_date            timestamptz,
    tags                   jsonb default '[]',
    keywords               jsonb default '[]',
    educational_objectives jsonb default '[]',
    skills_developed       jsonb default '[]',
    created_at             timestamptz default current_timestamp,
    updated_at             timestamptz default current_timestamp,
    constraint valid_age_range check (max_age_months >= min_age_months)
);
create index idx_game_registry_active on games.game_registry (is_active) where is_active = true;
create index idx_game_registry_age_range on games.game_registry (min_age_months, max_age_months);
create index idx_game_registry_type_category on games.game_registry (game_type_id, category_id);
create trigger update_game_registry_updated_at before update on games.game_registry
    for each row execute function games.update_updated_at();
insert into games.game_registry (
    game_key, display_name, description, game_type_id, category_id, entry_point, safety_reviewed, safety_reviewed_at,
    is_active, configuration, default_settings, tags, keywords, educational_objectives, skills_developed)
select
    'sticker_book', 'Sticker Book', 'Stick, draw and leaf through pages of your own making.', game_types.id,
    game_categories.id, '/games/sticker-book', true, current_timestamp, true,
    '{"supports_drawing": true, "supports_projects": true, "supports_stickers": true, "auto_save_interval": 30,
      "supports_flip_book": true, "supports_thumbnails": true, "max_projects_per_child": 50,
      "supports_infinite_canvas": true}',
    '{"age_mode": "big_kid", "project_naming": "auto", "auto_save_enabled": true, "thumbnail_generation": true}',
    '["creative", "art", "stickers", "drawing", "projects"]',
    '["sticker", "creative", "art", "drawing", "digital", "canvas", "flip book", "projects"]',
    '["creative_expression", "fine_motor_skills", "artistic_development", "color_recognition", "spatial_awareness"]',
    '["creativity", "artistic_skills", "fine_motor_control", "visual_planning", "project_completion"]'
from games.game_types, games.game_categories
where game_types.name = 'creative_game' and game_categories.name = 'sticker_books';

-- @table games.child_game_instances
-- A child's copy of a game.
create table games.child_game_instances (
    id                      uuid primary key default gen_random_uuid(),
    child_id                uuid references family.child_profiles on delete cascade,
    game_id                 uuid references games.game_registry on delete cascade,
    settings                jsonb not null default '{}',
    preferences             jsonb not null default '{}',
    is_unlocked             boolean default true,
    unlocked_at             timestamptz default current_timestamp,
    first_played_at         timestamptz,
    last_played_at          timestamptz,
    total_play_time_minutes integer default 0,
    session_count           integer default 0,
    is_favorite             boolean default false,
    is_completed            boolean default false,
    completion_percentage   numeric(5,2) default 0.00,
    created_at              timestamptz default current_timestamp,
    updated_at              timestamptz default current_timestamp,
    unique (child_id, game_id),
    constraint valid_completion check (completion_percentage between 0 and 100)
);
create index idx_child_game_instances_child on games.child_game_instances (child_id);
create index idx_child_game_instances_game on games.child_game_instances (game_id);
create index idx_child_game_instances_last_played on games.child_game_instances (last_played_at);
create trigger update_child_game_instances_updated_at before update on games.child_game_instances
    for each row execute function games.update_updated_at();

-- @table games.child_game_data
-- Saves of one instance.
create table games.child_game_data (
    id                     uuid primary key default gen_random_uuid(),
    child_game_instance_id uuid references games.child_game_instances on delete cascade,
    data_key               varchar(200) not null,
    data_version           integer not null default 1,
    data_value             jsonb not null,
    created_at             timestamptz default current_timestamp,
    updated_at             timestamptz default current_timestamp,
    unique (child_game_instance_id, data_key)
);
create index idx_child_game_data_instance on games.child_game_data (child_game_instance_id);
create index idx_child_game_data_key on games.child_game_data (data_key);
create trigger update_child_game_data_updated_at before update on games.child_game_data
    for each row execute function games.update_updated_at();

-- @table games.game_sessions
-- Play sessions.
create table games.game_sessions (
    id                     uuid primary key default gen_random_uuid(),
    child_game_instance_id uuid references games.child_game_instances on delete cascade,
    started_at             timestamptz not null default current_timestamp,
    ended_at               timestamptz,
    duration_minutes       integer,
    device_type            varchar(50),
    app_version            varchar(50),
    game_version           varchar(20),
    session_data           jsonb default '{}',
    events                 jsonb default '[]',
    created_at             timestamptz default current_timestamp,
    constraint valid_session_duration check (ended_at is null or ended_at >= started_at)
);
create index idx_game_sessions_date on games.game_sessions (started_at);
create index idx_game_sessions_instance on games.game_sessions (child_game_instance_id);
create index idx_game_sessions_started_at on games.game_sessions (started_at);

-- @table games.achievements
-- Achievement definitions.
create table games.achievements (
    id              uuid primary key default gen_random_uuid(),
    game_id         uuid references games.game_registry on delete cascade,
    achievement_key varchar(200) not null,
    name            varchar(200) not null,
    description     text,
    icon_url        varchar(500),
    criteria        jsonb not null,
    points          integer default 10,
    category        varchar(100),
    rarity          games.achievement_rarity default 'common',
    sort_order      integer default 0,
    is_secret       boolean default false,
    is_active       boolean default true,
    created_at      timestamptz default current_timestamp,
    unique (game_id, achievement_key)
);
create index idx_achievements_game on games.achievements (game_id);

-- @table games.child_achievements
-- Unlocked achievements.
create table games.child_achievements (
    id                     uuid primary key default gen_random_uuid(),
    child_game_instance_id uuid references games.child_game_instances on delete cascade,
    achievement_id         uuid references games.achievements on delete cascade,
    unlocked_at            timestamptz not null default current_timestamp,
    game_session_id        uuid references games.game_sessions,
    created_at             timestamptz default current_timestamp,
    unique (child_game_instance_id, achievement_id)
);
create index idx_child_achievements_instance on games.child_achievements (child_game_instance_id);

-- @table games.game_assets
-- Shared assets.
create table games.game_assets (
    id                uuid primary key default gen_random_uuid(),
    asset_type        varchar(50) not null,
    asset_category    varchar(100),
    name              varchar(200) not null,
    url               varchar(500),
    thumbnail_url     varchar(500),
    metadata          jsonb default '{}',
    is_premium        boolean default false,
    wonder_coin_price integer default 0,
    min_age_months    integer default 0,
    max_age_months    integer default 999,
    created_at        timestamptz default current_timestamp
);

-- @table games.game_asset_registry
-- Asset-game links.
create table games.game_asset_registry (
    game_id            uuid not null references games.game_registry on delete cascade,
    asset_id           uuid not null references games.game_assets on delete cascade,
    usage_context      jsonb,
    is_starter         boolean default false,
    unlock_requirement jsonb,
    primary key (game_id, asset_id)
);

-- @table games.virtual_currency
-- Coin balance.
create table games.virtual_currency (
    id           uuid primary key default gen_random_uuid(),
    child_id     uuid unique references family.child_profiles,
    balance      integer default 0,
    total_earned integer default 0,
    total_spent  integer default 0,
    last_updated timestamptz default current_timestamp,
    constraint non_negative_balance check (balance >= 0)
);
create index idx_virtual_currency_child_id on games.virtual_currency (child_id);

-- @table games.currency_transactions
-- Coin ledger.
create table games.currency_transactions (
    id               uuid primary key default gen_random_uuid(),
    child_id         uuid references family.child_profiles,
    amount           integer not null,
    transaction_type varchar(50),
    source           varchar(100),
    description      text,
    created_at       timestamptz default current_timestamp,
    constraint valid_transaction_type check (transaction_type in ('earned', 'spent', 'bonus', 'refund'))
);
create index idx_currency_transactions_child_id on games.currency_transactions (child_id);
create index idx_currency_transactions_created_at on games.currency_transactions (created_at);
create index idx_currency_transactions_type on games.currency_transactions (transaction_type);

-- @table games.parent_approvals
-- Requests for parent consent.
create table games.parent_approvals (
    id               uuid primary key default gen_random_uuid(),
    child_id         uuid references family.child_profiles on delete cascade,
    game_id          uuid references games.game_registry,
    approval_type    varchar(100) not null,
    request_context  varchar(500),
    request_data     jsonb not null,
    status           varchar(20) default 'pending',
    parent_id        uuid references core.users,
    reviewed_at      timestamptz,
    rejection_reason text,
    expires_at       timestamptz default (current_timestamp + interval '7 days'),
    created_at       timestamptz default current_timestamp,
    constraint valid_status check (status in ('pending', 'approved', 'rejected'))
);
create index idx_parent_approvals_child on games.parent_approvals (child_id);
create index idx_parent_approvals_status on games.parent_approvals (status) where status = 'pending';

-- @table games.daily_game_metrics
-- Daily totals per game.
create table games.daily_game_metrics (
    id                    uuid primary key default gen_random_uuid(),
    child_id              uuid references family.child_profiles on delete cascade,
    game_id               uuid references games.game_registry,
    date                  date not null,
    play_time_minutes     integer default 0,
    sessions_count        integer default 0,
    achievements_unlocked integer default 0,
    metrics               jsonb default '{}',
    created_at            timestamptz default current_timestamp,
    unique (child_id, game_id, date)
);
create index idx_daily_game_metrics_child_date on games.daily_game_metrics (child_id, date);
create index idx_daily_game_metrics_game_date on games.daily_game_metrics (game_id, date);
