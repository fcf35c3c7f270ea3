"""`python -m wondernest.development.service`: as `wondernest serve`, with the pages of development."""

from __future__ import annotations

import sys

from wondernest.supervisor.command import serve

if __name__ == "__main__":
    sys.exit(serve("wondernest.development.worker"))
