"""The image's HEALTHCHECK: exit code 0 if the service in this container answers `/health/live`; needs no curl."""

from __future__ import annotations

import http.client
import os
import sys
from typing import Final

PATH: Final = "/health/live"
DEFAULT_PORT: Final = 8082
TIMEOUT_S: Final = 2.0
OK: Final = 200


def main() -> int:
    """Ask the service at SERVER_PORT."""
    port = int(os.environ.get("SERVER_PORT") or DEFAULT_PORT)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", PATH)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{PATH}: {error}\n")
        return 1
    finally:
        connection.close()
    sys.stdout.write(f"{PATH}: {status}\n")
    return 0 if status == OK else 1


if __name__ == "__main__":
    sys.exit(main())
