"""The service whose erasures the tests watch."""

from tests.fixtures.privacy import house, open_house

__all__ = ("house", "open_house")
