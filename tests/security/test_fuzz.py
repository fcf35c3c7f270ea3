"""Generated requests cause no 5xx, no undocumented status, content type, header or shape, and never pass the token check."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from bench.hostile import probed
from bench.shapes import SHAPES
from bench.work import Actor, Work
from tests.faults.household import register_household
from tests.security.fuzzing import LONG, SHORT, Role, fuzz

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer

CASES = int(os.environ.get("FUZZ_CASES", "0"))
"""0: the short run of the suite, always the same. `bin/fuzz` sets this and FUZZ_SEED."""
SEED = int(os.environ.get("FUZZ_SEED", "20260301"))
SHORT_EXAMPLES, LONG_EXAMPLES = 4, 60
"""Cases for each operation in a round; a long run has several rounds with new seeds."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[Role]]:
    """The number of cases sent, by caller; printed at the end."""
    sent: Counter[Role] = Counter()
    yield sent
    shares = ", ".join(f"{count} as {role}" for role, count in sorted(sent.items()))
    sys.stdout.write(f"\n{sent.total()} cases in all: {shares}\n")


IN_THE_SUITE = ("save, numbers 1e9", "event, empty lists", "batch, millions of operations", "pipelined requests")


@pytest.mark.timeout(0 if CASES else 300)
def test_hostile_shapes_are_answered_and_the_service_lives_on(live_server: StartServer) -> None:
    """`bin/fuzz` sends all shapes, and prints how long /health/live waited meanwhile; no time is asserted."""
    server = live_server(RATE_LIMIT_FAILED_LOGINS="0")
    household = register_household(server.base_url)
    actor = Actor(household.access, household.child_id)
    for shape in SHAPES:
        if CASES or shape.name in IN_THE_SUITE:
            content = next(Work((shape.request(),), [actor]).requests())
            waits, answers = asyncio.run(probed(server.port, content))
            assert "closed" not in answers, shape.name
            assert "500" not in answers, shape.name
            sys.stdout.write(f"{shape.name}: {answers}; /health/live waited {1000 * max(waits):.0f} ms at most\n")
    with household.client() as client:
        assert client.get(household.saves).status_code == 200
    assert "request failed" not in server.log_text()


@pytest.mark.timeout(0 if CASES else 300)
@pytest.mark.parametrize("role", get_args(Role))
def test_the_api_answers_generated_requests_as_it_describes(
    live_server: StartServer, role: Role, tmp_path: Path, tally: Counter[Role]
) -> None:
    server = live_server(RATE_LIMIT_FAILED_LOGINS="0", PIN_MAX_ATTEMPTS="1000000", RATE_LIMIT_UPLOAD="0")
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
    words = server.log_text()
    assert "request failed" not in words, words
    assert '"level": "error"' not in words, words
