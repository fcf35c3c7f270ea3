-- Story adventures with their shop, and the tables of AI-made stories.

-- @table games.story_templates
-- Story templates.
create table games.story_templates (
    id                  uuid primary key default gen_random_uuid(),
    title               varchar(255) not null,
    description         text,
    creator_id          uuid,
    age_group           varchar(10) not null check (age_group in ('3-5', '6-8', '9-12')),
    difficulty          varchar(20) not null check (difficulty in ('emerging', 'developing', 'fluent')),
    content             jsonb not null default '{}',
    vocabulary_words    text[] default '{}',
    page_count          integer default 0,
    estimated_read_time integer default 0,
    language            varchar(5) default 'en',
    version             varchar(10) default '1.0.0',
    is_premium          boolean default false,
    is_marketplace      boolean default false,
    is_active           boolean default true,
    is_private          boolean default false,
    educational_goals   text[] default '{}',
    themes              text[] default '{}',
    tags                text[] default '{}',
    created_at          timestamptz default current_timestamp,
    updated_at          timestamptz default current_timestamp,
    creator_type        varchar(20) default 'human' check (creator_type in ('human', 'ai_assisted', 'fully_ai')),
    ai_generation_id    uuid,
    ai_model_used       varchar(100),
    generation_prompt   text,
    ai_confidence_score numeric(3,2) check (ai_confidence_score is null or (ai_confidence_score between 0.0 and 1.0))
);
create index idx_story_templates_age_difficulty on games.story_templates (age_group, difficulty);
create index idx_story_templates_ai_generation_id on games.story_templates (ai_generation_id);
create index idx_story_templates_creator on games.story_templates (creator_id);
create index idx_story_templates_creator_type on games.story_templates (creator_type);
create index idx_story_templates_marketplace on games.story_templates (is_marketplace, is_active);
create index idx_story_templates_tags on games.story_templates using gin (tags);
create index idx_story_templates_vocabulary on games.story_templates using gin (vocabulary_words);
create trigger update_story_templates_updated_at before update on games.story_templates
    for each row execute function games.update_updated_at();
insert into games.story_templates (
    title, description, age_group, difficulty, page_count, estimated_read_time, vocabulary_words, educational_goals,
    themes, tags, content)
values
    ('Welcome to Story Adventure', 'A short first story that shows how pages and new words work.',
        '3-5', 'emerging', 5, 3, '{adventure,welcome,story}', '{vocabulary,"reading engagement"}',
        '{welcome,introduction}', '{beginner,introduction,system}',
        '{"pages": [{"text": "Hello! Turn the page with us, an adventure is waiting.", "imageUrl": "welcome.jpg",
          "vocabularyWords": [{"word": "adventure", "definition": "Something new and exciting that you do."}]}]}'),
    ('The Magic Garden', 'Seeds, wings and petals: a walk through a garden full of surprises.',
        '3-5', 'emerging', 8, 5, '{garden,flower,butterfly,grow}', '{vocabulary,"nature awareness"}',
        '{nature,magic,exploration}', '{nature,magic,beginner}',
        '{"pages": [{"text": "Behind the little gate lies a garden where every plant hums.", "imageUrl": "garden.jpg",
          "vocabularyWords": [{"word": "garden", "definition": "A place where people let plants grow."}]}]}'),
    ('Ocean Adventure', 'Dive down to the reef and meet the ones who live there.',
        '6-8', 'developing', 12, 8, '{ocean,fish,coral,deep,swim}',
        '{vocabulary,"marine biology","reading comprehension"}',
        '{ocean,animals,science}', '{science,ocean,adventure}',
        '{"pages": [{"text": "Down here it is quiet, blue and anything but empty.", "imageUrl": "ocean.jpg",
          "vocabularyWords": [{"word": "ocean", "definition": "The salty water that covers most of our planet."}]}]}');

