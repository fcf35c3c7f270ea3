"""Templates of stories: lists, one by its id, and what an author does with their own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.stories import errors
from wondernest.stories.repository import UNSTORABLE
from wondernest.stories.rules import MAX_TEMPLATES, BadTemplate, Draft, Shelf, Template, Wanted, check

if TYPE_CHECKING:
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.stories.repository import TemplateRepository

UNREADABLE_CONTENT = "Content holds a value that cannot be stored"


class TemplateService:
    """Raises the room's errors. The author of a template is who sends it, whatever the body says."""

    def __init__(self, repository: TemplateRepository, ids: Ids) -> None:
        self._repository = repository
        self._ids = ids

    async def find(self, caller: Caller, child_id: UUID, wanted: Wanted) -> Shelf:
        """The templates for a child; raises ChildNotFound."""
        shelf = await self._repository.find(caller.user_id, child_id, caller.family_id, wanted)
        if shelf is None:
            raise errors.ChildNotFound
        return shelf

    async def get(self, caller: Caller, template_id: UUID, child_id: UUID | None = None) -> Template:
        """One template, if it may be shown to the family and to the child, if one is named; raises NotFound, ChildNotFound."""
        owned, template = await self._repository.get(caller.user_id, child_id, caller.family_id, template_id)
        if not owned:
            raise errors.ChildNotFound
        if template is None:
            raise errors.NotFound(errors.NO_TEMPLATE)
        return template

    async def create(self, caller: Caller, draft: Draft, unit: UnitOfWork | None) -> Template:
        """Store a new template; raises Refused."""
        _check(draft)
        try:
            made = await self._repository.create(caller.user_id, self._ids.uuid(), draft, unit)
        except UNSTORABLE:
            raise errors.Refused(UNREADABLE_CONTENT) from None
        if made is None:
            raise errors.Refused(f"A family has at most {MAX_TEMPLATES} story templates")
        return made

    async def update(self, caller: Caller, template_id: UUID, draft: Draft) -> Template:
        """Replace the author's own template; raises Refused."""
        _check(draft)
        try:
            changed = await self._repository.update(caller.user_id, template_id, draft)
        except UNSTORABLE:
            raise errors.Refused(UNREADABLE_CONTENT) from None
        if changed is None:
            raise errors.Refused(errors.NO_TEMPLATE)
        return changed

    async def delete(self, caller: Caller, template_id: UUID) -> None:
        """Delete the author's own template; raises Refused."""
        if not await self._repository.delete(caller.user_id, template_id):
            raise errors.Refused(errors.NO_TEMPLATE)


def _check(draft: Draft) -> None:
    try:
        check(draft)
    except BadTemplate as error:
        raise errors.Refused(str(error)) from None
