"""Outages: logged once when they begin and once when they end, every failure counted."""

from __future__ import annotations

import logging

import pytest

from wondernest.platform import outages
from wondernest.platform.outages import Outages
from wondernest.platform.telemetry.metrics import Metrics


def failures(metrics: Metrics, dependency: str) -> float | None:
    return metrics.registry.get_sample_value("wondernest_dependency_failures_total", {"dependency": dependency})


def state(metrics: Metrics, dependency: str) -> float | None:
    return metrics.registry.get_sample_value("wondernest_dependency_up", {"dependency": dependency})


def test_the_gauge_shows_whether_a_dependency_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "RECOVERED_AFTER_S", -1.0)
    metrics = Metrics()
    assert state(metrics, "storage") is None, "a dependency that is not configured has no state"
    watched = Outages("storage", metrics)
    seen = [state(metrics, "storage")]
    for step in (
        lambda: watched.failed("full", "write"),
        lambda: watched.failed("gone", "read"),
        lambda: watched.answered("write"),
        lambda: watched.answered("read"),
    ):
        step()
        seen.append(state(metrics, "storage"))
    assert seen == [1, 0, 0, 0, 1]


def test_an_outage_is_logged_once_and_each_failure_is_counted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    now = 100.0
    monkeypatch.setattr(outages, "monotonic", lambda: now)
    metrics = Metrics()
    watched = Outages("storage", metrics)
    watched.answered()
    raised = [watched.failed("HTTP 503"), watched.failed("HTTP 503"), watched.failed("timed out")]
    assert [(fault.dependency, fault.reason) for fault in raised] == [
        ("storage", "HTTP 503"),
        ("storage", "HTTP 503"),
        ("storage", "timed out"),
    ]
    assert failures(metrics, "storage") == 3
    assert failures(metrics, "scanner") == 0
    watched.answered()
    assert watched.failing, "some operations succeed during an outage too"
    now += outages.RECOVERED_AFTER_S + 0.1
    watched.answered()
    watched.answered()
    assert not watched.failing
    assert [record.message for record in caplog.records] == [
        "dependency unavailable",
        "dependency available again",
    ]


def test_reads_that_succeed_do_not_end_an_outage_of_writes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(outages, "RECOVERED_AFTER_S", -1.0)
    watched = Outages("storage", Metrics())
    for _ in range(3):
        watched.failed("No space left on device (ENOSPC)", "write")
        watched.answered("read")
    assert watched.failing
    watched.answered("write")
    assert not watched.failing
    assert [record.message for record in caplog.records] == ["dependency unavailable", "dependency available again"]
