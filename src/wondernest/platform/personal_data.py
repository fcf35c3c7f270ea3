"""Personal data: each room declares where it holds it, why it may, and who sees it. From this it is shown, exported and erased.

A person is identified by a kind and an id. This module knows one kind, the user who signs in; `access` defines the others. The same
holds for the legal grounds and for those who see data: what any service has is here, what this one has besides is in `access`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.zipping import Entry

USER: Final = "user"
"""The kind of a person who has an account."""
People: TypeAlias = Mapping[str, Sequence[UUID]]
"""Ids by kind of person."""
ON_ERASURE: Final = "privacy.erase_due"
"""The job that erases people. What nothing else removes ends with it."""


class Ground(StrEnum):
    """Why the law lets data be held. The members are those of the subclasses; `access.law` says which article each one is."""


class GeneralGround(Ground):
    """The grounds that any service has."""

    CONTRACT = "contract"
    """The user asked for it: without the data the service cannot do it."""
    DUTY = "duty"
    """The law asks for it: what shows, gives out, stops and erases."""
    SECURITY = "security"
    """A legitimate interest: accounts and the service are protected from abuse and overload."""
    CONTINUITY = "continuity"
    """A legitimate interest: work is done whole and once, whatever breaks meanwhile."""
    DIAGNOSIS = "diagnosis"
    """A legitimate interest: the operator sees whether the service works."""
    IMPROVEMENT = "improvement"
    """A legitimate interest: what is offered first is what adults use."""
    ACCOUNTABILITY = "accountability"
    """A legitimate interest: which of its own people did what is known."""


class Viewer(StrEnum):
    """Who sees data in the usual course. Whoever runs the database can reach all of it, and is named for none.

    The members are those of the subclasses.
    """


class Party(Viewer):
    """Those who use or run the service."""

    OWNER = "owner"
    """The user whose account it is."""
    OPERATOR = "operator"
    """Commands, logs or metrics show it to whoever runs the service."""
    PUBLIC = "public"
    """Whoever has the address, where the owner made it public."""
    NOBODY = "nobody"


class Neighbour(Viewer):
    """Other services that an installation uses (docs/privacy/vendors.md)."""

    MAIL = "mail"
    TEXTS = "texts"
    VERIFIER = "verifier"
    GATEWAY = "gateway"
    STORAGE = "storage"
    CACHE = "cache"
    SCANNER = "scanner"
    LOGS = "logs"


class Operation(StrEnum):
    """What a stored identifier of a device, a session or a client is for, and for nothing else. `access.law` says what law permits it."""

    AUTHENTICATE = "authenticate"
    """Showing that somebody is who they say."""
    SESSIONS = "sessions"
    """Keeping a session, showing it to its owner, and ending it."""
    PROTECT = "protect"
    """Noticing and limiting abuse."""
    REPEAT = "repeat"
    """What is sent twice acts once, and what another device wrote is not lost."""
    DELIVER = "deliver"
    """Background work and letters that must happen, happen once."""
    DIAGNOSE = "diagnose"
    """Finding faults."""
    PROVE = "prove"
    """Showing later what was decided, and that nothing was changed since."""
    ERASE = "erase"
    """What was erased stays erased."""
    PAY = "pay"
    """A payment is found again at the gateway."""
    MEASURE = "measure"
    """Figures tell one sitting from another."""


class Through(Struct, frozen=True):
    """A foreign key to the table that names the person: the row's `column` is the `key` of a row of `table`."""

    column: str
    table: str
    key: str = "id"


