"""Erases the rows that rooms declare to be about people: in the order of the foreign keys, a few rows in each transaction.

What the tables look like is read from the database, because an older schema may lack some of them. Every step can be repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from msgspec import Struct

from wondernest.platform.personal_data import USER, Holding, People, Subjects

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

BATCH_ROWS: Final = 200
"""How many rows one transaction deletes or changes: so many locks are held for some milliseconds."""
PASSES: Final = 3
"""How often the tables are gone through while others write rows that refer to a row that goes."""
_COLUMNS: Final = """
    select n.nspname || '.' || c.relname as table_name, a.attname as name, format_type(a.atttypid, null) as kind, a.attnotnull as needed,
           a.attnum = any (coalesce((select p.conkey from pg_constraint p where p.conrelid = c.oid and p.contype = 'p'), '{}')) as is_key
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and n.nspname || '.' || c.relname = any ($1::text[])
     order by a.attnum"""
_KEYS: Final = """
    select n.nspname || '.' || c.relname as table_name, tn.nspname || '.' || tc.relname as target,
           k.confdeltype::text as action,
           array(select a.attname::text from unnest(k.conkey) with ordinality as u (number, place)
                   join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place) as columns,
           array(select a.attname::text from unnest(k.confkey) with ordinality as u (number, place)
                   join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.place) as target_columns
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_class tc on tc.oid = k.confrelid join pg_namespace tn on tn.oid = tc.relnamespace
     where k.contype = 'f' and tn.nspname || '.' || tc.relname = any ($1::text[])"""
_SET_NULL: Final = ("n", "d")
_CASCADE: Final = "c"
_BLANK: Final = {
    "json": "'{}'",
    "jsonb": "'{}'",
    "inet": "'0.0.0.0'",
    "bytea": "''",
    "text": "''",
    "character varying": "''",
}
"""What a column that must have a value gets when its row stays for others."""
StandIn: TypeAlias = Callable[[str], Awaitable[UUID]]
"""The id of somebody of a kind who is nobody: in the place of an erased person where a row that stays must name one."""


class StillReferenced(Exception):
    """Rows that are not about the person refer to the person's own row, so it cannot be deleted."""


class Column(Struct, frozen=True):
    """A column of a table, as the database has it."""

    name: str
    kind: str
    needed: bool
    is_key: bool


class ForeignKey(Struct, frozen=True):
    """A foreign key of `table` on `target`."""

    table: str
    target: str
    action: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]

    def refers(self) -> str:
        """SQL condition: some row refers to the row `held` of the target."""
        pairs = zip(self.columns, self.target_columns, strict=True)
        return f"exists (select from {self.table} ref where {' and '.join(f'ref.{c} = held.{t}' for c, t in pairs)})"


class Step(Struct, frozen=True):
    """What is done in one table."""

    holding: Holding
    columns: Mapping[str, Column]
    keys: tuple[str, ...]
    """The primary key."""
    blocked_by: tuple[ForeignKey, ...]
    """Foreign keys of rows that may stay: a row that one of them refers to is not deleted."""
    cut: tuple[ForeignKey, ...]
    """Foreign keys of a circle on this table, emptied in the people's own rows first."""

    @property
    def lacking(self) -> frozenset[str]:
        """The declared columns that an older schema does not have."""
        return frozenset(name for name in self.holding.columns if name not in self.columns)

    @property
    def identifies(self) -> bool:
        """Whether a row is a person, rather than about one."""
        return any(self.columns[name].is_key and len(self.keys) == 1 for name in self._own_people())

    def _own_people(self) -> list[str]:
        return [] if self.holding.through else [name for name in self.holding.people if name in self.columns]


