-- What tables lean on: schemas, enum types and functions.

-- @schema core
create schema core;
-- @schema family
create schema family;
-- @schema compliance
create schema compliance;
-- @schema audit
create schema audit;
-- @schema content
create schema content;
-- @schema analytics
create schema analytics;
-- @schema games
create schema games;
-- @schema marketplace
create schema marketplace;
-- @schema content_workflow
create schema content_workflow;
-- @schema bookmarks
create schema bookmarks;
-- @schema web_admin
create schema web_admin;
-- @schema web_audit
create schema web_audit;
-- @schema web_notifications
create schema web_notifications;
-- @schema web_sessions
create schema web_sessions;
-- @schema web_settings
create schema web_settings;

-- Four schemas the earlier backends reserve and leave empty.
-- @schema audio
create schema audio;
-- @schema ml
create schema ml;
-- @schema safety
create schema safety;
-- @schema subscription
create schema subscription;

-- @type games.achievement_rarity
create type games.achievement_rarity as enum ('common', 'uncommon', 'rare', 'epic', 'legendary');

-- @type games.implementation_type
create type games.implementation_type as enum ('native', 'web', 'hybrid');

-- @type public.content_pack_type
create type public.content_pack_type as enum (
    'character_bundle', 'backdrop_collection', 'sticker_pack', 'sound_effects', 'music_collection', 'voice_pack',
    'emoji_pack', 'sprite_sheet', 'interactive_objects', 'particle_effects', 'texture_pack', 'animation_bundle',
    'educational_theme'
);

-- @type public.media_type
create type public.media_type as enum (
    'image_static', 'image_animated', 'sprite_sheet', 'vector_animation', 'audio_sound', 'audio_music', 'audio_voice',
    'video_short', 'interactive_object', 'particle_system', 'texture_3d', 'model_3d', 'font_custom'
);

-- Seven functions of one body: each schema of the earlier backends brought its own, and triggers name them.
-- @function games.update_updated_at()
create function games.update_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function games.update_updated_at_column()
create function games.update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function marketplace.update_updated_at_column()
create function marketplace.update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function public.update_updated_at_column()
create function public.update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function public.update_ai_generation_config_updated_at()
create function public.update_ai_generation_config_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function public.update_ai_generation_quotas_updated_at()
create function public.update_ai_generation_quotas_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function public.update_ai_story_generations_updated_at()
create function public.update_ai_story_generations_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := current_timestamp;
    return new;
end $$;

-- @function public.create_user_ai_quota()
-- The table is named with its schema, so that signing up works whatever the search_path is.
create function public.create_user_ai_quota() returns trigger language plpgsql as $$
begin
    insert into public.ai_generation_quotas (user_id, subscription_tier) values (new.id, 'free');
    return new;
end $$;

-- @function public.cleanup_expired_ai_cache()
-- Drops what has expired and says how many rows that were.
create function public.cleanup_expired_ai_cache() returns integer language plpgsql as $$
declare
    dropped integer;
begin
    delete from public.ai_image_analysis_cache where expires_at < current_timestamp;
    get diagnostics dropped = row_count;
    return dropped;
end $$;

-- @function marketplace.update_listing_search_vector()
-- Title weighs most, then description, tags and goals.
create function marketplace.update_listing_search_vector() returns trigger language plpgsql as $$
begin
    new.search_vector :=
        setweight(to_tsvector('english', coalesce(new.title, '')), 'A')
        || setweight(to_tsvector('english', coalesce(new.description, '')), 'B')
        || setweight(to_tsvector('english', coalesce(array_to_string(new.tags, ' '), '')), 'C')
        || setweight(to_tsvector('english', coalesce(array_to_string(new.educational_goals, ' '), '')), 'D');
    return new;
end $$;

-- @function content.update_tag_usage_count()
create function content.update_tag_usage_count() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update content.tags set usage_count = coalesce(usage_count, 0) + 1 where id = new.tag_id;
    else
        update content.tags set usage_count = greatest(coalesce(usage_count, 0) - 1, 0) where id = old.tag_id;
    end if;
    return null;
end $$;

-- @function content.sync_file_tags()
-- Keeps the sorted copy of a file's tag names, and their number, on the file's own row.
create function content.sync_file_tags() returns trigger language plpgsql as $$
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

-- @function content.add_file_reference(uuid, character varying, uuid)
create function content.add_file_reference(
    p_file_id uuid, p_reference_type character varying, p_reference_id uuid
) returns void language plpgsql as $$
begin
    insert into content.file_references (file_id, reference_type, reference_id)
    values (p_file_id, p_reference_type, p_reference_id)
    on conflict do nothing;
end $$;

-- @function content.remove_file_reference(uuid, character varying, uuid)
create function content.remove_file_reference(
    p_file_id uuid, p_reference_type character varying, p_reference_id uuid
) returns void language plpgsql as $$
begin
    delete from content.file_references
    where file_id = p_file_id and reference_type = p_reference_type and reference_id = p_reference_id;
end $$;

-- @function content.is_file_in_use(uuid)
create function content.is_file_in_use(p_file_id uuid) returns boolean language plpgsql as $$
begin
    return exists (select from content.file_references where file_id = p_file_id);
end $$;
