"""Who gets a letter: the address of an account, and the language of the family that the adult acts for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.access.guardianship import family_of
from wondernest.platform.languages import DEFAULT_LANGUAGE, spoken

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Row


def language_of(user_id: str) -> str:
    """SQL expression: the language that the family of an adult chose (`user_id` is an SQL expression); null if it chose none."""
    return f"""(select locale.language from wondernest.family_locales locale
                      where locale.family_id = ({family_of(user_id, acting=False)}))"""


READER: Final = f"""
    select u.email, {language_of("u.id")} as language
      from core.users u where u.id = $1 and u.is_active is not false"""
"""SQL query: the reader with the account $1; no row if it is deactivated."""


class Reader(Struct, frozen=True):
    """An adult to whom a letter goes."""

    email: str
    language: str
    """One of ours: the family's, or the default one."""


def reader_of(row: Row | None, asked: str | None = None) -> Reader | None:
    """A row of READER. `asked`: the language for a family that chose none."""
    return None if row is None else Reader(row["email"], spoken(row["language"]) or spoken(asked) or DEFAULT_LANGUAGE)
