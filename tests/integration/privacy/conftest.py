"""The service whose erasures the tests watch."""

from tests.fixtures.privacy import house

__all__ = ("house",)
