-- Additions: the parental filter's totals in a library of any size. Everything works without the indexes, slower.

-- @function wondernest.folded_labels(text[])
-- Labels as they are compared: each folded. NULL entries are left out; a label of several lines counts as several.
create function wondernest.folded_labels(labels text[]) returns text[]
language plpgsql immutable parallel safe as $$
declare
    joined text := wondernest.folded(array_to_string(labels, chr(10)));
begin
    if strpos(joined, ' ' || chr(10)) > 0 or strpos(joined, chr(10) || ' ') > 0 then
        joined := regexp_replace(joined, ' *\n *', chr(10), 'g');
    end if;
    return string_to_array(joined, chr(10));
end
$$;

-- @function wondernest.content_marks(text, text, text[])
-- What a limit of an item's tags or words finds it by: `=` and the MD5 of each folded tag, and the first twelve characters of each
-- end of each word, so that a part of a word is the beginning of a mark. `*` stands for the words of a text that is too long for
-- that. With the rights of its owner, because an index calls it for every role that writes an item.
create function wondernest.content_marks(title text, description text, tags text[]) returns tsvector
language plpgsql immutable parallel safe security definer set search_path = pg_catalog as $$
declare
    words text := concat_ws(' ', title, description, array_to_string(tags, ' '));
begin
    return array_to_tsvector(
        array(select distinct '=' || md5(label) from unnest(wondernest.folded_labels(tags)) label)
        || case when length(words) > 10000 then array['*'] else array(
               select distinct left(substr(word, place), 12)
                 from unnest(string_to_array(wondernest.spaced(words), ' ')) word, generate_series(1, length(word)) place) end);
end
$$;

-- @index content.idx_content_items_marks
create index idx_content_items_marks on content.content_items
    using gin (wondernest.content_marks(title, description, tags)) where is_active;

-- @index content.idx_content_items_ordinary
-- What the filter decides by the columns of an item alone: items whose metadata says nothing else about age and education.
create index idx_content_items_ordinary on content.content_items
    (age_min, age_max, category, content_type, language, provider, duration_seconds)
    where is_active and not (
        coalesce(case when jsonb_typeof(metadata -> 'ageRating') = 'number'
                      then least(greatest((metadata -> 'ageRating')::numeric, 0), 100)::int end > age_min,
                 jsonb_typeof(metadata -> 'ageRating') = 'number', false)
        or case when jsonb_typeof(metadata -> 'isEducational') = 'boolean'
                then (metadata ->> 'isEducational')::boolean <> coalesce(category in ('educational', 'science'), false) else false end);

-- @index content.idx_content_items_odd
-- All other items.
create index idx_content_items_odd on content.content_items (id)
    where is_active and (
        coalesce(case when jsonb_typeof(metadata -> 'ageRating') = 'number'
                      then least(greatest((metadata -> 'ageRating')::numeric, 0), 100)::int end > age_min,
                 jsonb_typeof(metadata -> 'ageRating') = 'number', false)
        or case when jsonb_typeof(metadata -> 'isEducational') = 'boolean'
                then (metadata ->> 'isEducational')::boolean <> coalesce(category in ('educational', 'science'), false) else false end);

-- @index content.idx_content_items_elsewhere
-- Items that are loaded from another host, by the host.
create index idx_content_items_elsewhere on content.content_items
    (lower(left(substring(url from '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#]*@)?([^/:?#]*)'), 255)))
    where is_active and url ~ '//';
