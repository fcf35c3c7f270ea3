"""Logs and metrics. Nothing personal enters either: route templates, never raw paths; ids, never names."""

import os
from typing import Final

METRICS_DIR_VARIABLE: Final = "WONDERNEST_METRICS_DIR"
"""Set by the supervisor: the folder the workers share."""

if _shared := os.environ.get(METRICS_DIR_VARIABLE):  # here, because prometheus-client reads its own at its import
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", _shared)
