"""Logs and metrics. Neither contains personal data: route templates, never raw paths; ids, never names."""

import os
from typing import Final

METRICS_DIR_VARIABLE: Final = "WONDERNEST_METRICS_DIR"
"""Set by the supervisor: the folder of the metrics files that the workers share."""

# Here, because prometheus-client reads its variable when it is imported.
if _shared := os.environ.get(METRICS_DIR_VARIABLE):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", _shared)
