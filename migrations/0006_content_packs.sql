-- Content packs. Their timestamps carry no zone: that is the shape the other backends know.

-- @table public.content_pack_categories
-- Pack categories.
create table public.content_pack_categories (
    id            uuid primary key default gen_random_uuid(),
    name          varchar(100) not null unique,
    description   text,
    display_order integer default 0,
    icon_url      text,
    color_hex     varchar(7),
    is_active     boolean default true,
    age_min       integer default 3,
    age_max       integer default 12,
    created_at    timestamp default current_timestamp,
    updated_at    timestamp default current_timestamp
);
create trigger update_content_pack_categories_updated_at before update on public.content_pack_categories
    for each row execute function public.update_updated_at_column();
insert into public.content_pack_categories (
    name, description, display_order, icon_url, color_hex, age_min, age_max)
values
    ('Animals & Nature', 'Creatures, plants and wild places.', 1, '/icons/animals.svg', '#4CAF50', 3, 12),
    ('Fantasy & Magic', 'Dragons, spells and castles.', 2, '/icons/fantasy.svg', '#9C27B0', 4, 12),
    ('Transportation', 'Everything that drives, floats or flies.', 3, '/icons/transport.svg', '#2196F3', 3, 10),
    ('Space & Science', 'Planets, rockets and experiments.', 4, '/icons/space.svg', '#FF9800', 5, 12),
    ('Everyday Life', 'At home, at school and around the corner.', 5, '/icons/daily.svg', '#795548', 3, 12),
    ('Sports & Activities', 'Games, moves and hobbies.', 6, '/icons/sports.svg', '#F44336', 4, 12),
    ('Educational', 'Letters, numbers and things to find out.', 7, '/icons/education.svg', '#673AB7', 3, 12),
    ('Seasonal', 'Holidays and the four seasons.', 8, '/icons/seasonal.svg', '#FF5722', 3, 12);

-- @table public.content_packs
-- Content packs.
create table public.content_packs (
    id                  uuid primary key default gen_random_uuid(),
    name                varchar(200) not null,
    description         text,
    short_description   varchar(500),
    pack_type           public.content_pack_type not null,
    category_id         uuid references public.content_pack_categories,
    price_cents         integer default 0,
    is_free             boolean default false,
    is_featured         boolean default false,
    is_premium          boolean default false,
    age_min             integer default 3,
    age_max             integer default 12,
    educational_goals   text[],
    curriculum_tags     text[],
    thumbnail_url       text,
    preview_urls        text[],
    banner_image_url    text,
    color_palette       jsonb,
    art_style           varchar(100),
    mood_tags           text[],
    total_assets        integer default 0,
    file_size_bytes     bigint default 0,
    supported_platforms text[] default '{ios,android,web}',
    min_app_version     varchar(20),
    performance_tier    varchar(20) default 'standard',
    status              varchar(50) default 'draft',
    published_at        timestamp,
    created_at          timestamp default current_timestamp,
    updated_at          timestamp default current_timestamp,
    created_by          uuid,
    search_keywords     text,
    popularity_score    numeric(5,2) default 0.0,
    download_count      bigint default 0,
    rating_average      numeric(3,2) default 0.0,
    rating_count        integer default 0
);
create index idx_content_packs_age_range on public.content_packs (age_min, age_max);
create index idx_content_packs_category on public.content_packs (category_id);
create index idx_content_packs_featured on public.content_packs (is_featured, popularity_score);
create index idx_content_packs_price on public.content_packs (price_cents);
create index idx_content_packs_search on public.content_packs using gin (
    to_tsvector('english', name || ' ' || description || ' ' || coalesce(search_keywords, '')));
create index idx_content_packs_status_published on public.content_packs (status, published_at);
create index idx_content_packs_type on public.content_packs (pack_type);
create trigger update_content_packs_updated_at before update on public.content_packs
    for each row execute function public.update_updated_at_column();

-- @table public.content_pack_assets
-- Assets in a pack.
create table public.content_pack_assets (
    id                   uuid primary key default gen_random_uuid(),
    pack_id              uuid not null references public.content_packs on delete cascade,
    name                 varchar(200) not null,
    description          text,
    asset_type           public.media_type not null,
    file_url             text not null,
    thumbnail_url        text,
    file_format          varchar(20),
    file_size_bytes      integer,
    dimensions_width     integer,
    dimensions_height    integer,
    duration_seconds     numeric(8,2),
    frame_rate           integer,
    tags                 text[],
    color_palette        jsonb,
    transparency_support boolean default false,
    loop_points          jsonb,
    interaction_config   jsonb,
    animation_triggers   text[],
    display_order        integer default 0,
    group_name           varchar(100),
    is_active            boolean default true,
    created_at           timestamp default current_timestamp,
    updated_at           timestamp default current_timestamp
);
create index idx_content_pack_assets_active on public.content_pack_assets (is_active);
create index idx_content_pack_assets_pack on public.content_pack_assets (pack_id);
create index idx_content_pack_assets_search on public.content_pack_assets using gin (
    to_tsvector('english', name || ' ' || coalesce(description, '')));
