"""The command `wondernest serve`."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from wondernest.platform.telemetry import METRICS_DIR_VARIABLE
from wondernest.settings import Settings, SettingsError, load_settings
from wondernest.supervisor.sockets import allow_many_files, listen
from wondernest.supervisor.spawning import WORKER_MODULE, jobs_command, spawn, worker_command


def serve(worker: str = WORKER_MODULE) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. For an invalid setting one line is written to stderr.

    `worker`: the module that worker processes run.
    """
    try:
        settings = load_settings(dotenv=Path(".env"), serving=True)
        sockets = listen(settings.server)
        metrics = _folder_for_metrics()
    except SettingsError as error:
        sys.stderr.write(f"wondernest: {error}\n")
        return os.EX_CONFIG
    allow_many_files()
    os.environ[METRICS_DIR_VARIABLE] = str(metrics)
    try:
        gave_up = _supervise(settings, sockets, metrics, worker_command(worker))
    finally:
        _remove(metrics)
    if gave_up:
        sys.stderr.write(f"wondernest: {gave_up}\n")
    return os.EX_UNAVAILABLE if gave_up else os.EX_OK


def _supervise(settings: Settings, sockets: Sequence[socket.socket], metrics: Path, command: list[str]) -> str:
    """Start the workers first, because they need the longest. The master loads its own modules meanwhile."""
    started = [spawn(command, sockets, slot) for slot in range(1, settings.server.worker_count + 1)]
    from wondernest.platform.telemetry.logs import configure_logging
    from wondernest.supervisor.master import Master, run_master

    configure_logging(settings.log.level, settings.log.format)
    server = settings.server
    master = Master(
        command,
        sockets,
        server.worker_count,
        server.shutdown_grace_s,
        metrics,
        started,
        jobs_command=jobs_command(),
        jobs_count=settings.jobs.processes if settings.database.url else 0,
    )
    return run_master(master)


def _folder_for_metrics() -> Path:
    """A new private folder; raises SettingsError. Importing tempfile for it would take as long as everything else here."""
    temporary = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108
    folder = temporary / f"wondernest-metrics-{os.urandom(8).hex()}"
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise SettingsError(f"TMPDIR: no folder can be made in {temporary}: {error.strerror}") from None
    return folder


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
