-- A database with a family in it, as the release whose newest migration is 0012 left it (pg_dump 18 --inserts, comments removed).


SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA analytics;

CREATE SCHEMA audio;

CREATE SCHEMA audit;

CREATE SCHEMA bookmarks;

CREATE SCHEMA compliance;

CREATE SCHEMA content;

CREATE SCHEMA content_workflow;

CREATE SCHEMA core;

CREATE SCHEMA family;

CREATE SCHEMA games;

CREATE SCHEMA marketplace;

CREATE SCHEMA ml;

CREATE SCHEMA safety;

CREATE SCHEMA subscription;

CREATE SCHEMA web_admin;

CREATE SCHEMA web_audit;

CREATE SCHEMA web_notifications;

CREATE SCHEMA web_sessions;

CREATE SCHEMA web_settings;

CREATE SCHEMA wondernest;

CREATE TYPE games.achievement_rarity AS ENUM (
    'common',
    'uncommon',
    'rare',
    'epic',
    'legendary'
);

CREATE TYPE games.implementation_type AS ENUM (
    'native',
    'web',
    'hybrid'
);

CREATE TYPE public.content_pack_type AS ENUM (
    'character_bundle',
    'backdrop_collection',
    'sticker_pack',
    'sound_effects',
    'music_collection',
    'voice_pack',
    'emoji_pack',
    'sprite_sheet',
    'interactive_objects',
    'particle_effects',
    'texture_pack',
    'animation_bundle',
    'educational_theme'
);

CREATE TYPE public.media_type AS ENUM (
    'image_static',
    'image_animated',
    'sprite_sheet',
    'vector_animation',
    'audio_sound',
    'audio_music',
    'audio_voice',
    'video_short',
    'interactive_object',
    'particle_system',
    'texture_3d',
    'model_3d',
    'font_custom'
);

CREATE FUNCTION content.add_file_reference(p_file_id uuid, p_reference_type character varying, p_reference_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    insert into content.file_references (file_id, reference_type, reference_id)
    values (p_file_id, p_reference_type, p_reference_id)
    on conflict do nothing;
end $$;

CREATE FUNCTION content.is_file_in_use(p_file_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    return exists (select from content.file_references where file_id = p_file_id);
end $$;

CREATE FUNCTION content.remove_file_reference(p_file_id uuid, p_reference_type character varying, p_reference_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    delete from content.file_references
    where file_id = p_file_id and reference_type = p_reference_type and reference_id = p_reference_id;
end $$;

CREATE FUNCTION content.sync_file_tags() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    file uuid := case tg_op when 'INSERT' then new.file_id else old.file_id end;
    names text[];
begin
    select coalesce(array_agg(tags.name order by tags.name), '{}') into names
    from content.file_tags join content.tags on tags.id = file_tags.tag_id
    where file_tags.file_id = file;
    update core.uploaded_files set tags = names, tag_count = cardinality(names) where id = file;
    return null;
end $$;

CREATE FUNCTION content.update_tag_usage_count() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'INSERT' then
        update content.tags set usage_count = coalesce(usage_count, 0) + 1 where id = new.tag_id;
    else
        update content.tags set usage_count = greatest(coalesce(usage_count, 0) - 1, 0) where id = old.tag_id;
    end if;
    return null;
end $$;

CREATE FUNCTION games.update_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION games.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION marketplace.update_listing_search_vector() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.search_vector :=
        setweight(to_tsvector('english', coalesce(new.title, '')), 'A')
        || setweight(to_tsvector('english', coalesce(new.description, '')), 'B')
        || setweight(to_tsvector('english', coalesce(array_to_string(new.tags, ' '), '')), 'C')
        || setweight(to_tsvector('english', coalesce(array_to_string(new.educational_goals, ' '), '')), 'D');
    return new;
end $$;

CREATE FUNCTION marketplace.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION public.cleanup_expired_ai_cache() RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    dropped integer;
begin
    delete from public.ai_image_analysis_cache where expires_at < current_timestamp;
    get diagnostics dropped = row_count;
    return dropped;
end $$;

CREATE FUNCTION public.create_user_ai_quota() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.ai_generation_quotas (user_id, subscription_tier) values (new.id, 'free');
    return new;
end $$;

CREATE FUNCTION public.update_ai_generation_config_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION public.update_ai_generation_quotas_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION public.update_ai_story_generations_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE analytics.analytics_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    child_id uuid,
    event_type character varying(50) NOT NULL,
    event_category character varying(50),
    event_data jsonb DEFAULT '{}'::jsonb,
    session_id uuid,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE analytics.daily_child_metrics (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    date date NOT NULL,
    screen_time_minutes integer DEFAULT 0,
    content_items_viewed integer DEFAULT 0,
    learning_time_minutes integer DEFAULT 0,
    creative_time_minutes integer DEFAULT 0,
    physical_activity_minutes integer DEFAULT 0,
    social_interaction_minutes integer DEFAULT 0,
    vocabulary_words_learned integer DEFAULT 0,
    stories_completed integer DEFAULT 0,
    games_played integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE analytics.learning_insights (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    insight_type character varying(50),
    category character varying(50),
    title character varying(255),
    description text,
    data jsonb DEFAULT '{}'::jsonb,
    confidence_score numeric(3,2),
    is_read boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE audit.activity_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    action character varying(50) NOT NULL,
    entity_type character varying(50),
    entity_id uuid,
    details jsonb,
    ip_address inet,
    user_agent text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE bookmarks.bookmark_categories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    description text,
    icon_name character varying(50),
    color_hex character varying(7),
    is_system_category boolean DEFAULT false,
    is_active boolean DEFAULT true,
    sort_order integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT bookmark_categories_color_hex_check CHECK (((color_hex)::text ~ '^#[0-9A-Fa-f]{6}$'::text))
);

CREATE TABLE bookmarks.child_game_bookmarks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    game_id uuid,
    content_item_id uuid,
    bookmark_type character varying(50) DEFAULT 'game'::character varying NOT NULL,
    title character varying(255) NOT NULL,
    description text,
    thumbnail_url character varying(500),
    external_url character varying(500),
    category_id uuid,
    custom_category character varying(100),
    age_appropriate boolean DEFAULT true,
    parent_notes text,
    parent_rating integer,
    is_active boolean DEFAULT true,
    is_favorite boolean DEFAULT false,
    sort_order integer DEFAULT 0,
    last_accessed_at timestamp with time zone,
    access_count integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT child_game_bookmarks_bookmark_type_check CHECK (((bookmark_type)::text = ANY ((ARRAY['game'::character varying, 'story'::character varying, 'activity'::character varying, 'educational_video'::character varying, 'external_link'::character varying])::text[]))),
    CONSTRAINT child_game_bookmarks_parent_rating_check CHECK (((parent_rating >= 1) AND (parent_rating <= 5)))
);

CREATE TABLE compliance.coppa_consent (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    child_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    consent_type character varying(50) NOT NULL,
    granted boolean NOT NULL,
    ip_address inet,
    user_agent text,
    consent_text text,
    version character varying(20),
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    revoked_at timestamp with time zone
);

CREATE TABLE compliance.data_retention_policies (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    data_type character varying(50) NOT NULL,
    retention_days integer NOT NULL,
    description text,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.content_engagement (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    content_id uuid NOT NULL,
    started_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    ended_at timestamp with time zone,
    duration_seconds integer,
    completion_percentage numeric(5,2),
    engagement_score numeric(3,2),
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.content_filters (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    min_age integer DEFAULT 2,
    max_age integer DEFAULT 18,
    allowed_categories text[],
    blocked_categories text[],
    allowed_providers text[],
    blocked_keywords text[],
    max_duration_minutes integer,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.content_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    title character varying(255) NOT NULL,
    description text,
    content_type character varying(50) NOT NULL,
    category character varying(50),
    url text,
    thumbnail_url text,
    duration_seconds integer,
    age_min integer DEFAULT 2,
    age_max integer DEFAULT 18,
    language character varying(10) DEFAULT 'en'::character varying,
    tags text[],
    is_active boolean DEFAULT true,
    is_featured boolean DEFAULT false,
    provider character varying(50),
    provider_id character varying(255),
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.file_references (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    file_id uuid NOT NULL,
    reference_type character varying(50) NOT NULL,
    reference_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.file_tags (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    file_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    created_by uuid
);

CREATE TABLE content.stories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    title character varying(200) NOT NULL,
    description text,
    content text,
    created_by uuid NOT NULL,
    family_id uuid,
    is_public boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content.tags (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(50) NOT NULL,
    usage_count integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content_workflow.content_approvals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    content_item_id uuid NOT NULL,
    approval_stage character varying(50) NOT NULL,
    reviewer_id uuid NOT NULL,
    assigned_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    status character varying(50) DEFAULT 'pending'::character varying NOT NULL,
    comments text,
    feedback_data jsonb DEFAULT '{}'::jsonb,
    reviewed_at timestamp with time zone,
    review_duration_minutes integer,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT content_approvals_approval_stage_check CHECK (((approval_stage)::text = ANY ((ARRAY['initial_review'::character varying, 'educational_review'::character varying, 'safety_review'::character varying, 'final_approval'::character varying])::text[]))),
    CONSTRAINT content_approvals_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'rejected'::character varying, 'needs_changes'::character varying, 'escalated'::character varying])::text[])))
);

CREATE TABLE content_workflow.content_assets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    content_item_id uuid,
    asset_type character varying(50) NOT NULL,
    asset_category character varying(50),
    original_filename character varying(255) NOT NULL,
    stored_filename character varying(255) NOT NULL,
    file_path character varying(500) NOT NULL,
    file_size_bytes bigint NOT NULL,
    mime_type character varying(100) NOT NULL,
    file_hash character varying(64),
    metadata jsonb DEFAULT '{}'::jsonb,
    alt_text text,
    caption text,
    processing_status character varying(50) DEFAULT 'uploaded'::character varying,
    thumbnail_path character varying(500),
    preview_path character varying(500),
    usage_context jsonb DEFAULT '{}'::jsonb,
    is_public boolean DEFAULT false,
    is_reusable boolean DEFAULT true,
    uploaded_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT content_assets_asset_type_check CHECK (((asset_type)::text = ANY ((ARRAY['image'::character varying, 'audio'::character varying, 'video'::character varying, 'document'::character varying, 'animation'::character varying, 'interactive_element'::character varying])::text[]))),
    CONSTRAINT content_assets_file_size_bytes_check CHECK ((file_size_bytes > 0)),
    CONSTRAINT content_assets_processing_status_check CHECK (((processing_status)::text = ANY ((ARRAY['uploaded'::character varying, 'processing'::character varying, 'processed'::character varying, 'failed'::character varying, 'virus_scan_pending'::character varying, 'virus_scan_failed'::character varying, 'approved'::character varying])::text[])))
);

CREATE TABLE content_workflow.content_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    content_type character varying(50) NOT NULL,
    title character varying(255) NOT NULL,
    description text,
    summary text,
    content_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb,
    creator_id uuid NOT NULL,
    status character varying(50) DEFAULT 'draft'::character varying NOT NULL,
    version integer DEFAULT 1,
    parent_version_id uuid,
    published_at timestamp with time zone,
    published_by uuid,
    scheduled_publish_at timestamp with time zone,
    min_age_months integer DEFAULT 24,
    max_age_months integer DEFAULT 144,
    educational_objectives jsonb DEFAULT '[]'::jsonb,
    skills_developed jsonb DEFAULT '[]'::jsonb,
    learning_categories jsonb DEFAULT '[]'::jsonb,
    difficulty_level integer DEFAULT 1,
    tags jsonb DEFAULT '[]'::jsonb,
    keywords jsonb DEFAULT '[]'::jsonb,
    content_rating character varying(20) DEFAULT 'everyone'::character varying,
    language_code character varying(10) DEFAULT 'en-US'::character varying,
    localized_versions jsonb DEFAULT '{}'::jsonb,
    view_count integer DEFAULT 0,
    like_count integer DEFAULT 0,
    average_rating numeric(3,2) DEFAULT 0.00,
    engagement_metrics jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT content_items_content_rating_check CHECK (((content_rating)::text = ANY ((ARRAY['everyone'::character varying, 'early_childhood'::character varying, 'preschool'::character varying, 'school_age'::character varying])::text[]))),
    CONSTRAINT content_items_content_type_check CHECK (((content_type)::text = ANY ((ARRAY['story'::character varying, 'game'::character varying, 'activity'::character varying, 'educational_video'::character varying, 'interactive_book'::character varying])::text[]))),
    CONSTRAINT content_items_difficulty_level_check CHECK (((difficulty_level >= 1) AND (difficulty_level <= 5))),
    CONSTRAINT content_items_max_age_months_check CHECK ((max_age_months <= 216)),
    CONSTRAINT content_items_min_age_months_check CHECK ((min_age_months >= 12)),
    CONSTRAINT content_items_status_check CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'in_review'::character varying, 'needs_revision'::character varying, 'approved'::character varying, 'published'::character varying, 'archived'::character varying, 'deleted'::character varying])::text[])))
);

CREATE TABLE content_workflow.content_versions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    content_item_id uuid NOT NULL,
    version_number integer NOT NULL,
    version_name character varying(100),
    content_data jsonb NOT NULL,
    change_summary text,
    change_details jsonb DEFAULT '{}'::jsonb,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE core.database_info (
    key character varying(50) NOT NULL,
    value text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE core.password_reset_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token character varying(255) NOT NULL,
    used boolean DEFAULT false NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE core.refresh_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token_hash character varying(255) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    revoked_at timestamp with time zone,
    device_id character varying(255),
    ip_address inet
);

CREATE TABLE core.schema_versions (
    version character varying(20) NOT NULL,
    description text NOT NULL,
    applied_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    applied_by character varying(100) DEFAULT CURRENT_USER
);

CREATE TABLE core.uploaded_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    child_id uuid,
    file_key character varying(500) NOT NULL,
    original_name character varying(255) NOT NULL,
    mime_type character varying(100) NOT NULL,
    file_size bigint NOT NULL,
    storage_provider character varying(50) DEFAULT 'local'::character varying NOT NULL,
    url text,
    is_public boolean DEFAULT false,
    category character varying(50) DEFAULT 'content'::character varying NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb,
    uploaded_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    accessed_at timestamp with time zone,
    deleted_at timestamp with time zone,
    tags text[] DEFAULT '{}'::text[],
    tag_count integer DEFAULT 0,
    is_system_image boolean DEFAULT false,
    is_deleted boolean DEFAULT false,
    ai_analyzed boolean DEFAULT false,
    ai_description text,
    detected_content_type character varying(50),
    ai_safety_approved boolean DEFAULT false,
    CONSTRAINT uploaded_files_category_check CHECK (((category)::text = ANY ((ARRAY['profile_picture'::character varying, 'content'::character varying, 'document'::character varying, 'game_asset'::character varying, 'artwork'::character varying])::text[])))
);

CREATE TABLE core.user_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token_hash character varying(255) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    last_accessed timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    device_info jsonb
);

CREATE TABLE core.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email character varying(255) NOT NULL,
    password_hash character varying(255) NOT NULL,
    first_name character varying(100),
    last_name character varying(100),
    phone character varying(20),
    email_verified boolean DEFAULT false,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    role character varying(50) DEFAULT 'parent'::character varying,
    pin_hash character varying(255),
    family_id uuid
);

CREATE TABLE family.child_profiles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    nickname character varying(50),
    birth_date date NOT NULL,
    gender character varying(20),
    avatar_url text,
    interests text[],
    favorite_colors text[],
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    archived_at timestamp with time zone
);

