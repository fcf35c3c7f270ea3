-- The creators' marketplace.

-- @table marketplace.creator_profiles
-- Creators.
create table marketplace.creator_profiles (
    id                uuid primary key default gen_random_uuid(),
    user_id           uuid not null references core.users on delete cascade,
    display_name      varchar(100) not null,
    bio               text,
    avatar_url        text,
    cover_image_url   text,
    website_url       text,
    social_links      jsonb default '{}',
    tier              varchar(30) default 'HOBBYIST'
        check (tier in ('HOBBYIST', 'EMERGING', 'PROFESSIONAL', 'VERIFIED_EDUCATOR', 'PARTNER_STUDIO')),
    verified          boolean default false,
    verification_date timestamptz,
    total_sales       integer default 0,
    total_revenue     numeric(10,2) default 0,
    average_rating    numeric(3,2) default 0,
    rating_count      integer default 0,
    content_count     integer default 0,
    follower_count    integer default 0,
    account_status    varchar(30) default 'PENDING_VERIFICATION'
        check (account_status in ('PENDING_VERIFICATION', 'ACTIVE', 'SUSPENDED', 'BANNED', 'INACTIVE')),
    suspension_reason text,
    created_at        timestamptz default current_timestamp,
    updated_at        timestamptz default current_timestamp,
    constraint unique_user_creator unique (user_id)
);
create trigger update_creator_profiles_updated_at before update on marketplace.creator_profiles
    for each row execute function marketplace.update_updated_at_column();

-- @table marketplace.creator_followers
-- Follows.
create table marketplace.creator_followers (
    id          uuid primary key default gen_random_uuid(),
    creator_id  uuid not null references marketplace.creator_profiles on delete cascade,
    user_id     uuid not null references core.users on delete cascade,
    followed_at timestamptz default current_timestamp,
    constraint unique_creator_follower unique (creator_id, user_id)
);

-- @table marketplace.listings
-- Shop items with full-text vector.
create table marketplace.listings (
    id                  uuid primary key default gen_random_uuid(),
    creator_id          uuid not null references marketplace.creator_profiles on delete cascade,
    title               varchar(200) not null,
    description         text not null,
    full_description    text,
    content_type        varchar(50) not null
        check (content_type in ('STORY', 'GAME', 'ACTIVITY', 'EDUCATIONAL_VIDEO', 'INTERACTIVE_BOOK')),
    thumbnail_url       text,
    preview_url         text,
    content_url         text,
    screenshots         text[],
    file_size_mb        numeric(10,2),
    age_range           varchar(20) not null,
    educational_goals   text[],
    subjects            text[],
    skills_developed    text[],
    price               numeric(8,2) not null check (price >= 0),
    original_price      numeric(8,2),
    licensing_model     varchar(30) default 'SINGLE_CHILD'
        check (licensing_model in ('SINGLE_CHILD', 'FAMILY', 'CLASSROOM', 'UNLIMITED')),
    is_ai_generated     boolean default false,
    ai_provider         varchar(50),
    ai_model            varchar(100),
    tags                text[],
    language            varchar(10) default 'en',
    supported_languages text[],
    view_count          integer default 0,
    purchase_count      integer default 0,
    rating              numeric(3,2) default 0,
    rating_count        integer default 0,
    status              varchar(30) default 'DRAFT'
        check (status in ('DRAFT', 'PENDING_REVIEW', 'APPROVED', 'PUBLISHED', 'REJECTED', 'ARCHIVED')),
    rejection_reason    text,
    published_at        timestamptz,
    search_vector       tsvector,
    created_at          timestamptz default current_timestamp,
    updated_at          timestamptz default current_timestamp
);
create index idx_listings_age_range on marketplace.listings (age_range);
create index idx_listings_content_type on marketplace.listings (content_type);
create index idx_listings_created on marketplace.listings (created_at desc);
create index idx_listings_creator on marketplace.listings (creator_id);
create index idx_listings_price on marketplace.listings (price);
create index idx_listings_rating on marketplace.listings (rating desc);
create index idx_listings_search_vector on marketplace.listings using gin (search_vector);
create index idx_listings_status on marketplace.listings (status) where status = 'PUBLISHED';
create trigger trigger_update_listing_search_vector before insert or update on marketplace.listings
    for each row execute function marketplace.update_listing_search_vector();
create trigger update_listings_updated_at before update on marketplace.listings
    for each row execute function marketplace.update_updated_at_column();

-- @table marketplace.purchases
-- Purchases.
create table marketplace.purchases (
    id                 uuid primary key default gen_random_uuid(),
    user_id            uuid not null references core.users,
    listing_id         uuid not null references marketplace.listings,
    family_id          uuid not null references family.families,
    amount             numeric(8,2) not null,
    currency           varchar(3) default 'USD',
    payment_method     varchar(50),
    transaction_id     varchar(200),
    license_type       varchar(30),
    license_expires_at timestamptz,
    status             varchar(30) default 'COMPLETED'
        check (status in ('PENDING', 'COMPLETED', 'REFUNDED', 'FAILED')),
    refund_reason      text,
    refunded_at        timestamptz,
    purchased_at       timestamptz default current_timestamp,
    constraint unique_user_listing_purchase unique (user_id, listing_id)
);
create index idx_purchases_family on marketplace.purchases (family_id);
create index idx_purchases_listing on marketplace.purchases (listing_id);
create index idx_purchases_user on marketplace.purchases (user_id);

