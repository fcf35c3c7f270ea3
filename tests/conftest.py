"""Fixtures for the whole suite: real servers, a separate database for each test, the application in process."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = (
    "tests.fixtures.log_watch",
    "tests.fixtures.servers",
    "tests.fixtures.application",
    "tests.fixtures.shared_application",
    "tests.fixtures.processes",
    "tests.fixtures.fragile",
    "tests.fixtures.bad_days",
    "tests.fixtures.crew",
    "tests.fixtures.object_storage",
    "tests.fixtures.replication",
)

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

COLLECTION_THRESHOLD = 10_000
"""Objects that are made between two garbage collections; Python's own 700 make a fifth of the suite's work."""


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: in many tests of faults a worker waits for processes that end or start."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish(session: pytest.Session) -> None:
    """The collected tests live as long as the process: no garbage collection looks at them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTION_THRESHOLD)
