"""The published stories of the site's story builder, as rows for a statement of another room's repository."""

from __future__ import annotations

from typing import Final

from wondernest.access.guardianship import active
from wondernest.games.repository.statements import SIZE

MAX_STORY_BYTES: Final = 512 * 1024
"""A larger save is no story that is shown in a list: 24 pages with two texts each have 32 KiB (games contract §8)."""
_NUMBER: Final = (
    "case when jsonb_typeof({value}) = 'number' then least(greatest(({value} #>> '{{}}')::numeric, 0), 100000)::int end"
)
_TEXTS: Final = """
    array(select item from (
              select case jsonb_typeof(entry) when 'string' then entry #>> '{{}}' else coalesce(entry ->> 'word', entry ->> 'name') end
                from jsonb_array_elements(case when jsonb_typeof({value}) = 'array' then {value} else '[]' end) entry) named (item)
           where item <> '')"""
_ROWS: Final = f"""
    select save.child_id, save.data_key, story.document -> 'content' as content,
           coalesce(story.document ->> 'title', '') as title, coalesce(story.document ->> 'description', '') as description,
           {_NUMBER.format(value="(story.document #> '{metadata,targetAge,0}')")} as age_min,
           {_NUMBER.format(value="(story.document #> '{metadata,targetAge,1}')")} as age_max,
           {_NUMBER.format(value="(story.document #> '{metadata,estimatedReadTime}')")} as read_time_s,
           {_TEXTS.format(value="(story.document #> '{metadata,vocabularyList}')")} as words,
           {_TEXTS.format(value="(story.document #> '{metadata,educationalGoals}')")} as goals,
           story.document #>> '{{metadata,language}}' as language,
           jsonb_array_length(story.document #> '{{content,pages}}') as pages,
           coalesce(save.created_at, save.updated_at, 'epoch') as created_at,
           coalesce(save.updated_at, save.created_at, 'epoch') as updated_at
      from family.child_profiles author
      join games.simple_game_data save on save.child_id = author.id
     cross join lateral (select wondernest.site_story(save.data_value) as document offset 0) story
     where author.family_id = {{family_id}} and {active("author")}
       and save.game_type = 'story_adventure' and starts_with(save.data_key, 'story_published_')
       and {SIZE.format(document="save.data_value")} <= {MAX_STORY_BYTES} and story.document is not null"""
"""Read time in seconds, as the site's editor writes it. Plan: the children of one family, then the index of each child's saves."""


class PublishedStories:
    """Provides SQL over saves, so that the stories of a family and those of the service are one statement."""

    @staticmethod
    def rows(family_id: str) -> str:
        """SQL query of the stories that children of a family have published; `family_id` is an SQL expression, never a value."""
        return _ROWS.replace("{family_id}", family_id)