CREATE TABLE family.child_settings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    content_preferences jsonb DEFAULT '{}'::jsonb,
    time_restrictions jsonb DEFAULT '{}'::jsonb,
    blocked_categories text[],
    allowed_content_types text[],
    max_session_minutes integer DEFAULT 60,
    require_parent_approval boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE family.families (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(100) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE family.family_members (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role character varying(20) DEFAULT 'member'::character varying,
    joined_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE family.family_settings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    family_id uuid NOT NULL,
    content_filter_level character varying(20) DEFAULT 'moderate'::character varying,
    enable_audio_monitoring boolean DEFAULT true,
    enable_screen_time_limits boolean DEFAULT true,
    enable_content_recommendations boolean DEFAULT true,
    notification_preferences jsonb DEFAULT '{}'::jsonb,
    privacy_settings jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.achievements (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    game_id uuid,
    achievement_key character varying(200) NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    icon_url character varying(500),
    criteria jsonb NOT NULL,
    points integer DEFAULT 10,
    category character varying(100),
    rarity games.achievement_rarity DEFAULT 'common'::games.achievement_rarity,
    sort_order integer DEFAULT 0,
    is_secret boolean DEFAULT false,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.child_achievements (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_game_instance_id uuid,
    achievement_id uuid,
    unlocked_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    game_session_id uuid,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.child_game_data (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_game_instance_id uuid,
    data_key character varying(200) NOT NULL,
    data_version integer DEFAULT 1 NOT NULL,
    data_value jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.child_game_instances (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    game_id uuid,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_unlocked boolean DEFAULT true,
    unlocked_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    first_played_at timestamp with time zone,
    last_played_at timestamp with time zone,
    total_play_time_minutes integer DEFAULT 0,
    session_count integer DEFAULT 0,
    is_favorite boolean DEFAULT false,
    is_completed boolean DEFAULT false,
    completion_percentage numeric(5,2) DEFAULT 0.00,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT valid_completion CHECK (((completion_percentage >= (0)::numeric) AND (completion_percentage <= (100)::numeric)))
);

CREATE TABLE games.currency_transactions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    amount integer NOT NULL,
    transaction_type character varying(50),
    source character varying(100),
    description text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT valid_transaction_type CHECK (((transaction_type)::text = ANY ((ARRAY['earned'::character varying, 'spent'::character varying, 'bonus'::character varying, 'refund'::character varying])::text[])))
);

CREATE TABLE games.daily_game_metrics (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    game_id uuid,
    date date NOT NULL,
    play_time_minutes integer DEFAULT 0,
    sessions_count integer DEFAULT 0,
    achievements_unlocked integer DEFAULT 0,
    metrics jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.game_asset_registry (
    game_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    usage_context jsonb,
    is_starter boolean DEFAULT false,
    unlock_requirement jsonb
);

CREATE TABLE games.game_assets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    asset_type character varying(50) NOT NULL,
    asset_category character varying(100),
    name character varying(200) NOT NULL,
    url character varying(500),
    thumbnail_url character varying(500),
    metadata jsonb DEFAULT '{}'::jsonb,
    is_premium boolean DEFAULT false,
    wonder_coin_price integer DEFAULT 0,
    min_age_months integer DEFAULT 0,
    max_age_months integer DEFAULT 999,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.game_categories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(100) NOT NULL,
    parent_category_id uuid,
    icon_url character varying(500),
    sort_order integer DEFAULT 0,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.game_registry (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    game_key character varying(100) NOT NULL,
    display_name character varying(200) NOT NULL,
    description text,
    version character varying(20) DEFAULT '1.0.0'::character varying NOT NULL,
    game_type_id uuid NOT NULL,
    category_id uuid,
    min_age_months integer DEFAULT 24 NOT NULL,
    max_age_months integer DEFAULT 144 NOT NULL,
    configuration jsonb DEFAULT '{}'::jsonb NOT NULL,
    default_settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    implementation_type games.implementation_type DEFAULT 'native'::games.implementation_type NOT NULL,
    entry_point character varying(500),
    resource_bundle_url character varying(500),
    content_rating character varying(20) DEFAULT 'everyone'::character varying,
    safety_reviewed boolean DEFAULT false,
    safety_reviewed_at timestamp with time zone,
    safety_reviewer_id uuid,
    is_active boolean DEFAULT false,
    is_premium boolean DEFAULT false,
    release_date timestamp with time zone,
    sunset_date timestamp with time zone,
    tags jsonb DEFAULT '[]'::jsonb,
    keywords jsonb DEFAULT '[]'::jsonb,
    educational_objectives jsonb DEFAULT '[]'::jsonb,
    skills_developed jsonb DEFAULT '[]'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT valid_age_range CHECK ((max_age_months >= min_age_months))
);

CREATE TABLE games.game_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_game_instance_id uuid,
    started_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    ended_at timestamp with time zone,
    duration_minutes integer,
    device_type character varying(50),
    app_version character varying(50),
    game_version character varying(20),
    session_data jsonb DEFAULT '{}'::jsonb,
    events jsonb DEFAULT '[]'::jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT valid_session_duration CHECK (((ended_at IS NULL) OR (ended_at >= started_at)))
);

CREATE TABLE games.game_types (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(100) NOT NULL,
    description text,
    default_schema jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.marketplace_listings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    template_id uuid NOT NULL,
    seller_id uuid NOT NULL,
    price numeric(10,2) NOT NULL,
    original_price numeric(10,2),
    currency character varying(3) DEFAULT 'USD'::character varying,
    status character varying(20) DEFAULT 'pending'::character varying,
    moderation_notes text,
    rating numeric(2,1) DEFAULT 0.0,
    review_count integer DEFAULT 0,
    purchase_count integer DEFAULT 0,
    revenue_total numeric(10,2) DEFAULT 0.00,
    marketing_title character varying(255),
    marketing_description text,
    featured_image_url text,
    preview_pages integer[] DEFAULT '{}'::integer[],
    search_keywords text[] DEFAULT '{}'::text[],
    category_tags text[] DEFAULT '{}'::text[],
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    approved_at timestamp with time zone,
    featured_until timestamp with time zone,
    content_source character varying(20) DEFAULT 'human'::character varying,
    ai_transparency_label text,
    CONSTRAINT marketplace_listings_content_source_check CHECK (((content_source)::text = ANY ((ARRAY['human'::character varying, 'ai_assisted'::character varying, 'fully_ai'::character varying])::text[]))),
    CONSTRAINT marketplace_listings_price_check CHECK ((price >= (0)::numeric)),
    CONSTRAINT marketplace_listings_rating_check CHECK (((rating >= (0)::numeric) AND (rating <= 5.0))),
    CONSTRAINT marketplace_listings_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'rejected'::character varying, 'suspended'::character varying, 'inactive'::character varying])::text[])))
);

CREATE TABLE games.marketplace_reviews (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    listing_id uuid NOT NULL,
    reviewer_id uuid NOT NULL,
    purchase_id uuid,
    rating integer NOT NULL,
    title character varying(200),
    review_text text,
    is_verified_purchase boolean DEFAULT false,
    child_age_when_reviewed integer,
    helpful_votes integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT marketplace_reviews_rating_check CHECK (((rating >= 1) AND (rating <= 5)))
);

CREATE TABLE games.parent_approvals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    game_id uuid,
    approval_type character varying(100) NOT NULL,
    request_context character varying(500),
    request_data jsonb NOT NULL,
    status character varying(20) DEFAULT 'pending'::character varying,
    parent_id uuid,
    reviewed_at timestamp with time zone,
    rejection_reason text,
    expires_at timestamp with time zone DEFAULT (CURRENT_TIMESTAMP + '7 days'::interval),
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT valid_status CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'rejected'::character varying])::text[])))
);

CREATE TABLE games.simple_game_data (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    game_type character varying(100) NOT NULL,
    data_key character varying(200) NOT NULL,
    data_value jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    data_version integer DEFAULT 1 NOT NULL
);

CREATE TABLE games.story_purchases (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    buyer_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    child_id uuid,
    price_paid numeric(10,2) NOT NULL,
    currency character varying(3) DEFAULT 'USD'::character varying,
    transaction_id character varying(255),
    payment_method character varying(50),
    purchased_for_child_ids uuid[],
    gift_message text,
    purchase_notes jsonb DEFAULT '{}'::jsonb,
    purchased_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE games.story_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    title character varying(255) NOT NULL,
    description text,
    creator_id uuid,
    age_group character varying(10) NOT NULL,
    difficulty character varying(20) NOT NULL,
    content jsonb DEFAULT '{}'::jsonb NOT NULL,
    vocabulary_words text[] DEFAULT '{}'::text[],
    page_count integer DEFAULT 0,
    estimated_read_time integer DEFAULT 0,
    language character varying(5) DEFAULT 'en'::character varying,
    version character varying(10) DEFAULT '1.0.0'::character varying,
    is_premium boolean DEFAULT false,
    is_marketplace boolean DEFAULT false,
    is_active boolean DEFAULT true,
    is_private boolean DEFAULT false,
    educational_goals text[] DEFAULT '{}'::text[],
    themes text[] DEFAULT '{}'::text[],
    tags text[] DEFAULT '{}'::text[],
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    creator_type character varying(20) DEFAULT 'human'::character varying,
    ai_generation_id uuid,
    ai_model_used character varying(100),
    generation_prompt text,
    ai_confidence_score numeric(3,2),
    CONSTRAINT story_templates_age_group_check CHECK (((age_group)::text = ANY ((ARRAY['3-5'::character varying, '6-8'::character varying, '9-12'::character varying])::text[]))),
    CONSTRAINT story_templates_ai_confidence_score_check CHECK (((ai_confidence_score IS NULL) OR ((ai_confidence_score >= 0.0) AND (ai_confidence_score <= 1.0)))),
    CONSTRAINT story_templates_creator_type_check CHECK (((creator_type)::text = ANY ((ARRAY['human'::character varying, 'ai_assisted'::character varying, 'fully_ai'::character varying])::text[]))),
    CONSTRAINT story_templates_difficulty_check CHECK (((difficulty)::text = ANY ((ARRAY['emerging'::character varying, 'developing'::character varying, 'fluent'::character varying])::text[])))
);

CREATE TABLE games.virtual_currency (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    balance integer DEFAULT 0,
    total_earned integer DEFAULT 0,
    total_spent integer DEFAULT 0,
    last_updated timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT non_negative_balance CHECK ((balance >= 0))
);

CREATE TABLE marketplace.child_library (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid NOT NULL,
    family_id uuid NOT NULL,
    listing_id uuid,
    purchase_id uuid,
    ai_story_id uuid,
    content_type character varying(50) NOT NULL,
    title character varying(200) NOT NULL,
    thumbnail_url text,
    is_favorite boolean DEFAULT false,
    is_hidden boolean DEFAULT false,
    last_accessed_at timestamp with time zone,
    access_count integer DEFAULT 0,
    progress_data jsonb DEFAULT '{}'::jsonb,
    completed boolean DEFAULT false,
    added_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT check_content_source CHECK ((((listing_id IS NOT NULL) AND (purchase_id IS NOT NULL) AND (ai_story_id IS NULL)) OR ((listing_id IS NULL) AND (purchase_id IS NULL) AND (ai_story_id IS NOT NULL))))
);

CREATE TABLE marketplace.collection_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    collection_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    "position" integer DEFAULT 0,
    custom_description text,
    added_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE marketplace.creator_earnings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    creator_id uuid NOT NULL,
    purchase_id uuid NOT NULL,
    gross_amount numeric(10,2) NOT NULL,
    platform_fee numeric(10,2) NOT NULL,
    processing_fee numeric(10,2) DEFAULT 0,
    net_amount numeric(10,2) NOT NULL,
    status character varying(30) DEFAULT 'PENDING'::character varying,
    payout_id uuid,
    earned_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    available_at timestamp with time zone,
    paid_at timestamp with time zone,
    CONSTRAINT creator_earnings_status_check CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'AVAILABLE'::character varying, 'PAID_OUT'::character varying, 'HELD'::character varying, 'REFUNDED'::character varying])::text[])))
);

CREATE TABLE marketplace.creator_followers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    creator_id uuid NOT NULL,
    user_id uuid NOT NULL,
    followed_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE marketplace.creator_profiles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    display_name character varying(100) NOT NULL,
    bio text,
    avatar_url text,
    cover_image_url text,
    website_url text,
    social_links jsonb DEFAULT '{}'::jsonb,
    tier character varying(30) DEFAULT 'HOBBYIST'::character varying,
    verified boolean DEFAULT false,
    verification_date timestamp with time zone,
    total_sales integer DEFAULT 0,
    total_revenue numeric(10,2) DEFAULT 0,
    average_rating numeric(3,2) DEFAULT 0,
    rating_count integer DEFAULT 0,
    content_count integer DEFAULT 0,
    follower_count integer DEFAULT 0,
    account_status character varying(30) DEFAULT 'PENDING_VERIFICATION'::character varying,
    suspension_reason text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT creator_profiles_account_status_check CHECK (((account_status)::text = ANY ((ARRAY['PENDING_VERIFICATION'::character varying, 'ACTIVE'::character varying, 'SUSPENDED'::character varying, 'BANNED'::character varying, 'INACTIVE'::character varying])::text[]))),
    CONSTRAINT creator_profiles_tier_check CHECK (((tier)::text = ANY ((ARRAY['HOBBYIST'::character varying, 'EMERGING'::character varying, 'PROFESSIONAL'::character varying, 'VERIFIED_EDUCATOR'::character varying, 'PARTNER_STUDIO'::character varying])::text[])))
);

CREATE TABLE marketplace.featured_collections (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(100) NOT NULL,
    description text,
    collection_type character varying(50),
    banner_url text,
    "position" integer DEFAULT 0,
    is_active boolean DEFAULT true,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT featured_collections_collection_type_check CHECK (((collection_type)::text = ANY ((ARRAY['SPOTLIGHT'::character varying, 'NEW_RELEASES'::character varying, 'TOP_RATED'::character varying, 'EDITORS_PICKS'::character varying, 'TRENDING'::character varying, 'SEASONAL'::character varying])::text[])))
);

CREATE TABLE marketplace.listings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    creator_id uuid NOT NULL,
    title character varying(200) NOT NULL,
    description text NOT NULL,
    full_description text,
    content_type character varying(50) NOT NULL,
    thumbnail_url text,
    preview_url text,
    content_url text,
    screenshots text[],
    file_size_mb numeric(10,2),
    age_range character varying(20) NOT NULL,
    educational_goals text[],
    subjects text[],
    skills_developed text[],
    price numeric(8,2) NOT NULL,
    original_price numeric(8,2),
    licensing_model character varying(30) DEFAULT 'SINGLE_CHILD'::character varying,
    is_ai_generated boolean DEFAULT false,
    ai_provider character varying(50),
    ai_model character varying(100),
    tags text[],
    language character varying(10) DEFAULT 'en'::character varying,
    supported_languages text[],
    view_count integer DEFAULT 0,
    purchase_count integer DEFAULT 0,
    rating numeric(3,2) DEFAULT 0,
    rating_count integer DEFAULT 0,
    status character varying(30) DEFAULT 'DRAFT'::character varying,
    rejection_reason text,
    published_at timestamp with time zone,
    search_vector tsvector,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT listings_content_type_check CHECK (((content_type)::text = ANY ((ARRAY['STORY'::character varying, 'GAME'::character varying, 'ACTIVITY'::character varying, 'EDUCATIONAL_VIDEO'::character varying, 'INTERACTIVE_BOOK'::character varying])::text[]))),
    CONSTRAINT listings_licensing_model_check CHECK (((licensing_model)::text = ANY ((ARRAY['SINGLE_CHILD'::character varying, 'FAMILY'::character varying, 'CLASSROOM'::character varying, 'UNLIMITED'::character varying])::text[]))),
    CONSTRAINT listings_price_check CHECK ((price >= (0)::numeric)),
    CONSTRAINT listings_status_check CHECK (((status)::text = ANY ((ARRAY['DRAFT'::character varying, 'PENDING_REVIEW'::character varying, 'APPROVED'::character varying, 'PUBLISHED'::character varying, 'REJECTED'::character varying, 'ARCHIVED'::character varying])::text[])))
);

