"""The reader of the service's log has stopped reading: the pipe is full, and requests must not slow down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.faults.household import register_household, save
from tests.fixtures.application import TEST_ENVIRONMENT
from tests.fixtures.processes import LiveServer, wait_for
from wondernest.development.embedded.process import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.bad_days import BadDay

SAVES = 600
"""Their log lines fill a pipe (64 KiB) more than twice."""


def test_an_unread_log_delays_no_request(tmp_path: Path, database_url: str, bad_day: BadDay) -> None:
    port = free_port()
    own = {"PATH": os.defpath, "TMPDIR": str(tmp_path), "SERVER_HOST": "127.0.0.1", "SERVER_PORT": str(port)}
    own |= {"DATABASE_URL": database_url, "WORKERS": "1", "LOG_REQUESTS": "true", "LOG_FORMAT": "json"}
    words = [sys.executable, "-P", "-m", "wondernest", "serve"]
    logged: list[bytes] = []
    with subprocess.Popen(words, cwd=tmp_path, env={**TEST_ENVIRONMENT, **own}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pipe = process.stdout
        (tmp_path / "log").touch()
        server = LiveServer(process, port, tmp_path / "log")
        reading = threading.Thread(target=lambda: logged.extend(pipe))
        try:
            server.wait_until_healthy()
            household = register_household(server.base_url)
            with household.client() as client:
                answers = [save(client, household, f"page{n % 10}", {"n": n}) for n in range(SAVES)]
            bad_day.record(
                "nobody reads the log",
                None,
                saw=[answer.status_code for answer in answers],
                slowest_s=max(answer.elapsed.total_seconds() for answer in answers),
            )
            assert {answer.status_code for answer in answers} == {200}
            reading.start()
            wait_for(lambda: sum(b'"PUT"' in line for line in logged) == SAVES, "every line is written in the end")
        finally:
            process.send_signal(signal.SIGTERM)
            if not reading.is_alive():
                pipe.close()
        assert process.wait(30) == 0
        reading.join()
