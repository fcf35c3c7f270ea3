"""Workers load no library of a storage before they need it."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys, wondernest.supervisor.worker, wondernest.app
print([name for name in ("obstore", "httpx2") if name in sys.modules])
"""


def test_a_worker_loads_the_libraries_of_buckets_at_the_first_use_only() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
