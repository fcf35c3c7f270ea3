"""The listening sockets, bound once by the master and inherited by every worker."""

from __future__ import annotations

import resource
import socket

from wondernest.settings import Server, SettingsError

BACKLOG = 2048
"""How many connections may wait in the kernel while all workers are busy or being replaced."""


def listen(server: Server) -> list[socket.socket]:
    """Listen on SERVER_PORT and each of SERVER_EXTRA_PORTS; raises SettingsError that names the bad setting."""
    ports = [("SERVER_PORT", server.port), *(("SERVER_EXTRA_PORTS", int(port)) for port in server.extra_ports)]
    sockets: list[socket.socket] = []
    for variable, port in ports:
        try:
            sockets.append(_bind(server.host, port))
        except socket.gaierror as error:
            raise SettingsError(f"SERVER_HOST: {server.host}: {error.strerror}") from None
        except OSError as error:
            raise SettingsError(f"{variable}: cannot listen on {server.host}:{port}: {error.strerror}") from None
    return sockets


def allow_many_files() -> None:
    """Raise the limit of open files to the maximum: each connection is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
