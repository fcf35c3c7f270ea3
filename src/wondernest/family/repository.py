"""Families, members, children and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from wondernest.access.ages import consent_age
from wondernest.access.guardianship import active, belongs, family_of, guards, is_parent, stands
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.family import controls
from wondernest.family.model import Child, Family, Household, Member
from wondernest.family.preferences import DAYS, SWITCHES, KnownSettings, Locale, SettingsChanges, StoredSettings
from wondernest.platform.json import encode_document
from wondernest.platform.time_zones import DEFAULT_ZONE
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.family.controls import ContentSettings, TimeRestrictions
    from wondernest.platform.db.pool import Executor, Row

_UNDATED: Final = "'1970-01-01Z'::timestamptz"
_BORN: Final = "least(greatest(c.birth_date, '0001-01-01'), '9999-12-31')"
"""Limited to the years that Python supports: the earlier backends accepted any year that PostgreSQL knows."""
_CHILD: Final = f"""row(c.id, c.family_id, c.name, {_BORN},
        coalesce(c.created_at, c.updated_at, {_UNDATED}), coalesce(c.updated_at, c.created_at, {_UNDATED}), c.gender,
        c.avatar_url, coalesce(d.interests, c.interests), s.content_preferences, s.time_restrictions,
        s.blocked_categories, s.max_session_minutes)"""
_PROBE: Final = "left join lateral (select * from {} offset 0) {} on true"
"""A join that is one index probe per row, with any statistics. A plain join scans the whole table for each family while the
database has not been analysed."""
_CHILD_PARTS: Final = f"""
      {_PROBE.format("family.child_settings where child_id = c.id", "s")}
      {_PROBE.format("wondernest.child_details where child_id = c.id", "d")}"""
_CHILDREN: Final = f"""
    (select array_agg({_CHILD} order by c.created_at, c.id)
       from family.child_profiles c {_CHILD_PARTS}
      where c.family_id = acting.family_id and {active("c")})"""
_MEMBERS: Final = f"""
    (select array_agg(row(m.id, m.family_id, m.user_id, coalesce(m.role, 'member'), coalesce(m.joined_at, {_UNDATED}),
                          u.first_name, u.last_name, u.email) order by m.joined_at, m.id)
       from family.family_members m {_PROBE.format("core.users where id = m.user_id", "u")}
      where m.family_id = acting.family_id)"""
_SWITCHES: Final = (
    f"(select p.privacy_settings -> '{SWITCHES}' from family.family_settings p where p.family_id = acting.family_id)"
)
_LOCALE: Final = "wondernest.family_locales where family_id = acting.family_id"
_HOUSEHOLDS: Final = f"""
    with acting as materialized (
        select place, ({family_of("asked.user_id", "asked.hint")}) as family_id
          from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (user_id, hint, place))
    select f.id, f.name, f.created_by, coalesce(f.created_at, f.updated_at, {_UNDATED}) as created_at,
           coalesce(f.updated_at, f.created_at, {_UNDATED}) as updated_at,
           l.time_zone, l.language, {_SWITCHES} as switches, {_MEMBERS} as members, {_CHILDREN} as children
      from acting {_PROBE.format("family.families where id = acting.family_id", "f")} {_PROBE.format(_LOCALE, "l")}
     order by acting.place"""
_FAMILY_CHILDREN: Final = f"""
    select {_CHILDREN} as children from ({family_of("$1", "$2")}) acting"""
_ONE_CHILD: Final = f"""
    select {belongs("c.family_id", "$2")} as own, {_CHILD} as child,
           exists (select from family.family_members member where member.user_id = $2) as has_family
      from family.child_profiles c {_CHILD_PARTS}
     where c.id = $1 and {active("c")} and {stands("$2")}"""
_LOCK_CHILD: Final = f"""
    select true from family.child_profiles c
     where c.id = $1 and {active("c")} and {guards("c.id", "$2", parent=True)} for no key update of c"""
_DOCUMENT: Final = "case when jsonb_typeof({0}) = 'object' then {0} else '{{}}'::jsonb end"
_KEEP_PARTS: Final = f"""
    settings as (
        insert into family.child_settings as s
               (child_id, content_preferences, time_restrictions, blocked_categories, max_session_minutes, created_at,
                updated_at)
        select id, $8::jsonb, $9::jsonb, $10::text[], $11::int, $12, $12 from child
         where $8::jsonb is not null or $9::jsonb is not null
        on conflict (child_id) do update
           set content_preferences = {_DOCUMENT.format("s.content_preferences")} || coalesce($8, '{{}}'),
               time_restrictions = {_DOCUMENT.format("s.time_restrictions")} || coalesce($9, '{{}}'),
               blocked_categories = coalesce($10, s.blocked_categories),
               max_session_minutes = coalesce($11, s.max_session_minutes), updated_at = $12),
    details as (
        insert into wondernest.child_details (child_id, interests, updated_at)
        select id, $7, $12 from child where $7::text[] is not null
        on conflict (child_id) do update set interests = excluded.interests, updated_at = excluded.updated_at)"""
_CREATE: Final = f"""
    with acting as materialized ({family_of("$2", "$13")}),
    child as (
        insert into family.child_profiles
               (id, family_id, name, birth_date, gender, avatar_url, is_active, created_at, updated_at)
        select $1, acting.family_id, $3, $4, $5, $6, true, $12, $12
          from acting
         where {belongs("acting.family_id", "$2", parent=True)} and wondernest.room_for_child(acting.family_id, $14, $15)
        returning id, family_id),
    {_KEEP_PARTS}
    select acting.family_id, child.id is not null as added from acting left join child on true"""
"""$14: the most active children of a family; $15: the most with archived ones. Parallel creations run one after another."""
_UPDATE: Final = f"""
    with child as (
        update family.child_profiles c
           set name = $3, birth_date = $4, gender = $5, avatar_url = $6, updated_at = $12
         where c.id = $1 and {active("c")} and {guards("c.id", "$2", parent=True)}
        returning c.id, c.family_id),
    {_KEEP_PARTS}
    select family_id from child"""
_ARCHIVE: Final = f"""
    with child as (
        select c.id, {belongs("c.family_id", "$2", parent=True)} as own
          from family.child_profiles c where c.id = $1 and {stands("$2")}),
    archived as (
        update family.child_profiles c set is_active = false, archived_at = $3, updated_at = $3
          from child where c.id = child.id and child.own and {active("c")})
    select own from child"""
_READS_LETTER: Final = """exists (
               select from wondernest.letter_readers reader where reader.family_id = acting.family_id and reader.user_id = $1)"""
_SAVE_SETTINGS: Final = f"""
    with acting as materialized (
        select acting.family_id from ({family_of("$1", "$2")}) acting
         where {belongs("acting.family_id", "$1", parent=True)}),
    changed as (
        insert into wondernest.family_locales as l
               (family_id, time_zone, first_day, language, country, consent_age, updated_at)
        select family_id, coalesce($10, '{DEFAULT_ZONE}'), coalesce($11, 0), coalesce($12, '{DEFAULT_LANGUAGE}'), $13::text, $14::smallint, $9
          from acting
         where $10::text is not null or $11::smallint is not null or $12::text is not null or $13::text is not null
        on conflict (family_id) do update
           set time_zone = coalesce($10, l.time_zone), first_day = coalesce($11, l.first_day),
               language = coalesce($12, l.language), country = coalesce($13::text, l.country),
               consent_age = case when $13::text is null then l.consent_age else $14::smallint end, updated_at = $9
        returning time_zone, first_day, language, country),
    subscribed as (
        insert into wondernest.letter_readers (family_id, user_id, since)
        select family_id, $1, $9 from acting where $15::boolean
        on conflict do nothing),
    unsubscribed as (
        delete from wondernest.letter_readers reader using acting
         where reader.family_id = acting.family_id and reader.user_id = $1 and not $15::boolean),
    located as (
        select * from changed
        union all
        select time_zone, first_day, language, country from acting join wondernest.family_locales using (family_id)
         where not exists (select from changed)),
    saved as (
        insert into family.family_settings as p
               (family_id, content_filter_level, enable_audio_monitoring, enable_screen_time_limits,
                enable_content_recommendations, privacy_settings, created_at, updated_at)
        select acting.family_id, coalesce($3, 'moderate'), coalesce($4, false), coalesce($5, true), coalesce($6, true),
               $7::jsonb || jsonb_build_object('{SWITCHES}', $8::jsonb), $9, $9
          from acting
         where true
        on conflict (family_id) do update
           set content_filter_level = coalesce($3, p.content_filter_level),
               enable_audio_monitoring = coalesce($4, p.enable_audio_monitoring),
               enable_screen_time_limits = coalesce($5, p.enable_screen_time_limits),
               enable_content_recommendations = coalesce($6, p.enable_content_recommendations),
               privacy_settings = {_DOCUMENT.format("p.privacy_settings")} || $7::jsonb || jsonb_build_object(
                   '{SWITCHES}', {_DOCUMENT.format(f"(p.privacy_settings -> '{SWITCHES}')")} || $8::jsonb),
               updated_at = $9
        returning coalesce(content_filter_level, 'moderate') as level, coalesce(enable_audio_monitoring, false) as audio,
                  coalesce(enable_screen_time_limits, true) as screen_time,
                  coalesce(enable_content_recommendations, true) as recommendations, privacy_settings)
    select level, audio, screen_time, recommendations, privacy_settings, located.time_zone, located.first_day, located.language,
           located.country, coalesce($15, (select {_READS_LETTER} from acting)) as weekly_letter
      from saved left join located on true"""
"""$15: whether the adult gets the weekly letter; null leaves that as it is."""
_SETTINGS: Final = f"""
    select coalesce(p.content_filter_level, 'moderate'), coalesce(p.enable_audio_monitoring, false),
           coalesce(p.enable_screen_time_limits, true), coalesce(p.enable_content_recommendations, true), p.privacy_settings,
           l.time_zone, l.first_day, l.language, l.country, {_READS_LETTER}
      from ({family_of("$1", "$2")}) acting
      {_PROBE.format("family.family_settings where family_id = acting.family_id", "p")} {_PROBE.format(_LOCALE, "l")}"""
_END_LETTERS: Final = "delete from wondernest.letter_readers where user_id = $1"

_HEIR: Final = f"""
    select member.user_id from family.family_members member
     where member.family_id = f.id and member.user_id <> all ($1::uuid[])
     order by {is_parent("member")} desc, member.joined_at, member.user_id limit 1"""
_HAND_OVER: Final = f"""
    update family.families f set created_by = ({_HEIR})
     where f.created_by = any ($1::uuid[]) and f.id <> all ($2::uuid[]) and exists ({_HEIR})"""
_NAMED_AFTER: Final = f"""
    select f.id, f.name, leaver.first_name as leaver,
           (select adult.first_name from core.users adult where adult.id = ({_HEIR})) as heir
      from core.users leaver
      join family.families f on f.created_by = leaver.id
           or f.id in (select own.family_id from family.family_members own where own.user_id = leaver.id)
     where leaver.id = any ($1::uuid[]) and f.id <> all ($2::uuid[])"""
_RENAME: Final = "update family.families set name = $3 where id = $1 and name = $2"
CHILDREN_USED: Final = (
    f"select count(*) from family.child_profiles used where used.family_id = {PERSON} and {active('used')}"
)
CHILDREN_WITH_ARCHIVED_USED: Final = f"select count(*) from family.child_profiles used where used.family_id = {PERSON}"

_encode = msgspec.json.encode


class Acting(Struct, frozen=True):
    """An adult and the family in their token."""

    user_id: UUID
    family_hint: UUID | None


@dataclass(frozen=True, slots=True)
class FoundChild:
    """An active child; `own`: it is the adult's; `has_family`: the adult has a family."""

    child: Child
    own: bool
    has_family: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRecord:
    """A child's profile to be stored; None in one of the last three fields leaves it as it is."""

    id: UUID
    name: str
    birth_date: date
    gender: str | None
    avatar_url: str | None
    saved_at: datetime
    interests: list[str] | None
    content: ContentSettings | None
    times: TimeRestrictions | None

    def arguments(self, user_id: UUID) -> tuple[Any, ...]:
        """$1 to $12 of the statements that store a child."""
        content, times = self.content, self.times
        return (
            self.id,
            user_id,
            self.name,
            self.birth_date,
            self.gender,
            self.avatar_url,
            self.interests,
            None if content is None else _encode(content),
            None if times is None else _encode(times),
            None if content is None else content.blocked_categories,
            None if times is None else times.daily_screen_time_minutes,
            self.saved_at,
        )


