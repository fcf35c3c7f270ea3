-- Additions: the parental filter's own limits, and the search of the content library. No extension is needed: accents are
-- removed with normalize(), which every supported PostgreSQL has.

-- @function wondernest.folded(text)
-- A text as it is compared: without accents, in small letters, without spaces at its ends. Most texts are ASCII, which takes a
-- hundredth of the time.
create function wondernest.folded(words text) returns text
language plpgsql immutable parallel safe as $$
begin
    if octet_length(words) = length(words) then
        return btrim(lower(words));
    end if;
    return btrim(lower(translate(
        replace(replace(replace(replace(replace(
            regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'),
            'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'),
        'øØłŁđĐı', 'oollddi')));
end
$$;

-- @function wondernest.spaced(text)
-- The words of a text: folded, with one space in place of punctuation. The ranges are of characters, not of a language.
create function wondernest.spaced(words text) returns text
language plpgsql immutable parallel safe as $$
begin
    return btrim(regexp_replace(
        wondernest.folded(words), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ', 'g'));
end
$$;

-- @function wondernest.stems(text, text)
-- The stems of the words of a spaced text in a language, each with the language before it; the language alone marks the text
-- itself. Empty for a language that PostgreSQL has no stemmer for.
create function wondernest.stems(language text, words text) returns text[]
language sql immutable parallel safe
return (
    select case when known.dictionary is null then '{}' else array[known.code || ':'] || array(
               select known.code || ':' || stem from unnest(tsvector_to_array(to_tsvector(known.dictionary, words))) stem) end
      from (select split_part(replace(lower(language), '_', '-'), '-', 1)) named (code),
           lateral (select named.code, case named.code
               when 'da' then 'pg_catalog.danish'::regconfig when 'de' then 'pg_catalog.german'::regconfig
               when 'en' then 'pg_catalog.english'::regconfig when 'es' then 'pg_catalog.spanish'::regconfig
               when 'fi' then 'pg_catalog.finnish'::regconfig when 'fr' then 'pg_catalog.french'::regconfig
               when 'hu' then 'pg_catalog.hungarian'::regconfig when 'it' then 'pg_catalog.italian'::regconfig
               when 'nb' then 'pg_catalog.norwegian'::regconfig when 'nl' then 'pg_catalog.dutch'::regconfig
               when 'nn' then 'pg_catalog.norwegian'::regconfig when 'no' then 'pg_catalog.norwegian'::regconfig
               when 'pt' then 'pg_catalog.portuguese'::regconfig when 'ro' then 'pg_catalog.romanian'::regconfig
               when 'ru' then 'pg_catalog.russian'::regconfig when 'sv' then 'pg_catalog.swedish'::regconfig
               when 'tr' then 'pg_catalog.turkish'::regconfig end) known (code, dictionary));

-- @function wondernest.content_document(text, text, text[], text)
-- What the search of the library finds an item by: the words of title, tags and description, and their stems. With the rights of its
-- owner, because an index calls it for every role that writes an item, also for one without rights on our schema.
create function wondernest.content_document(title text, description text, tags text[], language text) returns tsvector
language plpgsql immutable parallel safe security definer set search_path = pg_catalog as $$
declare
    named text := wondernest.spaced(coalesce(title, ''));
    tagged text := wondernest.spaced(coalesce(array_to_string(tags, ' '), ''));
    described text := wondernest.spaced(coalesce(description, ''));
begin
    return setweight(to_tsvector('simple', named), 'A')
        || setweight(to_tsvector('simple', tagged), 'B')
        || setweight(to_tsvector('simple', described), 'C')
        || array_to_tsvector(wondernest.stems(coalesce(language, ''), concat_ws(' ', named, tagged, described)));
end
$$;

-- @function wondernest.content_query(text)
-- The query of some words: an item has each of them, as the beginning of a word or with the same stem in the item's language.
-- A word that a language leaves out of its stems (the, und, les) asks nothing of an item in that language. Null without a word.
create function wondernest.content_query(words text) returns tsquery
language plpgsql immutable parallel safe as $$
declare
    word text;
    code text;
    stems text[];
    parts text;
    whole text;
begin
    foreach word in array (string_to_array(coalesce(wondernest.spaced(words), ''), ' '))[1:12] loop
        parts := quote_literal(word) || ':*';
        foreach code in array array['da','de','en','es','fi','fr','hu','it','nb','nl','nn','no','pt','ro','ru','sv','tr'] loop
            stems := wondernest.stems(code, word);
            parts := parts || ' | ' || quote_literal(stems[least(cardinality(stems), 2)]);
        end loop;
        whole := concat_ws(' & ', whole, '(' || parts || ')');
    end loop;
    return whole::tsquery;
end
$$;

-- @index content.idx_content_items_words
create index idx_content_items_words on content.content_items
    using gin (wondernest.content_document(title, description, tags, language));

-- @index content.idx_content_items_listed
-- The library in its order: featured items first, then the oldest.
create index idx_content_items_listed on content.content_items
    ((is_featured is not true), coalesce(created_at, '1970-01-01 00:00:00+00'::timestamptz), id) where is_active;

-- @index content.idx_content_items_ours
create index idx_content_items_ours on content.content_items (provider, provider_id);

-- @table wondernest.family_content_limits
-- The part of a family's filter that content.content_filters has no column for.
create table wondernest.family_content_limits (
    family_id  uuid primary key references family.families on delete cascade,
    languages  text[],
    updated_at timestamptz not null default current_timestamp
);

-- @table wondernest.child_content_limits
-- The part of a child's filter that family.child_settings has no column for.
create table wondernest.child_content_limits (
    child_id             uuid primary key references family.child_profiles on delete cascade,
    allowed_categories   text[],
    allowed_providers    text[],
    blocked_keywords     text[],
    max_duration_minutes integer,
    languages            text[],
    updated_at           timestamptz not null default current_timestamp
);
