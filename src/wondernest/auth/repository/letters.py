"""The arguments of a letter's job, for statements that enqueue one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from wondernest.platform.languages import number_of

LANGUAGE: Final = "language"
"""The argument of every letter's job: the number of the language that the request asked for."""


class LetterJob(Struct, frozen=True):
    """A letter that a statement enqueues."""

    job: str
    user: str
    """The name of the argument that holds the user id."""
    language: str
    """The one that the request asked for; a family's own choice goes before it."""

    @property
    def arguments(self) -> tuple[str, int]:
        """The parameters of `letter_args`."""
        return self.user, number_of(self.language)


def letter_args(first: int, user_id: str) -> str:
    """SQL expression: the job's arguments. Its parameters from `first` on: `LetterJob.arguments`."""
    return f"jsonb_build_object(${first}::text, {user_id}, '{LANGUAGE}', ${first + 1}::smallint)"