class FoundHousehold(Struct, frozen=True):
    """A household before decoding: a row that cannot be decoded must not fail the others of the batch."""

    row: Row

    def decoded(self) -> Household | None:
        """The household; None for an adult without a family."""
        return None if self.row["id"] is None else _household(self.row)


class FamilyRepository:
    """Reads and writes families."""

    async def households(self, executor: Executor, adults: Sequence[Acting]) -> list[FoundHousehold]:
        """For each adult the family they act for, with members and children."""
        users, hints = [asker.user_id for asker in adults], [asker.family_hint for asker in adults]
        rows = await executor.fetch(_HOUSEHOLDS, users, hints)
        return [FoundHousehold(row) for row in rows]

    async def children(self, executor: Executor, acting: Acting) -> list[Child] | None:
        """The active children of the family the adult acts for; None without a family."""
        row = await executor.fetchrow(_FAMILY_CHILDREN, acting.user_id, acting.family_hint)
        return None if row is None else [_child(child) for child in row["children"] or ()]

    async def child(self, executor: Executor, child_id: UUID, user_id: UUID) -> FoundChild | None:
        """An active child of any family; None when there is none."""
        row = await executor.fetchrow(_ONE_CHILD, child_id, user_id)
        return None if row is None else FoundChild(_child(row["child"]), row["own"], row["has_family"])

    async def lock_child(self, unit: Executor, child_id: UUID, user_id: UUID) -> None:
        """Lock the row of the adult's child, so that changes of it run one after another."""
        await unit.fetchval(_LOCK_CHILD, child_id, user_id)

    async def create_child(
        self, executor: Executor, record: ChildRecord, acting: Acting, most: int, most_with_archived: int
    ) -> UUID | None:
        """Store a child; returns its family, None for an adult without one. Raises FamilyGone or FamilyFull."""
        arguments = (*record.arguments(acting.user_id), acting.family_hint, most, most_with_archived)
        try:
            row = await executor.fetchrow(_CREATE, *arguments)
        except asyncpg.ForeignKeyViolationError:
            raise FamilyGone from None
        if row is not None and not row["added"]:
            raise FamilyFull
        return None if row is None else row["family_id"]

    async def update_child(self, unit: Executor, record: ChildRecord, user_id: UUID) -> bool:
        """Store a child's changes; False when it is no longer an active child of the adult's."""
        return await unit.fetchval(_UPDATE, *record.arguments(user_id)) is not None

    async def archive_child(self, executor: Executor, child_id: UUID, user_id: UUID, now: datetime) -> bool | None:
        """Archive the adult's child; again it changes nothing. False for another family's child, None for an unknown one."""
        return await executor.fetchval(_ARCHIVE, child_id, user_id, now)

    async def families_left(
        self, executor: Executor, users: Sequence[UUID], going: Sequence[UUID]
    ) -> list[tuple[UUID, str, str | None, str | None]]:
        """The families that users founded or are in and that stay: id, name, first name of the user, and of the adult who comes next."""
        rows = await executor.fetch(_NAMED_AFTER, list(users), list(going))
        return [(row["id"], row["name"], row["leaver"], row["heir"]) for row in rows]

    async def rename(self, executor: Executor, family_id: UUID, known: str, name: str) -> None:
        """Give a family another name, if it still has the one that is known."""
        await executor.execute(_RENAME, family_id, known, name)

    async def hand_over(self, executor: Executor, users: Sequence[UUID], going: Sequence[UUID]) -> None:
        """Name another member, a parent first, as the founder of the families of users; not of those that go too."""
        await executor.execute(_HAND_OVER, list(users), list(going))

    async def save_settings(
        self, executor: Executor, acting: Acting, changes: SettingsChanges, now: datetime
    ) -> StoredSettings | None:
        """Merge changes into the settings of the family the adult acts for; None without a family."""
        known = changes.known
        row = await executor.fetchrow(
            _SAVE_SETTINGS,
            acting.user_id,
            acting.family_hint,
            known.content_filter_level,
            known.enable_audio_monitoring,
            known.enable_screen_time_limits,
            known.enable_content_recommendations,
            encode_document(changes.rest),
            _encode(changes.switches),
            now,
            changes.locale.timezone,
            changes.locale.first_day,
            changes.locale.language,
            changes.locale.country,
            consent_age(changes.locale.country),
            changes.letters.weekly_letter,
        )
        return None if row is None else _settings(row)

    async def settings(self, executor: Executor, acting: Acting) -> StoredSettings | None:
        """The settings of the family the adult acts for; None without a family."""
        row = await executor.fetchrow(_SETTINGS, acting.user_id, acting.family_hint)
        return None if row is None else _settings(row)

    async def end_letters(self, executor: Executor, user_id: UUID) -> None:
        """The adult gets no weekly letter of any family any more."""
        await executor.execute(_END_LETTERS, user_id)


