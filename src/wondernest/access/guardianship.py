"""The rules of access, as pieces of SQL: an adult whose account is active may act for the active children of their families.

A statement that contains a piece checks it by itself. What the wire shows as "not found" or "of another family" is a value of
the piece; a deactivated account, or a member who is no parent, ends the statement with an SQLSTATE of `Refusal`, which the
application answers in the route's own form. So no room has to tell these refusals apart, and none costs a round trip.
"""

from __future__ import annotations

from typing import Final

from wondernest.platform.faults import Refusal

ACTIVE: Final = "{child}.is_active is not false and {child}.archived_at is null"
"""An active child: not archived; NULL in `is_active` counts as active (schema trap 5)."""
PARENT_ROLES: Final = ("parent", "guardian")
"""The roles, in any case of letters, that may change a family, its children or consent. Every backend gives `parent` to the adult
who registers; a legal guardian is a parent in the sense of 16 CFR 312.2. Any other word, or none, is a member: reads everything
and lets the children play."""


def active(child: str) -> str:
    """SQL condition: the row aliased `child` is an active child."""
    return ACTIVE.format(child=child)


def refuse(why: Refusal) -> str:
    """SQL expression that ends the statement with CallerRefused. It has the type boolean and never a value."""
    return f"wondernest.refuse('{why.value}')"


def deactivated(user_id: str) -> str:
    """SQL condition: the account is deactivated. NULL in `is_active` counts as active; so does an account without a row."""
    return f"exists (select from core.users acting where acting.id = {user_id} and acting.is_active = false)"


def stands(user_id: str) -> str:
    """SQL condition, always true: it ends the statement when the account is deactivated.

    The outer select makes it a part that PostgreSQL runs first and once, whatever rows the statement finds.
    """
    return f"(select case when {deactivated(user_id)} then {refuse(Refusal.ACCOUNT)} else true end)"


def is_parent(member: str) -> str:
    """SQL condition: the row of family.family_members aliased `member` has the role of a parent."""
    words = ", ".join(f"'{role}'" for role in PARENT_ROLES)
    return f"lower({member}.role) in ({words})"


def guards(
    child_id: str, user_id: str, *, archived_too: bool | str = False, parent: bool = False, consent: str = "true"
) -> str:
    """SQL condition: the adult `user_id` may act for the child `child_id` (both SQL expressions, never values).

    `archived_too` includes archived children: events recorded offline still arrive (games contract §6). It may be an SQL
    expression too, where one statement serves both cases. `parent`: the statement changes the child or its consent, so a member
    of its family who is no parent is refused; a stranger is not, and sees a missing child as everywhere. A deactivated account is
    refused always. `consent`: the condition of access/consent.py that is asked of the adult's own child.
    The outer select keeps the planner from joining whole tables when it has no statistics: always index probes per row.
    """
    if isinstance(archived_too, str):
        alive = f" and ({archived_too} or {active('guarded')})"
    else:
        alive = "" if archived_too else f" and {active('guarded')}"
    guardian = (
        "exists (select from family.child_profiles guarded"
        " join family.family_members guardian on guardian.family_id = guarded.family_id"
        f" where guarded.id = {child_id} and guardian.user_id = {user_id}{alive}{{role}})"
    )
    allowed = _managed(guardian, "guardian") if parent else guardian.format(role="")
    if consent != "true":
        allowed = f"case when {allowed} then {consent} else false end"
    return f"(select case when {deactivated(user_id)} then {refuse(Refusal.ACCOUNT)} else {allowed} end)"


def belongs(family_id: str, user_id: str, *, parent: bool = False) -> str:
    """SQL condition: the adult is a member of the family. `parent`: ends the statement for a member who is no parent."""
    member = (
        "exists (select from family.family_members belonging"
        f" where belonging.family_id = {family_id} and belonging.user_id = {user_id}{{role}})"
    )
    return f"({_managed(member, 'belonging')})" if parent else member.format(role="")


def relatives(one: str, other: str) -> str:
    """SQL condition: two adults are members of the same family (both SQL expressions of user ids, never values)."""
    return (
        "exists (select from family.family_members theirs"
        " join family.family_members mine on mine.family_id = theirs.family_id"
        f" where theirs.user_id = {one} and mine.user_id = {other})"
    )


def _managed(membership: str, member: str) -> str:
    return (
        f"case when {membership.format(role=f' and {is_parent(member)}')} then true"
        f" when {membership.format(role='')} then {refuse(Refusal.AUTHORITY)} else false end"
    )


FAMILY_OF: Final = """
    select member.family_id from family.family_members member
     where member.user_id = {user_id}{standing}
     order by (member.family_id = {hint}) desc nulls last, member.joined_at nulls last, member.family_id limit 1"""


def family_of(user_id: str, hint: str = "null::uuid", *, acting: bool = True) -> str:
    """SQL query: the family the adult acts for. The hint is used only if they are a member of that family.

    Otherwise the earliest membership decides (schema §3: Rust's rule, two memberships are allowed). It ends the statement when
    the account is deactivated, unless the adult does not act (`acting` False: a login looks the account up).
    """
    standing = f" and {stands(user_id)}" if acting else ""
    return FAMILY_OF.format(user_id=user_id, hint=hint, standing=standing)
