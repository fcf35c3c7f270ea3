"""Fixtures for the whole suite: real servers, a database of its own for each test, the application in process."""

pytest_plugins = ("tests.fixtures.servers",)