create index idx_content_pack_assets_type on public.content_pack_assets (asset_type);
create trigger update_content_pack_assets_updated_at before update on public.content_pack_assets
    for each row execute function public.update_updated_at_column();

-- @table public.content_pack_collections
-- Pack bundles.
create table public.content_pack_collections (
    id                  uuid primary key default gen_random_uuid(),
    name                varchar(200) not null,
    description         text,
    collection_type     varchar(50) default 'bundle',
    price_cents         integer default 0,
    discount_percentage integer default 0,
    thumbnail_url       text,
    banner_image_url    text,
    is_active           boolean default true,
    is_featured         boolean default false,
    available_from      timestamp,
    available_until     timestamp,
    created_at          timestamp default current_timestamp,
    updated_at          timestamp default current_timestamp
);
create trigger update_content_pack_collections_updated_at before update on public.content_pack_collections
    for each row execute function public.update_updated_at_column();

-- @table public.content_pack_collection_items
-- Bundle contents.
create table public.content_pack_collection_items (
    id            uuid primary key default gen_random_uuid(),
    collection_id uuid not null references public.content_pack_collections on delete cascade,
    pack_id       uuid not null references public.content_packs on delete cascade,
    display_order integer default 0,
    added_at      timestamp default current_timestamp,
    unique (collection_id, pack_id)
);

-- @table public.content_pack_compatibility
-- Pack pairs.
create table public.content_pack_compatibility (
    id                  uuid primary key default gen_random_uuid(),
    pack_a_id           uuid not null references public.content_packs,
    pack_b_id           uuid not null references public.content_packs,
    compatibility_score numeric(3,2) default 1.0,
    compatibility_type  varchar(50),
    notes               text,
    created_at          timestamp default current_timestamp,
    unique (pack_a_id, pack_b_id),
    check (pack_a_id <> pack_b_id)
);

-- @table public.content_pack_reviews
-- Pack reviews.
create table public.content_pack_reviews (
    id                uuid primary key default gen_random_uuid(),
    pack_id           uuid not null references public.content_packs,
    user_id           uuid not null,
    rating            integer check (rating between 1 and 5),
    review_text       text,
    review_title      varchar(200),
    helpful_count     integer default 0,
    not_helpful_count integer default 0,
    child_age_range   varchar(10),
    used_features     text[],
    is_approved       boolean default false,
    is_featured       boolean default false,
    moderated_at      timestamp,
    moderated_by      uuid,
    created_at        timestamp default current_timestamp,
    updated_at        timestamp default current_timestamp,
    unique (pack_id, user_id)
);
create trigger update_content_pack_reviews_updated_at before update on public.content_pack_reviews
    for each row execute function public.update_updated_at_column();

-- @table public.content_pack_usage
-- Pack usage log.
create table public.content_pack_usage (
    id                     uuid primary key default gen_random_uuid(),
    user_id                uuid not null,
    child_id               uuid,
    pack_id                uuid not null references public.content_packs,
    asset_id               uuid references public.content_pack_assets,
    used_in_feature        varchar(100),
    session_id             uuid,
    usage_duration_seconds integer,
    used_at                timestamp default current_timestamp,
    usage_metadata         jsonb
);
create index idx_content_pack_usage_feature on public.content_pack_usage (used_in_feature);
create index idx_content_pack_usage_pack on public.content_pack_usage (pack_id);
create index idx_content_pack_usage_timestamp on public.content_pack_usage (used_at);
create index idx_content_pack_usage_user_child on public.content_pack_usage (user_id, child_id);

-- @table public.user_pack_ownership
-- Who owns which pack.
create table public.user_pack_ownership (
    id                   uuid primary key default gen_random_uuid(),
    user_id              uuid not null,
    pack_id              uuid not null references public.content_packs,
    child_id             uuid,
    acquired_at          timestamp default current_timestamp,
    acquisition_type     varchar(50) default 'purchase',
    purchase_price_cents integer default 0,
    transaction_id       varchar(100),
    download_status      varchar(50) default 'pending',
    download_progress    integer default 0,
    downloaded_at        timestamp,
    last_used_at         timestamp,
    usage_count          integer default 0,
    is_favorite          boolean default false,
    is_hidden            boolean default false,
    custom_tags          text[],
    unique (user_id, pack_id, child_id)
);
create index idx_user_pack_ownership_child on public.user_pack_ownership (child_id);
create index idx_user_pack_ownership_pack on public.user_pack_ownership (pack_id);
create index idx_user_pack_ownership_status on public.user_pack_ownership (download_status);
create index idx_user_pack_ownership_user on public.user_pack_ownership (user_id);