class RowEraser:
    """Erases rows of the given holdings."""

    def __init__(self, holdings: Iterable[Holding]) -> None:
        self._holdings = tuple(holding for holding in holdings if holding.erased)

    async def plan(self, executor: Executor) -> list[Step]:
        """The steps in their order: a table before those that it refers to."""
        names = sorted({holding.table for holding in self._holdings})
        columns: dict[str, dict[str, Column]] = {}
        for row in await executor.fetch(_COLUMNS, names):
            column = Column(row["name"], row["kind"], row["needed"], row["is_key"])
            columns.setdefault(row["table_name"], {})[column.name] = column
        keys = [
            ForeignKey(r["table_name"], r["target"], r["action"], tuple(r["columns"]), tuple(r["target_columns"]))
            for r in await executor.fetch(_KEYS, names)
        ]
        held = {holding.table: holding for holding in self._holdings if holding.table in columns}
        edges = {(key.table, key.target) for key in keys if key.table in held and key.table != key.target}
        edges |= {(name, h.through.table) for name, h in held.items() if h.through and h.through.table in held}
        order, circles = ordered(held, edges)
        return [
            Step(
                holding=held[name],
                columns=columns[name],
                keys=tuple(column.name for column in columns[name].values() if column.is_key),
                blocked_by=tuple(key for key in keys if key.target == name and _blocks(key, held)),
                cut=tuple(key for key in keys if key.target == name and (key.table, name) in circles),
            )
            for name in order
        ]

    async def erase(
        self, executor: Executor, subjects: Subjects, stand_in: StandIn, spare: frozenset[str] = frozenset()
    ) -> dict[str, int]:
        """Erase what is about the people; returns how many rows of which tables. `spare`: tables that are left out. Raises StillReferenced."""
        planned = await self.plan(executor)
        steps = [step for step in planned if step.holding.table not in spare and not step.holding.by_room]
        counts: dict[str, int] = {}
        for _ in range(PASSES):
            for step in steps:
                await self._cut(executor, step, steps, subjects)
                await self._delete(executor, step, subjects, counts)
                await self._forget_mentions(executor, step, subjects.people, stand_in)
            if not [step for step in steps if await self._left(executor, step, subjects)]:
                return counts
        for step in steps:
            await self._blank(executor, step, subjects, stand_in)
            await self._delete(executor, step, subjects, counts)
        for step in steps:
            if step.identifies and await self._left(executor, step, subjects):
                raise StillReferenced(step.holding.table)
        return counts

    async def count(self, executor: Executor, people: People) -> dict[str, int]:
        """How many rows of which tables are about the people, or name them."""
        found: dict[str, int] = {}
        for step in await self.plan(executor):
            condition, ids = step.holding.about(people, mentioned=True, lacking=step.lacking)
            if condition:
                number = await executor.fetchval(
                    f"select count(*) from {step.holding.table} held where {condition}", *ids
                )
                if number:
                    found[step.holding.table] = number
        return found

    async def _cut(self, executor: Executor, step: Step, steps: Sequence[Step], subjects: Subjects) -> None:
        for key in step.cut:
            other = next((other for other in steps if other.holding.table == key.table), None)
            if other is None:
                continue
            condition, ids = _about(other, subjects)
            if not condition or any(other.columns[name].needed for name in key.columns):
                continue
            emptied = ", ".join(f"{name} = null" for name in key.columns)
            named = f"({condition}) and held.{key.columns[0]} is not null"
            await executor.execute(f"update {key.table} held set {emptied} where {named}", *ids)

    async def _delete(self, executor: Executor, step: Step, subjects: Subjects, counts: dict[str, int]) -> None:
        condition, ids = _about(step, subjects)
        if not condition:
            return
        table, free = step.holding.table, "".join(f" and not {key.refers()}" for key in step.blocked_by)
        statement = f"delete from {table} gone where {_some(step, f'({condition}){free}')}"
        while number := _number(await executor.execute(statement, *ids)):
            counts[table] = counts.get(table, 0) + number
            if number < BATCH_ROWS:
                return

    async def _left(self, executor: Executor, step: Step, subjects: Subjects) -> bool:
        condition, ids = _about(step, subjects)
        found = f"select exists (select from {step.holding.table} held where {condition})"
        return bool(condition) and await executor.fetchval(found, *ids) is True

    async def _forget_mentions(self, executor: Executor, step: Step, people: People, stand_in: StandIn) -> None:
        for name, kind in step.holding.mentions.items():
            ids, column = list(people.get(kind, ())), step.columns.get(name)
            if not ids or column is None:
                continue
            named = f"held.{name} = any ($1::uuid[])"
            said = [step.columns[one] for one in step.holding.of_mentioned.get(name, ()) if one in step.columns]
            also = "".join(f", {one.name} = {_blank_of(one)}" for one in said)
            if not column.needed:
                await self._change(executor, step, named, f"{name} = null{also}", [ids])
            elif await executor.fetchval(f"select exists (select from {step.holding.table} held where {named})", ids):
                await self._change(executor, step, named, f"{name} = $2{also}", [ids, await stand_in(kind)])

        for name, kind in step.holding.listed.items():
            ids = list(people.get(kind, ()))
            if ids and name in step.columns:
                await self._change(executor, step, f"held.{name} && $1::uuid[]", _removed(name), [ids])

    async def _blank(self, executor: Executor, step: Step, subjects: Subjects, stand_in: StandIn) -> None:
        """Take from the rows that stay for others who they were about, and what that person wrote in them."""
        if step.identifies or not await self._left(executor, step, subjects):
            return
        holding, wanted = step.holding, _wanted(step, subjects)
        condition, arguments = _about(step, subjects)
        values: list[Any] = [*arguments]
        personal = [step.columns[name] for name in holding.personal if name in step.columns]
        sets = [
            f"{column.name} = {_blank_of(column)}"
            for column in personal
            if column.name not in holding.published and not column.is_key
        ]
        for place, name in enumerate(wanted, 1) if holding.through is None else ():
            nobody = "null"
            if step.columns[name].needed:
                values.append(await stand_in(holding.people[name]))
                nobody = f"${len(values)}::uuid"
            sets.append(f"{name} = case when {name} = any (${place}::uuid[]) then {nobody} else {name} end")
        if sets:
            await executor.execute(f"update {holding.table} held set {', '.join(sets)} where {condition}", *values)

    @staticmethod
    async def _change(executor: Executor, step: Step, condition: str, change: str, values: Sequence[Any]) -> None:
        statement = f"update {step.holding.table} gone set {change} where {_some(step, condition)}"
        while _number(await executor.execute(statement, *values)) >= BATCH_ROWS:
            continue


