"""An embedded Valkey (or Redis)."""

from __future__ import annotations

import secrets
import signal
import socket
import time
from pathlib import Path

from wondernest.development.embedded import process
from wondernest.development.embedded.account import account_for, own_folder
from wondernest.development.embedded.binaries import CACHE_SERVERS, find_valkey
from wondernest.development.embedded.errors import EmbeddedError
from wondernest.development.embedded.server import EmbeddedServer

READY_TIMEOUT_S = 20.0
CONNECT_TIMEOUT_S = 1.0
START_ATTEMPTS = 10
RETRY_PAUSE_S = 0.1
PORT_TAKEN = "Address already in use"
DUMP = "dump.rdb"
SNAPSHOTS = "60 1"
"""Save a snapshot after 60 seconds with at least one change; it is saved at a stop too."""


class EmbeddedValkey(EmbeddedServer):
    """A Valkey on the loopback interface, with a password; `durable=False` stores nothing on disk."""

    stop_steps = ((signal.SIGTERM, 10.0),)
    crash_signal = signal.SIGKILL

    def __init__(self, folder: Path, *, durable: bool = True, log: Path | None = None) -> None:
        super().__init__(folder, durable=durable, log=log)
        self._password = secrets.token_urlsafe(24)

    def url(self, database: int = 0) -> str:
        """The server's address, password included."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def _launch(self, home: Path) -> None:
        data = home / "data"
        account = account_for(data)
        binary = find_valkey(account)
        own_folder(data, account)
        process.stop_leftover(data / "pid", data, CACHE_SERVERS, self.stop_steps)
        self._run(binary, data)

    def _run(self, binary: Path, data: Path) -> None:
        problem = ""
        for _ in range(START_ATTEMPTS):
            port = self._port or process.free_port()
            start = process.log_size(self._log)
            self._process = process.spawn(
                [str(binary), "-"],
                account=account_for(data),
                log=self._log,
                stop_signal=signal.SIGTERM,
                given=self._configuration(data, port).encode(),
            )
            if process.wait_until(lambda port=port: self._answers(port), self._process, READY_TIMEOUT_S):
                self._port = port
                return
            self._process = None
            problem = process.log_since(self._log, start)
            if PORT_TAKEN in problem:
                time.sleep(RETRY_PAUSE_S)
            elif (data / DUMP).exists():
                (data / DUMP).rename(data / f"{DUMP}.unusable-{time.time_ns()}")
            else:
                break
        raise EmbeddedError(f"Valkey does not start (log: {self._log}): {problem}")

    def _configuration(self, data: Path, port: int) -> str:
        # The password is passed on standard input: on the command line every user of the machine could read it.
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "dir": f'"{data}"',
            "pidfile": f'"{data / "pid"}"',
            "dbfilename": DUMP,
            "requirepass": self._password,
            "daemonize": "no",
            "appendonly": "no",
            "save": SNAPSHOTS if self._durable else '""',
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items())

    def _answers(self, port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), CONNECT_TIMEOUT_S) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                return b"+PONG" in connection.recv(64) or b"+PONG" in connection.recv(64)
        except OSError:
            return False