CREATE TABLE marketplace.payouts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    creator_id uuid NOT NULL,
    amount numeric(10,2) NOT NULL,
    currency character varying(3) DEFAULT 'USD'::character varying,
    payment_method character varying(50),
    payment_details jsonb,
    transaction_id character varying(200),
    status character varying(30) DEFAULT 'PENDING'::character varying,
    failure_reason text,
    requested_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    processed_at timestamp with time zone,
    completed_at timestamp with time zone,
    CONSTRAINT payouts_status_check CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'PROCESSING'::character varying, 'COMPLETED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[])))
);

CREATE TABLE marketplace.purchases (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    family_id uuid NOT NULL,
    amount numeric(8,2) NOT NULL,
    currency character varying(3) DEFAULT 'USD'::character varying,
    payment_method character varying(50),
    transaction_id character varying(200),
    license_type character varying(30),
    license_expires_at timestamp with time zone,
    status character varying(30) DEFAULT 'COMPLETED'::character varying,
    refund_reason text,
    refunded_at timestamp with time zone,
    purchased_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT purchases_status_check CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'COMPLETED'::character varying, 'REFUNDED'::character varying, 'FAILED'::character varying])::text[])))
);

CREATE TABLE marketplace.recommendations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    child_id uuid,
    family_id uuid,
    listing_id uuid NOT NULL,
    score numeric(5,4) NOT NULL,
    reason character varying(100),
    algorithm_version character varying(20),
    shown_count integer DEFAULT 0,
    clicked boolean DEFAULT false,
    purchased boolean DEFAULT false,
    dismissed boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    expires_at timestamp with time zone
);

CREATE TABLE marketplace.reviews (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    listing_id uuid NOT NULL,
    user_id uuid NOT NULL,
    purchase_id uuid,
    rating integer NOT NULL,
    review_text text,
    verified_purchase boolean DEFAULT false,
    helpful_count integer DEFAULT 0,
    reported_count integer DEFAULT 0,
    status character varying(30) DEFAULT 'PUBLISHED'::character varying,
    moderation_reason text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT reviews_rating_check CHECK (((rating >= 1) AND (rating <= 5))),
    CONSTRAINT reviews_status_check CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'PUBLISHED'::character varying, 'HIDDEN'::character varying, 'REMOVED'::character varying])::text[])))
);

CREATE TABLE public.ai_generation_config (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    provider_name character varying(50) NOT NULL,
    model_name character varying(100) DEFAULT 'gemini-1.5-flash'::character varying NOT NULL,
    api_endpoint text,
    api_version character varying(20),
    temperature numeric(3,2) DEFAULT 0.7,
    max_tokens integer DEFAULT 4000,
    top_p numeric(3,2) DEFAULT 0.9,
    frequency_penalty numeric(3,2) DEFAULT 0.3,
    presence_penalty numeric(3,2) DEFAULT 0.3,
    content_filters jsonb DEFAULT '{"violence": "strict", "scary_content": "moderate", "educational_required": true}'::jsonb,
    age_appropriateness_check boolean DEFAULT true,
    profanity_filter boolean DEFAULT true,
    requests_per_minute integer DEFAULT 60,
    requests_per_day integer DEFAULT 1000,
    tokens_per_minute integer DEFAULT 100000,
    cost_per_1k_prompt_tokens numeric(10,6),
    cost_per_1k_completion_tokens numeric(10,6),
    is_active boolean DEFAULT true,
    is_primary boolean DEFAULT false,
    health_check_url text,
    last_health_check timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ai_generation_config_frequency_penalty_check CHECK (((frequency_penalty >= '-2.0'::numeric) AND (frequency_penalty <= 2.0))),
    CONSTRAINT ai_generation_config_max_tokens_check CHECK ((max_tokens > 0)),
    CONSTRAINT ai_generation_config_presence_penalty_check CHECK (((presence_penalty >= '-2.0'::numeric) AND (presence_penalty <= 2.0))),
    CONSTRAINT ai_generation_config_provider_name_check CHECK (((provider_name)::text = ANY ((ARRAY['openai'::character varying, 'anthropic'::character varying, 'gemini'::character varying, 'local_llm'::character varying])::text[]))),
    CONSTRAINT ai_generation_config_temperature_check CHECK (((temperature >= 0.0) AND (temperature <= 2.0))),
    CONSTRAINT ai_generation_config_top_p_check CHECK (((top_p >= 0.0) AND (top_p <= 1.0)))
);

CREATE TABLE public.ai_generation_quotas (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    daily_limit integer DEFAULT 5,
    monthly_limit integer DEFAULT 50,
    total_lifetime_limit integer,
    daily_used integer DEFAULT 0,
    monthly_used integer DEFAULT 0,
    total_used integer DEFAULT 0,
    daily_reset_at timestamp with time zone DEFAULT date_trunc('day'::text, (CURRENT_TIMESTAMP + '1 day'::interval)),
    monthly_reset_at timestamp with time zone DEFAULT date_trunc('month'::text, (CURRENT_TIMESTAMP + '1 mon'::interval)),
    subscription_tier character varying(50) DEFAULT 'free'::character varying,
    bonus_credits integer DEFAULT 0,
    credits_expire_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ai_generation_quotas_bonus_credits_check CHECK ((bonus_credits >= 0)),
    CONSTRAINT ai_generation_quotas_daily_limit_check CHECK ((daily_limit >= 0)),
    CONSTRAINT ai_generation_quotas_daily_used_check CHECK ((daily_used >= 0)),
    CONSTRAINT ai_generation_quotas_monthly_limit_check CHECK ((monthly_limit >= 0)),
    CONSTRAINT ai_generation_quotas_monthly_used_check CHECK ((monthly_used >= 0)),
    CONSTRAINT ai_generation_quotas_subscription_tier_check CHECK (((subscription_tier)::text = ANY ((ARRAY['free'::character varying, 'family'::character varying, 'creator'::character varying, 'educator'::character varying, 'enterprise'::character varying])::text[]))),
    CONSTRAINT ai_generation_quotas_total_lifetime_limit_check CHECK (((total_lifetime_limit IS NULL) OR (total_lifetime_limit >= 0))),
    CONSTRAINT ai_generation_quotas_total_used_check CHECK ((total_used >= 0)),
    CONSTRAINT quota_daily_check CHECK ((daily_used <= daily_limit)),
    CONSTRAINT quota_lifetime_check CHECK (((total_lifetime_limit IS NULL) OR (total_used <= total_lifetime_limit))),
    CONSTRAINT quota_monthly_check CHECK ((monthly_used <= monthly_limit))
);

CREATE TABLE public.ai_image_analysis_cache (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    file_id uuid NOT NULL,
    file_hash character varying(64) NOT NULL,
    detected_objects jsonb DEFAULT '{}'::jsonb,
    scene_description text,
    character_analysis jsonb DEFAULT '{}'::jsonb,
    setting_analysis jsonb DEFAULT '{}'::jsonb,
    visual_style jsonb DEFAULT '{}'::jsonb,
    safety_classification jsonb DEFAULT '{}'::jsonb,
    age_appropriate_score numeric(3,2),
    content_warnings text[],
    analysis_provider character varying(50) DEFAULT 'gemini'::character varying,
    analysis_model character varying(100),
    processing_time_ms integer,
    analysis_cost numeric(6,4),
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    expires_at timestamp with time zone DEFAULT (CURRENT_TIMESTAMP + '30 days'::interval),
    CONSTRAINT ai_image_analysis_cache_age_appropriate_score_check CHECK (((age_appropriate_score >= 0.0) AND (age_appropriate_score <= 1.0)))
);

CREATE TABLE public.ai_prompt_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    creator_id uuid NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    category character varying(50) DEFAULT 'general'::character varying,
    base_prompt text NOT NULL,
    placeholder_variables jsonb DEFAULT '{}'::jsonb,
    recommended_age_range character varying(20),
    required_images integer DEFAULT 0,
    usage_count integer DEFAULT 0,
    success_rate numeric(3,2) DEFAULT 0.0,
    average_rating numeric(2,1) DEFAULT 0.0,
    is_public boolean DEFAULT false,
    price_cents integer DEFAULT 0,
    revenue_share_percentage integer DEFAULT 70,
    is_verified boolean DEFAULT false,
    moderation_status character varying(20) DEFAULT 'pending'::character varying,
    moderation_notes text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ai_prompt_templates_average_rating_check CHECK (((average_rating >= 0.0) AND (average_rating <= 5.0))),
    CONSTRAINT ai_prompt_templates_category_check CHECK (((category)::text = ANY ((ARRAY['adventure'::character varying, 'educational'::character varying, 'bedtime'::character varying, 'fantasy'::character varying, 'science'::character varying, 'history'::character varying, 'general'::character varying])::text[]))),
    CONSTRAINT ai_prompt_templates_moderation_status_check CHECK (((moderation_status)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'rejected'::character varying, 'under_review'::character varying])::text[]))),
    CONSTRAINT ai_prompt_templates_price_cents_check CHECK ((price_cents >= 0)),
    CONSTRAINT ai_prompt_templates_required_images_check CHECK ((required_images >= 0)),
    CONSTRAINT ai_prompt_templates_revenue_share_percentage_check CHECK (((revenue_share_percentage >= 0) AND (revenue_share_percentage <= 100))),
    CONSTRAINT ai_prompt_templates_success_rate_check CHECK (((success_rate >= 0.0) AND (success_rate <= 1.0)))
);

CREATE TABLE public.ai_story_generations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    parent_id uuid NOT NULL,
    child_id uuid,
    family_id uuid NOT NULL,
    user_prompt text NOT NULL,
    selected_images uuid[] DEFAULT '{}'::uuid[],
    target_age_range character varying(20) DEFAULT '3-5'::character varying,
    story_theme character varying(100),
    educational_goals text[] DEFAULT '{}'::text[],
    provider_id uuid,
    model_parameters jsonb DEFAULT '{}'::jsonb,
    content_safety_level character varying(20) DEFAULT 'strict'::character varying,
    status character varying(30) DEFAULT 'pending'::character varying,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    processing_duration_ms integer,
    generated_story_id uuid,
    raw_llm_response jsonb,
    token_usage jsonb DEFAULT '{}'::jsonb,
    generation_cost numeric(8,4),
    safety_score numeric(3,2),
    quality_score numeric(3,2),
    age_appropriateness_score numeric(3,2),
    error_message text,
    error_code character varying(50),
    retry_count integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ai_story_generations_age_appropriateness_score_check CHECK (((age_appropriateness_score >= 0.0) AND (age_appropriateness_score <= 1.0))),
    CONSTRAINT ai_story_generations_content_safety_level_check CHECK (((content_safety_level)::text = ANY ((ARRAY['strict'::character varying, 'moderate'::character varying, 'permissive'::character varying])::text[]))),
    CONSTRAINT ai_story_generations_quality_score_check CHECK (((quality_score >= 0.0) AND (quality_score <= 1.0))),
    CONSTRAINT ai_story_generations_safety_score_check CHECK (((safety_score >= 0.0) AND (safety_score <= 1.0))),
    CONSTRAINT ai_story_generations_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'processing'::character varying, 'completed'::character varying, 'failed'::character varying, 'cancelled'::character varying, 'parent_review'::character varying])::text[]))),
    CONSTRAINT ai_story_generations_target_age_range_check CHECK (((target_age_range)::text = ANY ((ARRAY['3-5'::character varying, '6-8'::character varying, '9-12'::character varying, '13+'::character varying])::text[])))
);

CREATE TABLE public.content_pack_assets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pack_id uuid NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    asset_type public.media_type NOT NULL,
    file_url text NOT NULL,
    thumbnail_url text,
    file_format character varying(20),
    file_size_bytes integer,
    dimensions_width integer,
    dimensions_height integer,
    duration_seconds numeric(8,2),
    frame_rate integer,
    tags text[],
    color_palette jsonb,
    transparency_support boolean DEFAULT false,
    loop_points jsonb,
    interaction_config jsonb,
    animation_triggers text[],
    display_order integer DEFAULT 0,
    group_name character varying(100),
    is_active boolean DEFAULT true,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE public.content_pack_categories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(100) NOT NULL,
    description text,
    display_order integer DEFAULT 0,
    icon_url text,
    color_hex character varying(7),
    is_active boolean DEFAULT true,
    age_min integer DEFAULT 3,
    age_max integer DEFAULT 12,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE public.content_pack_collection_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    collection_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    display_order integer DEFAULT 0,
    added_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE public.content_pack_collections (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    collection_type character varying(50) DEFAULT 'bundle'::character varying,
    price_cents integer DEFAULT 0,
    discount_percentage integer DEFAULT 0,
    thumbnail_url text,
    banner_image_url text,
    is_active boolean DEFAULT true,
    is_featured boolean DEFAULT false,
    available_from timestamp without time zone,
    available_until timestamp without time zone,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE public.content_pack_compatibility (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pack_a_id uuid NOT NULL,
    pack_b_id uuid NOT NULL,
    compatibility_score numeric(3,2) DEFAULT 1.0,
    compatibility_type character varying(50),
    notes text,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT content_pack_compatibility_check CHECK ((pack_a_id <> pack_b_id))
);

CREATE TABLE public.content_pack_reviews (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pack_id uuid NOT NULL,
    user_id uuid NOT NULL,
    rating integer,
    review_text text,
    review_title character varying(200),
    helpful_count integer DEFAULT 0,
    not_helpful_count integer DEFAULT 0,
    child_age_range character varying(10),
    used_features text[],
    is_approved boolean DEFAULT false,
    is_featured boolean DEFAULT false,
    moderated_at timestamp without time zone,
    moderated_by uuid,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT content_pack_reviews_rating_check CHECK (((rating >= 1) AND (rating <= 5)))
);

CREATE TABLE public.content_pack_usage (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    child_id uuid,
    pack_id uuid NOT NULL,
    asset_id uuid,
    used_in_feature character varying(100),
    session_id uuid,
    usage_duration_seconds integer,
    used_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    usage_metadata jsonb
);

CREATE TABLE public.content_packs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(200) NOT NULL,
    description text,
    short_description character varying(500),
    pack_type public.content_pack_type NOT NULL,
    category_id uuid,
    price_cents integer DEFAULT 0,
    is_free boolean DEFAULT false,
    is_featured boolean DEFAULT false,
    is_premium boolean DEFAULT false,
    age_min integer DEFAULT 3,
    age_max integer DEFAULT 12,
    educational_goals text[],
    curriculum_tags text[],
    thumbnail_url text,
    preview_urls text[],
    banner_image_url text,
    color_palette jsonb,
    art_style character varying(100),
    mood_tags text[],
    total_assets integer DEFAULT 0,
    file_size_bytes bigint DEFAULT 0,
    supported_platforms text[] DEFAULT '{ios,android,web}'::text[],
    min_app_version character varying(20),
    performance_tier character varying(20) DEFAULT 'standard'::character varying,
    status character varying(50) DEFAULT 'draft'::character varying,
    published_at timestamp without time zone,
    created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    created_by uuid,
    search_keywords text,
    popularity_score numeric(5,2) DEFAULT 0.0,
    download_count bigint DEFAULT 0,
    rating_average numeric(3,2) DEFAULT 0.0,
    rating_count integer DEFAULT 0
);

