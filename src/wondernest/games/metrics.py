"""The metrics of the games room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from wondernest.platform.telemetry.metrics import OTHER

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics, Tally

Operation: TypeAlias = Literal["save", "load"]
OPERATIONS: Final[tuple[Operation, ...]] = ("save", "load")
GAME_TYPES: Final = ("sticker_book", "story_adventure", "story-adventure")
"""The game types with their own label; all other types share the label `other`."""
NAMES: Final = ("wondernest_game_data_operations", "wondernest_usage_corrections")


class SaveMetrics:
    """Saves and loads by game type."""

    def __init__(self, metrics: Metrics) -> None:
        operations = metrics.counter(
            "game_data_operations", "Game data operations", "operation", "game_type", bare=True
        )
        self._tallies = {
            (operation, game_type): metrics.tally(operations.labels(operation, game_type))
            for operation in OPERATIONS
            for game_type in (*GAME_TYPES, OTHER)
        }

    def operation(self, operation: Operation, game_type: str) -> Tally:
        """The counter of an operation on a game's saves."""
        return self._tallies.get((operation, game_type)) or self._tallies[operation, OTHER]


class UpkeepMetrics:
    """What the room's jobs found."""

    def __init__(self, metrics: Metrics) -> None:
        corrections = metrics.counter("usage_corrections", "Children whose counters of saves were corrected", "reason")
        self._first = metrics.tally(corrections.labels("uncounted"))
        self._wrong = metrics.tally(corrections.labels("wrong"))

    def corrections(self, *, first: bool) -> Tally:
        """The counter of corrected children; `first`: the child had no counters yet."""
        return self._first if first else self._wrong
