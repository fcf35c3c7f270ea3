"""The statement for one save and the statement for many do the same: random histories through both leave the same rows and answers."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.games import player
from tests.fixtures.saves import saves_of
from tests.fixtures.usage import after_keeping, counted, is_thinned, kept_versions, true_usage
from wondernest.games.repository import SaveRepository
from wondernest.games.rules import Deletion, Limits, Precondition, Reason, Saved, SaveKey, Write, writer
from wondernest.platform.db.pool import Database

LIMITS = Limits(kept_versions=2, saves_per_child=1, bytes_per_family=400)
GAMES = ("sticker_book", "unregistered")
KEYS = ("a",)
AGES = (timedelta(minutes=10), timedelta(days=1), timedelta(days=60))
"""Whole spans of ten minutes, so that versions of different spans stay in different ones."""
CHILDREN = 2
STEPS = 60
ADD_FAMILY = "insert into family.families (id, name, created_by) values ($1, 'F', $2)"
ADD_MEMBER = "insert into family.family_members (family_id, user_id, role) values ($1, $2, 'parent')"
ADD_CHILD = "insert into family.child_profiles (id, family_id, name, birth_date) values ($1, $2, 'Zoe', '2018-01-01')"
ARCHIVE = "update family.child_profiles set archived_at = case when archived_at is null then now() end where id = $1"
AGE = "update wondernest.save_versions set kept_at = kept_at - $2::interval where child_id = $1"
NO_TRIGGERS = "set local session_replication_role = replica"
SAME_TIMES = """
    update games.simple_game_data s set updated_at = twin.updated_at from games.simple_game_data twin
     where s.child_id = $1 and twin.child_id = $2 and s.game_type = twin.game_type and s.data_key = twin.data_key"""
SAME_TIMES_KEPT = """
    update wondernest.save_versions v set kept_at = twin.kept_at from wondernest.save_versions twin
     where v.child_id = $1 and twin.child_id = $2 and v.game_type = twin.game_type and v.data_key = twin.data_key
       and v.version = twin.version"""
KOTLIN = """
    update games.simple_game_data
       set id = gen_random_uuid(), data_value = jsonb_set(data_value, '{n}', '999')
     where child_id = $1 and game_type = $2 and data_key = $3"""
"""Usage does not know it, so the size stays the same."""
TAG_OF = """
    select to_hex((extract(epoch from coalesce(updated_at, created_at)) * 1000000)::bigint) || '-'
           || to_hex(jsonb_hash_extended(data_value, 0))
      from games.simple_game_data where child_id = $1 and game_type = $2 and data_key = $3"""
ROWS = """
    select game_type as kind, data_key as key, data_version as number, data_value::text as content
      from games.simple_game_data where child_id = $1
     union all
    select game_type || ' kept', data_key, version,
           concat_ws(' ', data_value::text, size_bytes, reason, device, encode(replaced_by, 'hex'), by_another)
      from wondernest.save_versions where child_id = $1
     union all
    select 'played', r.game_key, g.session_count, ''
      from games.child_game_instances g join games.game_registry r on r.id = g.game_id where g.child_id = $1
     order by kind, key, number"""


@dataclass(frozen=True)
class Store:
    """A save. `condition`: '', '*', '!', 'current' or 'stale'."""

    child: int
    key: SaveKey
    size: int
    condition: str
    device: str | None
    reason: Reason
    by_stranger: bool
    archived_too: bool


@dataclass(frozen=True)
class Remove:
    """A delete, or a delete of the whole type."""

    child: int
    key: SaveKey
    whole_type: bool


@dataclass(frozen=True)
class Elsewhere:
    """What happens without us: time passes, an earlier backend writes, or the child is archived or comes back."""

    child: int
    what: timedelta | str
    key: SaveKey


def story(seed: int) -> list[Store | Remove | Elsewhere]:
    """Random steps, most of them saves over an older one."""
    chance = random.Random(seed)

    def key() -> SaveKey:
        game = chance.choice(GAMES)
        return SaveKey(game, f"{game[0]}{chance.choice(KEYS)}")

    def step() -> Store | Remove | Elsewhere:
        child, kind = chance.randrange(CHILDREN), chance.random()
        if kind < 0.08:
            return Remove(child, key(), whole_type=chance.random() < 0.3)
        if kind < 0.2:
            return Elsewhere(child, chance.choice([*AGES, "kotlin", "archive"]), key())
        return Store(
            child,
            key(),
            size=chance.choice([0, 0, 10, 40, 150]),
            condition=chance.choice(["", "", "", "", "*", "!", "current", "stale"]),
            device=chance.choice([None, "tablet", "tablet", "phone"]),
            reason=chance.choice([Reason.OVERWRITTEN, Reason.OVERWRITTEN, Reason.RESTORED]),
            by_stranger=chance.random() < 0.05,
            archived_too=chance.random() < 0.3,
        )

    return [step() for _ in range(STEPS)]


class Family:
    """A family of its own, whose saves are written through one of the statements."""

    def __init__(self, saves: SaveRepository, database: Database, guardian: UUID, stranger: UUID) -> None:
        self._saves = saves
        self._database = database
        self._guardian = guardian
        self._stranger = stranger
        self.children = [uuid4() for _ in range(CHILDREN)]
        self._serial = 100

    async def begin(self) -> None:
        """Make the family and its children."""
        family = uuid4()
        await self._database.execute(ADD_FAMILY, family, self._guardian)
        await self._database.execute(ADD_MEMBER, family, self._guardian)
        for child in self.children:
            await self._database.execute(ADD_CHILD, child, family)

    async def take(self, step: Store | Remove | Elsewhere) -> object:
        """Take one step; the answer without ids and times."""
        child = self.children[step.child]
        if isinstance(step, Store):
            return await self._store(child, step)
        if isinstance(step, Remove):
            key = None if step.whole_type else step.key.data_key
            by = writer(self._guardian, None)
            gone = await self._saves.delete(Deletion(self._guardian, child, step.key.game_type, key, writer=by))
            return gone.owned, gone.done, gone.count
        if step.what == "kotlin":
            await self._database.execute(KOTLIN, child, step.key.game_type, step.key.data_key)
        elif step.what == "archive":
            await self._database.execute(ARCHIVE, child)
        else:
            await self._database.execute(AGE, child, step.what)
        return None

    async def _store(self, child: UUID, step: Store) -> object:
        self._serial += 1
        document = json.dumps({"n": self._serial, "filling": "x" * step.size}).encode()
        condition = await self._condition(child, step)
        user = self._stranger if step.by_stranger else self._guardian
        by = writer(user, step.device)
        before = await kept_versions(self._database, child, step.key.data_key)
        saved = await self._saves.store(
            Write(user, child, step.key, document, condition, step.device, step.reason, step.archived_too, by)
        )
        after = await kept_versions(self._database, child, step.key.data_key)
        known = [version.version for version in before]
        if after and after[0].version not in known:
            before = [after[0], *before]
            known = after_keeping(before, LIMITS.kept_versions, datetime.now(UTC))
        assert [version.version for version in after] == known
        return _comparable(saved)

    async def _condition(self, child: UUID, step: Store) -> Precondition:
        if step.condition == "current":
            tag = await self._database.fetchval(TAG_OF, child, step.key.game_type, step.key.data_key)
            return Precondition(f",{tag or '0-0'},")
        return Precondition(",0-0," if step.condition == "stale" else step.condition)

    async def like(self, other: Family) -> None:
        """Take over the times of the other family, which took the same step a moment before, so that both thin alike."""
        async with self._database.lease() as connection, connection.transaction():
            await connection.execute(NO_TRIGGERS)
            for mine, theirs in zip(self.children, other.children, strict=True):
                await connection.execute(SAME_TIMES, mine, theirs)
                await connection.execute(SAME_TIMES_KEPT, mine, theirs)

    async def rows(self) -> list[list[object]]:
        """Everything that is stored for the children."""
        return [[tuple(row) for row in await self._database.fetch(ROWS, child)] for child in self.children]

    async def check(self) -> None:
        """Usage is true, the limits hold, and every history is thinned."""
        usages = [await counted(self._database, child) for child in self.children]
        assert usages == [await true_usage(self._database, child) for child in self.children]
        assert all(usage.saves <= LIMITS.saves_per_child for usage in usages)
        assert sum(usage.save_bytes for usage in usages) <= LIMITS.bytes_per_family
        for child in self.children:
            for key in (f"{game[0]}{key}" for game in GAMES for key in KEYS):
                assert is_thinned(await kept_versions(self._database, child, key), LIMITS.kept_versions)


def _comparable(saved: Saved) -> object:
    state, current = saved.state, saved.current
    return (
        saved.owned,
        saved.done,
        saved.refused,
        saved.exceeds,
        saved.instance_id is not None,
        state and (state.version, state.digest),
        current and (current.version, current.digest),
        saved.current_size,
    )


@pytest.fixture
async def people(app_client: httpx2.AsyncClient, database_url: str) -> tuple[str, UUID, UUID]:
    """The database, and two parents."""
    mia, noah = await player(app_client), await player(app_client)
    return database_url, UUID(mia.parent.user_id), UUID(noah.parent.user_id)


@pytest.mark.parametrize("seed", range(4))
async def test_the_statement_for_one_and_the_one_for_many_leave_the_same_rows_and_answers(
    people: tuple[str, UUID, UUID], seed: int
) -> None:
    """Each story is lived by two families, whose saves go through different statements."""
    url, guardian, stranger = people
    async with saves_of(url, limits=LIMITS) as (lean, one), saves_of(url, limits=LIMITS, lean=False) as (many, other):
        first, second = Family(lean, one, guardian, stranger), Family(many, other, guardian, stranger)
        await first.begin()
        await second.begin()
        for number, step in enumerate(story(seed)):
            assert await first.take(step) == await second.take(step), (number, step)
            await second.like(first)
        for mine, theirs in zip(await first.rows(), await second.rows(), strict=True):
            assert set(mine) ^ set(theirs) == set()
        await first.check()
        await second.check()