-- @table games.marketplace_listings
-- Story shop listings.
create table games.marketplace_listings (
    id                    uuid primary key default gen_random_uuid(),
    template_id           uuid not null unique references games.story_templates on delete cascade,
    seller_id             uuid not null,
    price                 numeric(10,2) not null check (price >= 0),
    original_price        numeric(10,2),
    currency              varchar(3) default 'USD',
    status                varchar(20) default 'pending'
        check (status in ('pending', 'approved', 'rejected', 'suspended', 'inactive')),
    moderation_notes      text,
    rating                numeric(2,1) default 0.0 check (rating between 0 and 5.0),
    review_count          integer default 0,
    purchase_count        integer default 0,
    revenue_total         numeric(10,2) default 0.00,
    marketing_title       varchar(255),
    marketing_description text,
    featured_image_url    text,
    preview_pages         integer[] default '{}',
    search_keywords       text[] default '{}',
    category_tags         text[] default '{}',
    created_at            timestamptz default current_timestamp,
    updated_at            timestamptz default current_timestamp,
    approved_at           timestamptz,
    featured_until        timestamptz,
    content_source        varchar(20) default 'human' check (content_source in ('human', 'ai_assisted', 'fully_ai')),
    ai_transparency_label text
);
create index idx_marketplace_categories on games.marketplace_listings using gin (category_tags);
create index idx_marketplace_keywords on games.marketplace_listings using gin (search_keywords);
create index idx_marketplace_listings_content_source on games.marketplace_listings (content_source);
create index idx_marketplace_seller on games.marketplace_listings (seller_id);
create index idx_marketplace_status_rating on games.marketplace_listings (status, rating desc);
create trigger update_marketplace_listings_updated_at before update on games.marketplace_listings
    for each row execute function games.update_updated_at();

-- @table games.story_purchases
-- Story purchases.
create table games.story_purchases (
    id                      uuid primary key default gen_random_uuid(),
    buyer_id                uuid not null,
    listing_id              uuid not null references games.marketplace_listings,
    child_id                uuid,
    price_paid              numeric(10,2) not null,
    currency                varchar(3) default 'USD',
    transaction_id          varchar(255) unique,
    payment_method          varchar(50),
    purchased_for_child_ids uuid[],
    gift_message            text,
    purchase_notes          jsonb default '{}',
    purchased_at            timestamptz default current_timestamp
);
create index idx_story_purchases_buyer on games.story_purchases (buyer_id, purchased_at desc);
create index idx_story_purchases_child on games.story_purchases (child_id) where child_id is not null;
create index idx_story_purchases_listing on games.story_purchases (listing_id);

-- @table games.marketplace_reviews
-- Listing reviews.
create table games.marketplace_reviews (
    id                      uuid primary key default gen_random_uuid(),
    listing_id              uuid not null references games.marketplace_listings on delete cascade,
    reviewer_id             uuid not null,
    purchase_id             uuid references games.story_purchases,
    rating                  integer not null check (rating between 1 and 5),
    title                   varchar(200),
    review_text             text,
    is_verified_purchase    boolean default false,
    child_age_when_reviewed integer,
    helpful_votes           integer default 0,
    created_at              timestamptz default current_timestamp,
    updated_at              timestamptz default current_timestamp,
    unique (listing_id, reviewer_id)
);
create index idx_marketplace_reviews_listing on games.marketplace_reviews (listing_id, rating desc);
create index idx_marketplace_reviews_reviewer on games.marketplace_reviews (reviewer_id);
create trigger update_marketplace_reviews_updated_at before update on games.marketplace_reviews
    for each row execute function games.update_updated_at();