class Holding(Struct, frozen=True, kw_only=True):
    """A table with personal data: about which people, what, why and for how long."""

    table: str
    people: Mapping[str, str]
    """The columns that say whose row it is, each with its kind of person: it is erased with any of them. With `through` they are
    columns of that table."""
    mentions: Mapping[str, str] = {}
    """Columns that name a person to whom the row does not belong: it stays, and names them no longer, when they are erased."""
    listed: Mapping[str, str] = {}
    """As `mentions`, columns that are lists of ids."""
    of_mentioned: Mapping[str, tuple[str, ...]] = {}
    """For columns of `mentions`, and of `people` where others share the row: the columns that say something of that person. They are
    emptied with a mention, and shown to no other user."""
    what: str
    """The class of data, as text for people."""
    why: str
    """The purpose."""
    kept: str
    """How long it is kept, and what ends that."""
    grounds: tuple[Ground, ...]
    """Why it may be held: more than one where rows differ."""
    seen_by: tuple[Viewer, ...]
    """Who sees it."""
    identifiers: Mapping[str, Operation] = {}
    """The personal columns that recognise a device, a session or a client, and what each is for."""
    ended_by: str = ON_ERASURE
    """The job that removes what was kept for so long."""
    purposes: tuple[str, ...] = ()
    """The purposes for which alone the rows are held: they are erased some time after none of them is permitted any more. Empty: the
    rows depend on none."""
    personal: tuple[str, ...] = ()
    """Other columns that identify a person or contain what the person wrote or made."""
    erased: bool = True
    """Whether the service erases people of these kinds."""
    by_room: bool = False
    """Whether an eraser of its room erases the rows, and nothing else may: a chain of rows that proves something."""
    copies: bool = False
    """Whether rows may repeat data about people near the person: then they are erased with any of those too."""
    content_bytes: str = ""
    """The column with the size of content that is stored elsewhere."""
    published: tuple[str, ...] = ()
    """The personal columns that stay, without their author, where people who stay depend on the row, because they bought it."""
    through: Through | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table itself that hold personal data."""
        own = () if self.through else tuple(self.people)
        step = (self.through.column,) if self.through else ()
        return *own, *self.mentions, *self.listed, *step, *self.personal

    def kind_of(self, column: str) -> str | None:
        """The kind of person that a column of the table itself names."""
        return self.mentions.get(column) or (None if self.through else self.people.get(column))

    async def export(self, executor: Executor, people: People) -> list[bytes]:
        """The rows about these people, or that name them, each as a JSON object."""
        condition, ids = self.about(people, mentioned=True)
        if not condition:
            return []
        rows = await executor.fetch(f"select to_jsonb(held) as document from {self.table} held where {condition}", *ids)
        return [row["document"] for row in rows]

    def about(
        self, people: People, *, mentioned: bool = False, lacking: frozenset[str] = frozenset()
    ) -> tuple[str, list[list[UUID]]]:
        """SQL condition that the row `held` is about one of the people, and its arguments; empty if none can be.

        `mentioned`: or names one of them. `lacking`: columns that an older schema does not have.
        """
        row = "held" if self.through is None else "owner"
        named = [(f"{row}.{column}", kind) for column, kind in self.people.items() if column not in lacking]
        wanted = [(column, list(people[kind])) for column, kind in named if people.get(kind)]
        condition = _any_of(wanted, 1)
        if self.through is not None and condition:
            step = self.through
            condition = f"held.{step.column} in (select owner.{step.key} from {step.table} owner where {condition})"
        if mentioned:
            more = [(f"held.{name}", list(people[kind])) for name, kind in self.mentions.items() if people.get(kind)]
            lists = [(f"held.{name}", list(people[kind])) for name, kind in self.listed.items() if people.get(kind)]
            named = _any_of(more, 1 + len(wanted))
            in_lists = _any_of(lists, 1 + len(wanted) + len(more), "{} && ${}::uuid[]")
            condition = " or ".join(filter(None, (condition, named, in_lists)))
            wanted += more + lists
        return condition, [ids for _, ids in wanted]


class Store(StrEnum):
    """Where personal data is besides the tables."""

    BLOBS = "blobs"
    CACHE = "cache"
    LOG = "log"
    MAIL = "mail"
    MEMORY = "memory"


class Elsewhere(Struct, frozen=True, kw_only=True):
    """Personal data outside the tables."""

    store: Store
    name: str
    """What the names begin with: of keys and blobs; else a name for people."""
    people: tuple[str, ...]
    what: str
    why: str
    kept: str
    grounds: tuple[Ground, ...]
    seen_by: tuple[Viewer, ...]
    operation: Operation | None
    """What the identifiers in it are for; None if it has none."""
    ended_by: str
    """The job that removes it, or what else does."""
    purposes: tuple[str, ...] = ()
    """As of a Holding."""


class Subjects(Struct, frozen=True):
    """Who is erased, and the users near them who stay."""

    people: People
    near: Sequence[UUID] = ()


class Delayed(Exception):
    """An eraser cannot do its part now. The others and the rows need not wait for it; it is tried again until it can."""


class Wanted(Struct, frozen=True):
    """Which files an export wants of a room."""

    people: People
    language: str
    """Of pages."""
    after: str = ""
    """The mark of the last entry that it has; empty: none."""


Exporter: TypeAlias = "Callable[[Wanted], AsyncGenerator[Entry]]"
"""Files about people that an export holds besides the rows. One is read to its end before the next one is asked for."""
Eraser: TypeAlias = "Callable[[Subjects], Awaitable[Mapping[str, int]]]"
"""Erases what no table's declaration tells: blobs, keys of the cache, jobs. Runs before the tables, and again after an interruption.
Returns how many of what."""


PurposeEraser: TypeAlias = "Callable[[Subjects, Callable[[], Awaitable[bool]]], Awaitable[Mapping[str, int]]]"
"""As Eraser, of what is held for one purpose. It stops as soon as the second argument, which it asks before each step, answers that
the purpose is permitted again."""


def _any_of(columns: Sequence[tuple[str, object]], first: int, form: str = "{} = any (${}::uuid[])") -> str:
    return " or ".join(form.format(column, place) for place, (column, _) in enumerate(columns, first))