-- @table marketplace.reviews
-- Reviews.
create table marketplace.reviews (
    id                uuid primary key default gen_random_uuid(),
    listing_id        uuid not null references marketplace.listings on delete cascade,
    user_id           uuid not null references core.users,
    purchase_id       uuid references marketplace.purchases,
    rating            integer not null check (rating between 1 and 5),
    review_text       text,
    verified_purchase boolean default false,
    helpful_count     integer default 0,
    reported_count    integer default 0,
    status            varchar(30) default 'PUBLISHED' check (status in ('PENDING', 'PUBLISHED', 'HIDDEN', 'REMOVED')),
    moderation_reason text,
    created_at        timestamptz default current_timestamp,
    updated_at        timestamptz default current_timestamp,
    constraint unique_user_listing_review unique (user_id, listing_id)
);
create index idx_reviews_listing on marketplace.reviews (listing_id);
create index idx_reviews_user on marketplace.reviews (user_id);
create trigger update_reviews_updated_at before update on marketplace.reviews
    for each row execute function marketplace.update_updated_at_column();

-- @table marketplace.recommendations
-- Suggestions.
create table marketplace.recommendations (
    id                uuid primary key default gen_random_uuid(),
    child_id          uuid references family.child_profiles,
    family_id         uuid references family.families,
    listing_id        uuid not null references marketplace.listings,
    score             numeric(5,4) not null,
    reason            varchar(100),
    algorithm_version varchar(20),
    shown_count       integer default 0,
    clicked           boolean default false,
    purchased         boolean default false,
    dismissed         boolean default false,
    created_at        timestamptz default current_timestamp,
    expires_at        timestamptz,
    constraint unique_child_listing_recommendation unique (child_id, listing_id)
);
create index idx_recommendations_child on marketplace.recommendations (child_id);
create index idx_recommendations_family on marketplace.recommendations (family_id);

-- @table marketplace.featured_collections
-- Shop shelves.
create table marketplace.featured_collections (
    id              uuid primary key default gen_random_uuid(),
    name            varchar(100) not null,
    description     text,
    collection_type varchar(50)
        check (collection_type in ('SPOTLIGHT', 'NEW_RELEASES', 'TOP_RATED', 'EDITORS_PICKS', 'TRENDING', 'SEASONAL')),
    banner_url      text,
    position        integer default 0,
    is_active       boolean default true,
    start_date      timestamptz,
    end_date        timestamptz,
    created_at      timestamptz default current_timestamp,
    updated_at      timestamptz default current_timestamp
);

-- @table marketplace.collection_items
-- Shelf contents.
create table marketplace.collection_items (
    id                 uuid primary key default gen_random_uuid(),
    collection_id      uuid not null references marketplace.featured_collections on delete cascade,
    listing_id         uuid not null references marketplace.listings on delete cascade,
    position           integer default 0,
    custom_description text,
    added_at           timestamptz default current_timestamp,
    constraint unique_collection_listing unique (collection_id, listing_id)
);

-- @table marketplace.creator_earnings
-- Earnings per purchase.
create table marketplace.creator_earnings (
    id             uuid primary key default gen_random_uuid(),
    creator_id     uuid not null references marketplace.creator_profiles,
    purchase_id    uuid not null references marketplace.purchases,
    gross_amount   numeric(10,2) not null,
    platform_fee   numeric(10,2) not null,
    processing_fee numeric(10,2) default 0,
    net_amount     numeric(10,2) not null,
    status         varchar(30) default 'PENDING'
        check (status in ('PENDING', 'AVAILABLE', 'PAID_OUT', 'HELD', 'REFUNDED')),
    payout_id      uuid,
    earned_at      timestamptz default current_timestamp,
    available_at   timestamptz,
    paid_at        timestamptz
);

-- @table marketplace.payouts
-- Payout requests.
create table marketplace.payouts (
    id              uuid primary key default gen_random_uuid(),
    creator_id      uuid not null references marketplace.creator_profiles,
    amount          numeric(10,2) not null,
    currency        varchar(3) default 'USD',
    payment_method  varchar(50),
    payment_details jsonb,
    transaction_id  varchar(200),
    status          varchar(30) default 'PENDING'
        check (status in ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    failure_reason  text,
    requested_at    timestamptz default current_timestamp,
    processed_at    timestamptz,
    completed_at    timestamptz
);

-- @table marketplace.child_library
-- What a child may open.
create table marketplace.child_library (
    id               uuid primary key default gen_random_uuid(),
    child_id         uuid not null references family.child_profiles on delete cascade,
    family_id        uuid not null references family.families,
    listing_id       uuid references marketplace.listings,
    purchase_id      uuid references marketplace.purchases,
    ai_story_id      uuid references public.ai_story_generations,
    content_type     varchar(50) not null,
    title            varchar(200) not null,
    thumbnail_url    text,
    is_favorite      boolean default false,
    is_hidden        boolean default false,
    last_accessed_at timestamptz,
    access_count     integer default 0,
    progress_data    jsonb default '{}',
    completed        boolean default false,
    added_at         timestamptz default current_timestamp,
    constraint check_content_source check (
        (listing_id is not null and purchase_id is not null and ai_story_id is null)
        or (listing_id is null and purchase_id is null and ai_story_id is not null)
    )
);
create index idx_child_library_child on marketplace.child_library (child_id);
create index idx_child_library_family on marketplace.child_library (family_id);
