"""The families that the bench works on: written by COPY, the same in each run, kept for the next one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import bcrypt
import jwt
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.documents import SMALL_BYTES, drawn_size, project
from bench.work import Actor
from wondernest.access.consent import Purpose
from wondernest.settings import Games

CHILDREN: Final = 2
SAVES: Final = 10
GAME: Final = "sticker_book"
FIRST_KEY: Final = "sticker_project_0"
"""The key of every child's first save, which always has 2 kB."""
EVEN_SHARE: Final = 10
"""One family in this many has only saves of 2 kB, so that their lists have one size."""
PASSWORD: Final = "Bench-Sunflower-7"  # noqa: S105 - of accounts that exist on no real server
BCRYPT_COST: Final = 12
_TOKEN_LIFE_S: Final = 6 * 3600
_DOCUMENTS: Final = 400
_FAMILIES_AT_ONCE: Final = 50_000
"""Written in one transaction: a build that is interrupted loses no more than this."""
_SEED: Final = 20250902
_MAIL: Final = "bench-{}@bench.invalid"
_KEEP_VERSIONS: Final = """
    insert into wondernest.save_versions
           (child_id, game_type, data_key, version, data_value, size_bytes, saved_at, created_at, reason)
    select p.child_id, %(game)s, p.data_key, n, '{"id": "kept"}', 14, now(), now(), 'overwritten'
      from picks p,
           generate_series(1, case when p.data_key = %(key)s and p.child_id = any(%(asked)s) then %(kept)s else 1 end) n
     order by p.child_id, p.data_key"""
_COUNT_USAGE: Final = """
    insert into wondernest.child_usage (child_id, family_id, saves, save_bytes, versions, history_bytes)
    select c.id, c.family_id, s.saves, s.save_bytes, coalesce(v.versions, 0), coalesce(v.history_bytes, 0)
      from family.child_profiles c
      join (select child_id, count(*) as saves, sum(octet_length(data_value::text)) as save_bytes
              from games.simple_game_data group by child_id) s on s.child_id = c.id
      left join (select child_id, count(*) as versions, sum(size_bytes) as history_bytes
                   from wondernest.save_versions group by child_id) v on v.child_id = c.id
    on conflict do nothing"""
_UNCOUNTED: Final = "select 1 where not exists (select from wondernest.child_usage)"
_ADD_INSTANCES: Final = """
    insert into games.child_game_instances (child_id, game_id)
    select c.id, r.id from family.child_profiles c, games.game_registry r where r.game_key = %s
    on conflict do nothing"""
_PERMIT: Final = """
    with missing as materialized (
        select c.id, c.family_id, f.created_by, gen_random_uuid() as consent_id
          from family.child_profiles c join family.families f on f.id = c.family_id
         where not exists (select from wondernest.consent_gates gate where gate.child_id = c.id)),
    shown as (
        insert into compliance.coppa_consent (id, family_id, child_id, parent_id, consent_type, granted)
        select consent_id, family_id, id, created_by, 'full', true from missing)
    insert into wondernest.consent_gates (child_id, purposes, in_force_until, consent_id, updated_at)
    select id, %s, now() + interval '1 year', consent_id, now() from missing"""
"""Consent of every child: it is enforced in production."""
_COUNT: Final = r"select count(*) from core.users where email like 'bench-%@bench.invalid'"


