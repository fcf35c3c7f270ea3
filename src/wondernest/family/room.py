"""The family room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.people import FAMILY
from wondernest.family.erasing import FounderEraser
from wondernest.family.personal_data import PERSONAL_DATA
from wondernest.family.repository import CHILDREN_USED, CHILDREN_WITH_ARCHIVED_USED, FamilyRepository
from wondernest.family.routes import FamilyRoutes
from wondernest.family.service import FamilyService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.auth.service import AccountService
    from wondernest.platform.rooms import Parts
    from wondernest.settings import Quotas

TABLES: Final = (
    Table("family.families", ("select", "insert", "update")),
    Table("family.family_members", ("select", "insert")),
    Table("family.family_settings", ("select", "insert", "update")),
    Table("family.child_profiles", ("select", "insert", "update")),
    Table("family.child_settings", ("select", "insert", "update")),
    Table("wondernest.family_locales", ("select", "insert", "update")),
    Table("wondernest.child_details", ("select", "insert", "update")),
    Table("wondernest.letter_readers", ("select", "insert", "delete")),
)


def service(parts: Parts, accounts: AccountService) -> FamilyService:
    """The part of this room that other rooms call."""
    return FamilyService(FamilyRepository(), parts.database, accounts, parts.clock, parts.ids, parts.settings.quotas)


def build(parts: Parts, family: FamilyService) -> Room:
    """Families and children."""
    return Room(
        name="family",
        endpoints=FamilyRoutes(family, parts.clock).endpoints(),
        tables=TABLES,
        personal_data=PERSONAL_DATA,
        erasers=(FounderEraser(FamilyRepository(), parts.database).erase,),
        usage=_usage(parts.settings.quotas),
    )


def _usage(quotas: Quotas) -> tuple[UsageLine, ...]:
    most, with_archived = quotas.children, quotas.children_with_archived
    return (
        UsageLine(name="children", of=FAMILY, query=CHILDREN_USED, limit=most),
        UsageLine(name="childrenWithArchived", of=FAMILY, query=CHILDREN_WITH_ARCHIVED_USED, limit=with_archived),
    )