-- @table public.ai_generation_config
-- LLM provider settings.
create table public.ai_generation_config (
    id                            uuid primary key default gen_random_uuid(),
    provider_name                 varchar(50) not null
        check (provider_name in ('openai', 'anthropic', 'gemini', 'local_llm')),
    model_name                    varchar(100) not null default 'gemini-1.5-flash',
    api_endpoint                  text,
    api_version                   varchar(20),
    temperature                   numeric(3,2) default 0.7 check (temperature between 0.0 and 2.0),
    max_tokens                    integer default 4000 check (max_tokens > 0),
    top_p                         numeric(3,2) default 0.9 check (top_p between 0.0 and 1.0),
    frequency_penalty             numeric(3,2) default 0.3 check (frequency_penalty between -2.0 and 2.0),
    presence_penalty              numeric(3,2) default 0.3 check (presence_penalty between -2.0 and 2.0),
    content_filters               jsonb
        default '{"violence": "strict", "scary_content": "moderate", "educational_required": true}',
    age_appropriateness_check     boolean default true,
    profanity_filter              boolean default true,
    requests_per_minute           integer default 60,
    requests_per_day              integer default 1000,
    tokens_per_minute             integer default 100000,
    cost_per_1k_prompt_tokens     numeric(10,6),
    cost_per_1k_completion_tokens numeric(10,6),
    is_active                     boolean default true,
    is_primary                    boolean default false,
    health_check_url              text,
    last_health_check             timestamptz,
    created_at                    timestamptz default current_timestamp,
    updated_at                    timestamptz default current_timestamp
);
create trigger trigger_ai_generation_config_updated_at before update on public.ai_generation_config
    for each row execute function public.update_ai_generation_config_updated_at();
insert into public.ai_generation_config (
    provider_name, model_name, api_endpoint, content_filters, cost_per_1k_prompt_tokens, cost_per_1k_completion_tokens,
    is_primary)
values (
    'gemini', 'gemini-1.5-flash',
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-1.5-flash:generateContent',
    '{"violence": "strict", "scary_content": "moderate", "age_verification": "required", "educational_required": true}',
    0.00015, 0.0006, true);

-- @table public.ai_generation_quotas
-- AI quota of a parent; filled by a trigger on core.users.
create table public.ai_generation_quotas (
    id                   uuid primary key default gen_random_uuid(),
    user_id              uuid not null unique references core.users,
    daily_limit          integer default 5 check (daily_limit >= 0),
    monthly_limit        integer default 50 check (monthly_limit >= 0),
    total_lifetime_limit integer check (total_lifetime_limit is null or total_lifetime_limit >= 0),
    daily_used           integer default 0 check (daily_used >= 0),
    monthly_used         integer default 0 check (monthly_used >= 0),
    total_used           integer default 0 check (total_used >= 0),
    daily_reset_at       timestamptz default date_trunc('day', current_timestamp + interval '1 day'),
    monthly_reset_at     timestamptz default date_trunc('month', current_timestamp + interval '1 mon'),
    subscription_tier    varchar(50) default 'free'
        check (subscription_tier in ('free', 'family', 'creator', 'educator', 'enterprise')),
    bonus_credits        integer default 0 check (bonus_credits >= 0),
    credits_expire_at    timestamptz,
    created_at           timestamptz default current_timestamp,
    updated_at           timestamptz default current_timestamp,
    constraint quota_daily_check check (daily_used <= daily_limit),
    constraint quota_lifetime_check check (total_lifetime_limit is null or total_used <= total_lifetime_limit),
    constraint quota_monthly_check check (monthly_used <= monthly_limit)
);
create index idx_ai_quotas_daily_reset on public.ai_generation_quotas (daily_reset_at);
create index idx_ai_quotas_monthly_reset on public.ai_generation_quotas (monthly_reset_at);
create index idx_ai_quotas_user_id on public.ai_generation_quotas (user_id);
create trigger trigger_ai_generation_quotas_updated_at before update on public.ai_generation_quotas
    for each row execute function public.update_ai_generation_quotas_updated_at();

-- @table public.ai_prompt_templates
-- Prompt templates.
create table public.ai_prompt_templates (
    id                       uuid primary key default gen_random_uuid(),
    creator_id               uuid not null references core.users,
    name                     varchar(200) not null,
    description              text,
    category                 varchar(50) default 'general'
        check (category in ('adventure', 'educational', 'bedtime', 'fantasy', 'science', 'history', 'general')),
    base_prompt              text not null,
    placeholder_variables    jsonb default '{}',
    recommended_age_range    varchar(20),
    required_images          integer default 0 check (required_images >= 0),
    usage_count              integer default 0,
    success_rate             numeric(3,2) default 0.0 check (success_rate between 0.0 and 1.0),
    average_rating           numeric(2,1) default 0.0 check (average_rating between 0.0 and 5.0),
    is_public                boolean default false,
    price_cents              integer default 0 check (price_cents >= 0),
    revenue_share_percentage integer default 70 check (revenue_share_percentage between 0 and 100),
    is_verified              boolean default false,
    moderation_status        varchar(20) default 'pending'
        check (moderation_status in ('pending', 'approved', 'rejected', 'under_review')),
    moderation_notes         text,
    created_at               timestamptz default current_timestamp,
    updated_at               timestamptz default current_timestamp,
    constraint unique_creator_template_name unique (creator_id, name)
);
create index idx_ai_templates_category on public.ai_prompt_templates (category);
create index idx_ai_templates_creator_id on public.ai_prompt_templates (creator_id);
create index idx_ai_templates_moderation on public.ai_prompt_templates (moderation_status);
create index idx_ai_templates_public on public.ai_prompt_templates (is_public) where is_public = true;