CREATE TABLE public.flyway_schema_history (
    installed_rank integer NOT NULL,
    version character varying(50),
    description character varying(200) NOT NULL,
    type character varying(20) NOT NULL,
    script character varying(1000) NOT NULL,
    checksum integer,
    installed_by character varying(100) NOT NULL,
    installed_on timestamp without time zone DEFAULT now() NOT NULL,
    execution_time integer NOT NULL,
    success boolean NOT NULL
);

CREATE TABLE public.user_pack_ownership (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    child_id uuid,
    acquired_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    acquisition_type character varying(50) DEFAULT 'purchase'::character varying,
    purchase_price_cents integer DEFAULT 0,
    transaction_id character varying(100),
    download_status character varying(50) DEFAULT 'pending'::character varying,
    download_progress integer DEFAULT 0,
    downloaded_at timestamp without time zone,
    last_used_at timestamp without time zone,
    usage_count integer DEFAULT 0,
    is_favorite boolean DEFAULT false,
    is_hidden boolean DEFAULT false,
    custom_tags text[]
);

CREATE TABLE web_admin.admin_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    admin_user_id uuid NOT NULL,
    session_token character varying(255) NOT NULL,
    refresh_token character varying(255),
    ip_address inet NOT NULL,
    user_agent text,
    device_fingerprint character varying(255),
    expires_at timestamp with time zone NOT NULL,
    last_activity timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE web_admin.admin_users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email character varying(255) NOT NULL,
    password_hash character varying(255) NOT NULL,
    salt character varying(255) NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    phone_number character varying(20),
    role character varying(50) NOT NULL,
    permissions jsonb DEFAULT '[]'::jsonb NOT NULL,
    two_fa_enabled boolean DEFAULT false,
    two_fa_secret character varying(32),
    password_reset_token character varying(255),
    password_reset_expires_at timestamp with time zone,
    is_active boolean DEFAULT true,
    email_verified boolean DEFAULT false,
    last_login_at timestamp with time zone,
    failed_login_attempts integer DEFAULT 0,
    locked_until timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT admin_users_role_check CHECK (((role)::text = ANY ((ARRAY['super_admin'::character varying, 'content_moderator'::character varying, 'content_creator'::character varying, 'analytics_viewer'::character varying, 'support_agent'::character varying])::text[])))
);

CREATE TABLE web_audit.audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    user_type character varying(50) NOT NULL,
    user_email character varying(255),
    action character varying(100) NOT NULL,
    resource_type character varying(50),
    resource_id uuid,
    action_data jsonb DEFAULT '{}'::jsonb,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    user_agent text,
    session_id uuid,
    success boolean NOT NULL,
    error_message text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE web_notifications.notifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    user_type character varying(50) NOT NULL,
    notification_type character varying(100) NOT NULL,
    title character varying(255) NOT NULL,
    message text NOT NULL,
    data jsonb DEFAULT '{}'::jsonb,
    action_url character varying(500),
    priority character varying(20) DEFAULT 'normal'::character varying,
    category character varying(50),
    is_read boolean DEFAULT false,
    read_at timestamp with time zone,
    is_dismissed boolean DEFAULT false,
    dismissed_at timestamp with time zone,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT notifications_priority_check CHECK (((priority)::text = ANY ((ARRAY['low'::character varying, 'normal'::character varying, 'high'::character varying, 'urgent'::character varying])::text[]))),
    CONSTRAINT notifications_user_type_check CHECK (((user_type)::text = ANY ((ARRAY['parent'::character varying, 'admin'::character varying, 'content_manager'::character varying])::text[])))
);

CREATE TABLE web_sessions.parent_web_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    parent_id uuid NOT NULL,
    family_id uuid NOT NULL,
    session_token character varying(255) NOT NULL,
    refresh_token character varying(255),
    device_info jsonb DEFAULT '{}'::jsonb,
    ip_address inet NOT NULL,
    user_agent text,
    browser_fingerprint character varying(255),
    last_activity timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    expires_at timestamp with time zone NOT NULL,
    is_active boolean DEFAULT true,
    requires_pin_reauth boolean DEFAULT false,
    pin_reauth_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE web_sessions.web_activity_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid,
    user_id uuid NOT NULL,
    user_type character varying(50) NOT NULL,
    activity_type character varying(100) NOT NULL,
    activity_category character varying(50),
    activity_data jsonb DEFAULT '{}'::jsonb,
    ip_address inet,
    user_agent text,
    request_method character varying(10),
    request_path character varying(500),
    response_status integer,
    response_time_ms integer,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT web_activity_log_user_type_check CHECK (((user_type)::text = ANY ((ARRAY['parent'::character varying, 'admin'::character varying, 'content_manager'::character varying])::text[])))
);

