"""The registry of games and children's instances of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.games import errors, instance_settings
from wondernest.games.repository import UNSTORABLE
from wondernest.games.rules import MAX_INSTANCE_SETTINGS_BYTES
from wondernest.games.service import unstorable
from wondernest.platform.json import encode

if TYPE_CHECKING:
    from wondernest.games.repository import RegistryRepository
    from wondernest.games.rules import Fields
    from wondernest.platform.caller import Caller
    from wondernest.platform.json import Raw


class RegistryService:
    """Reads registered games; reads and changes a child's instances. Raises the room's errors."""

    def __init__(self, repository: RegistryRepository) -> None:
        self._repository = repository

    async def games(self) -> Sequence[Fields]:
        """Active games by display name."""
        return await self._repository.games()

    async def game(self, game_key: str) -> Fields:
        """One active game; raises NotFound."""
        found = await self._repository.games(game_key)
        if not found:
            raise errors.NotFound("Game not found")
        return found[0]

    async def types(self) -> Sequence[Fields]:
        """Kinds of games by name."""
        return await self._repository.types()

    async def categories(self) -> Sequence[Fields]:
        """Categories by name."""
        return await self._repository.categories()

    async def prepare_instance(self, caller: Caller, child_id: UUID, game_key: str) -> Fields:
        """The child's instance of a game, created if missing; raises NotFound for the game, ChildNotFound."""
        row = await self._repository.prepare_instance(caller.user_id, child_id, game_key)
        if not row["known"]:
            raise errors.NotFound(f"Game '{game_key}' not found")
        if not row["owned"]:
            raise errors.ChildNotFound
        return row

    async def instances(self, caller: Caller, child_id: UUID) -> Sequence[Fields]:
        """The child's instances, last played first; none for a child that is not the caller's."""
        return await self._repository.instances(caller.user_id, child_id)

    async def replace_settings(
        self, caller: Caller, child_id: UUID, game_key: str, settings: Mapping[str, Raw]
    ) -> None:
        """Replace the settings of an instance; raises NotFound, InvalidBody."""
        if len(encode(settings)) > MAX_INSTANCE_SETTINGS_BYTES:
            raise errors.InvalidBody(f"settings must not exceed {MAX_INSTANCE_SETTINGS_BYTES} bytes")
        try:
            document = instance_settings.stored(settings)
        except UnicodeDecodeError as error:
            raise errors.InvalidBody(str(error)) from None
        try:
            replaced = await self._repository.replace_settings(caller.user_id, child_id, game_key, document)
        except UNSTORABLE as error:
            raise unstorable(error) from None
        if not replaced:
            raise errors.NotFound("Game instance not found")

    async def active(self, caller: Caller, child_id: UUID) -> Sequence[Fields]:
        """Registered games the child has saves of, last saved first."""
        return await self._repository.active(caller.user_id, child_id)
