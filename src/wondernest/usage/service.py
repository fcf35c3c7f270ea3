"""What a family uses of what is limited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wondernest.family import errors

if TYPE_CHECKING:
    from wondernest.platform.caller import Caller
    from wondernest.platform.usage import UsageLine
    from wondernest.usage.repository import UsageRepository, Used


class UsageService:
    """Shows an adult what their family uses; `lines` by kind of person."""

    def __init__(self, repository: UsageRepository, lines: Mapping[str, Sequence[UsageLine]]) -> None:
        self._repository = repository
        self._lines = lines

    def lines(self, kind: str) -> Sequence[UsageLine]:
        """The lines of a kind of person, in the order of the numbers."""
        return self._lines.get(kind, ())

    async def find(self, caller: Caller) -> Used:
        """The numbers of the caller's family; raises InvalidFamilyId or NoFamily of the family room."""
        if caller.family_claim is not None and caller.family_id is None:
            raise errors.InvalidFamilyId(caller.family_claim)
        used = await self._repository.find(caller.user_id, caller.family_id)
        if used is None:
            raise errors.NoFamily
        return used
