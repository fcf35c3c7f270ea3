"""Users and the families they act for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, family_of
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row


class Account(Struct, frozen=True):
    """A user with the family it acts for. NULL columns are replaced by their defaults."""

    id: UUID
    email: str
    password_hash: str
    first_name: str | None
    role: str
    verified: bool
    active: bool
    pin_hash: str | None
    family_id: UUID | None
    children: tuple[UUID, ...]
    """Active children of the family, oldest profile first."""


class NewAccount(Struct, frozen=True):
    """A user and a family to be created together."""

    user_id: UUID
    family_id: UUID
    email: str
    password_hash: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    verified: bool
    family_name: str
    time_zone: str = DEFAULT_ZONE
    language: str = DEFAULT_LANGUAGE


ACCOUNT: Final = f"""
    select u.id, u.email, u.password_hash, u.first_name, coalesce(u.role, 'parent') as role,
           coalesce(u.email_verified, false) as verified, coalesce(u.is_active, true) as active,
           nullif(u.pin_hash, '') as pin_hash, f.family_id,
           array(select c.id from family.child_profiles c where c.family_id = f.family_id and {active("c")}
                  order by c.created_at nulls first, c.id) as children
      from core.users u left join lateral ({family_of("u.id", acting=False)}) f on true"""
LOCK_USER: Final = "select id from core.users where id = $1 for no key update"

_BY_ID: Final = f"{ACCOUNT} where u.id = $1"
FOUND_BY_EMAIL: Final = """found as (
        (select id from core.users where email = $1)
        union all
        (select id from core.users
          where lower(email) = $1 and email <> lower(email) and not exists (select from core.users where email = $1)
          order by created_at, id)
        limit 1)"""
"""The unique index finds lower-case addresses. Only when that finds nothing, the index of mixed-case addresses is searched
(schema trap 6)."""
_BY_EMAIL: Final = f"with {FOUND_BY_EMAIL} {ACCOUNT} join found on found.id = u.id"

_DEACTIVATE: Final = "update core.users set is_active = false where id = $1 returning true"
_MAKE_FAMILY: Final = """
    with household as (
        insert into family.families (id, name, created_by, created_at, updated_at)
        select $2, $3, $1, $4, $4
         where not exists (select from family.family_members where user_id = $1) returning id)
    insert into family.family_members (family_id, user_id, role, joined_at) select id, $1, 'parent', $4 from household"""


def account_of(row: Row) -> Account:
    """The account of a row of `ACCOUNT`."""
    return Account(
        id=row["id"],
        email=row["email"],
        password_hash=row["password_hash"],
        first_name=row["first_name"],
        role=row["role"],
        verified=row["verified"],
        active=row["active"],
        pin_hash=row["pin_hash"],
        family_id=row["family_id"],
        children=tuple(row["children"]),
    )


class AccountRepository:
    """Finds accounts; creates the family of an account that has none."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def by_email(self, email: str) -> Account | None:
        """The account of a lower-case address, active or not."""
        row = await self._database.fetchrow(_BY_EMAIL, email)
        return None if row is None else account_of(row)

    async def by_id(self, user_id: UUID) -> Account | None:
        """The account, active or not."""
        row = await self._database.fetchrow(_BY_ID, user_id)
        return None if row is None else account_of(row)

    @staticmethod
    async def deactivate(unit: Executor, user_id: UUID) -> bool:
        """Deactivate an account, and lock its row; False if there is none."""
        return await unit.fetchval(_DEACTIVATE, user_id) is True

    @staticmethod
    async def with_family(unit: Executor, user_id: UUID, family_id: UUID, name: str, now: datetime) -> Account | None:
        """Create a family for a user who has none, once even under concurrency; returns the account."""
        await unit.fetchval(LOCK_USER, user_id)
        await unit.execute(_MAKE_FAMILY, user_id, family_id, name, now)
        row = await unit.fetchrow(_BY_ID, user_id)
        return None if row is None else account_of(row)
