-- Additions: what reading stories needs.

-- @function wondernest.site_story(jsonb)
-- The story in a save of the site's story builder: its `data` is JSON text, or the story itself; an older save is the story.
-- Null for any other document. A text that is no JSON raises nothing, so that one damaged save does not end a statement.
create function wondernest.site_story(document jsonb) returns jsonb
language plpgsql immutable as $$
declare
    story jsonb := document;
begin
    if jsonb_typeof(document -> 'data') = 'string' then
        story := (document ->> 'data')::jsonb;
    elsif jsonb_typeof(document -> 'data') = 'object' then
        story := document -> 'data';
    end if;
    return case when jsonb_typeof(story -> 'content' -> 'pages') = 'array' then story end;
exception
    when data_exception or program_limit_exceeded then
        return null;
end $$;
