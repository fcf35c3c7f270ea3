"""Fixtures for the whole suite: real servers, a separate database for each test, the application in process."""

from hypothesis import HealthCheck, settings

pytest_plugins = (
    "tests.fixtures.log_watch",
    "tests.fixtures.servers",
    "tests.fixtures.application",
    "tests.fixtures.processes",
    "tests.fixtures.fragile",
    "tests.fixtures.bad_days",
    "tests.fixtures.crew",
    "tests.fixtures.object_storage",
    "tests.fixtures.replication",
)

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
