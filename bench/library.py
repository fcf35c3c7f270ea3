"""A library of content, its engagement and a store of packs, made inside the database: for S6, S6c and the plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

import psycopg

from bench.data_set import vacuum

WORD: Final = "dinosaur"
"""In every tenth item."""
ONE_ITEM: Final = "bench_3006"
"""An item that every child of the data set may be shown."""
RARE: Final = "volcano"
"""In every thousandth."""
PACK_WORD: Final = "lion"
"""In every five-hundredth pack."""
ASSETS_OF_A_PACK: Final = 10
ENGAGEMENTS_OF_A_CHILD: Final = 20
"""Of a child that sends requests, whatever the number of all."""
_ITEMS: Final = """
    insert into content.content_items
           (id, title, description, content_type, category, url, thumbnail_url, duration_seconds, age_min, age_max, language, tags,
            is_active, is_featured, provider, provider_id, metadata, created_at)
    select md5('item ' || n)::uuid,
           'The ' || word[1 + n %% 37] || ' and the ' || word[1 + n / 37 %% 41] || case when n %% 10 = 0 then ' dinosaur' else '' end,
           (select string_agg(word[1 + (n / 7 * k + k * k) %% 60] || case when n %% 3 = 0 then n * k %% 5000 else k end, ' ')
              from generate_series(1, 20) k) || case when n %% 1000 = 0 then ' volcano' else '' end,
           (array['story', 'video', 'audio', 'page'])[1 + n %% 4],
           (array['educational', 'stories', 'music', 'art', 'science'])[1 + n %% 5],
           case when n %% 5 = 0 then 'https://media.example.org/' || n else '/files/1756800000/' || n || '.png' end,
           '/files/1756800000/thumbnail.png', 45 + n * 17 %% 2400, 2 + n %% 9, 6 + n %% 9 + n / 9 %% 5,
           (array['en', 'en', 'en', 'de', 'en-GB'])[1 + n / 3 %% 5], array[word[1 + n %% 29], word[30 + n / 29 %% 31]],
           n %% 50 <> 1, n %% 200 = 1, (array['wondernest', 'operator'])[1 + n %% 2], 'bench_' || n,
           jsonb_build_object('difficulty', 'easy') || case when n %% 20 = 0 then '{"ageRating": 9}' else '{}' end::jsonb,
           now() - n * interval '1 minute'
      from generate_series(1, %(items)s::int) n,
           (select string_to_array('apple ball boat bridge bear bird butterfly castle cat cloud colour cow dance dog drum duck egg fire'
               ' fish flower fox frog garden ghost giant goat gold hand hat hill horse house island jungle key king kite lamp leaf light'
               ' map moon mountain mouse music night number ocean owl paint park piano picnic planet puzzle queen rain rainbow river'
               ' robot', ' ')) words (word)
    on conflict do nothing"""
_ENGAGEMENT: Final = """
    with child as materialized (
        select array_agg(id order by id) as ids from family.child_profiles where id = any (%(children)s) = %(asked)s),
    item as materialized (select array_agg(id order by id) as ids from content.content_items)
    insert into content.content_engagement (child_id, content_id, started_at, created_at)
    select child.ids[1 + n %% cardinality(child.ids)], item.ids[1 + n * 7919::bigint %% cardinality(item.ids)],
           now() - n * interval '10 seconds', now() - n * interval '10 seconds'
      from child, item, generate_series(0, %(rows)s::int - 1) n
     where child.ids is not null and item.ids is not null"""
PACKS: Final[dict[LiteralString, LiteralString]] = {
    "public.content_packs": """insert into public.content_packs
              (name, description, search_keywords, pack_type, category_id, price_cents, is_free, is_featured, age_min, age_max,
               educational_goals, status, published_at, popularity_score)
       select 'Pack ' || n, 'Pictures for stories, number ' || n || case when n % 500 = 0 then ' lion' else '' end, 'k' || n,
              case when n % 2 = 0 then 'sticker_pack' else 'character_bundle' end::public.content_pack_type, kind.id, n % 500,
              n % 3 = 0, n % 200 = 0, 2 + n % 4, 7 + n % 6, '{Counting}', 'published', now() - n * interval '1 hour', n % 100 / 100.0
         from generate_series(1, 10000) n
         join (select id, row_number() over (order by display_order) as place from public.content_pack_categories) kind
           on kind.place = n % 8 + 1""",
    "public.content_pack_assets": """insert into public.content_pack_assets (pack_id, name, asset_type, file_url, file_size_bytes, tags)
       select id, 'Part ' || n, 'image_static', '/files/1756800000/part.png', 40000, '{animal}'
         from public.content_packs, generate_series(1, 10) n""",
}
"""Rows of packs by table; the categories are there."""
_WITHOUT_TRIGGERS: Final = "set local session_replication_role = replica"
"""Skips the checks of rows that are valid by construction."""


@dataclass(frozen=True, slots=True)
class Library:
    """How much there is. `asking`: children that send requests, each with ENGAGEMENTS_OF_A_CHILD, whatever the number of all."""

    items: int
    engagements: int
    asking: Sequence[UUID] = ()

    def install(self, database_url: str, report: Callable[[str], None]) -> None:
        """Add what is missing, in one transaction; a library that has as much is left as it is."""
        with psycopg.connect(database_url) as connection:
            connection.execute(_WITHOUT_TRIGGERS)
            if self._missing(connection, "content.content_items", self.items):
                report(f"adding {self.items:,} items of a library")
                connection.execute(_ITEMS, {"items": self.items})
            if missing := self._missing(connection, "content.content_engagement", self.engagements):
                report(f"adding {missing:,} engagements")
                own = min(missing, len(self.asking) * ENGAGEMENTS_OF_A_CHILD)
                for asked, rows in ((True, own), (False, missing - own)):
                    values = {"children": list(self.asking), "asked": asked, "rows": rows}
                    connection.execute(_ENGAGEMENT, values)
            for table, statement in PACKS.items():
                if self._missing(connection, table, 1):
                    report(f"adding rows of {table}")
                    connection.execute(statement)
        vacuum(database_url)

    @staticmethod
    def _missing(connection: psycopg.Connection, table: LiteralString, wanted: int) -> int:
        row = connection.execute("select count(*) from " + table).fetchone()  # noqa: S608 - names of this module alone
        assert row is not None
        return max(0, wanted - row[0])
