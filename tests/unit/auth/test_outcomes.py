"""Outcomes of the account routes: every operation is shown from the start, replies and refusals are counted apart."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.fixtures.endpoints import blank_request
from wondernest.auth.metrics import AccountMetrics, Operation
from wondernest.auth.routes.outcomes import counted
from wondernest.platform.http.errors import BadRequest
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.telemetry.metrics import Metrics


class Routes:
    def __init__(self, metrics: Metrics, error: Exception | None = None) -> None:
        self.metrics = AccountMetrics(metrics)
        self.error = error

    @counted("logout")
    async def answer(self, _request: Request[None]) -> Reply:
        """Answers or fails."""
        if self.error is not None:
            raise self.error
        return Reply(200, b"bye")


def shown(metrics: Metrics) -> dict[tuple[str, str], float]:
    return {
        (sample.labels["operation"], sample.labels["status"]): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "wondernest_auth_operations_total"
    }


def test_every_operation_is_shown_before_anything_happened() -> None:
    metrics = Metrics()
    AccountMetrics(metrics)
    expected = {(operation, status): 0.0 for operation in get_args(Operation) for status in ("success", "failure")}
    assert shown(metrics) == expected


async def test_a_reply_counts_as_a_success_of_its_operation() -> None:
    metrics = Metrics()
    reply = await Routes(metrics).answer(blank_request())
    assert reply.content == b"bye"
    counts = shown(metrics)
    assert (counts["logout", "success"], counts["logout", "failure"], sum(counts.values())) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(("error", "failures"), [(BadRequest("no"), 1.0), (RuntimeError("fault"), 0.0)])
async def test_a_refusal_counts_as_a_failure_and_a_fault_of_ours_as_neither(error: Exception, failures: float) -> None:
    metrics = Metrics()
    with pytest.raises(type(error)):
        await Routes(metrics, error).answer(blank_request())
    counts = shown(metrics)
    assert (counts["logout", "failure"], sum(counts.values())) == (failures, failures)


def test_a_counted_handler_keeps_its_name() -> None:
    assert getattr(Routes.answer, "__name__", None) == "answer"