def ordered(names: Iterable[str], edges: set[tuple[str, str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """The names, each before those that it refers to; and the references that had to be left out, because they make a circle."""
    waiting, open_edges, order = sorted(names), set(edges), list[str]()
    left_out: set[tuple[str, str]] = set()
    while waiting:
        ready = [name for name in waiting if not any(target == name for _, target in open_edges)]
        chosen = ready or [min(waiting, key=lambda name: (sum(target == name for _, target in open_edges), name))]
        for name in chosen:
            left_out |= {edge for edge in open_edges if edge[1] == name}
            open_edges = {edge for edge in open_edges if name not in edge}
            order.append(name)
            waiting.remove(name)
    return order, left_out


def _blocks(key: ForeignKey, held: Mapping[str, Holding]) -> bool:
    """Whether a row that the key refers to must stay. A row of a table about nobody goes with what it belongs to."""
    if key.table == key.target or key.action in _SET_NULL:
        return False
    return key.action != _CASCADE or (key.table in held and bool(held[key.table].people))


def _wanted(step: Step, subjects: Subjects) -> list[str]:
    """The columns that `about` compares, in the order of its arguments."""
    people = _people(step.holding, subjects)
    return [name for name, kind in step.holding.people.items() if name not in step.lacking and people.get(kind)]


def _people(holding: Holding, subjects: Subjects) -> People:
    if not holding.copies:
        return subjects.people
    return {**subjects.people, USER: [*subjects.people.get(USER, ()), *subjects.near]}


def _about(step: Step, subjects: Subjects) -> tuple[str, list[list[UUID]]]:
    return step.holding.about(_people(step.holding, subjects), lacking=step.lacking)


def _some(step: Step, condition: str) -> str:
    """SQL condition: the row `gone` is one of the first BATCH_ROWS with a condition on `held`."""
    key = ", ".join(step.keys)
    found = f"select {', '.join(f'held.{name}' for name in step.keys)} from {step.holding.table} held where {condition}"
    return f"({key}) in ({found} limit {BATCH_ROWS})"


def _removed(name: str) -> str:
    return f"{name} = array(select one from unnest({name}) one where one <> all ($1::uuid[]))"


def _blank_of(column: Column) -> str:
    if not column.needed:
        return "null"
    return "'{}'" if column.kind.endswith("[]") else _BLANK.get(column.kind, column.name)


def _number(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