class FamilyGone(Exception):
    """The family was deleted while a child was being added."""


class FamilyFull(Exception):
    """The family has as many children as it may have."""


def _household(row: Row) -> Household:
    family = Family(
        id=row["id"],
        name=row["name"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        switches=controls.read_json(row["switches"]),
        time_zone=row["time_zone"] or DEFAULT_ZONE,
        language=row["language"] or DEFAULT_LANGUAGE,
    )
    return Household(
        family=family,
        members=[_member(member) for member in row["members"] or ()],
        children=[_child(child) for child in row["children"] or ()],
    )


def _settings(row: Row) -> StoredSettings:
    level, audio, screen_time, recommendations, document, *locale, weekly_letter = row
    return StoredSettings(
        known=KnownSettings(
            content_filter_level=level,
            enable_audio_monitoring=audio,
            enable_screen_time_limits=screen_time,
            enable_content_recommendations=recommendations,
        ),
        locale=_locale(*locale),
        weekly_letter=weekly_letter,
        document=controls.read_json(document),
    )


def _locale(time_zone: str | None, first_day: int | None, language: str | None, country: str | None) -> Locale:
    if time_zone is None or first_day is None or language is None:
        return Locale()
    return Locale(timezone=time_zone, first_day_of_week=DAYS[first_day], language=language, country=country)


def _member(row: Row) -> Member:
    id_, family_id, user_id, role, joined_at, first_name, last_name, email = row
    return Member(
        id=id_,
        family_id=family_id,
        user_id=user_id,
        role=role,
        joined_at=joined_at,
        first_name=first_name,
        last_name=last_name,
        email=email,
    )


def _child(row: Row) -> Child:
    id_, family_id, name, born, created_at, updated_at, gender, avatar, interests, content, times, blocked, minutes = (
        row
    )
    return Child(
        id=id_,
        family_id=family_id,
        name=name,
        birth_date=born,
        created_at=created_at,
        updated_at=updated_at,
        gender=gender,
        avatar_url=avatar,
        interests=interests,
        content=content,
        times=times,
        blocked=blocked,
        minutes=minutes,
    )
