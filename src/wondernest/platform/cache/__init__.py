"""Expiring counters: shared in Valkey where it is available, and always in each process's memory too.

The cache only makes things faster. All durable data is in PostgreSQL.
"""

from wondernest.platform.cache.counters import Counters, MemoryCounters, Once
from wondernest.platform.cache.valkey import ValkeyCounters

__all__ = ["Counters", "MemoryCounters", "Once", "ValkeyCounters"]
