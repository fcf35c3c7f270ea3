"""What `wondernest serve` does, from settings to exit code."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from wondernest.platform.telemetry import METRICS_DIR_VARIABLE
from wondernest.platform.telemetry.logs import configure_logging
from wondernest.settings import SettingsError, load_settings
from wondernest.supervisor.master import run_master
from wondernest.supervisor.sockets import allow_many_files, listen


def serve() -> int:
    """Serve until told to stop; returns the exit code. A setting that cannot be used costs one line on stderr."""
    try:
        settings = load_settings(dotenv=Path(".env"))
        sockets = listen(settings.server)
    except SettingsError as error:
        sys.stderr.write(f"wondernest: {error}\n")
        return os.EX_CONFIG
    configure_logging(settings.log.level, settings.log.format)
    allow_many_files()
    metrics = Path(tempfile.mkdtemp(prefix="wondernest-metrics-"))
    os.environ[METRICS_DIR_VARIABLE] = str(metrics)
    try:
        gave_up = run_master(sockets, settings.server.worker_count, settings.server.shutdown_grace_s, metrics)
    finally:
        shutil.rmtree(metrics, ignore_errors=True)
    if gave_up:
        sys.stderr.write(f"wondernest: {gave_up}\n")
    return os.EX_UNAVAILABLE if gave_up else os.EX_OK
