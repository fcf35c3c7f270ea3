"""The registry of games and children's instances of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.consent import GateMode, Purpose, requires
from wondernest.access.guardianship import guards

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Row

_GAMES: Final = """
    select r.id, r.game_key, r.display_name, coalesce(r.description, '') as description, t.name as game_type,
           c.name as category, r.min_age_months, r.max_age_months, r.is_active
      from games.game_registry r
      join games.game_types t on t.id = r.game_type_id
      join games.game_categories c on c.id = r.category_id
     where r.is_active and ($1::text is null or r.game_key = $1)
     order by r.display_name"""
_TYPES: Final = "select id, name, coalesce(description, '') as description from games.game_types order by name"
_CATEGORIES: Final = "select id, name, parent_category_id from games.game_categories order by name"
_LAST_PLAYED: Final = """case when {row}.last_played_at is not null then greatest({row}.last_played_at, (
        select max(s.updated_at) from games.simple_game_data s join games.game_registry r on r.game_key = s.game_type
         where s.child_id = {row}.child_id and r.id = {row}.game_id)) end"""
"""Saves update the column at most once per rules.LAST_PLAYED_PRECISION, so the newest save is looked at too."""
_INSTANCE: Final = (
    "{row}.id, {row}.child_id, {row}.game_id, {row}.settings, {row}.preferences,"
    " coalesce({row}.is_unlocked, true) as is_unlocked,"
    " coalesce({row}.total_play_time_minutes, 0) as total_play_time_minutes,"
    " coalesce({row}.session_count, 0) as session_count,"
    " coalesce({row}.created_at, now()) as created_at,"
    " coalesce({row}.updated_at, {row}.created_at, now()) as updated_at,"
    f" {_LAST_PLAYED} as last_played_at"
)
_PREPARE: Final = f"""
    with asked as materialized (
        select (select r.id from games.game_registry r where r.game_key = $3) as game_id,
               {guards("$2::uuid", "$1::uuid", consent=requires("$2::uuid", Purpose.SAVES, "$4::text"))} as owned
    ), made as (
        insert into games.child_game_instances (child_id, game_id)
        select $2, asked.game_id from asked where asked.owned and asked.game_id is not null
        on conflict (child_id, game_id) do nothing
        returning *
    ), ready as (
        select * from made
        union all
        select g.* from games.child_game_instances g, asked
         where g.child_id = $2 and g.game_id = asked.game_id and asked.owned
    )
    select asked.game_id is not null as known, asked.owned, {_INSTANCE.format(row="ready")}
      from asked left join ready on true limit 1"""
_INSTANCES: Final = f"""
    select {_INSTANCE.format(row="g")} from games.child_game_instances g
     where g.child_id = $2 and {guards("$2", "$1")}
     order by last_played_at desc nulls last, id"""
_SETTINGS: Final = f"""
    update games.child_game_instances g set settings = $4, updated_at = now()
      from games.game_registry r
     where r.game_key = $3 and g.game_id = r.id and g.child_id = $2
       and {guards("$2", "$1", consent=requires("$2", Purpose.SAVES, "$5::text"))}
    returning g.id"""
_ACTIVE: Final = f"""
    select r.game_key, r.display_name, coalesce(g.total_play_time_minutes, 0) as total_play_time_minutes,
           case when g.last_played_at is not null then greatest(g.last_played_at, played.last_data_update) end as last_played_at,
           played.last_data_update
      from (select s.game_type, max(s.updated_at) as last_data_update from games.simple_game_data s
             where s.child_id = $2 and {guards("$2", "$1")} group by s.game_type) played
      join games.game_registry r on r.game_key = played.game_type
      left join games.child_game_instances g on g.game_id = r.id and g.child_id = $2
     order by played.last_data_update desc nulls last, r.game_key"""
_EDUCATIONAL: Final = """
    select r.game_key from games.game_registry r
     where case when jsonb_typeof(r.educational_objectives) = 'array'
                then jsonb_array_length(r.educational_objectives) > 0 else false end"""
_RECORD: Final = """
    insert into games.child_game_instances as g (child_id, game_id, total_play_time_minutes)
    select p.child_id, r.id, {minutes}
      from {played} p join games.game_registry r on r.game_key = p.game_key
     where r.is_active
        or exists (select from games.child_game_instances g where g.child_id = p.child_id and g.game_id = r.id)
{grouped}     order by p.child_id, r.id
    on conflict (child_id, game_id) do update
       set total_play_time_minutes =
               least(coalesce(g.total_play_time_minutes, 0)::bigint + excluded.total_play_time_minutes, {most})::int,
           updated_at = now()"""
MAX_MINUTES: Final = 2**31 - 1
"""The largest value of the column."""


class RegistryRepository:
    """Reads the registry; reads and writes instances of a child, if it is the adult's. Without consent writes raise CallerRefused."""

    def __init__(self, database: Database, gate: GateMode = GateMode.ENFORCE) -> None:
        self._database = database
        self._gate = gate

    async def games(self, game_key: str | None = None) -> list[Row]:
        """Active games by display name, or the one with the key."""
        return await self._database.fetch(_GAMES, game_key)

    async def types(self) -> list[Row]:
        """Kinds of games by name."""
        return await self._database.fetch(_TYPES)

    async def categories(self) -> list[Row]:
        """Categories by name, inactive ones too."""
        return await self._database.fetch(_CATEGORIES)

    async def prepare_instance(self, user_id: UUID, child_id: UUID, game_key: str) -> Row:
        """The child's instance of a game, created if missing; without one, `known` (game) or `owned` (child) is False."""
        values = (user_id, child_id, game_key, self._gate.value)
        row = await self._database.fetchrow(_PREPARE, *values)
        if (
            row is not None and row["known"] and row["owned"] and row["id"] is None
        ):  # another request created it at the same time
            row = await self._database.fetchrow(_PREPARE, *values)
        if row is None:
            raise LookupError("the statement always gives a row")
        return row

    async def instances(self, user_id: UUID, child_id: UUID) -> list[Row]:
        """The child's instances, last played first."""
        return await self._database.fetch(_INSTANCES, user_id, child_id)

    async def replace_settings(self, user_id: UUID, child_id: UUID, game_key: str, settings: bytes) -> bool:
        """Replace the settings of an instance; False when there is none."""
        values = (user_id, child_id, game_key, settings, self._gate.value)
        return await self._database.fetchval(_SETTINGS, *values) is not None

    async def active(self, user_id: UUID, child_id: UUID) -> list[Row]:
        """Registered games the child has saves of, last saved first."""
        return await self._database.fetch(_ACTIVE, user_id, child_id)

    @staticmethod
    def educational() -> str:
        """SQL of a query for another repository's statement: the keys of the games with educational aims."""
        return _EDUCATIONAL

    @staticmethod
    def recording(played: str, *, once: bool = False) -> str:
        """SQL for another repository's statement: adds the minutes of the query `played` (child_id, game_key, minutes).

        Games that are not registered are ignored. For an inactive game only an existing instance is updated. `once`: no child is in
        it twice; to group them would cost more than to look for the game.
        """
        minutes = "p.minutes" if once else f"least(sum(p.minutes), {MAX_MINUTES})::int"
        grouped = "" if once else "     group by p.child_id, r.id\n"
        return _RECORD.format(played=played, most=MAX_MINUTES, minutes=minutes, grouped=grouped)