CREATE TABLE web_settings.platform_config (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    config_key character varying(100) NOT NULL,
    config_value jsonb NOT NULL,
    description text,
    is_sensitive boolean DEFAULT false,
    is_system boolean DEFAULT false,
    validation_schema jsonb,
    modified_by uuid,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE web_settings.user_preferences (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    user_type character varying(50) NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_sync_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT user_preferences_user_type_check CHECK (((user_type)::text = ANY ((ARRAY['parent'::character varying, 'admin'::character varying, 'content_manager'::character varying])::text[])))
);

CREATE TABLE wondernest.child_details (
    child_id uuid NOT NULL,
    interests text[] DEFAULT '{}'::text[] NOT NULL,
    favorite_colors text[] DEFAULT '{}'::text[] NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE wondernest.email_verifications (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    email character varying(255) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE wondernest.event_identities (
    child_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE wondernest.idempotency_keys (
    user_id uuid NOT NULL,
    key character varying(200) NOT NULL,
    route character varying(200) NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    body bytea,
    headers jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE wondernest.installation (
    new_database boolean NOT NULL,
    began_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE wondernest.revoked_tokens (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE wondernest.save_versions (
    child_id uuid NOT NULL,
    game_type character varying(100) NOT NULL,
    data_key character varying(200) NOT NULL,
    version integer NOT NULL,
    data_value jsonb NOT NULL,
    size_bytes integer NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    kept_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    reason character varying(20) NOT NULL,
    device character varying(100),
    CONSTRAINT save_versions_reason_check CHECK (((reason)::text = ANY ((ARRAY['overwritten'::character varying, 'deleted'::character varying, 'restored'::character varying])::text[])))
);

CREATE TABLE wondernest.schema_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE wondernest.token_cutoffs (
    user_id uuid NOT NULL,
    issued_before timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

INSERT INTO content.tags VALUES
	('cff4aea8-f88c-4783-abee-a570afbcde7d', 'airplane', 0, '2026-11-26 14:06:35.341852+00'),
	('c82dfc5a-0ad6-4527-bff5-c24a1c4680ce', 'animal', 0, '2026-11-26 14:06:35.341852+00'),
	('93664ee7-04e2-4880-9c28-bf989166b5a1', 'baby', 0, '2026-11-26 14:06:35.341852+00'),
	('66057205-5b19-4ced-af4a-8f22e52186ac', 'background', 0, '2026-11-26 14:06:35.341852+00'),
	('dcdafe82-dd25-4d12-b9d2-03422246d182', 'ball', 0, '2026-11-26 14:06:35.341852+00'),
	('795447f0-3182-4a92-ae52-7657dc9841bf', 'big', 0, '2026-11-26 14:06:35.341852+00'),
	('46bb2d0d-992a-44ad-8808-2dbcaab0133d', 'bird', 0, '2026-11-26 14:06:35.341852+00'),
	('031cd0ef-639a-4a8a-8c63-4a57d1db4ac3', 'black', 0, '2026-11-26 14:06:35.341852+00'),
	('0ba59758-c094-4487-b771-ec4b6f7863fc', 'blue', 0, '2026-11-26 14:06:35.341852+00'),
	('2ba3cecf-23c3-48a1-950c-4577d6d70060', 'boat', 0, '2026-11-26 14:06:35.341852+00'),
	('4e7349ef-d232-4239-a9b4-c296548716ed', 'book', 0, '2026-11-26 14:06:35.341852+00'),
	('eb9dc65a-f99e-4169-b01f-8a5a40bbad61', 'bright', 0, '2026-11-26 14:06:35.341852+00'),
	('75f0fbf3-01e4-40b1-823d-48621572b1f7', 'brown', 0, '2026-11-26 14:06:35.341852+00'),
	('c536138d-a1a7-44bb-902b-6f0ed61a77ca', 'building', 0, '2026-11-26 14:06:35.341852+00'),
	('32093bf6-4296-4b94-924e-f34c26c9ba62', 'butterfly', 0, '2026-11-26 14:06:35.341852+00'),
	('c5ea0830-b0a8-4474-8e4d-8f5be1fa7319', 'calm', 0, '2026-11-26 14:06:35.341852+00'),
	('8b98b943-c397-4802-bf23-b9b730b5c846', 'car', 0, '2026-11-26 14:06:35.341852+00'),
	('1ef38e2e-1c59-4b8d-ab14-22a66d48cc77', 'cat', 0, '2026-11-26 14:06:35.341852+00'),
	('ac5cae27-6f92-4f22-be4d-a965f427b47d', 'character', 0, '2026-11-26 14:06:35.341852+00'),
	('49db0617-00c4-473a-9c1b-3cd725f8dda6', 'child', 0, '2026-11-26 14:06:35.341852+00'),
	('63b38205-2abb-4b14-9f4b-6ed0e5caf2e1', 'cloud', 0, '2026-11-26 14:06:35.341852+00'),
	('1849724e-cef3-408d-88f2-7b77090b38df', 'colorful', 0, '2026-11-26 14:06:35.341852+00'),
	('1baad559-34cc-41e8-91d0-862b45b9ff69', 'colors', 0, '2026-11-26 14:06:35.341852+00'),
	('3697b92c-2184-43ef-b49f-31f1a77a1079', 'counting', 0, '2026-11-26 14:06:35.341852+00'),
	('e59e8b46-905f-46d8-91d7-53748f1392c8', 'dark', 0, '2026-11-26 14:06:35.341852+00'),
	('a046832c-ce89-4d85-acb6-03c3d13175a8', 'dinosaur', 0, '2026-11-26 14:06:35.341852+00'),
	('6aa5eaaf-69e4-44ff-86c1-0d5193bb0811', 'dog', 0, '2026-11-26 14:06:35.341852+00'),
	('08c8b786-8e77-4200-a6a8-82c74912f7fd', 'eating', 0, '2026-11-26 14:06:35.341852+00'),
	('4c13c097-0318-435d-909d-b3bfe47bb4c0', 'excited', 0, '2026-11-26 14:06:35.341852+00'),
	('002693b8-6ae3-408e-b42a-a73d0466ce6c', 'family', 0, '2026-11-26 14:06:35.341852+00'),
	('0ad37319-c543-4993-9902-4765c8342104', 'fish', 0, '2026-11-26 14:06:35.341852+00'),
	('46d33537-01d5-4649-b92a-6add95f10100', 'flower', 0, '2026-11-26 14:06:35.341852+00'),
	('63c67d12-2c07-4124-a928-b16070896dc1', 'flying', 0, '2026-11-26 14:06:35.341852+00'),
	('18e4d92e-0f00-46a3-b84a-662e47d5795b', 'forest', 0, '2026-11-26 14:06:35.341852+00'),
	('76c8b5e4-653a-47da-a4b4-cf2e17f3df75', 'friend', 0, '2026-11-26 14:06:35.341852+00'),
	('ab6b8927-8957-4777-837f-c988afc6a2ab', 'funny', 0, '2026-11-26 14:06:35.341852+00'),
	('6f593b3d-13aa-4163-8a7a-e3a4f0b02245', 'green', 0, '2026-11-26 14:06:35.341852+00'),
	('5dd50f4c-41d9-4f77-9c70-b654bd168c6d', 'happy', 0, '2026-11-26 14:06:35.341852+00'),
	('776877b9-eae0-4958-bcf1-90d975a4341e', 'house', 0, '2026-11-26 14:06:35.341852+00'),
	('31e9b7cb-bd47-4b9a-9ebb-478a28770f4d', 'jumping', 0, '2026-11-26 14:06:35.341852+00'),
	('6f22503c-f941-46b4-8927-b4dfb3417e5a', 'large', 0, '2026-11-26 14:06:35.341852+00'),
	('052401aa-4829-4d9a-8d37-2e89d307a245', 'letters', 0, '2026-11-26 14:06:35.341852+00'),
	('4b385513-1b97-459e-beb6-86dcc119242e', 'medium', 0, '2026-11-26 14:06:35.341852+00'),
	('79c7abcf-8a83-44df-a344-0c3502528ec7', 'moon', 0, '2026-11-26 14:06:35.341852+00'),
	('c9c3cf58-749c-46e4-873a-6858d0a3ce85', 'mountain', 0, '2026-11-26 14:06:35.341852+00'),
	('19ce4956-67c2-4a47-8f90-a7ce7cf9c7e4', 'numbers', 0, '2026-11-26 14:06:35.341852+00'),
	('88b796a4-f63f-40d6-8fcb-18885244e849', 'ocean', 0, '2026-11-26 14:06:35.341852+00'),
	('aa2e2f79-b89f-404a-8da9-18b4889de016', 'orange', 0, '2026-11-26 14:06:35.341852+00'),
	('41e719df-b17a-4f01-9bb9-5a4b47232bda', 'pattern', 0, '2026-11-26 14:06:35.341852+00'),
	('a48535e5-5659-40ec-8ddf-6d7108d1df49', 'person', 0, '2026-11-26 14:06:35.341852+00'),
	('83f6defa-f194-4406-8473-e7f5c6de860c', 'pink', 0, '2026-11-26 14:06:35.341852+00'),
	('11a4e8ea-3635-4552-9f38-41bf9051a627', 'playing', 0, '2026-11-26 14:06:35.341852+00'),
	('a40d87d8-52d8-4465-b7c5-4eb55ce3266f', 'prop', 0, '2026-11-26 14:06:35.341852+00'),
	('cb5c9559-daa6-49f9-980b-2d68c2fb7776', 'purple', 0, '2026-11-26 14:06:35.341852+00'),
	('015d196a-a9d6-408c-a457-b609e6d36edd', 'red', 0, '2026-11-26 14:06:35.341852+00'),
	('714f4ea9-db62-40e1-9772-ec6041cbea54', 'river', 0, '2026-11-26 14:06:35.341852+00'),
	('c1442df3-8e8e-4377-96fe-72a7d9b75ba9', 'rough', 0, '2026-11-26 14:06:35.341852+00'),
	('094562ee-fb38-43f4-9d36-87394c2c97af', 'running', 0, '2026-11-26 14:06:35.341852+00'),
	('734e1683-428a-4dc3-9c9e-8f09ed42b477', 'sad', 0, '2026-11-26 14:06:35.341852+00'),
	('f06daa7a-f15d-46d2-ac29-d39e690cab30', 'scene', 0, '2026-11-26 14:06:35.341852+00'),
	('b32e7fc3-2942-4d52-a4a5-aa65c791f20d', 'shapes', 0, '2026-11-26 14:06:35.341852+00'),
	('29ea1d37-8d9d-4074-8824-e96c8c42478e', 'shiny', 0, '2026-11-26 14:06:35.341852+00'),
	('0eb17b1a-8504-40c7-b9e7-b80f4be182d2', 'sleeping', 0, '2026-11-26 14:06:35.341852+00'),
	('39ca5016-04df-4906-a1a1-e2d6dcedd226', 'small', 0, '2026-11-26 14:06:35.341852+00'),
	('88d76c0f-4bd5-4efe-8520-f5ebcb0d1e36', 'smooth', 0, '2026-11-26 14:06:35.341852+00'),
	('7bc57ff7-a5f8-4a3c-839b-6d252066115d', 'soft', 0, '2026-11-26 14:06:35.341852+00'),
	('a499ec4f-0216-4691-a895-1d5d51ded712', 'star', 0, '2026-11-26 14:06:35.341852+00'),
	('9b97f4a0-80b2-48b7-9b3a-03397487f36c', 'sticker', 0, '2026-11-26 14:06:35.341852+00'),
	('77bce117-cbec-4860-955f-f3b1becf65a3', 'sun', 0, '2026-11-26 14:06:35.341852+00'),
	('19fe14ba-edb2-4157-bc99-6e7fd43d793e', 'swimming', 0, '2026-11-26 14:06:35.341852+00'),
	('4a4b137d-89d4-462b-82e3-13c9e57d57e8', 'texture', 0, '2026-11-26 14:06:35.341852+00'),
	('fdeef893-e28e-4abf-b08d-29dbea234e1b', 'tiny', 0, '2026-11-26 14:06:35.341852+00'),
	('2a743221-87b3-4a37-9a58-d7e5d361718f', 'toy', 0, '2026-11-26 14:06:35.341852+00'),
	('85b044bd-5aac-4362-93e9-e1348ec68abd', 'train', 0, '2026-11-26 14:06:35.341852+00'),
	('c3e31453-d4a1-48ba-be41-094a6db9ff5d', 'tree', 0, '2026-11-26 14:06:35.341852+00'),
	('59822eb3-1294-44ec-9b26-0d20a0b6e0ab', 'truck', 0, '2026-11-26 14:06:35.341852+00'),
	('22d736eb-9607-46ed-9a08-b3b3490b0f95', 'white', 0, '2026-11-26 14:06:35.341852+00'),
	('00fafafc-1389-4bc9-830f-2b56d7276c33', 'yellow', 0, '2026-11-26 14:06:35.341852+00');

INSERT INTO core.database_info VALUES
	('db_version', '1.0.0', '2026-11-26 14:06:35.284928+00'),
	('initialized_at', '2026-11-26 14:06:35.284928+00', '2026-11-26 14:06:35.284928+00'),
	('schema_version', '3.0.0', '2026-11-26 14:06:35.284928+00'),
	('story_adventure_version', '1.0.0', '2026-11-26 14:06:35.284928+00'),
	('story_adventure_plugin_version', '2.0.0', '2026-11-26 14:06:35.284928+00'),
	('story_adventure_migration_v6_completed', '2026-11-26 14:06:35.284928+00', '2026-11-26 14:06:35.284928+00');

INSERT INTO core.password_reset_tokens VALUES
	('4bdf9219-24d4-438a-a037-144f5192c9be', 'a3fcbc94-a864-4e58-b095-54068ab078aa', 't', false, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00');

INSERT INTO core.schema_versions VALUES
	('1.0.0', 'First WonderNest schema', '2026-11-26 14:06:35.284928+00', 'postgres');

INSERT INTO core.users VALUES
	('a3fcbc94-a864-4e58-b095-54068ab078aa', 'Kept@example.org', '$2b$12$x', NULL, NULL, NULL, false, true, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00', 'parent', NULL, NULL);

INSERT INTO family.child_profiles VALUES
	('5264e9d8-03c1-435b-8132-065446c41eef', '5bce204c-e66d-4661-8d2e-f63c963c28e4', 'Kim', NULL, '2020-02-02', NULL, NULL, NULL, NULL, true, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00', NULL);

INSERT INTO family.families VALUES
	('5bce204c-e66d-4661-8d2e-f63c963c28e4', 'Home', 'a3fcbc94-a864-4e58-b095-54068ab078aa', '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00');

INSERT INTO family.family_members VALUES
	('cfa197aa-216b-4bde-b38e-9d01eb85511b', '5bce204c-e66d-4661-8d2e-f63c963c28e4', 'a3fcbc94-a864-4e58-b095-54068ab078aa', 'parent', '2026-11-26 14:06:35.800816+00');

INSERT INTO games.game_categories VALUES
	('41ffaf49-b2f0-4e21-b0f3-6aec0fec90b9', 'sticker_books', NULL, NULL, 1, true, '2026-11-26 14:06:35.402822+00'),
	('d94905ab-f2de-47ea-b916-7ce3e5a13089', 'Stickers', NULL, NULL, 10, true, '2026-11-26 14:06:35.402822+00'),
	('d7a517f2-bd51-4a75-a6b7-4aa13e7c7514', 'Drawing', NULL, NULL, 20, true, '2026-11-26 14:06:35.402822+00'),
	('6d0285d5-e75b-4aae-8b8f-844cf1cdde96', 'Math', NULL, NULL, 30, true, '2026-11-26 14:06:35.402822+00'),
	('9b46837d-9b3c-406e-ad52-561bd0f715f6', 'Reading', NULL, NULL, 40, true, '2026-11-26 14:06:35.402822+00'),
	('194cb8f8-dbd8-41e9-9e03-41b80bdec481', 'Science', NULL, NULL, 50, true, '2026-11-26 14:06:35.402822+00'),
	('cbd3ef38-75de-49d6-b371-6bb446759ad8', 'Music', NULL, NULL, 60, true, '2026-11-26 14:06:35.402822+00');

INSERT INTO games.game_registry VALUES
	('728e55ca-17d9-4bfb-a2f8-1f6dcabb06e2', 'sticker_book', 'Sticker Book', 'Stick, draw and leaf through pages of your own making.', '1.0.0', 'da3e3d71-0b17-4bb6-946c-ad3e6f636e8b', '41ffaf49-b2f0-4e21-b0f3-6aec0fec90b9', 24, 144, '{"supports_drawing": true, "supports_projects": true, "supports_stickers": true, "auto_save_interval": 30, "supports_flip_book": true, "supports_thumbnails": true, "max_projects_per_child": 50, "supports_infinite_canvas": true}', '{"age_mode": "big_kid", "project_naming": "auto", "auto_save_enabled": true, "thumbnail_generation": true}', 'native', '/games/sticker-book', NULL, 'everyone', true, '2026-11-26 14:06:35.402822+00', NULL, true, false, NULL, NULL, '["creative", "art", "stickers", "drawing", "projects"]', '["sticker", "creative", "art", "drawing", "digital", "canvas", "flip book", "projects"]', '["creative_expression", "fine_motor_skills", "artistic_development", "color_recognition", "spatial_awareness"]', '["creativity", "artistic_skills", "fine_motor_control", "visual_planning", "project_completion"]', '2026-11-26 14:06:35.402822+00', '2026-11-26 14:06:35.402822+00');

INSERT INTO games.game_types VALUES
	('8c3b58e7-2cbf-4af8-8cc8-43f60fa258e6', 'collection', 'Gather things and look at them again.', '{"inventory": {}, "collections": [], "display_settings": {}}', '2026-11-26 14:06:35.402822+00'),
	('2ba27ff0-f48f-4d16-a137-b8886e614e12', 'puzzle', 'Solve one level after another.', '{"hints_used": 0, "current_level": 1, "solved_puzzles": []}', '2026-11-26 14:06:35.402822+00'),
	('df43c23e-5da7-4e4f-b2ff-5a583f885540', 'creative', 'Make things and keep them in a gallery.', '{"gallery": [], "creations": [], "tools_unlocked": []}', '2026-11-26 14:06:35.402822+00'),
	('e109e14d-85f3-45d8-b6e0-db30c9cb6d04', 'educational', 'Learn a subject lesson by lesson.', '{"score": 0, "knowledge_areas": {}, "lessons_completed": []}', '2026-11-26 14:06:35.402822+00'),
	('da3e3d71-0b17-4bb6-946c-ad3e6f636e8b', 'creative_game', 'Open-ended making whose projects are saved as documents.', '{"type": "creative_game", "data_format": "json", "supports_saving": true, "supports_sharing": true}', '2026-11-26 14:06:35.402822+00');

INSERT INTO games.simple_game_data VALUES
	('b3f8d2a9-7703-43d4-ba6a-2e404495effe', '5264e9d8-03c1-435b-8132-065446c41eef', 'sticker_book', 'k', '{"pages": 2}', '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00', 2);

INSERT INTO games.story_templates VALUES
	('0c29f8b3-5ccc-4bcb-9d83-135592af1be4', 'Welcome to Story Adventure', 'A short first story that shows how pages and new words work.', NULL, '3-5', 'emerging', '{"pages": [{"text": "Hello! Turn the page with us, an adventure is waiting.", "imageUrl": "welcome.jpg", "vocabularyWords": [{"word": "adventure", "definition": "Something new and exciting that you do."}]}]}', '{adventure,welcome,story}', 5, 3, 'en', '1.0.0', false, false, true, false, '{vocabulary,"reading engagement"}', '{welcome,introduction}', '{beginner,introduction,system}', '2026-11-26 14:06:35.480509+00', '2026-11-26 14:06:35.480509+00', 'human', NULL, NULL, NULL, NULL),
	('b2bfc0db-8090-4240-9d7e-7939b4a3528b', 'The Magic Garden', 'Seeds, wings and petals: a walk through a garden full of surprises.', NULL, '3-5', 'emerging', '{"pages": [{"text": "Behind the little gate lies a garden where every plant hums.", "imageUrl": "garden.jpg", "vocabularyWords": [{"word": "garden", "definition": "A place where people let plants grow."}]}]}', '{garden,flower,butterfly,grow}', 8, 5, 'en', '1.0.0', false, false, true, false, '{vocabulary,"nature awareness"}', '{nature,magic,exploration}', '{nature,magic,beginner}', '2026-11-26 14:06:35.480509+00', '2026-11-26 14:06:35.480509+00', 'human', NULL, NULL, NULL, NULL),
	('0b4adbf0-a3e0-43e0-a0ae-081ac2415ece', 'Ocean Adventure', 'Dive down to the reef and meet the ones who live there.', NULL, '6-8', 'developing', '{"pages": [{"text": "Down here it is quiet, blue and anything but empty.", "imageUrl": "ocean.jpg", "vocabularyWords": [{"word": "ocean", "definition": "The salty water that covers most of our planet."}]}]}', '{ocean,fish,coral,deep,swim}', 12, 8, 'en', '1.0.0', false, false, true, false, '{vocabulary,"marine biology","reading comprehension"}', '{ocean,animals,science}', '{science,ocean,adventure}', '2026-11-26 14:06:35.480509+00', '2026-11-26 14:06:35.480509+00', 'human', NULL, NULL, NULL, NULL);

INSERT INTO public.ai_generation_config VALUES
	('323946c1-edd5-4b7f-bc22-27460947eafc', 'gemini', 'gemini-1.5-flash', 'https://generativelanguage.googleapis.com/v1beta/models/gemini-1.5-flash:generateContent', NULL, 0.70, 4000, 0.90, 0.30, 0.30, '{"violence": "strict", "scary_content": "moderate", "age_verification": "required", "educational_required": true}', true, true, 60, 1000, 100000, 0.000150, 0.000600, true, true, NULL, NULL, '2026-11-26 14:06:35.480509+00', '2026-11-26 14:06:35.480509+00');

INSERT INTO public.ai_generation_quotas VALUES
	('5834779b-c9ad-437c-ac1d-40132e88fc59', 'a3fcbc94-a864-4e58-b095-54068ab078aa', 5, 50, NULL, 0, 0, 0, '2026-11-27 00:00:00+00', '2026-12-01 00:00:00+00', 'free', 0, NULL, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00');

INSERT INTO public.content_pack_categories VALUES
	('ae3f579a-937e-4ff8-8ce3-7b4cfb8c4c12', 'Animals & Nature', 'Creatures, plants and wild places.', 1, '/icons/animals.svg', '#4CAF50', true, 3, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('878cf34e-3340-4ed5-8027-9ae8ee2b38fd', 'Fantasy & Magic', 'Dragons, spells and castles.', 2, '/icons/fantasy.svg', '#9C27B0', true, 4, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('5c55b7b8-ac75-447a-835c-7c9e14f48ca1', 'Transportation', 'Everything that drives, floats or flies.', 3, '/icons/transport.svg', '#2196F3', true, 3, 10, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('2a6178bf-c27d-4fb1-a076-5d821f16da65', 'Space & Science', 'Planets, rockets and experiments.', 4, '/icons/space.svg', '#FF9800', true, 5, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('9bd166d9-24fd-4317-b752-9f94cc32e178', 'Everyday Life', 'At home, at school and around the corner.', 5, '/icons/daily.svg', '#795548', true, 3, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('11530176-f6c8-4244-a20a-00fd7ea70ad9', 'Sports & Activities', 'Games, moves and hobbies.', 6, '/icons/sports.svg', '#F44336', true, 4, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('f873f8a8-7c58-41ec-9c84-516d5a332255', 'Educational', 'Letters, numbers and things to find out.', 7, '/icons/education.svg', '#673AB7', true, 3, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574'),
	('58912bed-1f15-4683-8964-50f1a49266c6', 'Seasonal', 'Holidays and the four seasons.', 8, '/icons/seasonal.svg', '#FF5722', true, 3, 12, '2026-11-26 14:06:35.550574', '2026-11-26 14:06:35.550574');

INSERT INTO public.flyway_schema_history VALUES
	(1, '1', 'Initial Schema', 'SQL', 'V1__Initial_Schema.sql', 1885997265, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(2, '2', 'Complete Schema', 'SQL', 'V2__Complete_Schema.sql', 845535892, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(3, '3', 'Add Games Schema', 'SQL', 'V3__Add_Games_Schema.sql', 1139200306, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(4, '4', 'Insert Sticker Book Game', 'SQL', 'V4__Insert_Sticker_Book_Game.sql', -213252755, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(5, '5', 'Add Story Adventure', 'SQL', 'V5__Add_Story_Adventure.sql', -369085557, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(6, '6', 'Refactor Story Adventure Plugin', 'SQL', 'V6__Refactor_Story_Adventure_Plugin.sql', -1401860873, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(7, '7', 'Add Web Platform Tables', 'SQL', 'V7__Add_Web_Platform_Tables.sql', -102125882, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(8, '8', 'Add Marketplace Library System', 'SQL', 'V8__Add_Marketplace_Library_System.sql', 1065053103, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(9, '17', 'Add file uploads table', 'SQL', 'V17__Add_file_uploads_table.sql', 1708755826, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(10, '22', 'Add Image Tags', 'SQL', 'V22__Add_Image_Tags.sql', 1950807424, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(11, '23', 'Add File Soft Delete', 'SQL', 'V23__Add_File_Soft_Delete.sql', 197065728, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(12, '24', 'Add AI Story Generation', 'SQL', 'V24__Add_AI_Story_Generation.sql', 13584490, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(13, '25', 'Add Marketplace Tables', 'SQL', 'V25__Add_Marketplace_Tables.sql', -108829984, 'postgres', '2026-11-26 14:06:35.728607', 0, true),
	(14, '26', 'Add Content Packs System', 'SQL', 'V26__Add_Content_Packs_System.sql', 1839409752, 'postgres', '2026-11-26 14:06:35.728607', 0, true);

INSERT INTO wondernest.child_details VALUES
	('5264e9d8-03c1-435b-8132-065446c41eef', '{stars}', '{}', '2026-11-26 14:06:35.800816+00');

INSERT INTO wondernest.email_verifications VALUES
	('\x01', 'a3fcbc94-a864-4e58-b095-54068ab078aa', 'Kept@example.org', '2026-11-26 14:06:35.800816+00', NULL, '2026-11-26 14:06:35.800816+00');

INSERT INTO wondernest.event_identities VALUES
	('5264e9d8-03c1-435b-8132-065446c41eef', '\x03', '2026-11-26 14:06:35.800816+00');

INSERT INTO wondernest.idempotency_keys VALUES
	('a3fcbc94-a864-4e58-b095-54068ab078aa', 'k', 'POST /x', '\x04', NULL, NULL, NULL, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00');

INSERT INTO wondernest.installation VALUES
	(true, '2026-11-26 14:06:35.243261+00');

INSERT INTO wondernest.revoked_tokens VALUES
	('\x02', 'a3fcbc94-a864-4e58-b095-54068ab078aa', '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.80437+00');

INSERT INTO wondernest.save_versions VALUES
	('5264e9d8-03c1-435b-8132-065446c41eef', 'sticker_book', 'k', 1, '{"pages": 1}', 12, '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.800816+00', 'overwritten', 'tablet');

INSERT INTO wondernest.schema_version VALUES
	('0012');

INSERT INTO wondernest.token_cutoffs VALUES
	('a3fcbc94-a864-4e58-b095-54068ab078aa', '2026-11-26 14:06:35.800816+00', '2026-11-26 14:06:35.804284+00');

ALTER TABLE ONLY analytics.analytics_events
    ADD CONSTRAINT analytics_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY analytics.daily_child_metrics
    ADD CONSTRAINT daily_child_metrics_child_id_date_key UNIQUE (child_id, date);

ALTER TABLE ONLY analytics.daily_child_metrics
    ADD CONSTRAINT daily_child_metrics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY analytics.learning_insights
    ADD CONSTRAINT learning_insights_pkey PRIMARY KEY (id);

ALTER TABLE ONLY audit.activity_logs
    ADD CONSTRAINT activity_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY bookmarks.bookmark_categories
    ADD CONSTRAINT bookmark_categories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT unique_child_bookmark UNIQUE NULLS NOT DISTINCT (child_id, game_id, content_item_id, external_url);

ALTER TABLE ONLY bookmarks.bookmark_categories
    ADD CONSTRAINT unique_family_category UNIQUE (family_id, name);

ALTER TABLE ONLY compliance.coppa_consent
    ADD CONSTRAINT coppa_consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY compliance.data_retention_policies
    ADD CONSTRAINT data_retention_policies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.content_engagement
    ADD CONSTRAINT content_engagement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.content_filters
    ADD CONSTRAINT content_filters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.content_items
    ADD CONSTRAINT content_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.file_references
    ADD CONSTRAINT file_references_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.file_tags
    ADD CONSTRAINT file_tags_file_id_tag_id_key UNIQUE (file_id, tag_id);

ALTER TABLE ONLY content.file_tags
    ADD CONSTRAINT file_tags_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.stories
    ADD CONSTRAINT stories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.tags
    ADD CONSTRAINT tags_name_key UNIQUE (name);

ALTER TABLE ONLY content.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content.file_references
    ADD CONSTRAINT unique_file_reference UNIQUE (file_id, reference_type, reference_id);

ALTER TABLE ONLY content_workflow.content_approvals
    ADD CONSTRAINT content_approvals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content_workflow.content_assets
    ADD CONSTRAINT content_assets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content_workflow.content_items
    ADD CONSTRAINT content_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content_workflow.content_versions
    ADD CONSTRAINT content_versions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY content_workflow.content_versions
    ADD CONSTRAINT unique_content_version UNIQUE (content_item_id, version_number);

ALTER TABLE ONLY core.database_info
    ADD CONSTRAINT database_info_pkey PRIMARY KEY (key);

ALTER TABLE ONLY core.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY core.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_token_key UNIQUE (token);

ALTER TABLE ONLY core.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY core.refresh_tokens
    ADD CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY core.schema_versions
    ADD CONSTRAINT schema_versions_pkey PRIMARY KEY (version);

ALTER TABLE ONLY core.uploaded_files
    ADD CONSTRAINT uploaded_files_file_key_key UNIQUE (file_key);

ALTER TABLE ONLY core.uploaded_files
    ADD CONSTRAINT uploaded_files_pkey PRIMARY KEY (id);

ALTER TABLE ONLY core.user_sessions
    ADD CONSTRAINT user_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY core.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY core.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY family.child_profiles
    ADD CONSTRAINT child_profiles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY family.child_settings
    ADD CONSTRAINT child_settings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY family.families
    ADD CONSTRAINT families_pkey PRIMARY KEY (id);

ALTER TABLE ONLY family.family_members
    ADD CONSTRAINT family_members_family_id_user_id_key UNIQUE (family_id, user_id);

ALTER TABLE ONLY family.family_members
    ADD CONSTRAINT family_members_pkey PRIMARY KEY (id);

ALTER TABLE ONLY family.family_settings
    ADD CONSTRAINT family_settings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.achievements
    ADD CONSTRAINT achievements_game_id_achievement_key_key UNIQUE (game_id, achievement_key);

ALTER TABLE ONLY games.achievements
    ADD CONSTRAINT achievements_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.child_achievements
    ADD CONSTRAINT child_achievements_child_game_instance_id_achievement_id_key UNIQUE (child_game_instance_id, achievement_id);

ALTER TABLE ONLY games.child_achievements
    ADD CONSTRAINT child_achievements_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.child_game_data
    ADD CONSTRAINT child_game_data_child_game_instance_id_data_key_key UNIQUE (child_game_instance_id, data_key);

ALTER TABLE ONLY games.child_game_data
    ADD CONSTRAINT child_game_data_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.child_game_instances
    ADD CONSTRAINT child_game_instances_child_id_game_id_key UNIQUE (child_id, game_id);

ALTER TABLE ONLY games.child_game_instances
    ADD CONSTRAINT child_game_instances_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.currency_transactions
    ADD CONSTRAINT currency_transactions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.daily_game_metrics
    ADD CONSTRAINT daily_game_metrics_child_id_game_id_date_key UNIQUE (child_id, game_id, date);

ALTER TABLE ONLY games.daily_game_metrics
    ADD CONSTRAINT daily_game_metrics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.game_asset_registry
    ADD CONSTRAINT game_asset_registry_pkey PRIMARY KEY (game_id, asset_id);

ALTER TABLE ONLY games.game_assets
    ADD CONSTRAINT game_assets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.game_categories
    ADD CONSTRAINT game_categories_name_key UNIQUE (name);

ALTER TABLE ONLY games.game_categories
    ADD CONSTRAINT game_categories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.game_registry
    ADD CONSTRAINT game_registry_game_key_key UNIQUE (game_key);

ALTER TABLE ONLY games.game_registry
    ADD CONSTRAINT game_registry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.game_sessions
    ADD CONSTRAINT game_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.game_types
    ADD CONSTRAINT game_types_name_key UNIQUE (name);

ALTER TABLE ONLY games.game_types
    ADD CONSTRAINT game_types_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.marketplace_listings
    ADD CONSTRAINT marketplace_listings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.marketplace_listings
    ADD CONSTRAINT marketplace_listings_template_id_key UNIQUE (template_id);

ALTER TABLE ONLY games.marketplace_reviews
    ADD CONSTRAINT marketplace_reviews_listing_id_reviewer_id_key UNIQUE (listing_id, reviewer_id);

ALTER TABLE ONLY games.marketplace_reviews
    ADD CONSTRAINT marketplace_reviews_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.parent_approvals
    ADD CONSTRAINT parent_approvals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.simple_game_data
    ADD CONSTRAINT simple_game_data_child_id_game_type_data_key_key UNIQUE (child_id, game_type, data_key);

ALTER TABLE ONLY games.simple_game_data
    ADD CONSTRAINT simple_game_data_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.story_purchases
    ADD CONSTRAINT story_purchases_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.story_purchases
    ADD CONSTRAINT story_purchases_transaction_id_key UNIQUE (transaction_id);

ALTER TABLE ONLY games.story_templates
    ADD CONSTRAINT story_templates_pkey PRIMARY KEY (id);

ALTER TABLE ONLY games.virtual_currency
    ADD CONSTRAINT virtual_currency_child_id_key UNIQUE (child_id);

ALTER TABLE ONLY games.virtual_currency
    ADD CONSTRAINT virtual_currency_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.collection_items
    ADD CONSTRAINT collection_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.creator_earnings
    ADD CONSTRAINT creator_earnings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.creator_followers
    ADD CONSTRAINT creator_followers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.creator_profiles
    ADD CONSTRAINT creator_profiles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.featured_collections
    ADD CONSTRAINT featured_collections_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.payouts
    ADD CONSTRAINT payouts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.purchases
    ADD CONSTRAINT purchases_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.recommendations
    ADD CONSTRAINT recommendations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (id);

ALTER TABLE ONLY marketplace.recommendations
    ADD CONSTRAINT unique_child_listing_recommendation UNIQUE (child_id, listing_id);

ALTER TABLE ONLY marketplace.collection_items
    ADD CONSTRAINT unique_collection_listing UNIQUE (collection_id, listing_id);

ALTER TABLE ONLY marketplace.creator_followers
    ADD CONSTRAINT unique_creator_follower UNIQUE (creator_id, user_id);

ALTER TABLE ONLY marketplace.creator_profiles
    ADD CONSTRAINT unique_user_creator UNIQUE (user_id);

ALTER TABLE ONLY marketplace.purchases
    ADD CONSTRAINT unique_user_listing_purchase UNIQUE (user_id, listing_id);

ALTER TABLE ONLY marketplace.reviews
    ADD CONSTRAINT unique_user_listing_review UNIQUE (user_id, listing_id);

ALTER TABLE ONLY public.ai_generation_config
    ADD CONSTRAINT ai_generation_config_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_generation_quotas
    ADD CONSTRAINT ai_generation_quotas_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_generation_quotas
    ADD CONSTRAINT ai_generation_quotas_user_id_key UNIQUE (user_id);

ALTER TABLE ONLY public.ai_image_analysis_cache
    ADD CONSTRAINT ai_image_analysis_cache_file_id_key UNIQUE (file_id);

ALTER TABLE ONLY public.ai_image_analysis_cache
    ADD CONSTRAINT ai_image_analysis_cache_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_prompt_templates
    ADD CONSTRAINT ai_prompt_templates_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_assets
    ADD CONSTRAINT content_pack_assets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_categories
    ADD CONSTRAINT content_pack_categories_name_key UNIQUE (name);

ALTER TABLE ONLY public.content_pack_categories
    ADD CONSTRAINT content_pack_categories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_collection_items
    ADD CONSTRAINT content_pack_collection_items_collection_id_pack_id_key UNIQUE (collection_id, pack_id);

ALTER TABLE ONLY public.content_pack_collection_items
    ADD CONSTRAINT content_pack_collection_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_collections
    ADD CONSTRAINT content_pack_collections_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_compatibility
    ADD CONSTRAINT content_pack_compatibility_pack_a_id_pack_b_id_key UNIQUE (pack_a_id, pack_b_id);

ALTER TABLE ONLY public.content_pack_compatibility
    ADD CONSTRAINT content_pack_compatibility_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_reviews
    ADD CONSTRAINT content_pack_reviews_pack_id_user_id_key UNIQUE (pack_id, user_id);

ALTER TABLE ONLY public.content_pack_reviews
    ADD CONSTRAINT content_pack_reviews_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_pack_usage
    ADD CONSTRAINT content_pack_usage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.content_packs
    ADD CONSTRAINT content_packs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.flyway_schema_history
    ADD CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank);

ALTER TABLE ONLY public.ai_prompt_templates
    ADD CONSTRAINT unique_creator_template_name UNIQUE (creator_id, name);

ALTER TABLE ONLY public.user_pack_ownership
    ADD CONSTRAINT user_pack_ownership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.user_pack_ownership
    ADD CONSTRAINT user_pack_ownership_user_id_pack_id_child_id_key UNIQUE (user_id, pack_id, child_id);

ALTER TABLE ONLY web_admin.admin_sessions
    ADD CONSTRAINT admin_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_admin.admin_sessions
    ADD CONSTRAINT admin_sessions_refresh_token_key UNIQUE (refresh_token);

ALTER TABLE ONLY web_admin.admin_sessions
    ADD CONSTRAINT admin_sessions_session_token_key UNIQUE (session_token);

ALTER TABLE ONLY web_admin.admin_users
    ADD CONSTRAINT admin_users_email_key UNIQUE (email);

ALTER TABLE ONLY web_admin.admin_users
    ADD CONSTRAINT admin_users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_audit.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_notifications.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_sessions.parent_web_sessions
    ADD CONSTRAINT parent_web_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_sessions.parent_web_sessions
    ADD CONSTRAINT parent_web_sessions_refresh_token_key UNIQUE (refresh_token);

ALTER TABLE ONLY web_sessions.parent_web_sessions
    ADD CONSTRAINT parent_web_sessions_session_token_key UNIQUE (session_token);

ALTER TABLE ONLY web_sessions.web_activity_log
    ADD CONSTRAINT web_activity_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_settings.platform_config
    ADD CONSTRAINT platform_config_config_key_key UNIQUE (config_key);

ALTER TABLE ONLY web_settings.platform_config
    ADD CONSTRAINT platform_config_pkey PRIMARY KEY (id);

ALTER TABLE ONLY web_settings.user_preferences
    ADD CONSTRAINT unique_user_preferences UNIQUE (user_id, user_type);

ALTER TABLE ONLY web_settings.user_preferences
    ADD CONSTRAINT user_preferences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY wondernest.child_details
    ADD CONSTRAINT child_details_pkey PRIMARY KEY (child_id);

ALTER TABLE ONLY wondernest.email_verifications
    ADD CONSTRAINT email_verifications_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY wondernest.event_identities
    ADD CONSTRAINT event_identities_pkey PRIMARY KEY (child_id, fingerprint);

ALTER TABLE ONLY wondernest.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);

ALTER TABLE ONLY wondernest.revoked_tokens
    ADD CONSTRAINT revoked_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY wondernest.save_versions
    ADD CONSTRAINT save_versions_pkey PRIMARY KEY (child_id, game_type, data_key, version);

ALTER TABLE ONLY wondernest.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY wondernest.token_cutoffs
    ADD CONSTRAINT token_cutoffs_pkey PRIMARY KEY (user_id);

CREATE INDEX idx_analytics_events_child ON analytics.analytics_events USING btree (child_id);

CREATE INDEX idx_analytics_events_date ON analytics.analytics_events USING btree (created_at);

CREATE INDEX idx_analytics_events_type ON analytics.analytics_events USING btree (event_type);

CREATE INDEX idx_analytics_events_user ON analytics.analytics_events USING btree (user_id);

CREATE INDEX idx_daily_metrics_child ON analytics.daily_child_metrics USING btree (child_id);

CREATE INDEX idx_daily_metrics_date ON analytics.daily_child_metrics USING btree (date);

CREATE INDEX idx_learning_insights_child ON analytics.learning_insights USING btree (child_id);

CREATE INDEX idx_learning_insights_type ON analytics.learning_insights USING btree (insight_type);

CREATE INDEX idx_activity_logs_created_at ON audit.activity_logs USING btree (created_at);

CREATE INDEX idx_activity_logs_user_id ON audit.activity_logs USING btree (user_id);

CREATE INDEX idx_coppa_consent_child ON compliance.coppa_consent USING btree (child_id);

CREATE INDEX idx_coppa_consent_family ON compliance.coppa_consent USING btree (family_id);

CREATE INDEX idx_coppa_consent_parent ON compliance.coppa_consent USING btree (parent_id);

CREATE INDEX idx_content_engagement_child ON content.content_engagement USING btree (child_id);

CREATE INDEX idx_content_engagement_content ON content.content_engagement USING btree (content_id);

CREATE INDEX idx_content_engagement_date ON content.content_engagement USING btree (started_at);

CREATE INDEX idx_content_filters_family ON content.content_filters USING btree (family_id);

CREATE INDEX idx_content_items_active ON content.content_items USING btree (is_active);

CREATE INDEX idx_content_items_age ON content.content_items USING btree (age_min, age_max);

CREATE INDEX idx_content_items_category ON content.content_items USING btree (category);

CREATE INDEX idx_content_items_type ON content.content_items USING btree (content_type);

CREATE INDEX idx_file_references_file_id ON content.file_references USING btree (file_id);

CREATE INDEX idx_file_references_reference ON content.file_references USING btree (reference_type, reference_id);

CREATE INDEX idx_file_tags_file ON content.file_tags USING btree (file_id);

CREATE INDEX idx_file_tags_tag ON content.file_tags USING btree (tag_id);

CREATE INDEX idx_stories_created_by ON content.stories USING btree (created_by);

CREATE INDEX idx_stories_family_id ON content.stories USING btree (family_id);

CREATE INDEX idx_tags_name ON content.tags USING btree (name);

CREATE INDEX idx_tags_usage ON content.tags USING btree (usage_count DESC);

CREATE INDEX idx_password_reset_tokens_user ON core.password_reset_tokens USING btree (user_id);

CREATE INDEX idx_refresh_tokens_hash ON core.refresh_tokens USING btree (token_hash);

CREATE INDEX idx_refresh_tokens_user ON core.refresh_tokens USING btree (user_id);

CREATE INDEX idx_uploaded_files_category ON core.uploaded_files USING btree (category) WHERE (deleted_at IS NULL);

CREATE INDEX idx_uploaded_files_child_id ON core.uploaded_files USING btree (child_id) WHERE (deleted_at IS NULL);

CREATE INDEX idx_uploaded_files_not_deleted ON core.uploaded_files USING btree (user_id, is_deleted) WHERE (is_deleted = false);

CREATE INDEX idx_uploaded_files_system ON core.uploaded_files USING btree (is_system_image);

CREATE INDEX idx_uploaded_files_tag_count ON core.uploaded_files USING btree (tag_count);

CREATE INDEX idx_uploaded_files_tags ON core.uploaded_files USING gin (tags);

CREATE INDEX idx_uploaded_files_uploaded_at ON core.uploaded_files USING btree (uploaded_at DESC) WHERE (deleted_at IS NULL);

CREATE INDEX idx_uploaded_files_user_id ON core.uploaded_files USING btree (user_id) WHERE (deleted_at IS NULL);

CREATE INDEX idx_user_sessions_expires ON core.user_sessions USING btree (expires_at);

CREATE INDEX idx_user_sessions_token ON core.user_sessions USING btree (token_hash);

CREATE INDEX idx_user_sessions_user_id ON core.user_sessions USING btree (user_id);

CREATE INDEX idx_users_active ON core.users USING btree (is_active);

CREATE INDEX idx_users_email ON core.users USING btree (email);

CREATE INDEX idx_users_email_mixed_case ON core.users USING btree (lower((email)::text)) WHERE ((email)::text <> lower((email)::text));

CREATE INDEX idx_child_profiles_active ON family.child_profiles USING btree (is_active);

CREATE INDEX idx_child_profiles_family ON family.child_profiles USING btree (family_id);

CREATE UNIQUE INDEX idx_child_settings_child ON family.child_settings USING btree (child_id);

CREATE INDEX idx_families_created_by ON family.families USING btree (created_by);

CREATE INDEX idx_family_members_family_id ON family.family_members USING btree (family_id);

CREATE INDEX idx_family_members_user_id ON family.family_members USING btree (user_id);

CREATE UNIQUE INDEX idx_family_settings_family ON family.family_settings USING btree (family_id);

CREATE INDEX idx_achievements_game ON games.achievements USING btree (game_id);

CREATE INDEX idx_child_achievements_instance ON games.child_achievements USING btree (child_game_instance_id);

CREATE INDEX idx_child_game_data_instance ON games.child_game_data USING btree (child_game_instance_id);

CREATE INDEX idx_child_game_data_key ON games.child_game_data USING btree (data_key);

CREATE INDEX idx_child_game_instances_child ON games.child_game_instances USING btree (child_id);

CREATE INDEX idx_child_game_instances_game ON games.child_game_instances USING btree (game_id);

CREATE INDEX idx_child_game_instances_last_played ON games.child_game_instances USING btree (last_played_at);

CREATE INDEX idx_currency_transactions_child_id ON games.currency_transactions USING btree (child_id);

CREATE INDEX idx_currency_transactions_created_at ON games.currency_transactions USING btree (created_at);

CREATE INDEX idx_currency_transactions_type ON games.currency_transactions USING btree (transaction_type);

CREATE INDEX idx_daily_game_metrics_child_date ON games.daily_game_metrics USING btree (child_id, date);

CREATE INDEX idx_daily_game_metrics_game_date ON games.daily_game_metrics USING btree (game_id, date);

CREATE INDEX idx_game_registry_active ON games.game_registry USING btree (is_active) WHERE (is_active = true);

CREATE INDEX idx_game_registry_age_range ON games.game_registry USING btree (min_age_months, max_age_months);

CREATE INDEX idx_game_registry_type_category ON games.game_registry USING btree (game_type_id, category_id);

CREATE INDEX idx_game_sessions_date ON games.game_sessions USING btree (started_at);

CREATE INDEX idx_game_sessions_instance ON games.game_sessions USING btree (child_game_instance_id);

CREATE INDEX idx_game_sessions_started_at ON games.game_sessions USING btree (started_at);

CREATE INDEX idx_marketplace_categories ON games.marketplace_listings USING gin (category_tags);

CREATE INDEX idx_marketplace_keywords ON games.marketplace_listings USING gin (search_keywords);

CREATE INDEX idx_marketplace_listings_content_source ON games.marketplace_listings USING btree (content_source);

CREATE INDEX idx_marketplace_reviews_listing ON games.marketplace_reviews USING btree (listing_id, rating DESC);

CREATE INDEX idx_marketplace_reviews_reviewer ON games.marketplace_reviews USING btree (reviewer_id);

CREATE INDEX idx_marketplace_seller ON games.marketplace_listings USING btree (seller_id);

CREATE INDEX idx_marketplace_status_rating ON games.marketplace_listings USING btree (status, rating DESC);

CREATE INDEX idx_parent_approvals_child ON games.parent_approvals USING btree (child_id);

CREATE INDEX idx_parent_approvals_status ON games.parent_approvals USING btree (status) WHERE ((status)::text = 'pending'::text);

CREATE INDEX idx_simple_game_data_child_id ON games.simple_game_data USING btree (child_id);

CREATE INDEX idx_simple_game_data_content ON games.simple_game_data USING gin (data_value);

CREATE INDEX idx_simple_game_data_game_type ON games.simple_game_data USING btree (game_type);

CREATE INDEX idx_simple_game_data_story_adventure ON games.simple_game_data USING btree (child_id, game_type, data_key) WHERE ((game_type)::text = 'story-adventure'::text);

CREATE INDEX idx_simple_game_data_story_jsonb ON games.simple_game_data USING gin (data_value) WHERE ((game_type)::text = 'story-adventure'::text);

CREATE INDEX idx_simple_game_data_updated_at ON games.simple_game_data USING btree (updated_at);

CREATE INDEX idx_simple_game_data_vocab_words ON games.simple_game_data USING gin (((data_value -> 'words'::text))) WHERE (((game_type)::text = 'story-adventure'::text) AND ((data_key)::text = 'vocabulary_progress'::text));

CREATE INDEX idx_story_purchases_buyer ON games.story_purchases USING btree (buyer_id, purchased_at DESC);

CREATE INDEX idx_story_purchases_child ON games.story_purchases USING btree (child_id) WHERE (child_id IS NOT NULL);

CREATE INDEX idx_story_purchases_listing ON games.story_purchases USING btree (listing_id);

CREATE INDEX idx_story_templates_age_difficulty ON games.story_templates USING btree (age_group, difficulty);

CREATE INDEX idx_story_templates_ai_generation_id ON games.story_templates USING btree (ai_generation_id);

CREATE INDEX idx_story_templates_creator ON games.story_templates USING btree (creator_id);

CREATE INDEX idx_story_templates_creator_type ON games.story_templates USING btree (creator_type);

CREATE INDEX idx_story_templates_marketplace ON games.story_templates USING btree (is_marketplace, is_active);

CREATE INDEX idx_story_templates_tags ON games.story_templates USING gin (tags);

CREATE INDEX idx_story_templates_vocabulary ON games.story_templates USING gin (vocabulary_words);

CREATE INDEX idx_virtual_currency_child_id ON games.virtual_currency USING btree (child_id);

CREATE INDEX idx_child_library_child ON marketplace.child_library USING btree (child_id);

CREATE INDEX idx_child_library_family ON marketplace.child_library USING btree (family_id);

CREATE INDEX idx_listings_age_range ON marketplace.listings USING btree (age_range);

CREATE INDEX idx_listings_content_type ON marketplace.listings USING btree (content_type);

CREATE INDEX idx_listings_created ON marketplace.listings USING btree (created_at DESC);

CREATE INDEX idx_listings_creator ON marketplace.listings USING btree (creator_id);

CREATE INDEX idx_listings_price ON marketplace.listings USING btree (price);

CREATE INDEX idx_listings_rating ON marketplace.listings USING btree (rating DESC);

CREATE INDEX idx_listings_search_vector ON marketplace.listings USING gin (search_vector);

CREATE INDEX idx_listings_status ON marketplace.listings USING btree (status) WHERE ((status)::text = 'PUBLISHED'::text);

CREATE INDEX idx_purchases_family ON marketplace.purchases USING btree (family_id);

CREATE INDEX idx_purchases_listing ON marketplace.purchases USING btree (listing_id);

CREATE INDEX idx_purchases_user ON marketplace.purchases USING btree (user_id);

CREATE INDEX idx_recommendations_child ON marketplace.recommendations USING btree (child_id);

CREATE INDEX idx_recommendations_family ON marketplace.recommendations USING btree (family_id);

CREATE INDEX idx_reviews_listing ON marketplace.reviews USING btree (listing_id);

CREATE INDEX idx_reviews_user ON marketplace.reviews USING btree (user_id);

CREATE INDEX flyway_schema_history_s_idx ON public.flyway_schema_history USING btree (success);

CREATE INDEX idx_ai_generations_created_at ON public.ai_story_generations USING btree (created_at);

CREATE INDEX idx_ai_generations_parent_id ON public.ai_story_generations USING btree (parent_id);

CREATE INDEX idx_ai_generations_provider_id ON public.ai_story_generations USING btree (provider_id);

CREATE INDEX idx_ai_generations_status ON public.ai_story_generations USING btree (status);

CREATE INDEX idx_ai_image_cache_expires_at ON public.ai_image_analysis_cache USING btree (expires_at);

CREATE INDEX idx_ai_image_cache_file_id ON public.ai_image_analysis_cache USING btree (file_id);

CREATE INDEX idx_ai_quotas_daily_reset ON public.ai_generation_quotas USING btree (daily_reset_at);

CREATE INDEX idx_ai_quotas_monthly_reset ON public.ai_generation_quotas USING btree (monthly_reset_at);

CREATE INDEX idx_ai_quotas_user_id ON public.ai_generation_quotas USING btree (user_id);

CREATE INDEX idx_ai_templates_category ON public.ai_prompt_templates USING btree (category);

CREATE INDEX idx_ai_templates_creator_id ON public.ai_prompt_templates USING btree (creator_id);

CREATE INDEX idx_ai_templates_moderation ON public.ai_prompt_templates USING btree (moderation_status);

CREATE INDEX idx_ai_templates_public ON public.ai_prompt_templates USING btree (is_public) WHERE (is_public = true);

CREATE INDEX idx_content_pack_assets_active ON public.content_pack_assets USING btree (is_active);

CREATE INDEX idx_content_pack_assets_pack ON public.content_pack_assets USING btree (pack_id);

CREATE INDEX idx_content_pack_assets_search ON public.content_pack_assets USING gin (to_tsvector('english'::regconfig, (((name)::text || ' '::text) || COALESCE(description, ''::text))));

CREATE INDEX idx_content_pack_assets_type ON public.content_pack_assets USING btree (asset_type);

CREATE INDEX idx_content_pack_usage_feature ON public.content_pack_usage USING btree (used_in_feature);

CREATE INDEX idx_content_pack_usage_pack ON public.content_pack_usage USING btree (pack_id);

CREATE INDEX idx_content_pack_usage_timestamp ON public.content_pack_usage USING btree (used_at);

CREATE INDEX idx_content_pack_usage_user_child ON public.content_pack_usage USING btree (user_id, child_id);

CREATE INDEX idx_content_packs_age_range ON public.content_packs USING btree (age_min, age_max);

CREATE INDEX idx_content_packs_category ON public.content_packs USING btree (category_id);

CREATE INDEX idx_content_packs_featured ON public.content_packs USING btree (is_featured, popularity_score);

CREATE INDEX idx_content_packs_price ON public.content_packs USING btree (price_cents);

CREATE INDEX idx_content_packs_search ON public.content_packs USING gin (to_tsvector('english'::regconfig, (((((name)::text || ' '::text) || description) || ' '::text) || COALESCE(search_keywords, ''::text))));

CREATE INDEX idx_content_packs_status_published ON public.content_packs USING btree (status, published_at);

CREATE INDEX idx_content_packs_type ON public.content_packs USING btree (pack_type);

CREATE INDEX idx_user_pack_ownership_child ON public.user_pack_ownership USING btree (child_id);

CREATE INDEX idx_user_pack_ownership_pack ON public.user_pack_ownership USING btree (pack_id);

CREATE INDEX idx_user_pack_ownership_status ON public.user_pack_ownership USING btree (download_status);

CREATE INDEX idx_user_pack_ownership_user ON public.user_pack_ownership USING btree (user_id);

CREATE INDEX idx_email_verifications_user ON wondernest.email_verifications USING btree (user_id);

CREATE INDEX idx_idempotency_keys_expires ON wondernest.idempotency_keys USING btree (expires_at);

CREATE INDEX idx_revoked_tokens_created ON wondernest.revoked_tokens USING btree (created_at);

CREATE INDEX idx_revoked_tokens_expires ON wondernest.revoked_tokens USING btree (expires_at);

CREATE INDEX idx_token_cutoffs_created ON wondernest.token_cutoffs USING btree (created_at);

CREATE TRIGGER sync_tags_array AFTER INSERT OR DELETE ON content.file_tags FOR EACH ROW EXECUTE FUNCTION content.sync_file_tags();

CREATE TRIGGER update_tag_usage AFTER INSERT OR DELETE ON content.file_tags FOR EACH ROW EXECUTE FUNCTION content.update_tag_usage_count();

CREATE TRIGGER trigger_create_user_ai_quota AFTER INSERT ON core.users FOR EACH ROW EXECUTE FUNCTION public.create_user_ai_quota();

CREATE TRIGGER update_child_game_data_updated_at BEFORE UPDATE ON games.child_game_data FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER update_child_game_instances_updated_at BEFORE UPDATE ON games.child_game_instances FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER update_game_registry_updated_at BEFORE UPDATE ON games.game_registry FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER update_marketplace_listings_updated_at BEFORE UPDATE ON games.marketplace_listings FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER update_marketplace_reviews_updated_at BEFORE UPDATE ON games.marketplace_reviews FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER update_simple_game_data_updated_at BEFORE UPDATE ON games.simple_game_data FOR EACH ROW EXECUTE FUNCTION games.update_updated_at_column();

CREATE TRIGGER update_story_templates_updated_at BEFORE UPDATE ON games.story_templates FOR EACH ROW EXECUTE FUNCTION games.update_updated_at();

CREATE TRIGGER trigger_update_listing_search_vector BEFORE INSERT OR UPDATE ON marketplace.listings FOR EACH ROW EXECUTE FUNCTION marketplace.update_listing_search_vector();

CREATE TRIGGER update_creator_profiles_updated_at BEFORE UPDATE ON marketplace.creator_profiles FOR EACH ROW EXECUTE FUNCTION marketplace.update_updated_at_column();

CREATE TRIGGER update_listings_updated_at BEFORE UPDATE ON marketplace.listings FOR EACH ROW EXECUTE FUNCTION marketplace.update_updated_at_column();

CREATE TRIGGER update_reviews_updated_at BEFORE UPDATE ON marketplace.reviews FOR EACH ROW EXECUTE FUNCTION marketplace.update_updated_at_column();

CREATE TRIGGER trigger_ai_generation_config_updated_at BEFORE UPDATE ON public.ai_generation_config FOR EACH ROW EXECUTE FUNCTION public.update_ai_generation_config_updated_at();

CREATE TRIGGER trigger_ai_generation_quotas_updated_at BEFORE UPDATE ON public.ai_generation_quotas FOR EACH ROW EXECUTE FUNCTION public.update_ai_generation_quotas_updated_at();

CREATE TRIGGER trigger_ai_story_generations_updated_at BEFORE UPDATE ON public.ai_story_generations FOR EACH ROW EXECUTE FUNCTION public.update_ai_story_generations_updated_at();

CREATE TRIGGER update_content_pack_assets_updated_at BEFORE UPDATE ON public.content_pack_assets FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_content_pack_categories_updated_at BEFORE UPDATE ON public.content_pack_categories FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_content_pack_collections_updated_at BEFORE UPDATE ON public.content_pack_collections FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_content_pack_reviews_updated_at BEFORE UPDATE ON public.content_pack_reviews FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_content_packs_updated_at BEFORE UPDATE ON public.content_packs FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE ONLY analytics.analytics_events
    ADD CONSTRAINT analytics_events_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id);

ALTER TABLE ONLY analytics.analytics_events
    ADD CONSTRAINT analytics_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY analytics.daily_child_metrics
    ADD CONSTRAINT daily_child_metrics_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY analytics.learning_insights
    ADD CONSTRAINT learning_insights_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY audit.activity_logs
    ADD CONSTRAINT activity_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY bookmarks.bookmark_categories
    ADD CONSTRAINT bookmark_categories_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_category_id_fkey FOREIGN KEY (category_id) REFERENCES bookmarks.bookmark_categories(id) ON DELETE SET NULL;

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_content_item_id_fkey FOREIGN KEY (content_item_id) REFERENCES content_workflow.content_items(id) ON DELETE SET NULL;

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id) ON DELETE SET NULL;

ALTER TABLE ONLY bookmarks.child_game_bookmarks
    ADD CONSTRAINT child_game_bookmarks_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY compliance.coppa_consent
    ADD CONSTRAINT coppa_consent_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY compliance.coppa_consent
    ADD CONSTRAINT coppa_consent_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY compliance.coppa_consent
    ADD CONSTRAINT coppa_consent_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES core.users(id);

ALTER TABLE ONLY content.content_engagement
    ADD CONSTRAINT content_engagement_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY content.content_engagement
    ADD CONSTRAINT content_engagement_content_id_fkey FOREIGN KEY (content_id) REFERENCES content.content_items(id) ON DELETE CASCADE;

ALTER TABLE ONLY content.content_filters
    ADD CONSTRAINT content_filters_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY content.file_references
    ADD CONSTRAINT file_references_file_id_fkey FOREIGN KEY (file_id) REFERENCES core.uploaded_files(id) ON DELETE CASCADE;

ALTER TABLE ONLY content.file_tags
    ADD CONSTRAINT file_tags_created_by_fkey FOREIGN KEY (created_by) REFERENCES core.users(id);

ALTER TABLE ONLY content.file_tags
    ADD CONSTRAINT file_tags_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES content.tags(id) ON DELETE CASCADE;

ALTER TABLE ONLY content.stories
    ADD CONSTRAINT stories_created_by_fkey FOREIGN KEY (created_by) REFERENCES core.users(id);

ALTER TABLE ONLY content.stories
    ADD CONSTRAINT stories_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id);

ALTER TABLE ONLY content_workflow.content_approvals
    ADD CONSTRAINT content_approvals_content_item_id_fkey FOREIGN KEY (content_item_id) REFERENCES content_workflow.content_items(id) ON DELETE CASCADE;

ALTER TABLE ONLY content_workflow.content_approvals
    ADD CONSTRAINT content_approvals_reviewer_id_fkey FOREIGN KEY (reviewer_id) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY content_workflow.content_assets
    ADD CONSTRAINT content_assets_content_item_id_fkey FOREIGN KEY (content_item_id) REFERENCES content_workflow.content_items(id) ON DELETE CASCADE;

ALTER TABLE ONLY content_workflow.content_assets
    ADD CONSTRAINT content_assets_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY content_workflow.content_items
    ADD CONSTRAINT content_items_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY content_workflow.content_items
    ADD CONSTRAINT content_items_parent_version_id_fkey FOREIGN KEY (parent_version_id) REFERENCES content_workflow.content_items(id);

ALTER TABLE ONLY content_workflow.content_items
    ADD CONSTRAINT content_items_published_by_fkey FOREIGN KEY (published_by) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY content_workflow.content_versions
    ADD CONSTRAINT content_versions_content_item_id_fkey FOREIGN KEY (content_item_id) REFERENCES content_workflow.content_items(id) ON DELETE CASCADE;

ALTER TABLE ONLY content_workflow.content_versions
    ADD CONSTRAINT content_versions_created_by_fkey FOREIGN KEY (created_by) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY core.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY core.refresh_tokens
    ADD CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY core.uploaded_files
    ADD CONSTRAINT uploaded_files_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY core.uploaded_files
    ADD CONSTRAINT uploaded_files_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY core.user_sessions
    ADD CONSTRAINT user_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY family.child_profiles
    ADD CONSTRAINT child_profiles_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY family.child_settings
    ADD CONSTRAINT child_settings_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY family.families
    ADD CONSTRAINT families_created_by_fkey FOREIGN KEY (created_by) REFERENCES core.users(id);

ALTER TABLE ONLY family.family_members
    ADD CONSTRAINT family_members_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY family.family_members
    ADD CONSTRAINT family_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY family.family_settings
    ADD CONSTRAINT family_settings_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.achievements
    ADD CONSTRAINT achievements_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.child_achievements
    ADD CONSTRAINT child_achievements_achievement_id_fkey FOREIGN KEY (achievement_id) REFERENCES games.achievements(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.child_achievements
    ADD CONSTRAINT child_achievements_child_game_instance_id_fkey FOREIGN KEY (child_game_instance_id) REFERENCES games.child_game_instances(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.child_achievements
    ADD CONSTRAINT child_achievements_game_session_id_fkey FOREIGN KEY (game_session_id) REFERENCES games.game_sessions(id);

ALTER TABLE ONLY games.child_game_data
    ADD CONSTRAINT child_game_data_child_game_instance_id_fkey FOREIGN KEY (child_game_instance_id) REFERENCES games.child_game_instances(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.child_game_instances
    ADD CONSTRAINT child_game_instances_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.child_game_instances
    ADD CONSTRAINT child_game_instances_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.currency_transactions
    ADD CONSTRAINT currency_transactions_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id);

ALTER TABLE ONLY games.daily_game_metrics
    ADD CONSTRAINT daily_game_metrics_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.daily_game_metrics
    ADD CONSTRAINT daily_game_metrics_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id);

ALTER TABLE ONLY games.game_asset_registry
    ADD CONSTRAINT game_asset_registry_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES games.game_assets(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.game_asset_registry
    ADD CONSTRAINT game_asset_registry_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.game_categories
    ADD CONSTRAINT game_categories_parent_category_id_fkey FOREIGN KEY (parent_category_id) REFERENCES games.game_categories(id);

ALTER TABLE ONLY games.game_registry
    ADD CONSTRAINT game_registry_category_id_fkey FOREIGN KEY (category_id) REFERENCES games.game_categories(id);

ALTER TABLE ONLY games.game_registry
    ADD CONSTRAINT game_registry_game_type_id_fkey FOREIGN KEY (game_type_id) REFERENCES games.game_types(id);

ALTER TABLE ONLY games.game_registry
    ADD CONSTRAINT game_registry_safety_reviewer_id_fkey FOREIGN KEY (safety_reviewer_id) REFERENCES core.users(id);

ALTER TABLE ONLY games.game_sessions
    ADD CONSTRAINT game_sessions_child_game_instance_id_fkey FOREIGN KEY (child_game_instance_id) REFERENCES games.child_game_instances(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.marketplace_listings
    ADD CONSTRAINT marketplace_listings_template_id_fkey FOREIGN KEY (template_id) REFERENCES games.story_templates(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.marketplace_reviews
    ADD CONSTRAINT marketplace_reviews_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES games.marketplace_listings(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.marketplace_reviews
    ADD CONSTRAINT marketplace_reviews_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES games.story_purchases(id);

ALTER TABLE ONLY games.parent_approvals
    ADD CONSTRAINT parent_approvals_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY games.parent_approvals
    ADD CONSTRAINT parent_approvals_game_id_fkey FOREIGN KEY (game_id) REFERENCES games.game_registry(id);

ALTER TABLE ONLY games.parent_approvals
    ADD CONSTRAINT parent_approvals_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES core.users(id);

ALTER TABLE ONLY games.story_purchases
    ADD CONSTRAINT story_purchases_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES games.marketplace_listings(id);

ALTER TABLE ONLY games.story_templates
    ADD CONSTRAINT story_templates_ai_generation_id_fkey FOREIGN KEY (ai_generation_id) REFERENCES public.ai_story_generations(id);

ALTER TABLE ONLY games.virtual_currency
    ADD CONSTRAINT virtual_currency_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id);

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_ai_story_id_fkey FOREIGN KEY (ai_story_id) REFERENCES public.ai_story_generations(id);

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id);

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES marketplace.listings(id);

ALTER TABLE ONLY marketplace.child_library
    ADD CONSTRAINT child_library_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES marketplace.purchases(id);

ALTER TABLE ONLY marketplace.collection_items
    ADD CONSTRAINT collection_items_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES marketplace.featured_collections(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.collection_items
    ADD CONSTRAINT collection_items_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES marketplace.listings(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.creator_earnings
    ADD CONSTRAINT creator_earnings_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES marketplace.creator_profiles(id);

ALTER TABLE ONLY marketplace.creator_earnings
    ADD CONSTRAINT creator_earnings_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES marketplace.purchases(id);

ALTER TABLE ONLY marketplace.creator_followers
    ADD CONSTRAINT creator_followers_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES marketplace.creator_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.creator_followers
    ADD CONSTRAINT creator_followers_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.creator_profiles
    ADD CONSTRAINT creator_profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.listings
    ADD CONSTRAINT listings_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES marketplace.creator_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.payouts
    ADD CONSTRAINT payouts_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES marketplace.creator_profiles(id);

ALTER TABLE ONLY marketplace.purchases
    ADD CONSTRAINT purchases_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id);

ALTER TABLE ONLY marketplace.purchases
    ADD CONSTRAINT purchases_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES marketplace.listings(id);

ALTER TABLE ONLY marketplace.purchases
    ADD CONSTRAINT purchases_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY marketplace.recommendations
    ADD CONSTRAINT recommendations_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id);

ALTER TABLE ONLY marketplace.recommendations
    ADD CONSTRAINT recommendations_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id);

ALTER TABLE ONLY marketplace.recommendations
    ADD CONSTRAINT recommendations_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES marketplace.listings(id);

ALTER TABLE ONLY marketplace.reviews
    ADD CONSTRAINT reviews_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES marketplace.listings(id) ON DELETE CASCADE;

ALTER TABLE ONLY marketplace.reviews
    ADD CONSTRAINT reviews_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES marketplace.purchases(id);

ALTER TABLE ONLY marketplace.reviews
    ADD CONSTRAINT reviews_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY public.ai_generation_quotas
    ADD CONSTRAINT ai_generation_quotas_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id);

ALTER TABLE ONLY public.ai_image_analysis_cache
    ADD CONSTRAINT ai_image_analysis_cache_file_id_fkey FOREIGN KEY (file_id) REFERENCES core.uploaded_files(id);

ALTER TABLE ONLY public.ai_prompt_templates
    ADD CONSTRAINT ai_prompt_templates_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES core.users(id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_generated_story_id_fkey FOREIGN KEY (generated_story_id) REFERENCES games.story_templates(id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES core.users(id);

ALTER TABLE ONLY public.ai_story_generations
    ADD CONSTRAINT ai_story_generations_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.ai_generation_config(id);

ALTER TABLE ONLY public.content_pack_assets
    ADD CONSTRAINT content_pack_assets_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES public.content_packs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.content_pack_collection_items
    ADD CONSTRAINT content_pack_collection_items_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES public.content_pack_collections(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.content_pack_collection_items
    ADD CONSTRAINT content_pack_collection_items_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES public.content_packs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.content_pack_compatibility
    ADD CONSTRAINT content_pack_compatibility_pack_a_id_fkey FOREIGN KEY (pack_a_id) REFERENCES public.content_packs(id);

ALTER TABLE ONLY public.content_pack_compatibility
    ADD CONSTRAINT content_pack_compatibility_pack_b_id_fkey FOREIGN KEY (pack_b_id) REFERENCES public.content_packs(id);

ALTER TABLE ONLY public.content_pack_reviews
    ADD CONSTRAINT content_pack_reviews_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES public.content_packs(id);

ALTER TABLE ONLY public.content_pack_usage
    ADD CONSTRAINT content_pack_usage_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.content_pack_assets(id);

ALTER TABLE ONLY public.content_pack_usage
    ADD CONSTRAINT content_pack_usage_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES public.content_packs(id);

ALTER TABLE ONLY public.content_packs
    ADD CONSTRAINT content_packs_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.content_pack_categories(id);

ALTER TABLE ONLY public.user_pack_ownership
    ADD CONSTRAINT user_pack_ownership_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES public.content_packs(id);

ALTER TABLE ONLY web_admin.admin_sessions
    ADD CONSTRAINT admin_sessions_admin_user_id_fkey FOREIGN KEY (admin_user_id) REFERENCES web_admin.admin_users(id) ON DELETE CASCADE;

ALTER TABLE ONLY web_admin.admin_users
    ADD CONSTRAINT admin_users_created_by_fkey FOREIGN KEY (created_by) REFERENCES web_admin.admin_users(id) ON DELETE SET NULL;

ALTER TABLE ONLY web_sessions.parent_web_sessions
    ADD CONSTRAINT parent_web_sessions_family_id_fkey FOREIGN KEY (family_id) REFERENCES family.families(id) ON DELETE CASCADE;

ALTER TABLE ONLY web_sessions.parent_web_sessions
    ADD CONSTRAINT parent_web_sessions_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES core.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY web_settings.platform_config
    ADD CONSTRAINT platform_config_modified_by_fkey FOREIGN KEY (modified_by) REFERENCES web_admin.admin_users(id);

ALTER TABLE ONLY wondernest.child_details
    ADD CONSTRAINT child_details_child_id_fkey FOREIGN KEY (child_id) REFERENCES family.child_profiles(id) ON DELETE CASCADE;

ALTER TABLE ONLY wondernest.email_verifications
    ADD CONSTRAINT email_verifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES core.users(id) ON DELETE CASCADE;