-- @table public.ai_image_analysis_cache
-- Image analysis cache.
create table public.ai_image_analysis_cache (
    id                    uuid primary key default gen_random_uuid(),
    file_id               uuid not null unique references core.uploaded_files,
    file_hash             varchar(64) not null,
    detected_objects      jsonb default '{}',
    scene_description     text,
    character_analysis    jsonb default '{}',
    setting_analysis      jsonb default '{}',
    visual_style          jsonb default '{}',
    safety_classification jsonb default '{}',
    age_appropriate_score numeric(3,2) check (age_appropriate_score between 0.0 and 1.0),
    content_warnings      text[],
    analysis_provider     varchar(50) default 'gemini',
    analysis_model        varchar(100),
    processing_time_ms    integer,
    analysis_cost         numeric(6,4),
    created_at            timestamptz default current_timestamp,
    expires_at            timestamptz default (current_timestamp + interval '30 days')
);
create index idx_ai_image_cache_expires_at on public.ai_image_analysis_cache (expires_at);
create index idx_ai_image_cache_file_id on public.ai_image_analysis_cache (file_id);

-- @table public.ai_story_generations
-- Generation jobs.
create table public.ai_story_generations (
    id                        uuid primary key default gen_random_uuid(),
    parent_id                 uuid not null references core.users,
    child_id                  uuid references family.child_profiles,
    family_id                 uuid not null references family.families,
    user_prompt               text not null,
    selected_images           uuid[] default '{}',
    target_age_range          varchar(20) default '3-5' check (target_age_range in ('3-5', '6-8', '9-12', '13+')),
    story_theme               varchar(100),
    educational_goals         text[] default '{}',
    provider_id               uuid references public.ai_generation_config,
    model_parameters          jsonb default '{}',
    content_safety_level      varchar(20) default 'strict'
        check (content_safety_level in ('strict', 'moderate', 'permissive')),
    status                    varchar(30) default 'pending'
        check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled', 'parent_review')),
    started_at                timestamptz,
    completed_at              timestamptz,
    processing_duration_ms    integer,
    generated_story_id        uuid references games.story_templates,
    raw_llm_response          jsonb,
    token_usage               jsonb default '{}',
    generation_cost           numeric(8,4),
    safety_score              numeric(3,2) check (safety_score between 0.0 and 1.0),
    quality_score             numeric(3,2) check (quality_score between 0.0 and 1.0),
    age_appropriateness_score numeric(3,2) check (age_appropriateness_score between 0.0 and 1.0),
    error_message             text,
    error_code                varchar(50),
    retry_count               integer default 0,
    created_at                timestamptz default current_timestamp,
    updated_at                timestamptz default current_timestamp
);
create index idx_ai_generations_created_at on public.ai_story_generations (created_at);
create index idx_ai_generations_parent_id on public.ai_story_generations (parent_id);
create index idx_ai_generations_provider_id on public.ai_story_generations (provider_id);
create index idx_ai_generations_status on public.ai_story_generations (status);
create trigger trigger_ai_story_generations_updated_at before update on public.ai_story_generations
    for each row execute function public.update_ai_story_generations_updated_at();

-- @table games.story_templates
-- The two tables point at each other, so the second half of the pair comes last.
alter table games.story_templates add foreign key (ai_generation_id) references public.ai_story_generations;
