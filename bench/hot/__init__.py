"""The hot statements, found by calling the repositories as requests do. Adapt this package when their methods change."""

from bench.hot.operations import OPERATIONS, Operation, Requests
from bench.hot.parents import BATCH, Parent

__all__ = ["BATCH", "OPERATIONS", "Operation", "Parent", "Requests"]
