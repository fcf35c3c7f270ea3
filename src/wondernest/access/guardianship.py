"""The one guardianship rule: an adult may act for the active children of the families they belong to."""

from __future__ import annotations

from typing import Final

ACTIVE: Final = "{child}.is_active is not false and {child}.archived_at is null"
"""An active child: not archived; NULL in `is_active` counts as active (schema trap 5)."""


def active(child: str) -> str:
    """SQL condition: the row aliased `child` is an active child."""
    return ACTIVE.format(child=child)


def guards(child_id: str, user_id: str, *, archived_too: bool | str = False) -> str:
    """SQL condition: the adult `user_id` may act for the child `child_id` (both SQL expressions, never values).

    `archived_too` includes archived children: events recorded offline still arrive (games contract §6). It may be an SQL
    expression too, where one statement serves both cases.
    The outer select keeps the planner from joining whole tables when it has no statistics: always two index probes per row.
    """
    if isinstance(archived_too, str):
        alive = f" and ({archived_too} or {active('guarded')})"
    else:
        alive = "" if archived_too else f" and {active('guarded')}"
    return (
        "(select exists (select from family.child_profiles guarded"
        " join family.family_members guardian on guardian.family_id = guarded.family_id"
        f" where guarded.id = {child_id} and guardian.user_id = {user_id}{alive}))"
    )


def belongs(family_id: str, user_id: str) -> str:
    """SQL condition: the adult is a member of the family."""
    return (
        "exists (select from family.family_members belonging"
        f" where belonging.family_id = {family_id} and belonging.user_id = {user_id})"
    )


FAMILY_OF: Final = """
    select member.family_id from family.family_members member
     where member.user_id = {user_id}
     order by (member.family_id = {hint}) desc nulls last, member.joined_at nulls last, member.family_id limit 1"""


def family_of(user_id: str, hint: str = "null::uuid") -> str:
    """SQL query: the family the adult acts for. The hint is used only if they are a member of that family.

    Otherwise the earliest membership decides (schema §3: Rust's rule, two memberships are allowed).
    """
    return FAMILY_OF.format(user_id=user_id, hint=hint)
