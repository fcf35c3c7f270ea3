"""Results of a load: collected answer by answer, and summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


class LoadError(Exception):
    """The load generator itself failed; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Load:
    """The sum of a load. `refused`: answers with status 400 and above; `broken`: requests without an answer."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int
    statuses: str = ""
    """Refused answers by status, as `503 12 times`; empty where the generator does not report them."""

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Tally:
    """Collects answers one by one."""

    latencies_s: list[float] = field(default_factory=list["float"])
    refusals: Counter[int] = field(default_factory=Counter["int"])
    broken: int = 0

    def note(self, latency_s: float, status: int) -> None:
        """Count an answer."""
        self.latencies_s.append(latency_s)
        if status >= 400:
            self.refusals[status] += 1

    def joined(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.latencies_s + other.latencies_s, self.refusals + other.refusals, self.broken + other.broken)

    def result(self, seconds: float) -> Load:
        """The sum, over `seconds` of load."""
        ordered = sorted(self.latencies_s)
        p50, p99 = (percentile_ms(ordered, share) for share in (0.50, 0.99))
        statuses = ", ".join(f"{status} {count} times" for status, count in self.refusals.most_common())
        return Load(len(ordered), seconds, p50, p99, self.refusals.total(), self.broken, statuses)


def percentile_ms(ordered_s: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed, in ms; 0 of none."""
    return ordered_s[min(len(ordered_s) - 1, int(len(ordered_s) * share))] * 1e3 if ordered_s else 0.0
