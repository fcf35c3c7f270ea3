"""A shared counter store: Valkey where there is one, and in each process what it counted itself.

The cache is an accelerator, never a witness: everything that must be true stands in PostgreSQL.
"""

from wondernest.platform.cache.counters import Counters, MemoryCounters
from wondernest.platform.cache.valkey import ValkeyCounters

__all__ = ["Counters", "MemoryCounters", "ValkeyCounters"]
