"""Generated requests find no 5xx, no undocumented status, content type, header or shape, and no way past the guard."""

from __future__ import annotations

import itertools
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from tests.security.fuzzing import LONG, SHORT, Role, fuzz

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer

CASES = int(os.environ.get("FUZZ_CASES", "0"))
"""0: the short run of the suite, always the same. `bin/fuzz` sets it, and FUZZ_SEED."""
SEED = int(os.environ.get("FUZZ_SEED", "20260301"))
SHORT_EXAMPLES, LONG_EXAMPLES = 4, 60
"""For each operation: a long run comes to its cases in rounds of fresh seeds."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[Role]]:
    """How many cases were sent as whom; told at the end."""
    sent: Counter[Role] = Counter()
    yield sent
    shares = ", ".join(f"{count} as {role}" for role, count in sorted(sent.items()))
    sys.stdout.write(f"\n{sent.total()} cases in all: {shares}\n")


@pytest.mark.timeout(0 if CASES else 300)
@pytest.mark.parametrize("role", get_args(Role))
def test_the_api_answers_generated_requests_as_it_describes(
    live_server: StartServer, role: Role, tmp_path: Path, tally: Counter[Role]
) -> None:
    server = live_server(RATE_LIMIT_FAILED_LOGINS="0", PIN_MAX_ATTEMPTS="1000000")
    for seed in itertools.count(SEED):
        outcome = fuzz(
            server.base_url,
            role,
            phases=LONG if CASES else SHORT[role],
            examples=LONG_EXAMPLES if CASES else SHORT_EXAMPLES,
            seed=seed,
            folder=tmp_path,
        )
        assert outcome.passed, outcome.text
        assert outcome.cases > 0
        tally[role] += outcome.cases
        sys.stdout.write(f"as {role}, seed {seed}: {tally[role]} cases\n")
        sys.stdout.flush()
        if tally[role] * len(get_args(Role)) >= CASES:
            break
    words = server.words()
    assert "request failed" not in words, words
    assert '"level": "error"' not in words, words