class DataSet:
    """Families 0, 1, 2, … with fixed ids.

    `small`: every document has 2 kB. `asking`: only this many families, spread evenly over all, send requests; every save then
    has one kept version, and the saves that are requested have the largest number that the service keeps.
    """

    def __init__(self, families: int, *, small: bool = False, asking: int | None = None) -> None:
        self.families = families
        self._small = small
        self._asking = asking
        self._step = 1 if asking is None else max(1, families // asking)
        self._tokens: dict[int, str] = {}

    def install(self, database_url: str, report: Callable[[str], None]) -> None:
        """Add what is missing; raises psycopg.Error."""
        present = self.families - self.missing(database_url)
        with psycopg.connect(database_url, autocommit=True) as connection:
            if present < self.families:
                report(f"building the data set: {self.families:,} families, {self.families * CHILDREN * SAVES:,} saves")
            for first in range(present, self.families, _FAMILIES_AT_ONCE):
                missing = range(first, min(first + _FAMILIES_AT_ONCE, self.families))
                with connection.transaction():
                    _copy_families(connection, missing)
                    _copy_saves(connection, missing, small=self._small)
                    if self._asking is not None:
                        self._keep_versions(connection)
                if len(missing) < self.families - present:
                    report(f"{missing.stop:,} families written")
            if present < self.families or connection.execute(_UNCOUNTED).fetchone():
                connection.execute(_COUNT_USAGE)
                connection.execute(_ADD_INSTANCES, [GAME])
            connection.execute(_PERMIT, [[purpose.value for purpose in Purpose]])
        vacuum(database_url)

    def missing(self, database_url: str) -> int:
        """How many families are still to be written."""
        with psycopg.connect(database_url) as connection:
            row = connection.execute(_COUNT).fetchone()
        return max(0, self.families - (row[0] if row else 0))

    def _keep_versions(self, connection: psycopg.Connection) -> None:
        """Add kept versions of the saves just copied; their documents are small, because nothing reads them."""
        connection.execute(
            _KEEP_VERSIONS,
            {"asked": self.asking_children(), "key": FIRST_KEY, "game": GAME, "kept": Games().kept_versions},
        )

    def _chosen(self) -> Iterable[int]:
        """The numbers of the families that send requests."""
        return range(0, self.families, self._step)

    def parents(self, secret: str, issuer: str, audience: str) -> list[Actor]:
        """An actor for each family: its token and its first child."""
        return self._actors(secret, issuer, audience, self._chosen(), children=1)

    def children(self, secret: str, issuer: str, audience: str) -> list[Actor]:
        """An actor for each child."""
        return self._actors(secret, issuer, audience, self._chosen(), children=CHILDREN)

    def even_children(self, secret: str, issuer: str, audience: str) -> list[Actor]:
        """Actors whose saves all have 2 kB."""
        chosen = range(0, self.families, EVEN_SHARE)
        return self._actors(secret, issuer, audience, chosen, children=CHILDREN)

    def asking_children(self) -> list[UUID]:
        """The children of the families that send requests."""
        return [_child(number, place) for number in self._chosen() for place in range(CHILDREN)]

    def emails(self) -> list[str]:
        """The e-mail addresses of the families that send requests; all have the same password."""
        return [_MAIL.format(number) for number in self._chosen()]

    def _actors(
        self, secret: str, issuer: str, audience: str, families: Iterable[int], *, children: int
    ) -> list[Actor]:
        """Each family keeps one token through all scenarios, as a device does."""
        actors: list[Actor] = []
        for number in families:
            if number not in self._tokens:
                self._tokens[number] = _token(number, secret, issuer, audience)
            actors += [Actor(self._tokens[number], str(_child(number, place))) for place in range(children)]
        random.Random(_SEED).shuffle(actors)
        return actors


def vacuum(database_url: str) -> None:
    """Vacuum and checkpoint now, so that neither happens during a round."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def _id(kind: str, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://bench.invalid/{kind}/{number}")


def _child(family: int, place: int) -> UUID:
    return _id("child", family * CHILDREN + place)


def _token(number: int, secret: str, issuer: str, audience: str) -> str:
    now, user = int(time.time()), str(_id("user", number))
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": user,
        "userId": user,
        "familyId": str(_id("family", number)),
        "email": _MAIL.format(number),
        "role": "PARENT",
        "verified": True,
        "nonce": str(_id("nonce", number)),
        "iat": now,
        "exp": now + _TOKEN_LIFE_S,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def _copy_families(connection: psycopg.Connection, numbers: range) -> None:
    digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(BCRYPT_COST)).decode()
    users = [(_id("user", n), _MAIL.format(n), digest, "Ann", f"Bench{n}", True) for n in numbers]
    families = [(_id("family", n), "Ann's Family", _id("user", n)) for n in numbers]
    members = [(_id("family", n), _id("user", n), "parent") for n in numbers]
    children = [
        (_child(n, place), _id("family", n), "Zoe", f"{2014 + n % 8}-0{1 + n % 9}-15", "female", "🐻")
        for n in numbers
        for place in range(CHILDREN)
    ]
    names = ("id", "email", "password_hash", "first_name", "last_name", "email_verified")
    _copy(connection, "core.users", names, users)
    _copy(connection, "family.families", ("id", "name", "created_by"), families)
    _copy(connection, "family.family_members", ("family_id", "user_id", "role"), members)
    _copy(
        connection,
        "family.child_profiles",
        ("id", "family_id", "name", "birth_date", "gender", "avatar_url"),
        children,
    )


def _copy_saves(connection: psycopg.Connection, numbers: range, *, small: bool) -> None:
    """Documents are drawn from a pool and copied inside the database, compressed as they are."""
    rng = random.Random(_SEED)
    connection.execute("create temporary table pool (number int primary key, document jsonb) on commit drop")
    connection.execute("create temporary table picks (child_id uuid, data_key text, number int) on commit drop")
    even = max(1, _DOCUMENTS // 10)
    sizes = [SMALL_BYTES if small or number < even else drawn_size(rng) for number in range(_DOCUMENTS)]
    pool = [(number, Jsonb(project(size, rng), dumps=_as_it_is)) for number, size in enumerate(sizes)]
    _copy(connection, "pool", ("number", "document"), pool)
    picks = (
        (
            _child(n, place),
            f"sticker_project_{key}",
            rng.randrange(even if key == 0 or n % EVEN_SHARE == 0 else _DOCUMENTS),
        )
        for n in numbers
        for place in range(CHILDREN)
        for key in range(SAVES)
    )
    _copy(connection, "picks", ("child_id", "data_key", "number"), picks)
    connection.execute("analyze pool, picks")
    connection.execute(
        "insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
        " select child_id, %s, data_key, document from picks join pool using (number) order by child_id, data_key",
        [GAME],
    )


def _as_it_is(document: bytes) -> bytes:
    return document


def _copy(connection: psycopg.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(*table.split(".")), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
