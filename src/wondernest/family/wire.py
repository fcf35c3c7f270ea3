"""Request and reply bodies of the family routes (auth contract §3)."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct

from wondernest.coppa.rules import age_on
from wondernest.family.controls import (
    ContentChanges,
    ContentSettings,
    FamilySwitches,
    TimeChanges,
    TimeRestrictions,
    merged,
)
from wondernest.family.model import Child, Family, Household, Member
from wondernest.platform.json import instant, maybe_instant, midnight


class NewChildBody(Struct, rename="camel"):
    """A child to be added. `avatar` is the app's name for `avatarUrl`; if both are sent, `avatar` wins."""

    name: str
    birth_date: str
    gender: str | None = None
    avatar: str | None = None
    avatar_url: str | None = None
    interests: list[str] | None = None


class ChildChangesBody(Struct, rename="camel"):
    """The changes to a child's profile; other parts stay as they are."""

    name: str | None = None
    birth_date: str | None = None
    gender: str | None = None
    avatar: str | None = None
    avatar_url: str | None = None
    interests: list[str] | None = None
    content_settings: ContentChanges | None = None
    time_restrictions: TimeChanges | None = None


class ThemePreferences(Struct, rename="camel", frozen=True):
    """The app's theme for a child: always these values, nothing is stored."""

    primary_color: str = "blue"
    dark_mode: bool = False
    animations: bool = True


class ChildProfile(Struct, rename="camel", kw_only=True):
    """A child. `birthDate` is midnight UTC of the day."""

    id: str
    family_id: str
    name: str
    age: int
    birth_date: str
    gender: str | None
    avatar_url: str | None
    primary_language: str = "en"
    additional_languages: tuple[str, ...] = ()
    interests: list[str]
    favorite_characters: tuple[str, ...] = ()
    content_settings: ContentSettings
    time_restrictions: TimeRestrictions
    special_needs: tuple[str, ...] = ()
    development_notes: str | None = None
    receives_intervention: bool = False
    intervention_type: str | None = None
    theme_preferences: ThemePreferences = ThemePreferences()
    data_sharing_consent: bool = False
    research_participation_consent: bool = False
    created_at: str
    updated_at: str
    archived_at: str | None

    @classmethod
    def of(cls, child: Child, today: date) -> ChildProfile:
        """A child as of a day."""
        age = age_on(today, child.birth_date)
        return cls(
            id=str(child.id),
            family_id=str(child.family_id),
            name=child.name,
            age=age,
            birth_date=midnight(child.birth_date),
            gender=child.gender,
            avatar_url=child.avatar_url,
            interests=child.known_interests(),
            content_settings=child.content_settings(age),
            time_restrictions=child.time_restrictions(age),
            created_at=instant(child.created_at),
            updated_at=instant(child.updated_at),
            archived_at=maybe_instant(child.archived_at),
        )


class FamilyShown(Struct, rename="camel", kw_only=True):
    """A family."""

    id: str
    name: str
    created_by: str
    timezone: str
    language: str
    family_settings: FamilySwitches
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, family: Family) -> FamilyShown:
        """A stored family."""
        return cls(
            id=str(family.id),
            name=family.name,
            created_by=str(family.created_by),
            timezone=family.time_zone,
            language=family.language,
            family_settings=merged(FamilySwitches(), family.switches),
            created_at=instant(family.created_at),
            updated_at=instant(family.updated_at),
        )


class FamilyMember(Struct, rename="camel", kw_only=True):
    """An adult of the family, with the name that the app shows."""

    id: str
    family_id: str
    user_id: str
    role: str
    permissions: dict[str, bool]
    joined_at: str
    left_at: str | None = None
    first_name: str | None
    last_name: str | None
    email: str | None
    name: str

    @classmethod
    def of(cls, member: Member) -> FamilyMember:
        """A stored membership."""
        return cls(
            id=str(member.id),
            family_id=str(member.family_id),
            user_id=str(member.user_id),
            role=member.role,
            permissions={},
            joined_at=instant(member.joined_at),
            first_name=member.first_name,
            last_name=member.last_name,
            email=member.email,
            name=" ".join(part for part in (member.first_name, member.last_name) if part),
        )


class Profile(Struct, kw_only=True):
    """A family with its members and children."""

    family: FamilyShown
    members: list[FamilyMember]
    children: list[ChildProfile]

    @classmethod
    def of(cls, household: Household, today: date) -> Profile:
        """A household as of a day."""
        return cls(
            family=FamilyShown.of(household.family),
            members=[FamilyMember.of(member) for member in household.members],
            children=[ChildProfile.of(child, today) for child in household.children],
        )


class ProfileReply(Struct):
    """The caller's family."""

    data: Profile
    success: bool = True


class ChildReply(Struct):
    """One child."""

    data: ChildProfile
    success: bool = True


class ChildrenReply(Struct):
    """The family's active children."""

    data: list[ChildProfile]
    success: bool = True


class Selected(Struct, kw_only=True, rename="camel"):
    """A child was selected; `sessionToken` marks the child's session and is no bearer token."""

    active_child: ChildProfile
    session_token: str
    message: str = "Child selected successfully"


class SettingsShown(Struct):
    """The family's settings, and the caller's own `weeklyLetter`."""

    data: dict[str, Any]
    success: bool = True


class SettingsReply(Struct):
    """The family's settings as they are stored now."""

    data: dict[str, Any]
    message: str = "Settings updated successfully"
    success: bool = True


class Archived(Struct):
    """A child was archived, now or before."""

    message: str = "Child profile archived successfully"
    success: bool = True


class Refusal(Struct):
    """Code and text of a refusal."""

    error: str
    message: str
